/* WasmEngine: one Wasmtime engine, its settings and its clock. */
#ifndef AIRSI_WASM_ENGINE_ENGINE_H
#define AIRSI_WASM_ENGINE_ENGINE_H

#include <airs/wasm.h>

#include "wasm/engine/ticker.h"

#define AIRSI_WASM_STACK_BYTES (512u * 1024u)

struct wasm_engine_t;

struct airs_wasm_engine {
    airs_wasm_engine_options options; /* const after new */
    struct wasm_engine_t *wasmtime;   /* const after new */
    airsi_ticker ticker;
};

#endif
