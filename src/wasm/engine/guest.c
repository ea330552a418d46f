/* The life of a guest, and calls into it. */
#include "wasm/engine/guest.h"

#include <string.h>

#include <wasmtime.h>

#include "base/memory.h"
#include "wasm/engine/binary.h"
#include "wasm/engine/exports.h"
#include "wasm/engine/guest_state.h"
#include "wasm/engine/module.h"

/* --- life ---------------------------------------------------------------------------------------------------------------------- */

static airsi_guest *guest_alloc(struct airs_wasm_module *module, void *owner, const airs_limits *limits) {
    airsi_guest *guest = airsi_calloc(1, sizeof *guest);
    if (guest == NULL) {
        return NULL;
    }
    guest->store = wasmtime_store_new(module->wasmtime, guest, NULL);
    if (guest->store == NULL) {
        airsi_free(guest);
        return NULL;
    }
    guest->context = wasmtime_store_context(guest->store);
    guest->owner = owner;
    guest->memory_limit = limits->memory_bytes;
    guest->lift_limit = AIRSI_LIFT_BASE + (uint64_t)limits->payload_bytes;
    guest->may_leave = true;
    int64_t memory = limits->memory_bytes < INT64_MAX ? (int64_t)limits->memory_bytes : INT64_MAX;
    wasmtime_store_limiter(guest->store, memory, AIRSI_TABLE_ELEMENTS_MAX, 1, AIRSI_TABLES_MAX, 1);
    airsi_guest_watch_time(guest);
    return guest;
}

/* What a store could not be given, as Wasmtime's words begin; the words we say instead. */
static void say_why_not_instantiated(airsi_guest *guest, const wasmtime_error_t *error) {
    static const char table[] = "table minimum size";
    wasm_name_t message;
    wasmtime_error_message(error, &message);
    if (message.size >= sizeof table - 1 && memcmp(message.data, table, sizeof table - 1) == 0) {
        airsi_guest_fail(guest, AIRSI_TRAP_OTHER, "not instantiated: a table starts with more than %u elements", AIRSI_TABLE_ELEMENTS_MAX);
    } else {
        airsi_guest_fail(guest, AIRSI_TRAP_OTHER, "not instantiated: the system has no memory for it");
    }
    wasm_name_delete(&message);
}

static bool has_frames(const wasmtime_error_t *error) {
    wasm_frame_vec_t frames;
    wasmtime_error_wasm_trace(error, &frames);
    bool any = frames.size > 0;
    wasm_frame_vec_delete(&frames);
    return any;
}

static bool instantiate(airsi_guest *guest, const struct airs_wasm_module *module, wasmtime_instance_t *ret_instance) {
    wasm_trap_t *trap = NULL;
    wasmtime_error_t *error = wasmtime_instance_pre_instantiate(module->prepared, guest->context, ret_instance, &trap);
    if (error == NULL && trap == NULL) {
        return true;
    }
    if (trap == NULL && airsi_guest_alive(guest) && !has_frames(error)) {
        say_why_not_instantiated(guest, error);
    }
    airsi_guest_died(guest, error, trap);
    return false;
}

/* The kinds were checked when the module was loaded. */
static void find_exports(airsi_guest *guest, const struct airs_wasm_module *module, const wasmtime_instance_t *instance) {
    static const char memory[] = "memory";
    wasmtime_extern_t found;
    if (wasmtime_instance_export_get(guest->context, instance, memory, sizeof memory - 1, &found)) {
        guest->memory = found.of.memory;
    }
    for (size_t i = 0; i < airsi_export_count; i++) {
        const airsi_export_row *row = &airsi_exports[i];
        if (row->which != AIRSI_EXPORT_COUNT && module->contract.has[row->which] &&
            wasmtime_instance_export_get(guest->context, instance, row->name, strlen(row->name), &found)) {
            guest->exports[row->which] = found.of.func;
            guest->has[row->which] = true;
        }
    }
}

