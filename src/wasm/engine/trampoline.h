/* The way from a guest into a host function. */
#ifndef AIRSI_WASM_ENGINE_TRAMPOLINE_H
#define AIRSI_WASM_ENGINE_TRAMPOLINE_H

#include <wasmtime.h>

/* A wasmtime_func_unchecked_callback_t; `env` is the airsi_import. */
wasm_trap_t *airsi_trampoline(void *env, wasmtime_caller_t *caller, wasmtime_val_raw_t *values, size_t count);

#endif
