/* A guest: one instance of a module in a store of its own. The engine folder is the only user of wasmtime.h; everybody else sees a guest
 * through this header.
 *
 * Rules that hold for every call here (docs/DESIGN.md 5.2):
 * - a guest that trapped, or whose call returned an error, is dead: it is never entered again, only freed;
 * - base and size of the memory are asked for again after every entry into the guest;
 * - no import may be called while `may_leave` is false (cabi_realloc, post-return): the trampoline traps before the host function sees it. */
#ifndef AIRSI_WASM_ENGINE_GUEST_H
#define AIRSI_WASM_ENGINE_GUEST_H

#include <stdalign.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <airs/export.h>
#include <airs/limits.h>
#include <airs/status.h>

/* One parameter or result, laid out as wasmtime_val_raw_t is (asserted in the engine). */
typedef union airsi_value {
    int32_t i32;
    uint32_t u32;
    int64_t i64;
    uint64_t u64;
    float f32;
    double f64;
    alignas(8) uint8_t bytes[16];
} airsi_value;

#define AIRSI_VALUES_MAX 16 /* the buffer every call uses: parameters in, the result in [0] */

typedef struct airsi_guest airsi_guest;

/* A function the host offers. `values` holds the parameters and takes the result in [0].
 * false: the guest traps; the function has said why with airsi_guest_fail. */
typedef bool (*airsi_host_function)(airsi_guest *guest, airsi_value *values);

enum {
    AIRSI_IMPORT_MESSAGING = 1, /* traps in a start section and in _initialize */
};

typedef struct airsi_import {
    const char *module;    /* "airs:actor/messaging@0.1.0" */
    const char *name;      /* "send-message" */
    const char *signature; /* "jiii:" parameters, colon, results; i = i32, j = i64, f = f32, d = f64 */
    airsi_host_function call;
    unsigned flags;
} airsi_import;

/* Exports the host calls. */
typedef enum airsi_export {
    AIRSI_EXPORT_REALLOC,             /* cabi_realloc */
    AIRSI_EXPORT_INITIALIZE,          /* _initialize */
    AIRSI_EXPORT_HANDLE_MESSAGE,      /* airs:actor/message-handler@0.1.0#handle-message */
    AIRSI_EXPORT_HANDLE_CALLBACK,     /* airs:actor/reply-handler@0.1.0#handle-callback */
    AIRSI_EXPORT_INIT,                /* airs:actor/startup@0.1.0#init */
    AIRSI_EXPORT_SHUTDOWN,            /* airs:actor/teardown@0.1.0#shutdown */
    AIRSI_EXPORT_POST_HANDLE_MESSAGE, /* cabi_post_<export>, each optional */
    AIRSI_EXPORT_POST_HANDLE_CALLBACK,
    AIRSI_EXPORT_POST_INIT,
    AIRSI_EXPORT_COUNT
} airsi_export;

/* Why a guest died. */
typedef enum airsi_trap_kind {
    AIRSI_TRAP_NONE,
    AIRSI_TRAP_UNREACHABLE,
    AIRSI_TRAP_MEMORY, /* out-of-bounds access */
    AIRSI_TRAP_TABLE,
    AIRSI_TRAP_INDIRECT_CALL,
    AIRSI_TRAP_ARITHMETIC,
    AIRSI_TRAP_STACK, /* call stack exhausted */
    AIRSI_TRAP_TIME,  /* its time budget ended */
    AIRSI_TRAP_ABI,   /* broke the canonical ABI: a pointer, a length, UTF-8, a discriminant, a re-entry */
    AIRSI_TRAP_EXIT,  /* proc_exit; the code is in airsi_trap.exit_code */
    AIRSI_TRAP_OTHER,
} airsi_trap_kind;

typedef struct airsi_trap {
    airsi_trap_kind kind;
    int exit_code;
    char text[AIRS_ERROR_TEXT_MAX]; /* one line, ours: kind, detail, and up to 16 frames by function name, escaped */
} airsi_trap;

/* --- memory, for host functions and for lifting and lowering ---------------------------------------------------------------- */

/* What the guest belongs to: the pointer given to airsi_guest_new. */
void *airsi_guest_owner(const airsi_guest *guest);

/* Records why the guest is about to trap and returns false, so that a host function is left with `return airsi_guest_fail(...)`. The first
 * reason stays. */
