/* WasmEngine: WebAssembly components as actors.
 *
 * A module is loaded once: compiled, checked against the contract (docs/DESIGN.md section 5), and shared by its components. Each component
 * has a store of its own; after a trap it is replaced by a fresh one. */
#ifndef AIRS_WASM_H
#define AIRS_WASM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <airs/actor.h>
#include <airs/export.h>
#include <airs/id.h>
#include <airs/limits.h>
#include <airs/log.h>
#include <airs/messaging.h>
#include <airs/status.h>
#include <airs/system.h>

typedef struct airs_wasm_engine airs_wasm_engine;
typedef struct airs_wasm_module airs_wasm_module;

typedef struct airs_wasm_engine_options {
    airs_system
        *system;   /* where components are spawned; NULL for an engine that only loads and inspects; must outlive the engine's components */
    airs_log *log; /* guest logs, output and traps; may be NULL; must outlive the engine */
    /* A whole line a guest wrote to its stdout (fd 1) or stderr (fd 2), without the LF, bytes untouched, cut at 64 KiB. On a worker thread.
     * NULL: to the log. */
    void (*on_output)(void *user, const airs_component_id *id, int fd, const char *line, size_t length);
    void *user;
} airs_wasm_engine_options;

typedef struct airs_wasm_spawn_options {
    airs_component_id id;
    airs_limits limits;
    airs_capabilities capabilities;
    const char *config_json; /* what init is given; NULL = "{}" ; copied */
} airs_wasm_spawn_options;

/* One import or export as `inspect` tells it. Names are escaped. */
typedef struct airs_wasm_item {
    const char *name;      /* "airs:actor/messaging@0.1.0#send-message", "memory" ... */
    const char *signature; /* "(i64, i32, i32, i32) -> ()", "memory 1..16 pages" */
    const char *note;      /* what it is to the host: "known", "required", "optional", or what is wrong with it */
    bool problem;
} airs_wasm_item;

typedef struct airs_wasm_inspection {
    const char *kind;  /* "core module" or "component" */
    const char *world; /* "airs:actor/component@0.1.0", "airs:actor/requester@0.1.0" ... by its exports, or "none" */
    const char *path;  /* "fast", or why it can't be hosted in a word: "refused" */
    const airs_wasm_item *imports;
    size_t import_count;
    const airs_wasm_item *exports;
    size_t export_count;
    const char *const *problems; /* every reason it would be refused, a line each; none: it can be hosted */
    size_t problem_count;
    const char *const *warnings;
    size_t warning_count;
    uint64_t size, functions, globals, tables, data_bytes, code_bytes, custom_bytes;
    uint64_t memory_minimum, memory_maximum; /* bytes; maximum 0 = none declared */
    bool has_start;
} airs_wasm_inspection;

#ifdef __cplusplus
extern "C" {
#endif

/* Errors: AIRS_ENOMEM, AIRS_EUNAVAILABLE (Wasmtime refuses this machine). Installs Wasmtime's signal handlers, process-wide. */
AIRS_API airs_status airs_wasm_engine_new(const airs_wasm_engine_options *options, airs_wasm_engine **ret_engine, airs_error *error);

/* After the system that holds its components was freed. Modules keep what they need. NULL is fine. */
AIRS_API void airs_wasm_engine_free(airs_wasm_engine *engine);

/* The messaging service of the engine's system; NULL without one. */
AIRS_API airs_messaging *airs_wasm_engine_messaging(airs_wasm_engine *engine);

/* Whether guests may be running: pass airs_system_options.on_activity on to it. The clock that ends looping guests runs only meanwhile. */
AIRS_API void airs_wasm_engine_set_active(airs_wasm_engine *engine, bool active);

/* Compiles and checks. `name` stands in errors (a path, usually).
 * Errors: AIRS_EBADMODULE: what was found, where, and what was expected; AIRS_ENOMEM.
 * Thread: any; takes milliseconds to seconds. */
AIRS_API airs_status airs_wasm_module_load(airs_wasm_engine *engine, const char *name, const void *bytes, size_t length,
                                           const airs_limits *limits, airs_wasm_module **ret_module, airs_error *error);

/* The same from a file. Errors: also AIRS_ENOINPUT. */
AIRS_API airs_status airs_wasm_module_load_file(airs_wasm_engine *engine, const char *path, const airs_limits *limits,
                                                airs_wasm_module **ret_module, airs_error *error);

AIRS_API airs_wasm_module *airs_wasm_module_ref(airs_wasm_module *module);
AIRS_API void airs_wasm_module_unref(airs_wasm_module *module); /* NULL is fine */

/* What would only be noticed later: "sends requests but exports no reply-handler". Valid as long as the module. */
AIRS_API size_t airs_wasm_module_warnings(const airs_wasm_module *module, const char *const **ret_warnings);

/* Spawns a component of `module` in the engine's system; it takes a reference of its own. Errors: as airs_spawn, AIRS_EINVAL when another
 * engine loaded the module or this one has no system, AIRS_EBADMODULE when the module's memory is over `limits`. */
AIRS_API airs_status airs_wasm_spawn(airs_wasm_engine *engine, airs_wasm_module *module, const airs_wasm_spawn_options *options,
                                     airs_component *ret_component, airs_error *error);

/* Looks at a binary without hosting it: also one that would be refused, with every reason.
 * Errors: AIRS_ENOINPUT, AIRS_EBADMODULE (not WebAssembly at all, or malformed), AIRS_ENOMEM. */
AIRS_API airs_status airs_wasm_inspect_file(airs_wasm_engine *engine, const char *path, const airs_limits *limits,
                                            airs_wasm_inspection **ret_inspection, airs_error *error);
AIRS_API void airs_wasm_inspection_free(airs_wasm_inspection *inspection); /* NULL is fine */

#ifdef __cplusplus
}
#endif

#endif
