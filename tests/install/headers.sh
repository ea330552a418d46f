#!/usr/bin/env bash
# Every public header compiles on its own, as C11 and as C++.
# shellcheck source=tests/install/lib.sh
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
for header in "$SOURCE"/include/airs/*.h; do
    name=airs/$(basename "$header")
    gcc -std=c11 -Wall -Wextra -Wpedantic -Werror -I "$SOURCE/include" -fsyntax-only -x c - <<<"#include <$name>"$'\n'"typedef int unit;" || fail "$name as C"
    clang-19 -std=c++17 -Wall -Wextra -Wpedantic -Werror -I "$SOURCE/include" -fsyntax-only -x c++ - <<<"#include <$name>" || fail "$name as C++"
done
