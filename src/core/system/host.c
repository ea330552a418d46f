/* What host threads do from outside: publish, waiting for room if they want to. Requests: ask.c. */

#include <airs/system.h>

#include "base/clock.h"
#include "core/system/host.h"
#include "core/system/system.h"

static bool broken_off(airs_system *system) {
    return airsi_load_acquire(&system->closing) != 0 || airsi_load_acquire(&system->interrupted) != 0;
}

typedef struct gate_wait {
    airs_system *system;
    const airsi_room_waiter *waiter;
} gate_wait;

static bool is_woken(void *user) {
    const gate_wait *wait = user;
    return wait->waiter->woken || broken_off(wait->system);
}

/* In the deterministic mode, where nobody else makes room. */
static void step_until_woken(airs_system *system, const airsi_room_waiter *waiter, uint64_t deadline_ns) {
    gate_wait wait = {.system = system, .waiter = waiter};
    airsi_simulation_until(system, is_woken, &wait, deadline_ns / 1000000u);
}

/* Sleeps until the target has room, has stopped, the sources are closed, or the deadline (monotonic) has passed. */
static void wait_at_gate(airs_system *system, const airsi_room_waiter *waiter, uint64_t deadline_ns) {
    if (system->scheduler.simulation.on) {
        step_until_woken(system, waiter, deadline_ns);
        return;
    }
    airsi_lock(&system->gate.mutex);
    while (!waiter->woken && !broken_off(system)) {
        if (deadline_ns == AIRSI_NO_DEADLINE) {
            airsi_cond_wait(&system->gate.changed, &system->gate.mutex);
        } else if (airsi_cond_wait_until(&system->gate.changed, &system->gate.mutex, deadline_ns) != 0) {
            break;
        }
    }
    airsi_unlock(&system->gate.mutex);
}

/* Waits for room for `envelope`; the thread is offline meanwhile. AIRS_OK: try again. */
static airs_status wait_for_room(airs_system *system, airsi_record *record, const airs_envelope *envelope, uint64_t deadline_ns) {
    airsi_actor *target = NULL;
    airs_status status = airsi_registry_resolve(&system->registry, envelope->to, &target);
    if (status != AIRS_OK) {
        return status;
    }
    if (deadline_ns != AIRSI_NO_DEADLINE && airsi_scheduler_clock_ns(&system->scheduler) >= deadline_ns) {
        return AIRS_ETIMEOUT;
    }
    airsi_room_waiter waiter = {0};
    if (!airsi_room_wait(target, &waiter, envelope->length)) {
        return AIRS_OK;
    }
    airsi_reclaim_leave(record);
    wait_at_gate(system, &waiter, deadline_ns);
    airsi_reclaim_enter(&system->reclaim);
    airsi_room_leave(system, target, &waiter);
    return broken_off(system) ? AIRS_ESTOPPING : AIRS_OK;
}

static airs_status publish(airs_system *system, airs_envelope *envelope) {
    airs_status status = airs_broker_publish(&system->messaging.broker, envelope);
    /* Nobody owns what is published before the system starts, and after it has stopped. */
    bool stopped = status == AIRS_ENOSUBSCRIBER && airsi_load_acquire(&system->closing) != 0;
    return stopped ? AIRS_ESTOPPING : status;
}

airs_status airsi_host_publish(airs_system *system, airsi_record *record, airs_envelope *envelope, airs_when_full when_full,
                               uint64_t deadline_ns) {
    if (when_full == AIRS_BLOCK_WHEN_FULL) {
        envelope->flags |= AIRSI_ENVELOPE_WAITS;
    } else if (airsi_worker_current() == NULL) {
        envelope->flags |= AIRSI_ENVELOPE_MAY_WAIT;
    }
    airs_status status = publish(system, envelope);
    while (status == AIRS_EMAILBOX_FULL && (envelope->flags & AIRSI_ENVELOPE_WAITS) != 0) {
        status = wait_for_room(system, record, envelope, deadline_ns);
        if (status == AIRS_OK) {
            status = publish(system, envelope);
        }
    }
    if (status != AIRS_OK) {
        airs_envelope_free(envelope);
    }
    return status;
}

airs_status airsi_host_check(airs_system *system, const void *data, size_t length, airs_when_full when_full) {
    if (system == NULL || (data == NULL && length > 0) || (when_full != AIRS_REJECT_WHEN_FULL && when_full != AIRS_BLOCK_WHEN_FULL)) {
        return AIRS_EINVAL;
    }
    if (when_full == AIRS_BLOCK_WHEN_FULL && airsi_worker_current() != NULL) {
        return AIRS_EDEADLK;
    }
    return length > AIRS_PAYLOAD_MAX ? AIRS_EPAYLOAD_TOO_LARGE : AIRS_OK;
}

airs_status airs_send(airs_system *system, airs_component to, const void *data, size_t length, airs_when_full when_full) {
    airs_status status = airsi_host_check(system, data, length, when_full);
    if (status != AIRS_OK) {
        return status;
    }
    airsi_record *record = airsi_reclaim_enter(&system->reclaim);
    if (record == NULL) {
        return AIRS_ENOMEM;
    }
    airs_envelope *envelope = airsi_envelope_new(AIRS_MESSAGE_INTER_COMPONENT, AIRS_OUTSIDE, to, data, length);
    status = envelope != NULL ? airsi_host_publish(system, record, envelope, when_full, AIRSI_NO_DEADLINE) : AIRS_ENOMEM;
    airsi_reclaim_leave(record);
    return status;
}

airs_status airs_payload_limit(airs_system *system, airs_component to, size_t *ret_bytes) {
    if (system == NULL || ret_bytes == NULL) {
        return AIRS_EINVAL;
    }
    airsi_record *record = airsi_reclaim_enter(&system->reclaim);
    if (record == NULL) {
        return AIRS_ENOMEM;
    }
    airsi_actor *target = NULL;
    airs_status status = airsi_registry_resolve(&system->registry, to, &target);
    if (status == AIRS_OK) {
        *ret_bytes = target->terms->limits.payload_bytes;
    }
    airsi_reclaim_leave(record);
    return status;
}
