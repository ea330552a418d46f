#!/usr/bin/env bash
# examples/native, as a project of its own that finds an installed airs with CMake, runs as its README shows.
# shellcheck source=tests/install/lib.sh
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
install_airs
use_pkg_config
for library in airs::airs airs::static; do
    build=$work/${library#airs::}
    cmake -S "$SOURCE/examples/native" -B "$build" -G Ninja -DCMAKE_PREFIX_PATH="$prefix" -DAIRS_LIBRARY="$library" >"$work/cmake.log" ||
        fail "the example doesn't configure with $library: $(tail -n 20 "$work/cmake.log")"
    cmake --build "$build" >"$work/cmake.log" || fail "the example doesn't build with $library: $(tail -n 20 "$work/cmake.log")"
    expect_shop "$build/shop"
done
