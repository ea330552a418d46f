#!/usr/bin/env bash
# SIGTERM in the middle of logwatch: every line that was taken is counted or dead, and the numbers balance.
# What the counters say when they stop is a ledger of its own beside the summary.
set -euo pipefail

work=$(mktemp -d)
logwatch=$AIRS_EXAMPLES/logwatch
generator=
program=
trap 'kill $generator $program 2>/dev/null || true; rm -rf "$work"' EXIT

fail() {
    printf 'FAILED: %s\n' "$*" >&2
    tail -n 20 "$work/said" >&2 || true
    exit 1
}

# Lines without end; after the 100,000th it says so, and back-pressure has let the program take nearly all of them by then.
generate() {
    exec awk -v flag="$work/flowing" 'BEGIN {
        for (line = 0;; line++) {
            print "date time key-" line % 100, line
            if (line == 100000) { print "" >flag; close(flag) }
        }
    }' 2>"$work/generator"
}

field() { sed -n "s/.*\"$1\":\([0-9]*\).*/\1/p" "$work/summary"; }

# $1: what, $2: the drain's deadline, $3: the parser's mailbox, $4: the exit codes that are right
expect_balance() {
    # The paths of a manifest are relative to itself.
    sed -e "s|file: |file: $logwatch/|" -e "/file: .*parser.wasm/a\\    limits: { mailbox-messages: $3, mailbox-bytes: 64MiB }" \
        "$logwatch/app.yaml" >"$work/app.yaml"
    rm -f "$work/flowing" "$work/lines"
    mkfifo "$work/lines"
    generate >"$work/lines" &
    generator=$!
    "$AIRS" pipe --stats --output json --log-level debug --log-format json --drain-timeout "$2" --then demo/report/main \
        "$work/app.yaml" demo/parser/main <"$work/lines" >"$work/table" 2>"$work/said" &
    program=$!
    until [[ -e $work/flowing ]]; do
        kill -0 "$program" 2>/dev/null || fail "$1: airs ended before the signal"
        sleep 0.01
    done
    kill -TERM "$program"
    local code=0
    wait "$program" || code=$?
    program=
    wait "$generator" 2>/dev/null || true # ended by the closed pipe
    generator=
    [[ " $4 " == *" $code "* ]] || fail "$1: exit code $code, not one of: $4"

    grep '"accepted":' "$work/said" >"$work/summary" || fail "$1: there is no summary"
    local counted lines dead
    counted=$(sed -n 's/.*"msg":"counted \([0-9]*\) lines.*/\1/p' "$work/said" | awk '{ sum += $1; n++ } END { if (n == 4) printf "%.0f", sum }')
    lines=$(field lines)
    dead=$(field dead)
    [[ -n $counted ]] || fail "$1: not every counter said what it counted"
    ((lines > 90000)) || fail "$1: only $lines lines were taken before the signal"
    ((lines == counted + dead)) || fail "$1: $lines lines were taken, $counted counted, $dead dead"
    (($(field accepted) == $(field delivered) + dead + $(field dropped) + $(field queued) + $(field held) + $(field in_hand))) ||
        fail "$1: the balance is off"
    (($(field queued) + $(field held) + $(field in_hand) + $(field dropped) + $(field failed) == 0)) || fail "$1: something is left"
    [[ $2 != 0 || $dead == 0 ]] || fail "$1: $dead messages died although the drain had all the time"
    [[ ! -s $work/table ]] || fail "$1: a report was made of lines that were cut short"
    printf 'ok: %s: %s lines taken = %s counted + %s dead\n' "$1" "$lines" "$counted" "$dead"
}

expect_balance "a drain with all the time it wants" 0 1024 "0"
expect_balance "a drain with hardly any time" 1ms 60000 "0 124"
