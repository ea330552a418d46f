/* airs_wasm_inspect_file: everything a load would look at, and every reason it would be refused for. */
#include <stdio.h>
#include <string.h>

#include <airs/wasm.h>
#include <wasmtime.h>

#include "base/memory.h"
#include "wasm/engine/binary.h"
#include "wasm/engine/contract.h"
#include "wasm/engine/module.h"

typedef struct item_list {
    airs_wasm_item *items; /* their texts are owned */
    size_t count, capacity;
} item_list;

typedef struct inspection {
    airs_wasm_inspection public; /* first: what the caller has */
    item_list imports, exports;
    airsi_findings findings;
    bool no_memory;
} inspection;

static void item_fini(airs_wasm_item *item) {
    airsi_free((char *)(uintptr_t)item->name);
    airsi_free((char *)(uintptr_t)item->signature);
}

static bool make_room(item_list *list) {
    if (list->count < list->capacity) {
        return true;
    }
    size_t capacity = list->capacity == 0 ? 16 : 2 * list->capacity;
    airs_wasm_item *items = airsi_realloc(list->items, capacity * sizeof *items);
    if (items == NULL) {
        return false;
    }
    list->items = items;
    list->capacity = capacity;
    return true;
}

/* Notes are static strings of the check. */
static void add_item(inspection *found, item_list *list, const airs_wasm_item *item) {
    airs_wasm_item copy = {
        .name = airsi_strdup(item->name), .signature = airsi_strdup(item->signature), .note = item->note, .problem = item->problem};
    if (copy.name == NULL || copy.signature == NULL || !make_room(list)) {
        item_fini(&copy);
        found->no_memory = true;
        return;
    }
    list->items[list->count++] = copy;
}

static void add_import(void *user, const airs_wasm_item *item) {
    inspection *found = user;
    add_item(found, &found->imports, item);
}

static void add_export(void *user, const airs_wasm_item *item) {
    inspection *found = user;
    add_item(found, &found->exports, item);
}

static void take_scan(airs_wasm_inspection *public, const airsi_wasm_scan *scan, size_t length) {
    public->kind = scan->component != 0 ? "component" : "core module";
    public->size = length;
    public->functions = scan->functions;
    public->globals = scan->globals;
    public->tables = scan->tables;
    public->data_bytes = scan->data_bytes;
    public->code_bytes = scan->code_bytes;
    public->custom_bytes = scan->custom_bytes;
    public->memory_minimum = scan->memory_minimum_pages * AIRSI_WASM_PAGE;
    public->memory_maximum = scan->memory_has_maximum != 0 ? scan->memory_maximum_pages * AIRSI_WASM_PAGE : 0;
    public->has_start = scan->has_start != 0;
}

/* Other than a load, this goes on after what the sections declare was refused: imports and exports are worth seeing then too. */
static void look_inside(airs_wasm_engine *engine, inspection *found, const uint8_t *bytes, size_t length, airsi_contract *ret_contract) {
    wasmtime_module_t *compiled = NULL;
    airsi_module_compile(engine, bytes, length, &compiled, &found->findings);
    if (compiled != NULL) {
        airsi_item_sink sink = {.import = add_import, .export = add_export, .user = found};
        airsi_contract_check(compiled, ret_contract, &found->findings, &sink);
        wasmtime_module_delete(compiled);
    }
}

static bool worth_compiling(const airsi_wasm_scan *scan) {
    return scan->component == 0 && scan->imports <= AIRSI_IMPORTS_MAX && scan->exports <= AIRSI_IMPORTS_MAX &&
           scan->functions <= AIRSI_FUNCTIONS_MAX && scan->globals <= AIRSI_GLOBALS_MAX && scan->memory_64 == 0 && scan->memory_shared == 0;
}

static void publish(inspection *found, const airsi_contract *contract) {
    airs_wasm_inspection *public = &found->public;
    public->world = airsi_world_name(contract->world);
    public->path = found->findings.problems.total == 0 ? "fast" : "refused";
    public->imports = found->imports.items;
    public->import_count = found->imports.count;
    public->exports = found->exports.items;
    public->export_count = found->exports.count;
    public->problems = (const char *const *)found->findings.problems.lines;
    public->problem_count = found->findings.problems.count;
    public->warnings = (const char *const *)found->findings.warnings.lines;
    public->warning_count = found->findings.warnings.count;
}

static airs_status inspect_bytes(airs_wasm_engine *engine, const char *path, const uint8_t *bytes, size_t length, const airs_limits *limits,
                                 inspection *found, airs_error *error) {
    static const airs_limits defaults = AIRS_LIMITS_DEFAULT;
    airsi_wasm_scan scan;
    airs_status status = airsi_binary_scan(bytes, length, &scan, error);
    if (status != AIRS_OK) {
        airs_error_prefix(error, "%s", path);
        return status;
    }
    airsi_contract contract = {.world = AIRSI_WORLD_NONE};
    take_scan(&found->public, &scan, length);
    airsi_binary_check(&scan, limits != NULL ? limits : &defaults, &found->findings);
    if (worth_compiling(&scan)) {
        look_inside(engine, found, bytes, length, &contract);
    }
    if (found->no_memory || found->findings.no_memory) {
        return airs_error_set(error, AIRS_ENOMEM, "%s: no memory to inspect it", path);
    }
    publish(found, &contract);
    return AIRS_OK;
}

airs_status airs_wasm_inspect_file(airs_wasm_engine *engine, const char *path, const airs_limits *limits,
                                   airs_wasm_inspection **ret_inspection, airs_error *error) {
    uint8_t *bytes = NULL;
    size_t length = 0;
    airs_status status = airsi_binary_read(path, &bytes, &length, error);
    if (status != AIRS_OK) {
        return status;
    }
    inspection *found = airsi_calloc(1, sizeof *found);
    if (found == NULL) {
        airsi_free(bytes);
        return airs_error_set(error, AIRS_ENOMEM, "%s: no memory to inspect it", path);
    }
    status = inspect_bytes(engine, path, bytes, length, limits, found, error);
    airsi_free(bytes);
    if (status != AIRS_OK) {
        airs_wasm_inspection_free(&found->public);
        return status;
    }
    *ret_inspection = &found->public;
    return AIRS_OK;
}

static void list_fini(item_list *list) {
    for (size_t i = 0; i < list->count; i++) {
        item_fini(&list->items[i]);
    }
    airsi_free(list->items);
}

void airs_wasm_inspection_free(airs_wasm_inspection *public) {
    if (public == NULL) {
        return;
    }
    inspection *found = (inspection *)public;
    list_fini(&found->imports);
    list_fini(&found->exports);
    airsi_findings_fini(&found->findings);
    airsi_free(found);
}
