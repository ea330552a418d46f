#include "wasm/engine/module.h"

#include <stdio.h>
#include <string.h>

#include <wasmtime.h>

#include "base/memory.h"
#include "wasm/engine/binary.h"
#include "wasm/engine/engine.h"
#include "wasm/engine/trampoline.h"
#include "wasm/host/imports.h"

/* Causes are indented and numbered: "    0: text". */
static const char *skip_number(const char *line, const char *stop) {
    while (line < stop && (*line == ' ' || *line == ':' || (*line >= '0' && *line <= '9'))) {
        line++;
    }
    return line;
}

/* Of Wasmtime's lines the last says what is wrong; those before say what it was doing, those after "Stack backtrace" where in its own code. */
static void last_cause(const wasm_name_t *message, char *text, size_t capacity) {
    static const char trace[] = "Stack backtrace";
    const char *end = message->data + message->size;
    const char *cause = message->data;
    size_t length = 0;
    for (const char *line = message->data; line < end;) {
        const char *stop = memchr(line, '\n', (size_t)(end - line));
        stop = stop != NULL ? stop : end;
        const char *start = skip_number(line, stop);
        if (stop - line >= (ptrdiff_t)sizeof trace - 1 && memcmp(line, trace, sizeof trace - 1) == 0) {
            break;
        }
        if (start < stop) {
            cause = start;
            length = (size_t)(stop - start);
        }
        line = stop + (stop < end);
    }
    snprintf(text, capacity, "%.*s", (int)(length < capacity ? length : capacity - 1), cause);
}

void airsi_module_compile(airs_wasm_engine *engine, const void *bytes, size_t length, wasmtime_module_t **ret_module,
                          airsi_findings *findings) {
    wasmtime_error_t *refusal = wasmtime_module_new(engine->wasmtime, bytes, length, ret_module);
    if (refusal == NULL) {
        return;
    }
    wasm_name_t message;
    wasmtime_error_message(refusal, &message);
    char text[AIRS_ERROR_TEXT_MAX];
    last_cause(&message, text, sizeof text);
    airsi_findings_problem(findings, "is not valid: %s", text);
    wasm_name_delete(&message);
    wasmtime_error_delete(refusal);
}

/* --- linking ------------------------------------------------------------------------------------------------------------------- */

static wasmtime_error_t *define_import(wasmtime_linker_t *linker, const wasm_importtype_t *import) {
    const wasm_name_t *module = wasm_importtype_module(import);
    const wasm_name_t *name = wasm_importtype_name(import);
    const airsi_import *known = airsi_import_find(module->data, module->size, name->data, name->size, NULL);
    const wasm_functype_t *type = wasm_externtype_as_functype_const(wasm_importtype_type(import));
    return wasmtime_linker_define_func_unchecked(linker, module->data, module->size, name->data, name->size, type, airsi_trampoline,
                                                 (void *)(uintptr_t)known, NULL);
}

/* Only what the module uses is defined. The contract was checked, so nothing here can fail for what the module is. */
static wasmtime_instance_pre_t *prepare(const struct airs_wasm_module *module, const wasmtime_module_t *compiled) {
    wasmtime_linker_t *linker = wasmtime_linker_new(module->wasmtime);
    wasmtime_linker_allow_shadowing(linker, true); /* a module may import one function twice */
    wasm_importtype_vec_t imports;
    wasmtime_module_imports(compiled, &imports);
    wasmtime_error_t *refusal = NULL;
    for (size_t i = 0; i < imports.size && refusal == NULL; i++) {
        refusal = define_import(linker, imports.data[i]);
    }
    wasmtime_instance_pre_t *prepared = NULL;
    if (refusal == NULL) {
        refusal = wasmtime_linker_instantiate_pre(linker, compiled, &prepared);
    }
    if (refusal != NULL) {
        wasmtime_error_delete(refusal);
    }
    wasm_importtype_vec_delete(&imports);
    wasmtime_linker_delete(linker);
    return prepared;
}

