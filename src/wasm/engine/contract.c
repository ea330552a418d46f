#include "wasm/engine/contract.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include <wasmtime.h>

#include "base/escape.h"
#include "wasm/engine/binary.h"
#include "wasm/engine/signature.h"
#include "wasm/host/imports.h"

#define NAME_TEXT_MAX 160 /* of a name as an error shows it */
#define TYPE_TEXT_MAX AIRSI_SIGNATURE_TEXT_MAX
#define CM32P2 "cm32p2"

typedef struct check {
    airsi_contract *contract;
    airsi_findings *findings;
    const airsi_item_sink *sink;
    bool sends_requests;
    bool wrong_names; /* said once that cm32p2 names are not understood */
    bool memory;
} check;

/* What an import or export is, with the texts that errors and `inspect` show. */
typedef struct item {
    const wasm_externtype_t *type;
    char name[NAME_TEXT_MAX];
    char signature[AIRSI_SIGNATURE_MAX]; /* of a function, else "" */
    char text[TYPE_TEXT_MAX];
} item;

static bool starts_with(const wasm_name_t *name, const char *prefix) {
    size_t length = strlen(prefix);
    return name->size >= length && memcmp(name->data, prefix, length) == 0;
}

static bool is_named(const wasm_name_t *name, const char *text) {
    return name->size == strlen(text) && memcmp(name->data, text, name->size) == 0;
}

static void memory_text(const wasm_memorytype_t *type, char text[TYPE_TEXT_MAX]) {
    uint64_t maximum = 0;
    if (wasmtime_memorytype_maximum(type, &maximum)) {
        snprintf(text, TYPE_TEXT_MAX, "memory %" PRIu64 "..%" PRIu64 " pages", wasmtime_memorytype_minimum(type), maximum);
    } else {
        snprintf(text, TYPE_TEXT_MAX, "memory %" PRIu64 ".. pages", wasmtime_memorytype_minimum(type));
    }
}

static void describe(item *it) {
    it->signature[0] = '\0';
    switch (wasm_externtype_kind(it->type)) {
    case WASM_EXTERN_FUNC:
        airsi_signature_of(wasm_externtype_as_functype_const(it->type), it->signature);
        airsi_signature_text(it->signature, it->text);
        break;
    case WASM_EXTERN_MEMORY:
        memory_text(wasm_externtype_as_memorytype_const(it->type), it->text);
        break;
    case WASM_EXTERN_GLOBAL:
        snprintf(it->text, sizeof it->text, "global");
        break;
    case WASM_EXTERN_TABLE:
        snprintf(it->text, sizeof it->text, "table");
        break;
    default:
        snprintf(it->text, sizeof it->text, "tag");
        break;
    }
}

static bool is_function(const item *it) {
    return it->signature[0] != '\0';
}

static void tell(const item *it, const char *note, bool problem, void (*sink)(void *, const airs_wasm_item *), void *user) {
    airs_wasm_item told = {.name = it->name, .signature = it->text, .note = note, .problem = problem};
    sink(user, &told);
}

/* Some toolchains spell every name in another way; one line says so, not one for each. */
static void refuse_cm32p2(check *c) {
    if (!c->wrong_names) {
        c->wrong_names = true;
        airsi_findings_problem(c->findings,
                               "uses names of the form \"" CM32P2 "...\", which this version does not understand; build with the "
                               "plain ones (" AIRSI_CONTRACT_PREFIX "message-handler@0.1.0#handle-message, cabi_realloc, memory)");
    }
}

/* Its note: what it is to the host, or what is wrong with it. */
static const char *check_signature(check *c, const item *it, const char *what, const char *expected) {
    char wanted[AIRSI_SIGNATURE_TEXT_MAX];
    airsi_signature_text(expected, wanted);
    if (!is_function(it)) {
        airsi_findings_problem(c->findings, "%s \"%s\" is a %s; expected a function %s", what, it->name, it->text, wanted);
        return "not a function";
    }
    if (strcmp(it->signature, expected) != 0) {
        airsi_findings_problem(c->findings, "%s \"%s\" has the signature %s; expected %s", what, it->name, it->text, wanted);
        return "wrong signature";
    }
    return NULL;
}

/* --- imports ------------------------------------------------------------------------------------------------------------------- */

static const char *unknown_import(check *c, const item *it, const airsi_import *nearest) {
    if (nearest != NULL) {
        airsi_findings_problem(c->findings, "imports \"%s\", which the host does not offer; the nearest it has is \"%s#%s\"", it->name,
                               nearest->module, nearest->name);
    } else {
        airsi_findings_problem(c->findings, "imports \"%s\", which the host does not offer", it->name);
    }
    return "unknown";
}

static const char *check_import(check *c, const item *it, const wasm_name_t *module, const wasm_name_t *name) {
    if (starts_with(module, CM32P2)) {
        refuse_cm32p2(c);
        return "cm32p2 name";
    }
    if (!is_function(it)) {
        /* An imported memory was told of by what the sections declare. */
        if (wasm_externtype_kind(it->type) != WASM_EXTERN_MEMORY) {
            airsi_findings_problem(c->findings, "imports \"%s\", a %s; the host offers functions only", it->name, it->text);
        }
        return "not a function";
    }
    const airsi_import *nearest = NULL;
    const airsi_import *known = airsi_import_find(module->data, module->size, name->data, name->size, &nearest);
    if (known == NULL) {
        return unknown_import(c, it, nearest);
    }
    c->sends_requests = c->sends_requests || strcmp(known->name, "send-request") == 0;
    return check_signature(c, it, "import", known->signature);
}

