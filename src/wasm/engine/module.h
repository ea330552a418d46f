/* A module: compiled once, checked, and ready to be instantiated for any number of guests. */
#ifndef AIRSI_WASM_ENGINE_MODULE_H
#define AIRSI_WASM_ENGINE_MODULE_H

#include <stdint.h>

#include <airs/wasm.h>

#include "base/atomic.h"
#include "wasm/engine/contract.h"
#include "wasm/engine/findings.h"

struct wasm_engine_t;
struct wasmtime_module;
struct wasmtime_instance_pre;

struct airs_wasm_module {
    AIRSI_ATOMIC(uint32_t) references;      /* any thread */
    const airs_wasm_engine *engine;         /* const after load; which one loaded it: only compared, it may be gone */
    struct wasm_engine_t *wasmtime;         /* const after load; a reference of its own, so that it outlives the engine it came from */
    struct wasmtime_instance_pre *prepared; /* const after load */
    airsi_contract contract;                /* const after load */
    airsi_findings findings;                /* const after load; its warnings */
    uint64_t memory_minimum;                /* const after load; bytes */
    char *name;                             /* const after load */
};

/* Compiles. *ret_module stays NULL when Wasmtime refuses the binary: then there is a problem more. */
void airsi_module_compile(airs_wasm_engine *engine, const void *bytes, size_t length, struct wasmtime_module **ret_module,
                          airsi_findings *findings);

#endif
