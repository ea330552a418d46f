#!/usr/bin/env bash
# The example in plain C says what its README shows; under the sanitizer presets too.
# shellcheck source=tests/e2e/lib.sh
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

code=0
timeout -s KILL 120 "$AIRS_EXAMPLES/native/shop" >"$work/out" 2>"$work/err" || code=$?
expect_code 0 "shop"
expect_out "$(awk '/^\$ \.\/shop/ { on = 1; next } /^```/ { on = 0 } on' "$SOURCE/examples/native/README.md")"$'\n' "shop"
ok "examples/native runs as shown"
