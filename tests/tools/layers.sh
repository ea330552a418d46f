#!/usr/bin/env bash
# The sources keep to src/LAYERS, and tools/check_layers sees every kind of offence against it.
set -euo pipefail
"$SOURCE/tools/check_layers"

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
check() { "$SOURCE/tools/check_layers" "$work"; }

# A tree of three folders that keeps to its rules.
reset() {
    rm -rf "${work:?}"/*
    mkdir -p "$work"/{include/airs,src/base,src/core/{low,high},src/wasm/engine,src/node}
    cat >"$work/src/LAYERS" <<'END'
tier base:
tier core: base
tier wasm: base
tier node: base wasm
public base: status
public core: system
sees base: base
sees core: base core
sees wasm: base core
sees node: base core
folder base:
folder core/low:
folder core/high: core/low
folder wasm/engine:
folder node:
only wasmtime.h: wasm/engine
libc: stddef.h
END
    echo '#include <stddef.h>' >"$work/include/airs/status.h"
    echo '#include <airs/status.h>' >"$work/include/airs/system.h"
    echo '#include <airs/status.h>' >"$work/src/base/a.h"
    echo '#include "base/a.h"' >"$work/src/core/low/low.h"
    echo '#include "core/low/low.h"' >"$work/src/core/high/high.h"
    printf '#include <wasmtime.h>\n#include <airs/system.h>\n' >"$work/src/wasm/engine/engine.h"
    echo '#include "wasm/engine/engine.h"' >"$work/src/node/main.c"
}

# Appends one line to one file: the check must fail, name the place, and say this.
expect_refused() {
    local file=$1 line=$2 text=$3 said
    reset
    mkdir -p "$(dirname "$work/$file")"
    [[ ! -s $work/$file ]] || echo >>"$work/$file"
    printf '%s\n' "$line" >>"$work/$file"
    if said=$(check 2>&1); then
        echo "FAILED: '$line' in $file was let through" >&2
        exit 1
    fi
    if [[ $said != *"$file:"*"$text"* || $(wc -l <<<"$said") -ne 1 ]]; then
        printf "FAILED: '%s' in %s: expected one line with '%s', got:\n%s\n" "$line" "$file" "$text" "$said" >&2
        exit 1
    fi
}

reset
check
expect_refused src/base/a.h '#include "core/low/low.h"' 'from tier base, allowed tiers: nothing'
expect_refused src/core/low/low.h '#include "core/high/high.h"' 'from core/low, allowed siblings: nothing'
expect_refused src/core/high/high.h '#include "wasm/engine/engine.h"' 'from tier core, allowed tiers: base'
expect_refused src/wasm/engine/engine.h '#include "core/low/low.h"' 'core through include/airs/ only'
expect_refused src/node/main.c '  #  include "core/low/low.h"' 'core through include/airs/ only'
expect_refused src/node/main.c '#include <wasmtime.h>' 'allowed only in: wasm/engine'
expect_refused src/base/a.h '#include <airs/system.h>' 'tier base sees the public headers of: base'
expect_refused src/base/a.h '#include "../core/low/low.h"' 'relative'
expect_refused src/base/a.h '#include "a.h"' 'begins with no tier'
expect_refused include/airs/status.h '#include "base/a.h"' 'in a public header'
expect_refused include/airs/status.h '#include <yaml.h>' 'in a public header, allowed: <airs/...> and stddef.h'
expect_refused include/airs/status.h '#include <airs/system.h>' 'tier base sees'
expect_refused include/airs/other.h '#include <stddef.h>' 'in no "public" line'
expect_refused src/core/other/x.h '#include "base/a.h"' 'has no "folder" line'
# A tier with a front: others see that header alone.
reset
printf 'front wasm: wasm/engine/engine.h\n' >>"$work/src/LAYERS"
check
printf '#include "wasm/engine/other.h"\n' >>"$work/src/node/main.c"
if said=$(check 2>&1) || [[ $said != *'src/node/main.c:2: '*'allowed headers of tier wasm: wasm/engine/engine.h' ]]; then
    echo "FAILED: a header behind a tier's front was let through, or told otherwise: $said" >&2
    exit 1
fi
expect_refused src/LAYERS 'tiers base' 'not a statement'
