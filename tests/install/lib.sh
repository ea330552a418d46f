# Shared by the installation tests: installs the build into a folder of its own, once a test.
# shellcheck shell=bash
set -euo pipefail

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
prefix=$work/prefix

fail() {
    printf 'FAILED: %s\n' "$*" >&2
    exit 1
}

install_airs() { cmake --install "$AIRS_BUILD" --prefix "$prefix" >"$work/install.log" || fail "cmake --install, see above"; }

# The embedder says what it counted, and which version it runs with.
expect_embedder() {
    local said
    said=$("$@") || fail "$1 exited with $?"
    [[ $said == "airs $(pkg-config --modversion airs) counted 1000" ]] || fail "$1 said: $said"
}

# The example says what its README shows.
expect_shop() {
    local said
    said=$("$@") || fail "$1 exited with $?"
    [[ $said == "$(awk '/^\$ \.\/shop/ { on = 1; next } /^```/ { on = 0 } on' "$SOURCE/examples/native/README.md")" ]] || fail "$1 said: $said"
}

# Compiles $1 to $work/shared and $work/static with what pkg-config says. Where both libraries lie, -lairs takes the shared one: the static one
# is asked for by name.
compile_both() {
    local cflags libs all_libs i
    read -ra cflags <<<"$(pkg-config --cflags airs)"
    read -ra libs <<<"$(pkg-config --libs airs)"
    read -ra all_libs <<<"$(pkg-config --libs --static airs)"
    for i in "${!all_libs[@]}"; do
        [[ ${all_libs[i]} != -lairs ]] || all_libs[i]=-l:libairs.a
    done
    gcc -Wall -Wextra -Werror "${cflags[@]}" "$1" -o "$work/shared" "${libs[@]}" || fail "$1 with the shared library"
    gcc -Wall -Wextra -Werror "${cflags[@]}" "$1" -o "$work/static" "${all_libs[@]}" || fail "$1 with the static library"
    readelf -d "$work/shared" | grep -q 'NEEDED.*libairs\.so' || fail "the program doesn't use the shared library"
    ! readelf -d "$work/static" | grep -q 'NEEDED.*libairs' || fail "the static program needs libairs.so"
}

use_pkg_config() {
    PKG_CONFIG_PATH=$(dirname "$(find "$prefix" -name airs.pc)")
    export PKG_CONFIG_PATH
}
