#!/usr/bin/env bash
# A C program builds against an installed airs through pkg-config, with the shared and with the static library, and runs.
# shellcheck source=tests/install/lib.sh
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
install_airs
use_pkg_config
read -ra cflags <<<"$(pkg-config --cflags airs)"
read -ra libs <<<"$(pkg-config --libs airs)"
read -ra all_libs <<<"$(pkg-config --libs --static airs)"
libdir=$(pkg-config --variable=libdir airs)
embedder=$SOURCE/tests/install/embedder.c

gcc -Wall -Wextra -Werror "${cflags[@]}" "$embedder" -o "$work/shared" "${libs[@]}"
readelf -d "$work/shared" | grep -q 'NEEDED.*libairs\.so' || fail "the program doesn't use the shared library"
LD_LIBRARY_PATH=$libdir expect_embedder "$work/shared"

# Where both libraries lie, -lairs takes the shared one: the static one is asked for by name.
for i in "${!all_libs[@]}"; do
    [[ ${all_libs[i]} != -lairs ]] || all_libs[i]=-l:libairs.a
done
gcc -Wall -Wextra -Werror "${cflags[@]}" "$embedder" -o "$work/static" "${all_libs[@]}"
! readelf -d "$work/static" | grep -q 'NEEDED.*libairs' || fail "the static program needs libairs.so"
expect_embedder "$work/static"
[[ $("$prefix/bin/airs" version) == *"$(pkg-config --modversion airs)"* ]] || fail "the installed program doesn't say its version"
