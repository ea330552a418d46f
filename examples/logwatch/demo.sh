#!/bin/sh
# Counts the lines of a log by a field, with components: INPUT=path FIELD=n SEPARATOR=c TOP=rows ./demo.sh
# AIRS is the program, AIRS_EXAMPLES the folder where the build put the examples; by default those of build/release.
set -eu

fail() {
    code=$1
    shift
    printf 'demo: %s\n' "$*" >&2
    exit "$code"
}

root=$(cd "$(dirname "$0")/../.." && pwd)
airs=${AIRS:-$root/build/release/airs}
folder=${AIRS_EXAMPLES:-$(dirname "$airs")/examples}/logwatch
input=${INPUT:-/var/log/dpkg.log}
field=${FIELD:-3}
separator=${SEPARATOR:- }
top=${TOP:-20}

[ -x "$airs" ] || fail 69 "$airs is missing: run make first, or set AIRS"
[ -r "$folder/app.yaml" ] || fail 69 "$folder/app.yaml is missing: run make first, or set AIRS_EXAMPLES"
[ -e "$input" ] || fail 66 "$input does not exist: name a text log, as in make demo INPUT=path"
[ ! -d "$input" ] || fail 66 "$input is a folder: name a text log, as in make demo INPUT=path"
[ -r "$input" ] || fail 66 "$input can't be read: name a text log that you may read, as in make demo INPUT=path"
case $field in
'' | 0* | *[!0-9]*) fail 64 "FIELD=$field is no field: 1 or more is right" ;;
esac
case $separator in
["'"'"'\\] | ??*) fail 64 "SEPARATOR=$separator: one character but quotes and backslash is right" ;;
esac

# The manifest's paths are relative to itself, so a changed copy stands beside it.
manifest=$(mktemp "$folder/demo-XXXXXX")
trap 'rm -f "$manifest"' EXIT
trap 'exit 130' INT TERM
awk -v field="$field" -v separator="$separator" '
    /config: \{ field:/ { sub(/field: [0-9]+/, "field: " field); sub(/separator: "[^"]*"/, "separator: \"" separator "\"") }
    { print }' "$folder/app.yaml" >"$manifest"

printf 'logwatch: counting the lines of %s by field %s (FIELD=n chooses another)\n' "$input" "$field"
printf 'lines -> demo/parser/main -> demo/counter/0..3 (mailboxes of 64 messages) <- demo/report/main <- a request at the end\n\n'
"$airs" pipe --stats --then "demo/report/main=$top" "$manifest" demo/parser/main <"$input"
