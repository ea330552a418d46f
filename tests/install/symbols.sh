#!/usr/bin/env bash
# The shared library exports what the public headers declare, and nothing else.
# shellcheck source=tests/install/lib.sh
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
nm -D --defined-only "$AIRS_BUILD/libairs.so" | awk '{ sub(/@.*/, "", $3); print $3 }' | sort -u >"$work/exported"
# Preprocessed headers, each declaration on one line; a declared name is the one before the parameter list.
cat "$SOURCE"/include/airs/*.h | grep -v '^ *#' | tr '\n' ' ' | grep -o 'AIRS_API [^(;]*(' | sed 's/ *($//; s/.*[ *]//' | sort -u >"$work/declared"
[[ -s $work/declared ]] || fail "no declaration was found in include/airs"
diff "$work/declared" "$work/exported" >"$work/difference" ||
    fail "declared (<) in include/airs and exported (>) by libairs.so differ:"$'\n'"$(grep '^[<>]' "$work/difference")"
