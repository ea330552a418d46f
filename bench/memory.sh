#!/usr/bin/env bash
# Memory of `airs pipe` does not grow with its input: logwatch on a log of 10 MB and on one of 1 GB, streamed, never stored.
# Prints JSON lines; fails when the larger one's peak is more than 8 MiB over the smaller one's, or when a message is unaccounted for.
# AIRS: the program (default build/release/airs); AIRS_EXAMPLES: the examples of its build; SMALL and LARGE: bytes of input.
set -euo pipefail
export LC_ALL=C

root=$(cd "$(dirname "$0")/.." && pwd)
airs=${AIRS:-$root/build/release/airs}
logwatch=${AIRS_EXAMPLES:-$(dirname "$airs")/examples}/logwatch
small=${SMALL:-10000000}
large=${LARGE:-1000000000}
limit=$((8 * 1024 * 1024))

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

fail() {
    printf 'memory: %s\n' "$*" >&2
    exit 1
}

[[ -x $airs ]] || fail "$airs is missing: run make first, or set AIRS"

# Lines of 63 to 189 bytes over 1,000 keys, `size` bytes and the rest of the last line.
generate() { # size
    awk -v size="$1" 'BEGIN {
        rest = "lorem-ipsum-dolor-sit-amet consectetur adipiscing elit sed do eiusmod tempor incididunt ut labore et dolore magna aliqua ut enim"
        for (bytes = 0; bytes < size; bytes += length(line) + 1) {
            n++
            line = "2026-01-01 12:00:00 action-" n % 1000 " package-" n ":amd64 1.0-1 " substr(rest, 1, 12 + n % 120)
            print line
        }
    }'
}

field() { sed -n "s/.*\"$1\":\([0-9.]*\).*/\1/p" "$work/summary"; }

measure() { # size
    generate "$1" | "$airs" pipe --stats --output json --then demo/report/main "$logwatch/app.yaml" demo/parser/main \
        >"$work/table" 2>"$work/said" || fail "airs pipe failed: $(tail -n 5 "$work/said")"
    grep '"accepted":' "$work/said" >"$work/summary" || fail "no summary: $(tail -n 5 "$work/said")"
    local lines counted accepted ended
    lines=$(field lines)
    counted=$(awk '/^total \(/ { print $(NF - 1) }' "$work/table")
    accepted=$(field accepted)
    ended=$(($(field delivered) + $(field dead) + $(field dropped) + $(field queued) + $(field held) + $(field in_hand)))
    [[ $counted == "$lines" && $(field dead) == 0 ]] || fail "$lines lines were taken, $counted counted, $(field dead) messages died"
    [[ $accepted == "$ended" ]] || fail "$accepted messages were accepted, $ended accounted for"
    printf '{"case":"pipe-memory","input_bytes":%s,"lines":%s,"counted":%s,"accepted":%s,"delivered":%s,"seconds":%.2f,"messages_per_second":%.0f,' \
        "$(field bytes)" "$lines" "$counted" "$accepted" "$(field delivered)" "$(field seconds)" "$(field messages_per_second)"
    peak=$(field peak_memory_bytes)
    printf '"peak_memory_bytes":%s}\n' "$peak"
}

measure "$small"
small_peak=$peak
measure "$large"
growth=$((peak - small_peak))
printf '{"case":"pipe-memory-growth","bytes":%s,"limit_bytes":%s}\n' "$growth" "$limit"
((growth <= limit)) || fail "the peak grew by $growth bytes, more than $limit"
