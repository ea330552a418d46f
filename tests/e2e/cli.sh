#!/bin/bash
# The command line: help, version, and what is said when it is wrong.
# shellcheck source=tests/e2e/lib.sh
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

airs
expect_code 64 "no command"
expect_err '^Usage: airs COMMAND' "no command"

for words in "help" "--help" "-h"; do
    airs "$words"
    expect_code 0 "$words"
    grep -q '^  pipe ' out || fail "$words does not list pipe"
done
for command in run pipe validate inspect bench version; do
    airs help "$command"
    expect_code 0 "help $command"
    cp out first
    airs "$command" --help
    expect_code 0 "$command --help"
    cmp -s out first || fail "\`airs help $command\` and \`airs $command --help\` differ"
    grep -q "^Usage: airs $command" out || fail "help $command shows no usage"
done
ok "help"

airs version
expect_code 0 version
version=$(sed -n 's/^airs \([0-9.]*\)$/\1/p' out)
[[ -n $version ]] || fail "version"
airs --version
expect_out "airs $version
" "--version"
airs version --output json
expect_out "{\"name\":\"airs\",\"version\":\"$version\"}
" "version as JSON"
ok "version"

expect_usage() { # pattern, words
    local pattern=$1
    shift
    airs "$@"
    expect_code 64 "airs $*"
    expect_one_error "$pattern" "airs $*"
    expect_out "" "airs $*"
}
manifest_of echo >app.yaml
expect_usage 'unknown command "rnu"; did you mean run\?' rnu
expect_usage 'unknown command "x.x01y"; .airs help. lists the commands' $'x\x01y'
expect_usage 'run: 0 operands given; .airs run MANIFEST. is right' run
expect_usage 'pipe: 1 operand given; .airs pipe MANIFEST NAMESPACE/NAME/INSTANCE. is right' pipe app.yaml
expect_usage 'run: unknown flag --drain-timout; did you mean --drain-timeout\?' run app.yaml --drain-timout 1s
expect_usage 'run: --drain-timeout has no value; --drain-timeout TIME is right' run app.yaml --drain-timeout
expect_usage 'run: --drain-timeout: "app.yaml" is not a duration; ' run --drain-timeout app.yaml
expect_usage 'run: --drain-timeout: "10" is not a duration' run app.yaml --drain-timeout 10
expect_usage 'run: --workers: "256" workers; 1 to 255 is right' run app.yaml --workers 256
expect_usage 'run: --workers: "0" workers; 1 to 255 is right' run app.yaml --workers 0
expect_usage 'run: --log-level: "loud" is no log level; trace, debug, info' run app.yaml --log-level loud
expect_usage 'run: --output: "xml" is no format; text or json is right' run app.yaml --output xml
expect_usage 'pipe: demo: "demo" has 1 segment; an id is namespace/name/instance' pipe app.yaml demo
expect_usage 'pipe: t/G/0: the name of the id has .G. at position 1' pipe app.yaml t/G/0
expect_usage 'pipe: t/h/0: the manifest has no such component; did you mean t/g/0\?$' pipe app.yaml t/h/0
expect_usage 'pipe: t/none/0: the manifest has no such component' pipe app.yaml t/none/0
expect_usage 'pipe: --then t/none/0: the manifest has no such component' pipe app.yaml t/g/0 --then t/none/0=x
expect_usage 'pipe: --then: app.yaml: ' pipe --then app.yaml t/g/0
expect_usage 'pipe: --window: "0" requests; 1 to 4000 is right' pipe app.yaml t/g/0 --replies --window 0
AIRS_WORKERS=many expect_usage 'run: AIRS_WORKERS: "many" workers; 1 to 255 is right' run app.yaml
ok "a wrong command line"

# The flag stands over the environment, and that over the file.
manifest_of init_fail >ends.yaml
sed -i 's/^name: test/&\nworkers: 3/' ends.yaml
airs run ends.yaml
expect_err '"msg":"test: components 1, modules 1, workers 3"' "workers of the file"
AIRS_WORKERS=4 airs run ends.yaml
expect_err 'workers 4"' "workers of the environment"
AIRS_WORKERS=4 airs run ends.yaml --workers 5
expect_err 'workers 5"' "workers of the flag"
AIRS_LOG_LEVEL=off airs run ends.yaml
[[ $(wc -l <err) == 1 ]] || fail "a log that is off"
AIRS_LOG_LEVEL=off airs run ends.yaml --log-level error --log-format text --quiet
[[ $(wc -l <err) == 1 ]] || fail "a log of errors only"
expect_err ' ERROR t/g/0 init-failed: ' "a log of errors only"
ok "flag over environment over file"

if [[ -w /dev/full ]]; then
    code=0
    "$AIRS" version >/dev/full 2>err || code=$?
    expect_code 1 "a full disk"
    expect_err 'stdout: can.t be written to' "a full disk"
    ok "a stdout that takes nothing"
fi
