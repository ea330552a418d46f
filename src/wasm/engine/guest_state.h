/* The inside of a guest, for the files of this folder that make it up: guest.c (life and calls), guest_memory.c, guest_time.c, trap.c,
 * trampoline.c. One thread at a time is in a guest, and everything here is that thread's. */
#ifndef AIRSI_WASM_ENGINE_GUEST_STATE_H
#define AIRSI_WASM_ENGINE_GUEST_STATE_H

#include <wasmtime.h>

#include "wasm/engine/guest.h"

#define AIRSI_LIFT_BASE (1u << 20)

struct airsi_guest {
    wasmtime_store_t *store;     /* const after new */
    wasmtime_context_t *context; /* const after new; the store's */
    void *owner;                 /* const after new */
    wasmtime_memory_t memory;    /* const after instantiation */
    wasmtime_func_t exports[AIRSI_EXPORT_COUNT];
    bool has[AIRSI_EXPORT_COUNT];
    uint64_t memory_limit;
    uint64_t lift_limit;

    bool instantiating; /* in a start section or _initialize: messaging is off */
    bool may_leave;     /* false in cabi_realloc and post-return: no import may be called */
    bool memory_known;  /* memory_base and memory_size hold: no entry since they were asked for */
    uint8_t *memory_base;
    size_t memory_size;
    uint64_t lift_left; /* of the running host call, or of the lifting after a call */

    /* One budget from begin to begin. */
    const char *budget_name; /* "init", "handler": the limit it comes from */
    uint64_t budget_ns;
    uint64_t blocked_ns;
    uint64_t cpu_start_ns; /* the thread's CPU time; set when it is first asked for */
    bool cpu_started;
    uint64_t host_work; /* done for it by host calls since the budget was last looked at; a call is 1, each KiB moved one more */

    /* Why it died; kind NONE while it lives. `located`: the frames are in the text. */
    airsi_trap failure;
    bool located;
};

static inline bool airsi_guest_alive(const airsi_guest *guest) {
    return guest->failure.kind == AIRSI_TRAP_NONE;
}

/* --- guest_memory.c */

/* The guest was or will be entered: what is known of its memory may be wrong. */
static inline void airsi_guest_forget_memory(airsi_guest *guest) {
    guest->memory_known = false;
}

/* --- trap.c */

/* Takes what a call returned (either or both, not none) as the end of the guest: fills guest->failure where no reason was recorded before, adds
 * frames and memory, deletes both. */
void airsi_guest_died(airsi_guest *guest, wasmtime_error_t *error, wasm_trap_t *trap);

/* --- guest_time.c */

/* Installs the callback that extends the epoch deadline while the budget lasts. */
void airsi_guest_watch_time(airsi_guest *guest);
void airsi_guest_begin_budget(airsi_guest *guest, const char *name, uint32_t budget_ms);

#define AIRSI_HOST_WORK_MAX 256u

/* Fails the guest when nothing of its budget is left. */
bool airsi_guest_check_budget(airsi_guest *guest);

#endif
