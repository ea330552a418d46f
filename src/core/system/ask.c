/* What host threads ask for: requests, the execution of operations. */

#include <pthread.h>
#include <string.h>

#include <airs/system.h>

#include "base/memory.h"
#include "base/utf8.h"
#include "core/request/request.h"
#include "core/system/host.h"
#include "core/system/system.h"

static airs_status ask(airs_system *system, airsi_record *record, airs_envelope *envelope, uint32_t timeout_ms, airs_when_full when_full,
                       airs_reply_callback callback, void *user) {
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
    status = airsi_host_publish(system, record, envelope, when_full, airsi_request_deadline_ns(system, timeout_ms));
    if (status != AIRS_OK && airsi_request_withdraw(system, NULL, name)) {
        return status;
    }
    /* Published, or it ended while it waited for room: either way the callback tells the end. */
    airsi_count(&airsi_system_record(system)->counters.requests);
    return AIRS_OK;
}

airs_status airs_request_async(airs_system *system, airs_component to, const void *data, size_t length, uint32_t timeout_ms,
                               airs_when_full when_full, airs_reply_callback callback, void *user) {
    airs_status status = callback != NULL ? airsi_host_check(system, data, length, when_full) : AIRS_EINVAL;
    if (status != AIRS_OK) {
        return status;
    }
    airsi_record *record = airsi_reclaim_enter(&system->reclaim);
    if (record == NULL) {
        return AIRS_ENOMEM;
    }
    airs_envelope *envelope = airsi_envelope_new(AIRS_MESSAGE_INTER_COMPONENT, AIRS_OUTSIDE, to, data, length);
    status = envelope != NULL ? ask(system, record, envelope, timeout_ms, when_full, callback, user) : AIRS_ENOMEM;
    airsi_reclaim_leave(record);
    return status;
}

static airs_status check_operation(const char *operation, size_t length) {
    size_t operation_length = operation != NULL ? strnlen(operation, AIRS_OPERATION_MAX + 1) : 0;
    if (operation_length == 0 || operation_length > AIRS_OPERATION_MAX || !airsi_utf8_valid((const uint8_t *)operation, operation_length)) {
        return AIRS_EINVAL;
    }
    return operation_length + length > AIRS_PAYLOAD_MAX ? AIRS_EPAYLOAD_TOO_LARGE : AIRS_OK;
}

airs_status airs_execute_async(airs_system *system, airs_component to, const char *operation, const void *data, size_t length,
                               uint32_t timeout_ms, airs_when_full when_full, airs_reply_callback callback, void *user) {
    airs_status status = airsi_host_check(system, data, length, when_full);
    if (status == AIRS_OK) {
        status = check_operation(operation, length);
    }
    if (status != AIRS_OK) {
        return status;
    }
    airsi_record *record = airsi_reclaim_enter(&system->reclaim);
    if (record == NULL) {
        return AIRS_ENOMEM;
    }
    airs_envelope *envelope = airsi_envelope_new_execute(to, operation, strlen(operation), data, length);
    if (envelope == NULL) {
        status = AIRS_ENOMEM;
    } else if (callback != NULL) {
        status = ask(system, record, envelope, timeout_ms, when_full, callback, user);
    } else {
        status = airsi_host_publish(system, record, envelope, when_full, airsi_request_deadline_ns(system, timeout_ms));
    }
    airsi_reclaim_leave(record);
    return status;
}

/* One blocked call. */
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

static bool is_done(void *user) {
    const waiting *wait = user;
    return wait->done;
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

/* After the call that was to tell `on_reply` the end. */
static airs_status wait_for_end(airs_system *system, airs_status status, waiting *wait, void **ret_data, size_t *ret_length,
                                airs_error *error) {
    if (status != AIRS_OK) {
        return airs_error_set(error, status, "%s", airs_status_text(status));
    }
    if (system->scheduler.simulation.on) {
        airsi_simulation_until(system, is_done, wait, UINT64_MAX); /* the request's own timeout ends it */
    }
    pthread_mutex_lock(&wait->mutex);
    while (!wait->done) {
        pthread_cond_wait(&wait->ended, &wait->mutex);
    }
    pthread_mutex_unlock(&wait->mutex);
    return take_result(wait, ret_data, ret_length, error);
}

airs_status airs_request_wait(airs_system *system, airs_component to, const void *data, size_t length, uint32_t timeout_ms, void **ret_data,
                              size_t *ret_length, airs_error *error) {
    if (ret_data == NULL || ret_length == NULL) {
        return airs_error_set(error, AIRS_EINVAL, "airs_request_wait needs a place for the reply and its length");
    }
    waiting wait = {.mutex = PTHREAD_MUTEX_INITIALIZER, .ended = PTHREAD_COND_INITIALIZER};
    airs_status status = airs_request_async(system, to, data, length, timeout_ms, AIRS_BLOCK_WHEN_FULL, on_reply, &wait);
    return wait_for_end(system, status, &wait, ret_data, ret_length, error);
}

airs_status airs_execute(airs_system *system, airs_component to, const char *operation, const void *data, size_t length,
                         uint32_t timeout_ms, void **ret_data, size_t *ret_length, airs_error *error) {
    if (ret_data == NULL || ret_length == NULL) {
        return airs_error_set(error, AIRS_EINVAL, "airs_execute needs a place for the result and its length");
    }
    waiting wait = {.mutex = PTHREAD_MUTEX_INITIALIZER, .ended = PTHREAD_COND_INITIALIZER};
    airs_status status = airs_execute_async(system, to, operation, data, length, timeout_ms, AIRS_BLOCK_WHEN_FULL, on_reply, &wait);
    return wait_for_end(system, status, &wait, ret_data, ret_length, error);
}
