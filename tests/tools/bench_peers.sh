#!/usr/bin/env bash
# bench/peers/run.sh runs every workload of a peer that can be built here, and leaves out what is not installed, saying so.
set -euo pipefail

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

fail() {
    printf 'FAILED: %s\n' "$*" >&2
    exit 1
}

run() { BUILD=$work/build AIRS=$work/airs "$@" "$SOURCE/bench/peers/run.sh" 2>"$work/err"; }

run env PEERS=mutex-queue ROUNDS=1 OUTPUT=json >"$work/lines" || fail "the mutex queue: $(cat "$work/err")"
[[ $(sed 's/.*"case":"\([^"]*\)".*"workers":\([12]\),.*/\1 \2/' "$work/lines" | tr '\n' ,) == \
    "route 1,send-drain 1,send-drain 2,ping-pong 1,ping-pong 2,request 1,request 2," ]] || fail "lines: $(cat "$work/lines")"
! grep -v '"peer":"mutex-queue".*"payload":64,"ns_per_op":[0-9.]*,"ops_per_s":[0-9]*}$' "$work/lines" || fail "a line is not as it should be"

mkdir "$work/bin"
for tool in bash env dirname mkdir awk; do
    ln -s "$(command -v "$tool")" "$work/bin/$tool"
done
run env PATH="$work/bin" PEERS="mutex-queue go erlang" ROUNDS=0 >"$work/table" || fail "without tools: $(cat "$work/err")"
for peer in "mutex-queue is left out: cc" "go is left out: go" "erlang is left out: escript"; do
    grep -q "^bench-peers: $peer is not installed$" "$work/err" || fail "stderr doesn't say: $peer"
done
code=0
run env PEERS=airs || code=$?
[[ $code == 66 ]] || fail "without airs: exit code $code, not 66"