bool airsi_guest_fail(airsi_guest *guest, airsi_trap_kind kind, const char *format, ...) AIRS_PRINTF(3, 4);

/* proc_exit: as _fail, with the code. Returns false. */
bool airsi_guest_exit(airsi_guest *guest, int code);

/* `length` bytes at `at` for reading or writing, valid until the guest is entered next; checked against the memory's size now and against
 * `align` (1, 2, 4, 8). NULL: out of bounds or misaligned, and the failure is recorded; `what` names it: "send-message payload".
 * With length 0 any `at` within bounds gives a non-NULL pointer. */
uint8_t *airsi_guest_memory(airsi_guest *guest, uint32_t at, uint32_t length, uint32_t align, const char *what);

/* The same for something the host copies out of the guest, charged to the lift budget of the running call (1 MiB + payload limit, set anew by
 * the host function is entered), since lists may alias. */
const uint8_t *airsi_guest_lift(airsi_guest *guest, uint32_t at, uint32_t length, uint32_t align, const char *what);

/* A string: lifted and checked for UTF-8. */
const char *airsi_guest_lift_string(airsi_guest *guest, uint32_t at, uint32_t length, const char *what);

/* Room in the guest for `length` bytes: calls cabi_realloc(0, 0, align, length) with may_leave off and checks what it returns.
 * false: the guest is dying, the failure is recorded. Length 0 gives *ret_at = align without a call. Enters the guest: pointers into its memory
 * are stale afterwards. */
bool airsi_guest_allocate(airsi_guest *guest, uint32_t length, uint32_t align, uint32_t *ret_at, const char *what);

/* Little-endian stores and loads in guest memory, unaligned-safe; `p` comes from airsi_guest_memory. */
static inline void airsi_store_u32(uint8_t *p, uint32_t v) {
    __builtin_memcpy(p, &v, 4);
}
static inline void airsi_store_u64(uint8_t *p, uint64_t v) {
    __builtin_memcpy(p, &v, 8);
}
static inline uint32_t airsi_load_u32(const uint8_t *p) {
    uint32_t v;
    __builtin_memcpy(&v, p, 4);
    return v;
}
static inline uint64_t airsi_load_u64(const uint8_t *p) {
    uint64_t v;
    __builtin_memcpy(&v, p, 8);
    return v;
}

/* --- time (docs/DESIGN.md 5.7) ---------------------------------------------------------------------------------------------- */

/* What is left of the running message's budget, in ns; 0 when it is used up. For host calls that wait. */
uint64_t airsi_guest_budget_left(airsi_guest *guest);
/* Charges wall time a host call was blocked. */
void airsi_guest_charge_blocked(airsi_guest *guest, uint64_t ns);
/* Tells of bytes that a host call made or moved, other than those it lifted: what the host does for a guest ends with the budget too. */
void airsi_guest_charge_work(airsi_guest *guest, uint64_t bytes);

/* --- life, for the component ------------------------------------------------------------------------------------------------ */

struct airs_wasm_module; /* engine/module.h */

/* A store, limits, an instance; runs the start section and _initialize with messaging off, in the budget of `init_ms`.
 * On failure *ret_trap says why (AIRS_ETRAP), or AIRS_ENOMEM. */
airs_status airsi_guest_new(struct airs_wasm_module *module, void *owner, const airs_limits *limits, airsi_guest **ret_guest,
                            airsi_trap *ret_trap);
void airsi_guest_free(airsi_guest *guest); /* NULL is fine */

bool airsi_guest_has(const airsi_guest *guest, airsi_export which);

/* Starts one budget of `budget_ms` that covers everything until the next _begin: lowering, the call, post-return. */
void airsi_guest_begin(airsi_guest *guest, uint32_t budget_ms);

/* Calls an export with the values in and out. Post-return exports run with may_leave off.
 * AIRS_OK, or AIRS_ETRAP and *ret_trap (what trapped, where); then the guest is dead. */
airs_status airsi_guest_call(airsi_guest *guest, airsi_export which, airsi_value *values, airsi_trap *ret_trap);

/* Whether the guest is dying of a failure recorded outside a call (a failed lift of a result): fills ret_trap. */
bool airsi_guest_failed(const airsi_guest *guest, airsi_trap *ret_trap);

uint64_t airsi_guest_memory_bytes(const airsi_guest *guest);

#endif
