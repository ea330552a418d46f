#!/bin/bash
# Modules that can't be hosted start nothing: exit 65 or 66, and one line that names the file, what was found, and what was expected.
# shellcheck source=tests/e2e/lib.sh
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

# $1: the file, $2: exit code, $3: pattern, $4: what
expect_refused() {
    {
        manifest_of echo
        printf '  - { id: t/bad/0, file: %s }\n' "$1"
    } >app.yaml
    local command
    for command in "run app.yaml" "validate app.yaml" "pipe app.yaml t/g/0"; do
        # shellcheck disable=SC2086 # words
        airs $command <<<"line"
        expect_code "$2" "$command: $4"
        expect_one_error "^airs: app.yaml:6:26: components\[1\].file: .*$(basename "$1"): .*$3" "$command: $4"
        expect_out "" "$command: $4"
    done
    airs inspect "$1"
    expect_code "$2" "inspect: $4"
    ok "$4"
}

expect_refused none.wasm 66 'no such file; paths are relative to the manifest$' "a missing file"
mkdir folder.wasm
expect_refused "$work/folder.wasm" 66 '' "a folder"
printf 'text, not wasm\n' >text.wasm
expect_refused "$work/text.wasm" 65 'not WebAssembly: .*expected 00 61 73 6d' "a file that is no module"
: >empty.wasm
expect_refused "$work/empty.wasm" 65 '' "an empty file"
size=$(wc -c <"$AIRS_GUESTS/echo.wasm")
for length in 4 8 9 100 $((size / 2)) $((size - 1)); do
    head -c "$length" "$AIRS_GUESTS/echo.wasm" >truncated.wasm
    expect_refused "$work/truncated.wasm" 65 '' "a module cut at $length bytes"
done
printf '\0asm\r\0\1\0' >component.wasm
expect_refused "$work/component.wasm" 65 'component' "a component binary"

guest() { expect_refused "$AIRS_GUESTS/$1.wasm" 65 "$2" "$3"; }
guest refused_no_memory 'exports no memory; expected' "no memory"
guest refused_no_handler 'exports no ".*#handle-message"; expected a function' "no handle-message"
guest refused_unknown_import 'imports ".*#send-mesage", which the host does not offer; the nearest it has is ".*#send-message"' "an unknown import"
guest refused_import_signature 'import ".*#send-message" has the signature .*; expected ' "an import's wrong signature"
guest refused_handler_signature 'export ".*#handle-message" has the signature .*; expected ' "handle-message's wrong signature"
guest refused_realloc_signature 'export "cabi_realloc" has the signature .*; expected ' "realloc's wrong signature"
guest refused_initialize_signature 'export "_initialize" has the signature .*; expected ' "_initialize's wrong signature"
guest refused_post_signature 'export "cabi_post_.*" has the signature .*; expected ' "cabi_post's wrong signature"
guest refused_import_memory 'imports a memory; expected one of its own' "an imported memory"
guest feature_shared_memory 'its memory is shared; expected' "a shared memory"
guest feature_memory64 'its memory is addressed with 64 bits; expected 32' "a 64-bit memory"
guest refused_large_memory 'its memory starts with 65 MiB; the limit .memory. is 64 MiB' "more memory than the limit"

# Several are told at once by validate.
printf 'components:\n  - { id: t/a/0, file: none.wasm }\n  - { id: t/b/0, file: %s/refused_no_memory.wasm }\n' "$AIRS_GUESTS" >app.yaml
airs validate app.yaml
[[ $(wc -l <err) == 2 ]] || fail "validate tells of both modules"
expect_code 66 "two refused modules"
ok "two modules at once"

# A component that grants less than its module needs is refused though the module is fine for another.
printf 'components:\n  - { id: t/a/0, file: %s/echo.wasm }\n  - { id: t/b/0, file: %s/refused_large_memory.wasm, limits: { memory: 65MiB } }\n' \
    "$AIRS_GUESTS" "$AIRS_GUESTS" >app.yaml
airs validate app.yaml
expect_code 0 "a raised limit"
printf '  - { id: t/c/0, file: %s/refused_large_memory.wasm, limits: { memory: 1MiB } }\n' "$AIRS_GUESTS" >>app.yaml
airs validate app.yaml
expect_code 65 "a limit below the module's memory"
expect_one_error 't/c/0: .*the limit' "a limit below the module's memory"
ok "limits of components that share a module"

# inspect
airs inspect "$AIRS_GUESTS/echo.wasm"
expect_code 0 inspect
for line in '^kind: core module$' '^world: airs:actor/component@0.1.0$' '^path: fast$' '#handle-message  \(i64, i32, i64, i32, i32\) -> \(i32\)  \[required\]$' \
    '^limits: memory 67108864 bytes, .*handler 100 ms' '^missing: nothing'; do
    grep -qE "$line" out || fail "inspect has no line like $line"
done
airs inspect "$AIRS_GUESTS/refused_everything.wasm"
expect_code 65 "inspect of what is refused"
(($(sed '1,/^refused, because/d' out | wc -l) >= 6)) || fail "inspect does not tell every reason"
airs inspect --output json "$AIRS_GUESTS/echo.wasm"
expect_code 0 "inspect as JSON"
grep -q '^{"kind":"core module","world":"airs:actor/component@0.1.0","path":"fast","imports":\[.*"problems":\[\]}$' out || fail "inspect as JSON"
grep -q '"limits":{"memory_bytes":67108864,' out || fail "inspect as JSON tells no limits"
airs inspect component.wasm
expect_code 65 "inspect of a component"
airs validate app.yaml --quiet
ok "inspect"
