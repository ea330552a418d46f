#!/usr/bin/env bash
# tools/build-wasmtime: one build for all, kept only when complete, in a folder nobody else can write. Cargo is played by a script that writes
# the files a build would; the real one built what this whole build links.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir "$work/bin" "$work/cache"
unset AIRS_WASMTIME_DIR CARGO_TARGET_DIR
export XDG_CACHE_HOME=$work/cache PATH=$work/bin:$PATH BUILDS=$work/builds FAIL=$work/fail

cat >"$work/bin/rustc" <<'END'
#!/bin/sh
echo 'rustc 1.99.0 (test)'
END
cat >"$work/bin/cargo" <<'END'
#!/bin/sh
if [ "$1" = --version ]; then echo 'cargo 1.99.0 (test)'; exit; fi
echo built >>"$BUILDS"
sleep 0.2
mkdir -p "$CARGO_TARGET_DIR/release" "$AIRS_WASMTIME_INCLUDE_OUT"
echo library >"$CARGO_TARGET_DIR/release/libairs_wasmtime.a"
[ ! -e "$FAIL" ] || exit 1
echo header >"$AIRS_WASMTIME_INCLUDE_OUT/wasmtime.h"
END
chmod +x "$work/bin/"*

fail() {
    printf 'FAILED: %s\n' "$*" >&2
    exit 1
}

# expect STATUS TEXT COMMAND...: exits with STATUS and says TEXT on stderr.
expect() {
    local status=$1 text=$2 got=0
    shift 2
    "$@" >"$work/out" 2>"$work/err" || got=$?
    [[ $got -eq $status ]] || fail "$*: exit $got instead of $status: $(<"$work/err")"
    [[ $(<"$work/err") == *"$text"* ]] || fail "$*: expected '$text', got: $(<"$work/err")"
}

build=$SOURCE/tools/build-wasmtime

touch "$FAIL"
expect 69 'could not build' "$build"
[[ -z $(find "$work/cache/airs" -mindepth 1 ! -name lock) ]] || fail "a failed build left something behind"
rm "$FAIL" "$BUILDS"

mkdir "$work/cache/airs/.building-killed"
"$build" >"$work/first" 2>/dev/null &
first=$!
"$build" >"$work/second" 2>/dev/null || fail "the second of two builds at once failed"
wait "$first" || fail "the first of two builds at once failed"
[[ $(wc -l <"$BUILDS") -eq 1 ]] || fail "two calls at once built $(wc -l <"$BUILDS") times"
cmp "$work/first" "$work/second" || fail "two calls at once print different folders"
folder=$(<"$work/first")
[[ $folder == "$work/cache/airs/wasmtime-$("$build" --key)" ]] || fail "unexpected folder $folder"
[[ $(find "$work/cache/airs" -mindepth 1 -maxdepth 1 | wc -l) -eq 2 ]] || fail "more than the folder and the lock is left"
expect 0 '' "$build"
[[ $(wc -l <"$BUILDS") -eq 1 ]] || fail "a call that found the folder built again"

chmod g+w "$folder"
expect 77 'can be written by others' "$build"
chmod g-w "$folder"
chmod o+w "$folder/libairs_wasmtime.a"
expect 77 'can be written by others' "$build"
chmod o-w "$folder/libairs_wasmtime.a"
chmod 777 "$work/cache/airs"
expect 77 'can be written by others' "$build"
chmod 755 "$work/cache/airs"

AIRS_WASMTIME_DIR=$folder expect 0 '' "$build"
[[ $(<"$work/out") == "$folder" ]] || fail "AIRS_WASMTIME_DIR is not what was printed"
AIRS_WASMTIME_DIR=$work expect 66 "lacks key" "$build"
cp -a "$folder" "$work/other"
echo 48.0.0-0000-0000 >"$work/other/key"
AIRS_WASMTIME_DIR=$work/other expect 78 "has key 48.0.0-0000-0000, this checkout needs $("$build" --key)" "$build"

rm "$folder/include/wasmtime.h"
expect 66 'lacks include/wasmtime.h' "$build"
