# shellcheck shell=bash
# Shared by the end-to-end scripts: source it. AIRS is the program, AIRS_GUESTS the folder of test guests.
# Each script runs in a folder of its own; $work/out and $work/err hold what the last program printed.
set -euo pipefail
export LC_ALL=C
unset AIRS_LOG_LEVEL AIRS_LOG_FORMAT AIRS_WORKERS

work=$(mktemp -d)
children=()
clean_up() {
    ((${#children[@]} == 0)) || kill -KILL "${children[@]}" 2>/dev/null || true
    rm -rf "$work"
}
trap clean_up EXIT
cd "$work"

fail() {
    printf 'FAILED: %s\n' "$*" >&2
    local file
    for file in out err; do
        [[ -f $work/$file ]] && printf -- '--- std%s, its last lines\n%s\n' "$file" "$(tail -n 20 "$work/$file" | cut -c 1-400)" >&2
    done
    exit 1
}

ok() { printf 'ok: %s\n' "$*"; }

# A manifest on stdout with one component t/g/0 of guest $1; further lines of the component as arguments.
manifest_of() {
    printf 'name: test\ncomponents:\n  - id: t/g/0\n    file: %s/%s.wasm\n    capabilities: { send: ["*/*/*"], receive: ["*/*/*"] }\n' \
        "$AIRS_GUESTS" "$1"
    shift
    (($# == 0)) || printf '    %s\n' "$@"
}

# Runs the program with stdin as given; any hang ends as 137.
airs() {
    code=0
    timeout -s KILL 120 "$AIRS" "$@" >"$work/out" 2>"$work/err" || code=$?
}

# The code of the last run; $2: what it was.
expect_code() { [[ $code == "$1" ]] || fail "$2: exit code $code, not $1"; }

# stdout is exactly this.
expect_out() { [[ $(cat "$work/out"; printf .) == "$1." ]] || fail "$2: stdout is not \"$1\""; }

# stderr has a line that matches this extended expression.
expect_err() { grep -qE -- "$1" "$work/err" || fail "$2: stderr has no line like \"$1\""; }

# stderr is one line, the program's own, and matches.
expect_one_error() {
    [[ $(wc -l <"$work/err") == 1 ]] || fail "$2: stderr has $(wc -l <"$work/err") lines, not one"
    grep -q '^airs: ' "$work/err" || fail "$2: the line is not the program's"
    expect_err "$1" "$2"
}

# A number of the last summary (--output json).
figure() { sed -n "s/.*\"$1\":\([0-9]*\).*/\1/p" "$work/err" | tail -n 1; }

# The last summary balances, with nothing left anywhere.
expect_balance() {
    local accepted
    accepted=$(figure accepted)
    [[ -n $accepted ]] || fail "$1: there is no summary"
    ((accepted == $(figure delivered) + $(figure dead) + $(figure dropped))) || fail "$1: the summary does not balance"
    (($(figure queued) + $(figure held) + $(figure in_hand) == 0)) || fail "$1: something is left"
}

# Waits until a condition holds: a command, tried until the process $1 is gone.
wait_until() {
    local process=$1
    shift
    until "$@"; do
        kill -0 "$process" 2>/dev/null || fail "the program ended before: $*"
        sleep 0.02
    done
}
