#!/bin/bash
# The benchmarks: every case runs with a small n and gives whole lines, and what is said when the command line is wrong.
# No figure is looked at: how fast a machine is while tests run says nothing.
# shellcheck source=tests/e2e/lib.sh
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

airs bench --list
expect_code 0 "--list"
mapfile -t cases < <(sed -n 's/^\([a-z0-9-]*\)  *.*/\1/p' out)
((${#cases[@]} > 0)) || fail "--list lists nothing"
airs bench --list --output json
expect_code 0 "--list as JSON"
[[ $(grep -c '^{"case":"[a-z0-9-]*","operation":"[^"]*"}$' out) == "${#cases[@]}" ]] || fail "--list as JSON"
ok "the list"

# A line is a JSON object of plain fields, and has those that every case has.
number='-?[0-9]+(\.[0-9]+)?(e[-+]?[0-9]+)?'
line="^\{\"case\":\"[a-z0-9-]+\"(,\"[a-z0-9_]+\":$number)+\}\$"
check_lines() { # case
    local field
    [[ -s out ]] || fail "$1: no line"
    ! grep -vqE "$line" out || fail "$1: not a line of JSON"
    ! grep -vq "^{\"case\":\"$1\"," out || fail "$1: a line of another case"
    for field in n ns_per_op ops_per_s workers payload rounds ns_min ns_median ns_max; do
        ! grep -vqE "\"$field\":[0-9]" out || fail "$1: a line has no $field"
    done
}

has() { # case, field...
    local field name=$1
    shift
    for field; do
        ! grep -vqE "\"$field\":[0-9]" out || fail "$name: a line has no $field"
    done
}

# The cases that the documents name are all there.
for name in broker-publish subscriber-overhead resolve resolve-id verdict mailbox route route-batch throughput-1w throughput-2w send-drain \
    ping-pong ring fork-join big chameneos request spawn idle-memory latency latency-hostile overload contended scale broadcast idle; do
    [[ " ${cases[*]} " == *" $name "* ]] || fail "--list lacks $name"
done

for name in "${cases[@]}"; do
    n=300
    [[ $name != latency-hostile ]] || n=3 # a millisecond each, and as long as the hostile ones hold the threads
    airs bench --case "$name" --n "$n" --rounds 1 --output json
    expect_code 0 "$name"
    check_lines "$name"
    case $name in
    route | route-batch) has "$name" targets ;;
    scale) has "$name" ratio alu_ratio ;;
    latency) has "$name" p50 p99 p999 peak_per_s ;;
    latency-hostile) has "$name" p50 p99 p999 ;;
    idle-memory) has "$name" bytes_per_actor id_bytes ;;
    contended) has "$name" producers refused ;;
    overload) has "$name" load offered_load goodput refused peak_per_s ;;
    idle) has "$name" wakes_per_s cpu_share ;;
    esac
done
ok "every case"

airs bench --case ring --case ping-pong --n 200 --rounds 2 --workers 3 --payload 1000 --output json
expect_code 0 "two cases"
[[ $(grep -c '"workers":3,"payload":1000,"rounds":2,' out) == 2 && $(wc -l <out) == 2 ]] || fail "two cases: not a line each, as asked"
AIRS_WORKERS=2 airs bench --case ring --n 503 --rounds 1
expect_code 0 "a table"
[[ $(wc -l <out) == 2 ]] || fail "a table: not a head and a line"
head -n 1 out | grep -qE '^case +n +ns/op +min +max +ops/s +workers +payload$' || fail "a table: its head"
tail -n 1 out | grep -qE '^ring +503 .* 2 +64$' || fail "a table: its line"
ok "flags"

expect_usage() { # pattern, words
    local pattern=$1
    shift
    airs "$@"
    expect_code 64 "airs $*"
    expect_one_error "$pattern" "airs $*"
    expect_out "" "airs $*"
}
expect_usage 'bench: --case: unknown case "rign"; did you mean ring\?$' bench --case rign
expect_usage 'bench: --case: unknown case "x"; .airs bench --list. lists the cases$' bench --case ring --case x
expect_usage 'bench: --n: "0" operations; 1 to 1000000000 is right$' bench --n 0
expect_usage 'bench: --n: "1000000001" operations; 1 to 1000000000 is right$' bench --n 1000000001
expect_usage 'bench: --n: "1k" operations; 1 to 1000000000 is right$' bench --n 1k
expect_usage 'bench: --n: "-1" operations; 1 to 1000000000 is right$' bench --n -1
expect_usage 'bench: --payload: "15" bytes; 16 to 16384 is right$' bench --payload 15
expect_usage 'bench: --payload: "16385" bytes; 16 to 16384 is right$' bench --payload 16385
expect_usage 'bench: --rounds: "0" rounds; 1 to 99 is right$' bench --rounds 0
expect_usage 'bench: --rounds: "100" rounds; 1 to 99 is right$' bench --rounds 100
expect_usage 'bench: --workers: "256" workers; 1 to 255 is right$' bench --workers 256
expect_usage 'bench: --case has no value; --case NAME is right$' bench --case
expect_usage 'bench: --n stands twice; once is right$' bench --n 1 --n 2
expect_usage 'bench: 1 operand given; .airs bench. is right$' bench ring
AIRS_WORKERS=no expect_usage 'bench: AIRS_WORKERS: "no" workers; 1 to 255 is right$' bench --case ring
ok "a wrong command line"
