#!/usr/bin/env bash
# A CMake project finds an installed airs, links airs::airs and airs::static, builds a guest with the installed SDK, and a moved prefix works.
# shellcheck source=tests/install/lib.sh
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
install_airs
mv "$prefix" "$work/moved"
prefix=$work/moved
use_pkg_config

mkdir "$work/app"
cat >"$work/app/CMakeLists.txt" <<'END'
cmake_minimum_required(VERSION 3.25)
project(app LANGUAGES C)
find_package(airs 0.1 REQUIRED)
include(airs-guest)
add_executable(shared ${EMBEDDER})
target_link_libraries(shared PRIVATE airs::airs)
add_executable(static ${EMBEDDER})
target_link_libraries(static PRIVATE airs::static)
airs_add_guest(hello SOURCES ${HELLO})
END
cmake -S "$work/app" -B "$work/build" -G Ninja -DCMAKE_PREFIX_PATH="$prefix" -DEMBEDDER="$SOURCE/tests/install/embedder.c" \
    -DHELLO="$SOURCE/examples/hello/hello.c" >"$work/cmake.log" || fail "the project doesn't configure: $(tail -n 20 "$work/cmake.log")"
cmake --build "$work/build" >"$work/cmake.log" || fail "the project doesn't build: $(tail -n 20 "$work/cmake.log")"
expect_embedder "$work/build/shared"
expect_embedder "$work/build/static"
"$prefix/bin/airs" inspect "$work/build/hello.wasm" >/dev/null || fail "the guest made by the installed SDK is refused"