static bool start_guest(airsi_guest *guest, const struct airs_wasm_module *module) {
    wasmtime_instance_t instance;
    guest->instantiating = true;
    if (!instantiate(guest, module, &instance)) {
        return false;
    }
    find_exports(guest, module, &instance);
    airsi_value values[AIRSI_VALUES_MAX];
    airsi_trap trap;
    if (guest->has[AIRSI_EXPORT_INITIALIZE] && airsi_guest_call(guest, AIRSI_EXPORT_INITIALIZE, values, &trap) != AIRS_OK) {
        return false;
    }
    guest->instantiating = false;
    return true;
}

airs_status airsi_guest_new(struct airs_wasm_module *module, void *owner, const airs_limits *limits, airsi_guest **ret_guest,
                            airsi_trap *ret_trap) {
    airsi_guest *guest = guest_alloc(module, owner, limits);
    if (guest == NULL) {
        return AIRS_ENOMEM;
    }
    airsi_guest_begin_budget(guest, "init", limits->init_ms);
    if (!start_guest(guest, module)) {
        *ret_trap = guest->failure;
        airsi_guest_free(guest);
        return AIRS_ETRAP;
    }
    *ret_guest = guest;
    return AIRS_OK;
}

void airsi_guest_free(airsi_guest *guest) {
    if (guest != NULL) {
        wasmtime_store_delete(guest->store);
        airsi_free(guest);
    }
}

void *airsi_guest_owner(const airsi_guest *guest) {
    return guest->owner;
}

bool airsi_guest_has(const airsi_guest *guest, airsi_export which) {
    return guest->has[which];
}

/* --- calls --------------------------------------------------------------------------------------------------------------------- */

/* Either out pointer of a call means that the guest is dead. */
static bool enter(airsi_guest *guest, airsi_export which, airsi_value *values) {
    wasm_trap_t *trap = NULL;
    wasmtime_error_t *error =
        wasmtime_func_call_unchecked(guest->context, &guest->exports[which], (wasmtime_val_raw_t *)values, AIRSI_VALUES_MAX, &trap);
    airsi_guest_forget_memory(guest);
    if (error != NULL || trap != NULL) {
        airsi_guest_died(guest, error, trap);
        return false;
    }
    return true;
}

static bool enter_without_leave(airsi_guest *guest, airsi_export which, airsi_value *values) {
    guest->may_leave = false;
    bool lives = enter(guest, which, values);
    guest->may_leave = true;
    return lives;
}

static bool is_post_return(airsi_export which) {
    return which == AIRSI_EXPORT_POST_HANDLE_MESSAGE || which == AIRSI_EXPORT_POST_HANDLE_CALLBACK || which == AIRSI_EXPORT_POST_INIT;
}

airs_status airsi_guest_call(airsi_guest *guest, airsi_export which, airsi_value *values, airsi_trap *ret_trap) {
    bool lives =
        airsi_guest_alive(guest) && (is_post_return(which) ? enter_without_leave(guest, which, values) : enter(guest, which, values));
    if (!lives) {
        *ret_trap = guest->failure;
        return AIRS_ETRAP;
    }
    guest->lift_left = guest->lift_limit; /* what the result refers to is charged anew */
    return AIRS_OK;
}

bool airsi_guest_allocate(airsi_guest *guest, uint32_t length, uint32_t align, uint32_t *ret_at, const char *what) {
    if (!airsi_guest_alive(guest)) {
        return false;
    }
    if (length == 0) {
        *ret_at = align;
        return true;
    }
    if (!guest->has[AIRSI_EXPORT_REALLOC]) {
        return airsi_guest_fail(guest, AIRSI_TRAP_ABI, "%s: room is needed before cabi_realloc can be called (in a start section)", what);
    }
    airsi_value values[AIRSI_VALUES_MAX];
    values[0].u32 = 0;
    values[1].u32 = 0;
    values[2].u32 = align;
    values[3].u32 = length;
    if (!enter_without_leave(guest, AIRSI_EXPORT_REALLOC, values)) {
        return false;
    }
    uint32_t at = values[0].u32;
    if (airsi_guest_memory(guest, at, length, align, what) == NULL) {
        return false;
    }
    *ret_at = at;
    return true;
}
