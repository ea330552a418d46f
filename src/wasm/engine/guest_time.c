/* Time (docs/DESIGN.md 5.7): one budget covers lowering, call and post-return. A short message never reads a clock: the first tick that
 * passes while it runs does. */
#include "base/clock.h"
#include "wasm/engine/guest_state.h"
#include "wasm/engine/ticker.h"

static uint64_t budget_used(airsi_guest *guest) {
    uint64_t now = airsi_clock_thread_cpu_ns();
    if (!guest->cpu_started) {
        guest->cpu_started = true;
        guest->cpu_start_ns = now;
    }
    return now - guest->cpu_start_ns + guest->blocked_ns;
}

uint64_t airsi_guest_budget_left(airsi_guest *guest) {
    uint64_t used = budget_used(guest);
    return used < guest->budget_ns ? guest->budget_ns - used : 0;
}

void airsi_guest_charge_blocked(airsi_guest *guest, uint64_t ns) {
    /* More than the whole budget is as good as the whole of it, and never overflows. */
    uint64_t blocked = guest->blocked_ns;
    guest->blocked_ns = ns < guest->budget_ns && blocked < guest->budget_ns ? blocked + ns : guest->budget_ns;
}

void airsi_guest_charge_work(airsi_guest *guest, uint64_t bytes) {
    guest->host_work += bytes / 1024u;
}

bool airsi_guest_check_budget(airsi_guest *guest) {
    guest->host_work = 0;
    if (airsi_guest_budget_left(guest) > 0) {
        return true;
    }
    return airsi_guest_fail(guest, AIRSI_TRAP_TIME, "%s-time limit of %u ms used up", guest->budget_name,
                            (unsigned)(guest->budget_ns / 1000000u));
}

/* A tick may be late but is never early, so what is left in whole ticks ends no budget before its time; one that is descheduled has used
 * less CPU time than ticks went by, and is extended. */
static wasmtime_error_t *deadline_reached(wasmtime_context_t *context, void *data, uint64_t *ret_delta,
                                          wasmtime_update_deadline_kind_t *ret_kind) {
    (void)context;
    airsi_guest *guest = data;
    if (!airsi_guest_check_budget(guest)) {
        return wasmtime_error_new("ended by the host");
    }
    *ret_delta = airsi_guest_budget_left(guest) / AIRSI_TICK_NS + 1;
    *ret_kind = WASMTIME_UPDATE_DEADLINE_CONTINUE;
    return NULL;
}

void airsi_guest_watch_time(airsi_guest *guest) {
    wasmtime_store_epoch_deadline_callback(guest->store, deadline_reached, guest, NULL);
}

void airsi_guest_begin_budget(airsi_guest *guest, const char *name, uint32_t budget_ms) {
    guest->budget_name = name;
    guest->budget_ns = (uint64_t)budget_ms * 1000000u;
    guest->blocked_ns = 0;
    guest->cpu_started = false;
    guest->host_work = 0;
    guest->lift_left = guest->lift_limit;
    wasmtime_context_set_epoch_deadline(guest->context, 1);
}

void airsi_guest_begin(airsi_guest *guest, uint32_t budget_ms) {
    airsi_guest_begin_budget(guest, "handler", budget_ms);
}