static void check_imports(check *c, const wasmtime_module_t *module) {
    wasm_importtype_vec_t imports;
    wasmtime_module_imports(module, &imports);
    for (size_t i = 0; i < imports.size; i++) {
        const wasm_name_t *from = wasm_importtype_module(imports.data[i]);
        const wasm_name_t *name = wasm_importtype_name(imports.data[i]);
        item it = {.type = wasm_importtype_type(imports.data[i])};
        size_t at = airsi_escape(it.name, sizeof it.name / 2, from->data, from->size);
        it.name[at++] = '#';
        airsi_escape(it.name + at, sizeof it.name - at, name->data, name->size);
        describe(&it);
        const char *wrong = check_import(c, &it, from, name);
        if (c->sink != NULL) {
            tell(&it, wrong != NULL ? wrong : "known", wrong != NULL, c->sink->import, c->sink->user);
        }
    }
    wasm_importtype_vec_delete(&imports);
}

/* --- exports ------------------------------------------------------------------------------------------------------------------- */

static const char *known_export(check *c, const item *it, const airsi_export_row *row, bool *ret_problem) {
    const char *wrong = check_signature(c, it, "export", row->signature);
    if (row->world > c->contract->world) {
        c->contract->world = row->world;
    }
    if (row->which != AIRSI_EXPORT_COUNT) {
        c->contract->has[row->which] = true;
    } else if (row->world != AIRSI_WORLD_NONE) {
        airsi_findings_warning(c->findings, "exports \"%s\", which this version never calls", it->name);
    }
    *ret_problem = wrong != NULL;
    return wrong != NULL ? wrong : row->required ? "required" : "optional";
}

static const char *unknown_export(check *c, const item *it, const wasm_name_t *name) {
    const airsi_export_row *nearest = airsi_export_nearest(name->data, name->size);
    if (nearest != NULL) {
        airsi_findings_problem(c->findings, "exports \"%s\", which is not of the contract this host speaks; expected \"%s\"", it->name,
                               nearest->name);
    } else {
        airsi_findings_problem(
            c->findings, "exports \"%s\", which is not of the contract " AIRSI_CONTRACT_PREFIX "...@0.1.0 (wit/airs-actor.wit)", it->name);
    }
    return "unknown version or function";
}

static const char *check_export(check *c, const item *it, const wasm_name_t *name, bool *ret_problem) {
    const airsi_export_row *row = airsi_export_find(name->data, name->size);
    if (row != NULL) {
        return known_export(c, it, row, ret_problem);
    }
    *ret_problem = true;
    if (starts_with(name, CM32P2)) {
        refuse_cm32p2(c);
        return "cm32p2 name";
    }
    if (starts_with(name, AIRSI_CONTRACT_PREFIX) || starts_with(name, "cabi_post_" AIRSI_CONTRACT_PREFIX)) {
        return unknown_export(c, it, name);
    }
    if (is_named(name, "_start")) {
        airsi_findings_problem(c->findings, "exports \"_start\": a WASI command, which runs once and ends; expected a reactor (clang: "
                                            "-mexec-model=reactor)");
        return "a command";
    }
    if (is_named(name, "memory")) {
        c->memory = wasm_externtype_kind(it->type) == WASM_EXTERN_MEMORY;
        *ret_problem = !c->memory;
        return c->memory ? "required" : "not a memory";
    }
    *ret_problem = false;
    return "not used";
}

static void check_exports(check *c, const wasmtime_module_t *module) {
    wasm_exporttype_vec_t exports;
    wasmtime_module_exports(module, &exports);
    for (size_t i = 0; i < exports.size; i++) {
        const wasm_name_t *name = wasm_exporttype_name(exports.data[i]);
        item it = {.type = wasm_exporttype_type(exports.data[i])};
        airsi_escape(it.name, sizeof it.name, name->data, name->size);
        describe(&it);
        bool problem = false;
        const char *note = check_export(c, &it, name, &problem);
        if (c->sink != NULL) {
            tell(&it, note, problem, c->sink->export, c->sink->user);
        }
    }
    wasm_exporttype_vec_delete(&exports);
}

/* With names that are not understood nothing is missing; they are only called something else. */
static void check_missing(check *c) {
    if (c->wrong_names) {
        return;
    }
    if (!c->memory) {
        airsi_findings_problem(c->findings, "exports no memory; expected its memory as \"memory\"");
    }
    for (size_t i = 0; i < airsi_export_count; i++) {
        const airsi_export_row *row = &airsi_exports[i];
        if (row->required && !c->contract->has[row->which]) {
            char signature[AIRSI_SIGNATURE_TEXT_MAX];
            airsi_signature_text(row->signature, signature);
            airsi_findings_problem(c->findings, "exports no \"%s\"; expected a function %s: %s", row->name, signature, row->expected);
        }
    }
}

void airsi_contract_check(const wasmtime_module_t *module, airsi_contract *ret_contract, airsi_findings *findings,
                          const airsi_item_sink *sink) {
    *ret_contract = (airsi_contract){.world = AIRSI_WORLD_NONE};
    check c = {.contract = ret_contract, .findings = findings, .sink = sink};
    check_imports(&c, module);
    check_exports(&c, module);
    check_missing(&c);
    if (!ret_contract->has[AIRSI_EXPORT_HANDLE_MESSAGE]) {
        ret_contract->world = AIRSI_WORLD_NONE;
    }
    if (c.sends_requests && !ret_contract->has[AIRSI_EXPORT_HANDLE_CALLBACK]) {
        airsi_findings_warning(findings, "sends requests but exports no reply-handler: every reply to it becomes a dead letter");
    }
}
