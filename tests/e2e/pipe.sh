#!/bin/bash
# airs pipe: each line is a message; all that the lines cause has ended when it returns.
# shellcheck source=tests/e2e/lib.sh
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

manifest_of sink >sink.yaml
manifest_of echo >echo.yaml
manifest_of crasher >crasher.yaml

# --- what a line is -----------------------------------------------------------------------------------------------------
expect_count() { # input as printf takes it, messages, bytes
    # shellcheck disable=SC2059 # its escapes are the point
    airs pipe sink.yaml t/g/0 --then t/g/0=count < <(printf "$1")
    expect_code 0 "counting '$1'"
    expect_out "$2 $3
" "counting '$1'"
}
expect_count '' 0 0
expect_count '\n' 1 0
expect_count 'a' 1 1
expect_count 'a\n' 1 1
expect_count 'a\n\nb' 3 2
expect_count 'a\r\n\0\0\n\377\n' 3 5
ok "lines, empty lines, a last line without LF, bytes of any kind"

head -c 300000 /dev/urandom >noise
printf '\n' >>noise # so that both end with LF
airs pipe echo.yaml t/g/0 --replies <noise
expect_code 0 "noise"
cmp -s noise out || fail "bytes were touched"
ok "bytes come back untouched"

# --- lines over the payload limit ---------------------------------------------------------------------------------------
manifest_of echo "limits: { payload: 1KiB }" >small.yaml
{
    echo first
    head -c 1025 /dev/zero | tr '\0' x
    echo
    head -c 1024 /dev/zero | tr '\0' y
    echo
    head -c 3000000 /dev/zero
    echo
    echo last
} >long
airs pipe small.yaml t/g/0 --replies --stats --output json <long
expect_code 1 "long lines"
expect_err '^airs: line 2: payload-too-large: 1025 bytes; at most 1024 are right' "a line of a byte too much"
expect_err '^airs: line 4: payload-too-large: 3000000 bytes; at most 1024 are right' "a long line"
[[ $(wc -l <out) == 3 && $(wc -c <out) == 1036 ]] || fail "the lines between long ones are not all there"
(($(figure lines) == 5 && $(figure failed) == 2 && $(figure delivered) == 3)) || fail "long lines: counts"
airs pipe small.yaml t/g/0 <long
expect_code 1 "long lines as messages"
ok "lines over the limit are told, counted and skipped"

# --- guests' output -----------------------------------------------------------------------------------------------------
airs pipe crasher.yaml t/g/0 < <(printf 'print one\ncomplain two\nprint three\n') --log-format json
expect_code 0 "guest output"
expect_out "one
three
" "without --replies a guest's stdout is the program's"
expect_err '"component":"t/g/0","event":"stderr","msg":"two"' "a guest's stderr is in the log"
airs pipe crasher.yaml t/g/0 --replies < <(printf 'print one\n')
expect_out "
" "with --replies stdout holds replies only"
expect_err '"event":"stdout","msg":"one"' "with --replies a guest's stdout is in the log"
ok "where guests' output goes"

# --- replies keep their order -------------------------------------------------------------------------------------------
seq 20000 >numbers
airs pipe echo.yaml t/g/0 --replies --window 7 <numbers
expect_code 0 "a filter"
cmp -s numbers out || fail "a filter with a small window: replies are not those of the lines, in order"
seq 3000 | "$AIRS" pipe echo.yaml t/g/0 --replies 2>err | sort -rn | "$AIRS" pipe echo.yaml t/g/0 --replies 2>>err >out
seq 3000 | sort -rn | cmp -s - out || fail "two filters in a pipeline"
# Many shards answer out of order: forty lines, each answered after another time.
manifest_of slow "limits: { handler-time: 5s }" >slow.yaml
awk 'BEGIN { srand(3); for (i = 0; i < 40; i++) print int(rand() * 8) }' >delays
airs pipe slow.yaml t/g/0 --replies <delays
expect_code 0 "slow replies"
cmp -s delays out || fail "slow replies are not in order"
manifest_of deferred "config: { delay_ms: 1 }" >deferred.yaml
airs pipe deferred.yaml t/g/0 --replies --window 8 < <(printf 'a\ndrop\nb\nc\n')
expect_code 1 "deferred replies"
expect_out "a
b
c
" "deferred replies"
expect_err '^airs: line 2: handler-failed: ' "a request that fails prints its line number and nothing on stdout"
ok "replies are in input order"

# A filter answers while its input is still open.
mkfifo lines
"$AIRS" pipe echo.yaml t/g/0 --replies <lines >out 2>err &
process=$!
children+=("$process")
exec 7>lines
echo now >&7
wait_until "$process" grep -q now out
exec 7>&-
wait "$process" || fail "an open filter"
ok "a reply does not wait for the next line"

