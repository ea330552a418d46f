/* What host threads do: send and request from outside. */

#include <string.h>

#include <airs/system.h>

#include "base/clock.h"
#include "base/memory.h"
#include "core/request/request.h"
#include "core/system/system.h"

#define NO_DEADLINE UINT64_MAX

static bool broken_off(airs_system *system) {
    return airsi_load_acquire(&system->closing) != 0 || airsi_load_acquire(&system->interrupted) != 0;
}

/* Sleeps until the target has room, has stopped, the sources are closed, or the deadline (monotonic) has passed. */
static void wait_at_gate(airs_system *system, const airsi_room_waiter *waiter, uint64_t deadline_ns) {
    airsi_lock(&system->gate.mutex);
    while (!waiter->woken && !broken_off(system)) {
        if (deadline_ns == NO_DEADLINE) {
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
    if (deadline_ns != NO_DEADLINE && airsi_clock_monotonic_ns() >= deadline_ns) {
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

/* Takes `envelope`, whatever comes of it. */
static airs_status publish(airs_system *system, airsi_record *record, airs_envelope *envelope, airs_when_full when_full,
                           uint64_t deadline_ns) {
    if (when_full == AIRS_BLOCK_WHEN_FULL) {
        envelope->flags |= AIRSI_ENVELOPE_WAITS;
    }
    airs_status status = airs_broker_publish(&system->messaging.broker, envelope);
    while (status == AIRS_EMAILBOX_FULL && when_full == AIRS_BLOCK_WHEN_FULL) {
        status = wait_for_room(system, record, envelope, deadline_ns);
        if (status == AIRS_OK) {
            status = airs_broker_publish(&system->messaging.broker, envelope);
        }
    }
    if (status != AIRS_OK) {
        airs_envelope_free(envelope);
    }
    return status;
}

static airs_status check_arguments(airs_system *system, const void *data, size_t length, airs_when_full when_full) {
    if (system == NULL || (data == NULL && length > 0)) {
        return AIRS_EINVAL;
    }
    if (when_full == AIRS_BLOCK_WHEN_FULL && airsi_worker_current() != NULL) {
        return AIRS_EDEADLK;
    }
    return length > AIRS_PAYLOAD_MAX ? AIRS_EPAYLOAD_TOO_LARGE : AIRS_OK;
}

/* Goes online, and makes a message from outside, in the heap that comes with it. NULL: no memory, and nothing is left of either. */
static airsi_record *enter_with(airs_system *system, airs_component to, const void *data, size_t length, airs_envelope **ret_envelope) {
    airsi_record *record = airsi_reclaim_enter(&system->reclaim);
    if (record == NULL) {
        return NULL;
    }
    airs_envelope *envelope = airsi_envelope_new(AIRS_MESSAGE_INTER_COMPONENT, AIRS_OUTSIDE, to, data, length);
    if (envelope == NULL) {
        airsi_reclaim_leave(record);
        return NULL;
    }
    *ret_envelope = envelope;
    return record;
}

airs_status airs_send(airs_system *system, airs_component to, const void *data, size_t length, airs_when_full when_full) {
    airs_status status = check_arguments(system, data, length, when_full);
    if (status != AIRS_OK) {
        return status;
    }
    airs_envelope *envelope = NULL;
    airsi_record *record = enter_with(system, to, data, length, &envelope);
    if (record == NULL) {
        return AIRS_ENOMEM;
    }
    status = publish(system, record, envelope, when_full, NO_DEADLINE);
    airsi_reclaim_leave(record);
    return status;
}

static airs_status request(airs_system *system, airsi_record *record, airs_envelope *envelope, uint32_t timeout_ms,
                           airs_when_full when_full, airs_reply_callback callback, void *user) {
    airsi_actor *target = NULL;
    airs_status status = airsi_registry_resolve(&system->registry, envelope->to, &target);
    airs_request name = AIRS_NO_REQUEST;
    if (status == AIRS_OK) {
        status = airsi_load_acquire(&system->closing) != 0
                     ? AIRS_ESTOPPING
                     : airsi_request_open_outside(system, envelope->to, timeout_ms, callback, user, &name);
    }
    if (status != AIRS_OK) {
        airs_envelope_free(envelope);
        return status;
    }
    envelope->request = name;
    /* Who waits for room waits no longer than for the reply. */
    status = publish(system, record, envelope, when_full, airsi_request_deadline_ns(timeout_ms));
    if (status != AIRS_OK && airsi_request_withdraw(system, NULL, name)) {
        return status;
    }
    /* Published, or it ended while it waited for room: either way the callback tells the end. */
    airsi_count(&airsi_system_record(system)->counters.requests);
    return AIRS_OK;
}

airs_status airs_request_async(airs_system *system, airs_component to, const void *data, size_t length, uint32_t timeout_ms,
                               airs_when_full when_full, airs_reply_callback callback, void *user) {
    airs_status status = callback != NULL ? check_arguments(system, data, length, when_full) : AIRS_EINVAL;
    if (status != AIRS_OK) {
        return status;
    }
    airs_envelope *envelope = NULL;
    airsi_record *record = enter_with(system, to, data, length, &envelope);
    if (record == NULL) {
        return AIRS_ENOMEM;
    }
    status = request(system, record, envelope, timeout_ms, when_full, callback, user);
    airsi_reclaim_leave(record);
    return status;
}

/* One blocked airs_request_wait. */
typedef struct waiting {
    pthread_mutex_t mutex;
    pthread_cond_t ended;
    bool done;
    airs_status status;
    char *data;
    size_t length;
} waiting;

static void on_reply(void *user, airs_status status, const void *data, size_t length) {
    waiting *wait = user;
    pthread_mutex_lock(&wait->mutex);
    wait->data = airsi_strndup(data, length);
    wait->length = length;
    wait->status = wait->data != NULL ? status : AIRS_ENOMEM;
    wait->done = true;
    pthread_cond_signal(&wait->ended);
    pthread_mutex_unlock(&wait->mutex);
}

static airs_status take_result(waiting *wait, void **ret_data, size_t *ret_length, airs_error *error) {
    if (wait->status != AIRS_OK) {
        airs_error_set(error, wait->status, "%s", wait->data != NULL && wait->length > 0 ? wait->data : airs_status_text(wait->status));
        airsi_free(wait->data);
        return wait->status;
    }
    *ret_data = wait->data;
    *ret_length = wait->length;
    return AIRS_OK;
}

airs_status airs_request_wait(airs_system *system, airs_component to, const void *data, size_t length, uint32_t timeout_ms, void **ret_data,
                              size_t *ret_length, airs_error *error) {
    if (ret_data == NULL || ret_length == NULL) {
        return airs_error_set(error, AIRS_EINVAL, "airs_request_wait needs a place for the reply and its length");
    }
    waiting wait = {.mutex = PTHREAD_MUTEX_INITIALIZER, .ended = PTHREAD_COND_INITIALIZER};
    airs_status status = airs_request_async(system, to, data, length, timeout_ms, AIRS_BLOCK_WHEN_FULL, on_reply, &wait);
    if (status != AIRS_OK) {
        return airs_error_set(error, status, "%s", airs_status_text(status));
    }
    pthread_mutex_lock(&wait.mutex);
    while (!wait.done) {
        pthread_cond_wait(&wait.ended, &wait.mutex);
    }
    pthread_mutex_unlock(&wait.mutex);
    return take_result(&wait, ret_data, ret_length, error);
}

airs_status airs_payload_limit(airs_system *system, airs_component to, size_t *ret_bytes) {
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