/* --- loading ------------------------------------------------------------------------------------------------------------------- */

static airs_wasm_module *module_new(airs_wasm_engine *engine, const char *name) {
    airs_wasm_module *module = airsi_calloc(1, sizeof *module);
    if (module == NULL || (module->name = airsi_strdup(name)) == NULL) {
        airsi_free(module);
        return NULL;
    }
    atomic_init(&module->references, 1);
    module->engine = engine;
    module->wasmtime = wasmtime_engine_clone(engine->wasmtime);
    return module;
}

/* Refused for what it declares, it is not compiled at all: compiling is what a hostile module makes dear. */
static void load_checked(airs_wasm_engine *engine, airs_wasm_module *module, const void *bytes, size_t length) {
    wasmtime_module_t *compiled = NULL;
    airsi_module_compile(engine, bytes, length, &compiled, &module->findings);
    if (compiled == NULL) {
        return;
    }
    airsi_contract_check(compiled, &module->contract, &module->findings, NULL);
    if (module->findings.problems.total == 0) {
        module->prepared = prepare(module, compiled);
    }
    wasmtime_module_delete(compiled);
}

airs_status airs_wasm_module_load(airs_wasm_engine *engine, const char *name, const void *bytes, size_t length, const airs_limits *limits,
                                  airs_wasm_module **ret_module, airs_error *error) {
    static const airs_limits defaults = AIRS_LIMITS_DEFAULT;
    airsi_wasm_scan scan;
    airs_status status = airsi_binary_scan(bytes, length, &scan, error);
    if (status != AIRS_OK) {
        airs_error_prefix(error, "%s", name);
        return status;
    }
    airs_wasm_module *module = module_new(engine, name);
    if (module == NULL) {
        return airs_error_set(error, AIRS_ENOMEM, "%s: no memory to load it", name);
    }
    module->memory_minimum = scan.memory_minimum_pages * AIRSI_WASM_PAGE;
    airsi_binary_check(&scan, limits != NULL ? limits : &defaults, &module->findings);
    if (module->findings.problems.total == 0) {
        load_checked(engine, module, bytes, length);
    }
    status = airsi_findings_status(&module->findings, name, error);
    if (status == AIRS_OK && module->prepared == NULL) {
        status = airs_error_set(error, AIRS_EINTERNAL, "%s: a module that keeps the contract could not be linked", name);
    }
    if (status != AIRS_OK) {
        airs_wasm_module_unref(module);
        return status;
    }
    *ret_module = module;
    return AIRS_OK;
}

airs_status airs_wasm_module_load_file(airs_wasm_engine *engine, const char *path, const airs_limits *limits, airs_wasm_module **ret_module,
                                       airs_error *error) {
    uint8_t *bytes = NULL;
    size_t length = 0;
    airs_status status = airsi_binary_read(path, &bytes, &length, error);
    if (status == AIRS_OK) {
        status = airs_wasm_module_load(engine, path, bytes, length, limits, ret_module, error);
        airsi_free(bytes);
    }
    return status;
}

airs_wasm_module *airs_wasm_module_ref(airs_wasm_module *module) {
    airsi_fetch_add_relaxed(&module->references, 1);
    return module;
}

void airs_wasm_module_unref(airs_wasm_module *module) {
    /* Each unref releases what its thread did with the module to the last one, which frees it. */
    if (module == NULL || airsi_fetch_sub_acq_rel(&module->references, 1) != 1) {
        return;
    }
    if (module->prepared != NULL) {
        wasmtime_instance_pre_delete(module->prepared);
    }
    wasm_engine_delete(module->wasmtime);
    airsi_findings_fini(&module->findings);
    airsi_free(module->name);
    airsi_free(module);
}

size_t airs_wasm_module_warnings(const airs_wasm_module *module, const char *const **ret_warnings) {
    *ret_warnings = (const char *const *)module->findings.warnings.lines;
    return module->findings.warnings.count;
}
