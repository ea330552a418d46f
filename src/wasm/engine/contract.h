/* Whether a compiled module keeps the contract: every import and export it has against the tables of what the host offers and calls. */
#ifndef AIRSI_WASM_ENGINE_CONTRACT_H
#define AIRSI_WASM_ENGINE_CONTRACT_H

#include <stdbool.h>
#include <stdint.h>

#include <airs/wasm.h>

#include "wasm/engine/exports.h"
#include "wasm/engine/findings.h"

struct wasmtime_module;

typedef struct airsi_contract {
    bool has[AIRSI_EXPORT_COUNT];
    airsi_world world;
} airsi_contract;

/* Told of every import and export as it is looked at; texts are escaped and valid during the call. */
typedef struct airsi_item_sink {
    void (*import)(void *user, const airs_wasm_item *item);
    void (*export)(void *user, const airs_wasm_item *item);
    void *user;
} airsi_item_sink;

/* `sink` may be NULL. */
void airsi_contract_check(const struct wasmtime_module *module, airsi_contract *ret_contract, airsi_findings *findings,
                          const airsi_item_sink *sink);

#endif
