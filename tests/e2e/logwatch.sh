#!/usr/bin/env bash
# logwatch counts what awk counts, for every key, with the counters' mailboxes at 64 messages.
set -euo pipefail
export LC_ALL=C

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
logwatch=$AIRS_EXAMPLES/logwatch

fail() {
    printf 'FAILED: %s\n' "$*" >&2
    exit 1
}

# What awk counts: key, lines, bytes.
count_with_awk() { # file, separator, field
    awk -F "$2" -v field="$3" '
        { key = NF < field ? "(none)" : $field == "" ? "(empty)" : $field; lines[key]++; bytes[key] += length($0) }
        END { for (key in lines) printf "%s %.0f %.0f\n", key, lines[key], bytes[key] }' "$1" | sort
}

# The rows of the table between its rules, and its totals.
rows_of() { awk '/^---/ { rules++; next } rules == 1 { print $1, $2, $3 }' "$1" | sort; }
totals_of() { awk '/^total \(/ { print $(NF - 1), $NF }' "$1"; }

expect_same() { # what, file, manifest, separator, field
    local code=0
    "$AIRS" pipe --stats --then demo/report/main "$3" demo/parser/main <"$2" >"$work/table" 2>"$work/said" || code=$?
    [[ $code == 0 ]] || fail "$1: airs pipe exited with $code: $(cat "$work/said")"
    count_with_awk "$2" "$4" "$5" >"$work/expected"
    rows_of "$work/table" >"$work/counted"
    diff "$work/expected" "$work/counted" >"$work/diff" || fail "$1: awk (<) and logwatch (>) differ: $(head -n 20 "$work/diff")"
    [[ $(totals_of "$work/table") == "$(awk '{ n++; b += length($0) } END { printf "%.0f %.0f", n, b }' "$2")" ]] ||
        fail "$1: the totals are $(totals_of "$work/table")"
    grep -q 'dead 0 + dropped 0 + queued 0 + held 0 + in hand 0' "$work/said" || fail "$1: $(cat "$work/said")"
    printf 'ok: %s: %s keys\n' "$1" "$(wc -l <"$work/expected")"
}

# Many keys, few of them in most lines; short and empty lines, runs of blanks, tabs, bytes over 127, long lines, and no LF at the end.
generate_log() {
    awk -v seed="$1" 'BEGIN {
        srand(seed)
        for (line = 0; line < 200000; line++) {
            key = rand() < 0.7 ? int(rand() * 10) : int(rand() * 20000)
            kind = int(rand() * 40)
            if (kind == 0) print ""
            else if (kind == 1) print "short  "
            else if (kind == 2) print "  \t leading" "\t" "blanks   key-" key
            else if (kind == 3) print "caf\303\251 \377\200 \303\251" key " tail"
            else if (kind == 4) printf "a b long-%d %4000s\n", key, "x"
            else print "2026-01-01 12:00:" line % 60 " key-" key " package:amd64 " line
        }
        printf "the last line"
    }'
}

grep -q 'mailbox-messages: 64' "$logwatch/app.yaml" || fail "the counters' mailboxes are not at 64 messages"

if [[ -r /var/log/dpkg.log ]]; then
    expect_same "dpkg.log" /var/log/dpkg.log "$logwatch/app.yaml" ' ' 3
fi

seed=${SEED:-$RANDOM}
printf 'SEED=%s\n' "$seed"
generate_log "$seed" >"$work/generated"
expect_same "a generated log" "$work/generated" "$logwatch/app.yaml" ' ' 3

# Another separator, where fields may be empty; the paths of a manifest are relative to itself.
sed -e 's/field: 3, separator: " "/field: 2, separator: ","/' -e "s|file: |file: $logwatch/|" "$logwatch/app.yaml" >"$work/app.yaml"
tr ' ' ',' <"$work/generated" | sed 's/^2026-01-01,12:[0-9]*,\(key-[0-9]*\)/x,\1/' >"$work/commas.log"
expect_same "fields between commas" "$work/commas.log" "$work/app.yaml" , 2

: >"$work/empty"
expect_same "an empty log" "$work/empty" "$logwatch/app.yaml" ' ' 3
