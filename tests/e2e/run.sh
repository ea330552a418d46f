#!/bin/bash
# airs run: until a signal, or until every component has stopped; then the numbers balance.
# shellcheck source=tests/e2e/lib.sh
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

manifest_of echo >echo.yaml

start() {
    : >err
    "$AIRS" run "$@" >out 2>err &
    process=$!
    children+=("$process")
}
finish() {
    code=0
    wait "$process" || code=$?
}

for signal in TERM:0 INT:130; do
    start echo.yaml --log-level debug
    wait_until "$process" grep -q '"component":"t/g/0","event":"started"' err
    kill -"${signal%:*}" "$process"
    finish
    expect_code "${signal#*:}" "SIG${signal%:*}"
    expect_err "\"event\":\"draining\",\"msg\":\"SIG${signal%:*}\"" "SIG${signal%:*}"
    expect_err '^airs: summary: accepted 0 = delivered 0 \+ dead 0 \+ dropped 0 \+ queued 0 \+ held 0 \+ in hand 0; restarts 0' "SIG${signal%:*}"
    expect_out "" "SIG${signal%:*}"
    ok "SIG${signal%:*}"
done

# Two components that send to each other without end: the drain's deadline ends it.
{
    printf 'components:\n'
    for i in 0 1; do
        printf '  - { id: t/p/%d, file: %s/forwarder.wasm, config: { target: t/p/%d }, capabilities: { send: ["t/p/*"], receive: ["*/*/*"] } }\n' \
            "$i" "$AIRS_GUESTS" "$((1 - i))"
    done
} >pingpong.yaml
"$AIRS" pipe pingpong.yaml t/p/0 --timeout 300ms --output json <<<"ball" >out 2>err &
process=$!
children+=("$process")
finish
expect_code 124 "a ball that never stops"
expect_balance "a ball that never stops"
(($(figure dead) == 1)) || fail "a ball that never stops: $(figure dead) dead"
# It lay in a mailbox when the actors stopped, or its handler could not pass it on to one that had stopped.
expect_err '"dead_by_reason":\{"(stopping|handler-failed)":1\}' "a ball that never stops"
ok "what never ends is a dead letter in the end"

# Every component ends by itself: run ends too.
manifest_of init_fail >ends.yaml
airs run ends.yaml --output json
expect_code 70 "a failed init"
expect_err '"event":"draining","msg":"every component has stopped"' "a failed init"
expect_balance "a failed init"
airs run ends.yaml --quiet --log-level off
expect_code 70 "a failed init, quietly"
[[ ! -s err ]] || fail "--quiet with no log says something"
ok "run ends when every component has stopped"

# One that fails does not take the others along.
{
    manifest_of echo
    printf '  - { id: t/bad/0, file: %s/init_trap.wasm }\n' "$AIRS_GUESTS"
} >both.yaml
start both.yaml
wait_until "$process" grep -q '"event":"init-failed"' err
sleep 0.1
kill -0 "$process" 2>/dev/null || fail "a failed init ended the others"
kill -TERM "$process"
finish
expect_code 70 "one of two failed"
ok "a failed init leaves the others running"

# Text on a terminal, JSON elsewhere; colour only on a terminal.
if command -v script >/dev/null; then
    script -qec "'$AIRS' run ends.yaml" typescript >/dev/null </dev/null || true
    grep -q $'\033\\[31mERROR\033\\[0m t/g/0 init-failed: ' typescript || fail "no text in colour on a terminal"
    NO_COLOR=1 script -qec "'$AIRS' run ends.yaml" typescript >/dev/null </dev/null || true
    grep -q ' ERROR t/g/0 init-failed: ' typescript || fail "NO_COLOR"
    script -qec "seq 2000000 | '$AIRS' pipe echo.yaml t/g/0" typescript >/dev/null </dev/null || true
    grep -q 'lines/s' typescript || fail "no progress on a terminal"
    script -qec "seq 2000000 | '$AIRS' pipe echo.yaml t/g/0 --quiet" typescript >/dev/null </dev/null || true
    ! grep -q 'lines/s' typescript || fail "progress though --quiet"
    ok "on a terminal"
fi
