# Finds the Rust tools that build the Wasmtime crate. Sourced by tools/bootstrap and tools/build-wasmtime; not a program.
# shellcheck shell=bash

# The oldest cargo and rustc that build the crate (Wasmtime 48 says so).
AIRS_RUST_MINIMUM=1.95

# True when `$1 --version` runs and says at least AIRS_RUST_MINIMUM.
rust_is_new_enough() {
    local version
    version=$("$1" --version 2>/dev/null | awk '{ print $2; exit }') || return 1
    [[ -n $version ]] && [[ $(printf '%s\n%s\n' "$AIRS_RUST_MINIMUM" "${version%%[-+]*}" | sort -V | head -n 1) == "$AIRS_RUST_MINIMUM" ]]
}

# Sets CARGO and RUSTC to a pair that is new enough: the first on PATH, else Debian's (rustc-web, cargo-web). Both come from one folder,
# so that cargo never drives a compiler of another age.
# shellcheck disable=SC2034 # used by who sources this
find_rust() {
    local candidate folder
    for candidate in "$(command -v cargo || true)" /usr/bin/cargo; do
        [[ -n $candidate && -x $candidate ]] || continue
        folder=$(dirname "$candidate")
        if rust_is_new_enough "$candidate" && rust_is_new_enough "$folder/rustc"; then
            CARGO=$candidate
            RUSTC=$folder/rustc
            return 0
        fi
    done
    return 1
}
