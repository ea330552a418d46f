/* The modules of a manifest: each file is compiled once, however many entries use it. */
#ifndef AIRSI_NODE_HOST_MODULES_H
#define AIRSI_NODE_HOST_MODULES_H

#include <stddef.h>

#include <airs/wasm.h>

#include "node/manifest/manifest.h"
#include "node/text/problems.h"

typedef struct airsi_modules {
    airs_wasm_module **of_entry; /* one reference an entry; NULL where the file is missing or refused */
    size_t entry_count;
    size_t file_count; /* that were compiled */
} airsi_modules;

/* Loads what every entry names; entries without a file (it was wrong) are passed over. Every file that can't be had is a problem, once.
 * Errors: the first problem's status; AIRS_ENOMEM. `modules` ends with _fini in any case. */
airs_status airsi_modules_load(airsi_modules *modules, airs_wasm_engine *engine, const airsi_manifest *manifest, airsi_problems *problems);

void airsi_modules_fini(airsi_modules *modules);

#endif
