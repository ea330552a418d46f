/* A binary before a compiler sees it: reading the file, what kind it is, and whether what it declares is within bounds. */
#ifndef AIRSI_WASM_ENGINE_BINARY_H
#define AIRSI_WASM_ENGINE_BINARY_H

#include <stddef.h>
#include <stdint.h>

#include <airs/limits.h>
#include <airs/status.h>

#include "wasm/engine/findings.h"
#include "wasm/engine/wasmtime_shim.h"

#define AIRSI_MODULE_BYTES_MAX (256u << 20)
#define AIRSI_GLOBALS_MAX 10000u
#define AIRSI_FUNCTIONS_MAX 100000u
#define AIRSI_IMPORTS_MAX 10000u /* and exports */
#define AIRSI_TABLES_MAX 4u
#define AIRSI_TABLE_ELEMENTS_MAX 10000u
#define AIRSI_WASM_PAGE 65536u

/* Errors: AIRS_ENOINPUT (missing, a folder, unreadable), AIRS_EBADMODULE (over AIRSI_MODULE_BYTES_MAX), AIRS_ENOMEM. Each names the file.
 * *ret_bytes is freed with airsi_free. */
airs_status airsi_binary_read(const char *path, uint8_t **ret_bytes, size_t *ret_length, airs_error *error);

/* Errors: AIRS_EBADMODULE: not WebAssembly, or its sections are malformed. */
airs_status airsi_binary_scan(const void *bytes, size_t length, airsi_wasm_scan *ret_scan, airs_error *error);

/* A problem for everything that is refused by what the sections declare. */
void airsi_binary_check(const airsi_wasm_scan *scan, const airs_limits *limits, airsi_findings *findings);

/* "64 KiB", "1.5 MiB": `ret_text` holds 32. */
void airsi_size_text(uint64_t bytes, char ret_text[32]);

#endif
