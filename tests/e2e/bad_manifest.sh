#!/bin/bash
# Manifests that are wrong start nothing: exit 78, and a line that says where, what, and what would be right.
# shellcheck source=tests/e2e/lib.sh
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

# $1: pattern, $2: what; the manifest is app.yaml. Every command that reads it says the same.
expect_refused() {
    airs run app.yaml
    expect_code 78 "run: $2"
    expect_one_error "$1" "run: $2"
    expect_out "" "run: $2"
    airs validate app.yaml
    expect_code 78 "validate: $2"
    expect_err "$1" "validate: $2"
    airs pipe app.yaml t/g/0 <<<"line"
    expect_code 78 "pipe: $2"
    expect_one_error "$1" "pipe: $2"
    ok "$2"
}

manifest_of echo "limit: { memory: 8MiB }" >app.yaml
expect_refused '^airs: app.yaml:6:5: components\[0\].limit: unknown key; did you mean limits\?$' "an unknown key"

manifest_of echo "file: other.wasm" >app.yaml
expect_refused '^airs: app.yaml:6:5: file: the key stands twice, first in line 4; once is right$' "a duplicate key"

{
    manifest_of echo
    printf '  - { id: "t/g/{0..3}", file: %s/echo.wasm }\n' "$AIRS_GUESTS"
} >app.yaml
expect_refused '^airs: app.yaml:6:11: components\[1\].id: t/g/0 is taken by line 3; each id once is right$' "a duplicate id"

manifest_of echo | sed 's,t/g/0,t/g_h/0,' >app.yaml
expect_refused "app.yaml:3:9: components\[0\].id: the name of the id has '_' at position 2; 1 to 63 characters of a-z, 0-9 and - are right" \
    "an id with bad characters"

manifest_of echo | sed 's,t/g/0,airs/g/0,' >app.yaml
expect_refused 'app.yaml:3:9: components\[0\].id: the namespace airs is reserved' "a reserved namespace"

manifest_of echo "limits: { memory: lots }" >app.yaml
expect_refused 'app.yaml:6:23: components\[0\].limits.memory: "lots" is not a size; bytes or .*8MiB, is right' "a wrong size"

manifest_of echo "limits: { payload: 100MiB }" >app.yaml
expect_refused 'app.yaml:6:13: components\[0\].limits: limit payload is 104857600; 1 to 67108864 is right' "a limit out of range"

manifest_of echo "memory-profile: dense" >app.yaml
expect_refused 'memory-profile: dense comes with a later version; auto or guarded is right' "the dense profile"

manifest_of echo "config: *other" >app.yaml
expect_refused 'app.yaml:6:13: \*other: aliases are not taken' "an alias"

printf 'components: [' >app.yaml
expect_refused 'app.yaml:[12]:[0-9]*: not valid YAML: ' "no YAML"

{
    manifest_of echo
    echo '---'
    manifest_of echo
} >app.yaml
expect_refused 'app.yaml:6:1: a second document begins; one is right' "two documents"

# A text that would forge a line of the log.
printf 'components: [{ id: "t/g/0\\nairs: all is well", file: x }]\n' >app.yaml
expect_refused 'components\[0\].id: .*\\n' "a line break in an id"

# All that is wrong is told, by validate also what is wrong with modules.
{
    manifest_of echo "limits: { memory: lots, handler-time: long }"
    printf '  - { id: t/h/0, file: none.wasm }\n'
} >app.yaml
airs validate app.yaml
expect_code 78 "many problems"
[[ $(grep -c '^airs: ' err) == 3 ]] || fail "validate told $(grep -c '^airs: ' err) of 3 problems"
airs validate --output json app.yaml
expect_code 78 "many problems as JSON"
grep -q '^{"valid":false,.*"problems":\["app.yaml:6:23: .*","app.yaml:6:43: .*","app.yaml:7:24: components\[1\].file: none.wasm: .*"\]' out || fail "many problems as JSON"
ok "all problems at once"

# What is no file.
for path in none.yaml /dev/null . ; do
    airs run "$path"
    expect_code 66 "$path"
    expect_one_error "^airs: $path: " "$path"
done
mkfifo pipe.yaml
airs run pipe.yaml
expect_code 66 "a FIFO"
head -c 1048577 /dev/zero | tr '\0' '#' >app.yaml
airs run app.yaml
expect_code 78 "a manifest of 1 MiB and a byte"
expect_one_error 'too many for a manifest; at most 1048576 are right' "a manifest of 1 MiB and a byte"
ok "what is no manifest"

# Paths are relative to the manifest, wherever the program runs.
mkdir -p folder/modules
cp "$AIRS_GUESTS/echo.wasm" folder/modules/
printf 'components: [{ id: t/g/0, file: modules/echo.wasm }, { id: t/g/1, file: ./modules/../modules/echo.wasm }]\n' >folder/app.yaml
airs validate folder/app.yaml
expect_code 0 "relative paths"
expect_out "folder/app.yaml: ok: components 2, modules 1
" "one file by two names is one module"
(cd / && "$AIRS" validate "$work/folder/app.yaml" >/dev/null) || fail "relative paths from elsewhere"
ok "relative paths"
