#include "wasm/engine/trampoline.h"

#include <stdalign.h>

#include "wasm/engine/guest_state.h"

_Static_assert(sizeof(airsi_value) == sizeof(wasmtime_val_raw_t) && alignof(airsi_value) <= alignof(wasmtime_val_raw_t),
               "a host function sees Wasmtime's values as its own");

static bool call_allowed(airsi_guest *guest, const airsi_import *import) {
    if (!guest->may_leave) {
        return airsi_guest_fail(guest, AIRSI_TRAP_ABI,
                                "%s was called from cabi_realloc or a post-return function, which may call no import", import->name);
    }
    if (guest->instantiating && (import->flags & AIRSI_IMPORT_MESSAGING) != 0) {
        return airsi_guest_fail(guest, AIRSI_TRAP_ABI, "%s was called from a start section or _initialize; messaging works from init on",
                                import->name);
    }
    return true;
}

/* In a start section there is no instance yet to ask for its exports, but for the memory of whoever calls. */
static void learn_memory(airsi_guest *guest, wasmtime_caller_t *caller) {
    static const char name[] = "memory";
    wasmtime_extern_t found;
    if (guest->memory.store_id == 0 && wasmtime_caller_export_get(caller, name, sizeof name - 1, &found)) {
        guest->memory = found.of.memory;
    }
}

/* Code without a loop or a call of its own functions meets no epoch check, however much it makes the host do. */
static bool within_budget(airsi_guest *guest) {
    guest->host_work += 1;
    airsi_guest_charge_work(guest, guest->lift_limit - guest->lift_left);
    return guest->host_work < AIRSI_HOST_WORK_MAX || airsi_guest_check_budget(guest);
}

wasm_trap_t *airsi_trampoline(void *env, wasmtime_caller_t *caller, wasmtime_val_raw_t *values, size_t count) {
    (void)count; /* as many as the signature says, which was compared when the module was loaded */
    static const char ended[] = "ended by the host";
    const airsi_import *import = env;
    airsi_guest *guest = wasmtime_context_get_data(wasmtime_caller_context(caller));
    airsi_guest_forget_memory(guest);
    learn_memory(guest, caller);
    guest->lift_left = guest->lift_limit;
    if (call_allowed(guest, import) && import->call(guest, (airsi_value *)values) && airsi_guest_alive(guest) && within_budget(guest)) {
        return NULL;
    }
    if (airsi_guest_alive(guest)) {
        airsi_guest_fail(guest, AIRSI_TRAP_OTHER, "%s failed", import->name);
    }
    return wasmtime_trap_new(ended, sizeof ended - 1);
}
