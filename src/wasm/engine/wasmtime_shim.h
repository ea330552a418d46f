/* What the wrapper crate adds to Wasmtime's C API (wasmtime/src/engine.rs and scan.rs). */
#ifndef AIRSI_WASM_ENGINE_WASMTIME_SHIM_H
#define AIRSI_WASM_ENGINE_WASMTIME_SHIM_H

#include <stddef.h>
#include <stdint.h>

struct wasm_config_t;
struct wasm_engine_t;
struct wasmtime_error;

/* What a binary is and how much it declares. Mirrors `Scan` in scan.rs. */
typedef struct airsi_wasm_scan {
    uint32_t component; /* 0: a core module, 1: a component; then nothing else is filled in */
    uint32_t has_start;
    uint32_t imports;
    uint32_t exports;
    uint32_t functions; /* defined, imported ones not counted; so are globals, tables and memories */
    uint32_t globals;
    uint32_t tables;
    uint32_t memories;
    uint32_t imported_memories;
    uint32_t memory_shared; /* of the first memory, defined or imported */
    uint32_t memory_64;
    uint32_t memory_has_maximum;
    uint64_t memory_minimum_pages;
    uint64_t memory_maximum_pages;
    uint64_t data_bytes;
    uint64_t code_bytes;
    uint64_t custom_bytes;
} airsi_wasm_scan;

/* Makes an engine and takes `config`, whatever comes of it. NULL on success, else an error, and *ret_engine is untouched. */
struct wasmtime_error *airsi_wasmtime_engine_new(struct wasm_config_t *config, struct wasm_engine_t **ret_engine);

/* Reads the sections; validates nothing but their shape. 0, or 1 with what is malformed: a message that is not terminated, and where. */
int32_t airsi_wasmtime_scan(const uint8_t *bytes, size_t length, airsi_wasm_scan *ret_scan, uint8_t *message, size_t message_capacity,
                            size_t *ret_message_length, uint64_t *ret_offset);

#endif
