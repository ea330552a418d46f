#!/usr/bin/env bash
# What `make demo` runs: the table and the figures for any text log, a clear error for what is none; and a report that lacks a counter says so.
set -euo pipefail

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
demo=$SOURCE/examples/logwatch/demo.sh
logwatch=$AIRS_EXAMPLES/logwatch

fail() {
    printf 'FAILED: %s\n' "$*" >&2
    cat "$work/out" "$work/err" >&2 || true
    exit 1
}

expect() { # code, text, VARIABLE=value...
    local code=0
    env "${@:3}" "$demo" >"$work/out" 2>"$work/err" </dev/null || code=$?
    [[ $code == "$1" ]] || fail "${*:3}: exit code $code, not $1"
    grep -qF -e "$2" "$work/out" "$work/err" || fail "${*:3}: nobody said: $2"
}

awk 'BEGIN { for (i = 0; i < 500; i++) print "a:key-" i % 50 ":c" }' >"$work/log"
expect 66 "$work/none does not exist" INPUT="$work/none"
expect 66 "$work is a folder" INPUT="$work"
expect 64 'FIELD=x is no field' INPUT="$work/log" FIELD=x
expect 64 'one character' INPUT="$work/log" SEPARATOR=::
expect 69 'run make first' INPUT="$work/log" AIRS="$work/none"
expect 0 'others (45 keys)' INPUT="$work/log" FIELD=2 SEPARATOR=: TOP=5
grep -q '^total (50 keys)  *500  *' "$work/out" || fail "the total is not that of 500 lines"
grep -q 'messages/s.*peak memory' "$work/err" || fail "there are no figures"
[[ -z $(find "$logwatch" -name 'demo-*') ]] || fail "a manifest was left behind"

# Pages over what the reporter takes: the table comes all the same, and names every counter that is missing from it.
sed -e "s|file: |file: $logwatch/|" -e 's/field: 3, separator: " "/field: 2, separator: ":"/' -e 's/payload: 16MiB/payload: 256/' \
    "$logwatch/app.yaml" >"$work/app.yaml"
"$AIRS" pipe --then demo/report/main "$work/app.yaml" demo/parser/main <"$work/log" >"$work/out" 2>"$work/err" || true
for shard in 0 1 2 3; do
    grep -q "^demo/counter/$shard is missing from this table: handler-failed: ." "$work/out" || fail "demo/counter/$shard is not named"
done
