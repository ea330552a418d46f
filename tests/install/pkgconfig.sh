#!/usr/bin/env bash
# A C program builds against an installed airs through pkg-config, with the shared and with the static library, and runs.
# shellcheck source=tests/install/lib.sh
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
install_airs
use_pkg_config
libdir=$(pkg-config --variable=libdir airs)

compile_both "$SOURCE/tests/install/embedder.c"
LD_LIBRARY_PATH=$libdir expect_embedder "$work/shared"
expect_embedder "$work/static"

compile_both "$SOURCE/examples/native/shop.c"
LD_LIBRARY_PATH=$libdir expect_shop "$work/shared"
expect_shop "$work/static"
[[ $("$prefix/bin/airs" version) == *"$(pkg-config --modversion airs)"* ]] || fail "the installed program doesn't say its version"