# --- back-pressure ------------------------------------------------------------------------------------------------------
{
    printf 'components:\n'
    printf '  - { id: t/f/0, file: %s/forwarder.wasm, config: { target: t/g/0, copies: 3 },\n' "$AIRS_GUESTS"
    printf '      capabilities: { send: ["t/g/0"], receive: ["*/*/*"] }, limits: { mailbox-messages: 64 } }\n'
    printf '  - { id: t/g/0, file: %s/sink.wasm, capabilities: { receive: ["*/*/*"] }, limits: { mailbox-messages: 64 } }\n' "$AIRS_GUESTS"
} >chain.yaml
seq 100000 >many
airs pipe chain.yaml t/f/0 --then t/g/0=count --stats --output json <many
expect_code 0 "a chain"
expect_out "300000 $((3 * ($(wc -c <many) - 100000)))
" "a chain of mailboxes at 64 messages loses nothing"
expect_balance "a chain"
(($(figure dead) + $(figure dropped) + $(figure failed) == 0)) || fail "a chain: something was lost"
(($(figure accepted) == 400001)) || fail "a chain: $(figure accepted) accepted, not lines, copies and one request"
ok "back-pressure through mailboxes of 64 messages"

# --- refusals -----------------------------------------------------------------------------------------------------------
manifest_of echo | sed 's/receive: .*\]/receive: ["t\/x\/*"]/' >closed.yaml
airs pipe closed.yaml t/g/0 <many
expect_code 77 "no right to send"
expect_err '^airs: line 1: permission-denied: .*airs/outside/0' "no right to send"
[[ $(wc -l <err) -lt 5 ]] || fail "no right to send: told for every line"
airs pipe echo.yaml t/g/0 <"$work"
expect_code 66 "a stdin that can't be read"
expect_err "^airs: stdin: can't be read after 0 lines" "a stdin that can't be read"
airs pipe echo.yaml t/g/0 <&-
expect_code 66 "a closed stdin"
ok "refusals"

# --- --then, timers and --timeout ---------------------------------------------------------------------------------------
airs pipe echo.yaml t/g/0 --then t/g/0=a=b --then t/g/0 --then t/g/0=c </dev/null
expect_code 0 "--then"
expect_out "a=b

c
" "--then in order, with text and without"
airs pipe crasher.yaml t/g/0 --then 't/g/0=fail no' --then t/g/0=yes </dev/null
expect_code 1 "--then that fails"
expect_out "yes
" "--then that fails"
expect_err '^airs: --then t/g/0: handler-failed: no$' "--then that fails"

manifest_of timer >timer.yaml
airs pipe timer.yaml t/g/0 --then t/g/0=fired --stats --output json < <(printf '20 x\n600000 y\n600000 z\n')
expect_code 0 "timers"
expect_err '^airs: [23] timers not yet due: cancelled$' "timers not yet due are cancelled and reported"
expect_balance "timers"
ok "--then, and timers that are not due"

manifest_of deferred >never.yaml
airs pipe never.yaml t/g/0 --replies --timeout 200ms --stats --output json < <(printf 'a\nb\n')
expect_code 124 "--timeout"
expect_out "" "--timeout"
expect_err '^airs: --timeout is over' "--timeout"
expect_err '^airs: line 2: ' "--timeout ends requests"
expect_balance "--timeout"
airs pipe never.yaml t/g/0 --replies --request-timeout 100ms < <(printf 'a\n')
expect_code 1 "--request-timeout"
expect_err '^airs: line 1: timeout: ' "--request-timeout"
ok "--timeout and --request-timeout"

# --- numbers ------------------------------------------------------------------------------------------------------------
airs pipe sink.yaml t/g/0 --stats <many
expect_err '^airs: stats: 100000 lines \(588895 bytes, 0 failed\) in .* messages/s, .*; peak memory [0-9.]* MiB$' "--stats"
expect_err '^airs: summary: accepted 100000 = delivered 100000 \+ dead 0 \+ dropped 0 \+ queued 0 \+ held 0 \+ in hand 0' "--stats"
airs pipe sink.yaml t/g/0 <many
[[ ! -s err ]] || fail "without --stats a run without failures says nothing"
ok "--stats"

# Memory does not grow with the input: 10 and 100 MB of lines, and one line of 200 MB. A program under the address sanitizer keeps what was
# freed aside, up to 256 MB unless told otherwise; that is not the program's.
export ASAN_OPTIONS=${ASAN_OPTIONS:+$ASAN_OPTIONS:}quarantine_size_mb=1
yes 'a line of a log, about as long as lines of logs are: 2026-01-01 12:00:00 status installed' | head -c 10000000 >ten || true # yes ends by SIGPIPE
airs pipe sink.yaml t/g/0 --stats --output json <ten
small=$(figure peak_memory_bytes)
airs pipe sink.yaml t/g/0 --stats --output json < <(for _ in 1 2 3 4 5 6 7 8 9 10; do cat ten; done)
large=$(figure peak_memory_bytes)
((large < small + 8 * 1024 * 1024)) || fail "peak memory of 10 MB: $small, of 100 MB: $large"
airs pipe sink.yaml t/g/0 --stats --output json < <(head -c 200000000 /dev/zero)
expect_code 1 "a line of 200 MB"
(($(figure peak_memory_bytes) < small + 8 * 1024 * 1024)) || fail "peak memory of a line of 200 MB: $(figure peak_memory_bytes)"
ok "memory does not grow with the input"
