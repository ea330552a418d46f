#!/bin/bash
# airs pipe that is ended from outside: signals, a closed stdout, a reader that does not read.
# shellcheck source=tests/e2e/lib.sh
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

manifest_of echo >echo.yaml
manifest_of sink >sink.yaml
manifest_of crasher >crasher.yaml
manifest_of slow "limits: { handler-time: 60s }" >slow.yaml
manifest_of deferred >never.yaml

# Starts the program with `lines` as its stdin, held open by descriptor 7.
start() {
    rm -f lines out err
    mkfifo lines
    "$AIRS" pipe "$@" <lines >out 2>err &
    process=$!
    children+=("$process")
    exec 7>lines
}
finish() {
    code=0
    wait "$process" || code=$?
    exec 7>&-
}

# --- a signal while it waits for input ----------------------------------------------------------------------------------
for signal in TERM:0 INT:130; do
    start echo.yaml t/g/0 --replies --output json
    printf 'one\ntwo\nhalf of a' >&7
    wait_until "$process" grep -q two out
    kill -"${signal%:*}" "$process"
    finish
    expect_code "${signal#*:}" "SIG${signal%:*}"
    expect_out "one
two
" "SIG${signal%:*}: a line that has not ended is not sent"
    expect_err "^airs: reading stopped after line 2: SIG${signal%:*}$" "SIG${signal%:*}"
    expect_balance "SIG${signal%:*}"
    (($(figure lines) == 2)) || fail "SIG${signal%:*}: lines"
    ok "SIG${signal%:*} while waiting for input"
done

# --- a signal in the middle of a stream ---------------------------------------------------------------------------------
for replies in "" --replies; do
    # shellcheck disable=SC2086 # none, or one word
    start echo.yaml t/g/0 $replies --output json
    yes 'a line' >&7 2>/dev/null &
    feeder=$!
    children+=("$feeder")
    sleep 0.3
    kill -TERM "$process"
    finish
    kill "$feeder" 2>/dev/null || true
    expect_code 0 "SIGTERM in a stream $replies"
    expect_balance "SIGTERM in a stream $replies"
    (($(figure lines) > 0 && $(figure dead) + $(figure failed) == 0)) || fail "SIGTERM in a stream $replies: counts"
    [[ -z $replies ]] || (($(figure lines) == $(wc -l <out))) || fail "SIGTERM in a stream: a line without its reply"
    ok "SIGTERM in a stream $replies: every line is handled"
done

# --- a drain that has not the time --------------------------------------------------------------------------------------
start slow.yaml t/g/0 --drain-timeout 100ms --output json
printf '1000\n1000\n1000\n' >&7
wait_until "$process" test -e out
sleep 0.3
kill -TERM "$process"
finish
expect_code 124 "a short drain"
expect_balance "a short drain"
(($(figure dead) >= 1)) || fail "a short drain: nothing died"
expect_err '"stopping":' "a short drain: the reason"
ok "a drain whose deadline leaves messages"

# --- a second signal ----------------------------------------------------------------------------------------------------
start never.yaml t/g/0 --replies --drain-timeout 0 --output json
printf 'a\n' >&7
sleep 0.3
kill -INT "$process"
wait_until "$process" grep -q 'reading stopped' err
kill -INT "$process"
finish
expect_code 130 "a second signal"
expect_err '^airs: line 1: ' "a second signal: the request has ended"
ok "a second signal stops at once"

# The same while --then waits for an answer that never comes.
manifest_of deferred >then.yaml
"$AIRS" pipe then.yaml t/g/0 --then t/g/0=x --drain-timeout 200ms </dev/null >out 2>err &
process=$!
children+=("$process")
sleep 0.4
kill -INT "$process"
code=0
wait "$process" || code=$?
expect_code 124 "SIGINT during --then"
expect_err '^airs: --then t/g/0: ' "SIGINT during --then"
ok "a signal ends the wait for --then"

# --- stdout -------------------------------------------------------------------------------------------------------------
for arguments in "echo.yaml t/g/0 --replies" "crasher.yaml t/g/0"; do
    set +e
    # shellcheck disable=SC2086 # words
    yes 'print x' | "$AIRS" pipe $arguments --stats --output json 2>err | head -n 2 >out
    code=${PIPESTATUS[1]}
    set -e
    expect_code 1 "a closed stdout: $arguments"
    expect_err '^airs: reading stopped after line [0-9]*: stdout is closed$' "a closed stdout: $arguments"
    expect_balance "a closed stdout: $arguments"
done
code=0
seq 100 | "$AIRS" pipe echo.yaml t/g/0 --replies 2>err >&- || code=$?
expect_code 1 "no stdout"
if [[ -w /dev/full ]]; then
    code=0
    seq 100 | "$AIRS" pipe echo.yaml t/g/0 --replies 2>err >/dev/full || code=$?
    expect_code 1 "a full disk"
fi
ok "a closed stdout drains and exits 1"

# A reader that does not read holds the whole chain; a signal ends it all the same, within the drain's deadline.
for arguments in "echo.yaml t/g/0 --replies" "crasher.yaml t/g/0"; do
    rm -f held
    mkfifo held
    exec 8<>held
    # shellcheck disable=SC2086 # words
    "$AIRS" pipe $arguments --drain-timeout 200ms < <(yes 'print a line that nobody reads' 2>/dev/null) >held 2>err &
    process=$!
    children+=("$process")
    sleep 0.5
    kill -TERM "$process"
    code=0
    wait "$process" || code=$?
    exec 8>&-
    [[ $code == 124 || $code == 1 ]] || fail "a reader that does not read: exit code $code"
    ok "a reader that does not read: ${arguments##* }"
done

# --- all components end by themselves -----------------------------------------------------------------------------------
start crasher.yaml t/g/0
printf 'exit 0\n' >&7
finish
expect_code 1 "no component is left"
expect_err '^airs: reading stopped after line 1: every component has stopped$' "no component is left"
ok "a pipe whose components have all stopped"
