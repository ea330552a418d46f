#!/usr/bin/env bash
# airs beside its peers, in one run: builds what can be built here, lets all of them do the same four workloads in turn, and prints the best round
# of each with its ratio to airs. README.md says what each does. What is not installed is left out, with a line on stderr.
#
# AIRS: the program (default build/release/airs); BUILD: where to build (default: bench-peers beside it); ROUNDS: how often (default 3);
# PEERS: which, the first is what the others are compared with (default: "airs mutex-queue tokio go erlang"); OUTPUT=json: JSON lines, no table.
set -euo pipefail
export LC_ALL=C

folder=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
# shellcheck source=tools/rust.sh
source "$folder/../../tools/rust.sh"
airs=${AIRS:-$folder/../../build/release/airs}
build=${BUILD:-$(dirname "$airs")/bench-peers}
rounds=${ROUNDS:-3}
read -ra peers <<<"${PEERS:-airs mutex-queue tokio go erlang}"
runs=("route 1" "send-drain 1" "send-drain 2" "ping-pong 1" "ping-pong 2" "request 1" "request 2") # a case and its workers

say() { printf 'bench-peers: %s\n' "$*" >&2; }

# A tool that a peer needs. $1: the peer.
needs() { command -v "$2" >/dev/null || { say "$1 is left out: $2 is not installed"; return 1; }; }

# Builds a peer with its output in a log. $1: the peer.
build_with_log() {
    local log=$build/$1.log
    "${@:2}" >"$log" 2>&1 || { say "$1 is left out: it doesn't build here, see $log"; return 1; }
}

make_airs() { [[ -x $airs ]] || { say "$airs is missing: run make first, or set AIRS"; exit 66; }; }
make_mutex-queue() {
    needs mutex-queue cc && build_with_log mutex-queue cc -std=gnu11 -O2 "$folder/mutex_queue.c" -o "$build/mutex-queue" -pthread
}
make_tokio() {
    find_rust || { say "tokio is left out: there is no cargo $AIRS_RUST_MINIMUM"; return 1; }
    build_with_log tokio env CARGO_TARGET_DIR="$build/cargo" RUSTC="$RUSTC" "$CARGO" build --release --locked \
        --manifest-path "$folder/tokio/Cargo.toml"
}
make_go() { needs go go && build_with_log go env GOTOOLCHAIN=local go build -o "$build/go-peer" "$folder/go/main.go"; }
make_erlang() { needs erlang escript; }

# $1: the case, $2: workers. Each prints one line.
run_airs() { "$airs" bench --case "$1" --workers "$2" --rounds 1 --output json --quiet; }
run_mutex-queue() { "$build/mutex-queue" "$@"; }
run_tokio() { "$build/cargo/release/tokio-peer" "$@"; }
run_go() { "$build/go-peer" "$@"; }
run_erlang() { ERL_FLAGS="+S $2:$2" escript "$folder/erlang/peer.escript" "$@"; }

# The table: the best round of each; lines without a peer are airs'.
table() {
    awk -v peers="${present[*]}" '
        function field(name) { return match($0, "\"" name "\":\"?[^,\"}]*") ? substr($0, RSTART, RLENGTH) : "" }
        function value(name,   text) { text = field(name); sub(/^[^:]*:"?/, "", text); return text }
        value("targets") + 0 > 1 { next } # peers have one
        {
            peer = value("peer") == "" ? "airs" : value("peer")
            name = sprintf("%-12s %7d", value("case"), value("workers"))
            ns = value("ns_per_op") + 0
            if (!(name in seen)) { seen[name] = 1; names[++count] = name }
            if (!((name, peer) in best) || ns < best[name, peer]) best[name, peer] = ns
        }
        END {
            columns = split(peers, column, " ")
            printf "%-12s %7s", "ns an op", "workers"
            for (i = 1; i <= columns; i++) printf " %20s", column[i]
            printf "\n"
            for (r = 1; r <= count; r++) {
                printf "%s", names[r]
                first = best[names[r], column[1]]
                for (i = 1; i <= columns; i++) {
                    ns = best[names[r], column[i]]
                    if (ns == "") printf " %20s", "-"
                    else if (i == 1 || first == "") printf " %20.1f", ns
                    else printf " %11.1f (%5.2fx)", ns, ns / first
                }
                printf "\n"
            }
        }' "$1"
}

mkdir -p "$build"
present=()
for peer in "${peers[@]}"; do
    declare -F "make_$peer" >/dev/null || { say "there is no peer $peer"; exit 64; }
    ! "make_$peer" || present+=("$peer")
done

lines=$build/lines.jsonl
: >"$lines"
for ((round = 1; round <= rounds; round++)); do
    say "round $round of $rounds"
    for run in "${runs[@]}"; do
        read -ra words <<<"$run"
        for peer in "${present[@]}"; do
            "run_$peer" "${words[@]}" >>"$lines" || { say "$peer failed at $run"; exit 70; }
        done
    done
done
if [[ ${OUTPUT-} == json ]]; then
    cat "$lines"
else
    table "$lines"
    say "every line is in $lines"
fi
