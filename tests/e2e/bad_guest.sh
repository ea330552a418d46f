#!/bin/bash
# Guests that end badly: what is said, what becomes of the component, and of the others.
# shellcheck source=tests/e2e/lib.sh
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

# --- before the first message: the component is stopped, exit 70 ---------------------------------------------------------
expect_no_start() { # guest, pattern, what
    manifest_of "$1" "limits: { init-time: 200ms }" >app.yaml
    airs run app.yaml --log-format json
    expect_code 70 "run: $3"
    expect_err "\"level\":\"error\",\"component\":\"t/g/0\",\"event\":\"init-failed\",\"msg\":\"stopped, its init failed: .*$2" "run: $3"
    airs pipe app.yaml t/g/0 --stats --output json < <(printf 'one\ntwo\n')
    expect_code 70 "pipe: $3"
    expect_balance "pipe: $3"
    (($(figure delivered) == 0)) || fail "pipe: $3: a message was delivered"
    ok "$3"
}
expect_no_start start_loops 'init-time limit of 200 ms used up' "a start section that loops"
expect_no_start start_traps 'unreachable executed' "a start section that traps"
expect_no_start start_sends 'send-message was called from a start section or _initialize' "a start section that sends"
expect_no_start initialize_loops 'init-time limit of 200 ms used up' "an _initialize that loops"
expect_no_start initialize_traps 'unreachable executed' "an _initialize that traps"
expect_no_start initialize_sends 'send-message was called from a start section or _initialize' "an _initialize that sends"
expect_no_start init_loop 'init-time limit of 200 ms used up' "an init that loops"
expect_no_start init_trap 'unreachable executed' "an init that traps"
expect_no_start init_exit 'proc_exit\(3\) called' "an init that exits"
expect_no_start init_fail 'init returned an error: this config is not what I want: \{\}' "an init that returns an error"

# --- in a handler: the message is dead, a fresh instance goes on ------------------------------------------------------------
expect_crash() { # message, pattern, what
    manifest_of crasher "limits: { memory: 2MiB }" >app.yaml
    airs pipe app.yaml t/g/0 --replies --output json --stats --log-format json < <(printf 'before\n%s\nafter\ncount\n' "$1")
    expect_code 1 "$3"
    expect_out "before
after
2
" "$3: only the instance that crashed is gone"
    expect_err "\"component\":\"t/g/0\",\"event\":\"crash\",\"msg\":\".*$2" "$3"
    expect_err "^airs: line 2: handler-failed: .*$2" "$3"
    expect_err '"event":"restarted"' "$3"
    expect_balance "$3"
    (($(figure dead) == 1 && $(figure restarts) == 1 && $(figure failed) == 1)) || fail "$3: not one dead and one restart"
    ok "$3"
}
expect_crash trap 'unreachable executed at ' "a handler that traps"
expect_crash divide 'integer division by zero at ' "a handler that divides by zero"
expect_crash loop 'handler-time limit of 100 ms used up at ' "a handler that loops"
expect_crash stack '(stack exhausted|out of bounds) at deeper < deeper' "a handler that recurses for ever"
expect_crash outside 'out of bounds' "a handler that reads outside its memory"
expect_crash "exit 3" 'proc_exit\(3\) called at ' "a handler that calls exit(3)"

manifest_of crasher >app.yaml
airs pipe app.yaml t/g/0 --output json --stats < <(printf 'exit 0\n')
expect_code 0 "exit(0) in a handler"
expect_err '"level":"info",.*"event":"stopped","msg":"it ended itself"' "exit(0) in a handler"
(($(figure delivered) == 1 && $(figure dead) == 0)) || fail "exit(0): the message counts as delivered"
ok "a handler that calls exit(0): delivered, and the component stops"

manifest_of crasher "limits: { memory: 1MiB }" >app.yaml
airs pipe app.yaml t/g/0 --replies < <(printf 'grow\nstill here\n')
expect_code 0 "grow"
expect_out "16 pages
still here
" "a guest that grows to its limit is refused more, and goes on"
ok "a guest that grows its memory to the limit"

manifest_of crasher >app.yaml
airs pipe app.yaml t/g/0 --output json --stats < <(printf 'fail so much\nfine\n')
expect_code 1 "a handled failure"
(($(figure dead) == 1 && $(figure restarts) == 0)) || fail "a handled failure restarts nothing"
expect_err '"event":"handler-failed","msg":"so much"' "a handled failure"
ok "a handler that returns an error"

# The 4th crash within 60 s stops the component: 70.
airs pipe app.yaml t/g/0 --replies --output json --stats < <(printf 'trap\ntrap\nfine\ntrap\ntrap\nlate\nlater\n')
expect_code 70 "the stop rule"
expect_out "fine
" "the stop rule"
expect_err '"event":"gave-up","msg":"stopped after the 4th crash within 60 s' "the stop rule"
expect_err '^airs: line 6: target-stopped: ' "the stop rule"
expect_balance "the stop rule"
(($(figure restarts) == 3)) || fail "the stop rule: $(figure restarts) restarts"
ok "the stop rule"

# What a guest says can forge no line and move no cursor.
airs pipe app.yaml t/g/0 --replies --log-format text < <(printf 'complain \033[2Ja\303\n')
expect_err 'INFO  t/g/0 stderr: \\x1b\[2Ja\\xc3$' "escaped guest text"
airs pipe app.yaml t/g/0 --replies < <(printf 'fail \033[2J\n')
expect_err '^airs: line 1: handler-failed: \\x1b\[2J$' "escaped failure"
ok "guest text is escaped"

# One guest loops as long as it may; with two workers another answers meanwhile.
{
    printf 'workers: 2\n'
    manifest_of crasher "limits: { handler-time: 3s }"
    printf '  - { id: t/echo/0, file: %s/echo.wasm, capabilities: { receive: ["*/*/*"] } }\n' "$AIRS_GUESTS"
    printf '  - { id: t/to-loop/0, file: %s/forwarder.wasm, config: { target: t/g/0 }, capabilities: { send: ["t/*/*"], receive: ["*/*/*"] } }\n' \
        "$AIRS_GUESTS"
    printf '  - { id: t/to-echo/0, file: %s/requester.wasm, config: { target: t/echo/0 }, capabilities: { send: ["t/*/*"], receive: ["*/*/*"] } }\n' \
        "$AIRS_GUESTS"
} >app.yaml
mkfifo lines
"$AIRS" pipe app.yaml t/to-loop/0 --then t/to-echo/0=hello --stats --output json <lines >out 2>err &
process=$!
children+=("$process")
printf 'loop\n' >lines
code=0
wait "$process" || code=$?
expect_code 1 "one looper"
expect_out "hello
" "one looper"
ok "others answer beside a guest that loops"
