#!/usr/bin/env bash
# Counters whose memory is full refuse new keys and go on counting known ones: every line is counted rightly or dead, and nothing restarts.
set -euo pipefail
export LC_ALL=C

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
logwatch=$AIRS_EXAMPLES/logwatch

fail() {
    printf 'FAILED: %s\n' "$*" >&2
    tail -n 5 "$work/said" >&2 || true
    exit 1
}

field() { sed -n "s/.*\"$1\":\([0-9]*\).*/\1/p" "$work/summary"; }

# The paths of a manifest are relative to itself.
sed -e "s|file: |file: $logwatch/|" -e 's/memory: 8MiB/memory: 512KiB/' "$logwatch/app.yaml" >"$work/app.yaml"
awk 'BEGIN { for (line = 0; line < 120000; line++) print "date time key-" line % 40000 }' >"$work/log"

code=0
"$AIRS" pipe --stats --output json --log-format json --then demo/report/main "$work/app.yaml" demo/parser/main \
    <"$work/log" >"$work/table" 2>"$work/said" || code=$?
[[ $code == 1 ]] || fail "exit code $code, 1 is right when lines died"
grep '"accepted":' "$work/said" >"$work/summary" || fail "there is no summary"

awk '/^---/ { rules++; next } rules == 1 { print $1, $2, $3 }' "$work/table" | sort >"$work/counted"
awk '{ lines[$3]++; bytes[$3] += length($0) } END { for (key in lines) print key, lines[key], bytes[key] }' "$work/log" | sort >"$work/expected"
[[ -s $work/counted ]] || fail "nothing was counted"
[[ -z $(comm -23 "$work/counted" "$work/expected") ]] || fail "counted wrongly: $(comm -23 "$work/counted" "$work/expected" | head -n 5)"

counted=$(awk '{ sum += $2 } END { printf "%.0f", sum }' "$work/counted")
(($(field dead) > 0)) || fail "no line died, so memory was never full"
(($(field lines) == counted + $(field dead))) || fail "$(field lines) lines were taken, $counted counted, $(field dead) dead"
(($(field restarts) == 0)) || fail "a counter crashed"
grep -q 'memory is full at [0-9]* keys: raise limits.memory' "$work/said" || fail "nobody said that memory is full"
printf 'ok: %s lines taken = %s counted + %s dead\n' "$(field lines)" "$counted" "$(field dead)"
