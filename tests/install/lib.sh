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

use_pkg_config() {
    PKG_CONFIG_PATH=$(dirname "$(find "$prefix" -name airs.pc)")
    export PKG_CONFIG_PATH
}
