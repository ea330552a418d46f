#include "core/broker/stream.h"

#include <pthread.h>
#include <string.h>

#include "base/atomic.h"
#include "base/clock.h"
#include "base/lock.h"
#include "base/memory.h"
#include "core/broker/broker.h"
#include "core/message/envelope.h"
#include "core/scheduler/worker.h"

#define DEFAULT_CAPACITY 1024
#define CAPACITY_MAX (1u << 20)

typedef struct ring_entry {
    airs_envelope *envelope;
    airs_status status;
} ring_entry;

struct airs_stream {
    airsi_mutex mutex; /* guards ring, first and count */
    pthread_cond_t filled;
    ring_entry *ring;
    size_t capacity; /* const after new */
    size_t first, count;
    AIRSI_ATOMIC(uint64_t) lag;     /* any thread, atomic */
    airs_envelope *shown;           /* the reader's: what the last next gave out */
    airs_broker *broker;            /* const after new */
    airs_subscription subscription; /* const after new */
};

airs_status airs_broker_subscribe(airs_broker *broker, size_t capacity, airs_stream **ret_stream) {
    if (broker == NULL || ret_stream == NULL || capacity > CAPACITY_MAX) {
        return AIRS_EINVAL;
    }
    airs_stream *stream = airsi_calloc(1, sizeof *stream);
    airsi_subscription *subscription = airsi_calloc(1, sizeof *subscription);
    ring_entry *ring = airsi_calloc(capacity != 0 ? capacity : DEFAULT_CAPACITY, sizeof *ring);
    airs_status status = AIRS_ENOMEM;
    if (stream == NULL || subscription == NULL || ring == NULL) {
        goto fail;
    }
    stream->capacity = capacity != 0 ? capacity : DEFAULT_CAPACITY;
    stream->ring = ring;
    stream->broker = broker;
    subscription->kind = AIRSI_SUBSCRIBER_TAP;
    subscription->stream = stream;
    airsi_cond_init(&stream->filled);
    airsi_mutex_init(&stream->mutex, AIRSI_RANK_STREAM);
    status = airsi_broker_add(broker, subscription);
    if (status != AIRS_OK) {
        goto fail;
    }
    stream->subscription = subscription->number;
    *ret_stream = stream;
    return AIRS_OK;
fail:
    airsi_free(stream);
    airsi_free(subscription);
    airsi_free(ring);
    return status;
}

void airsi_stream_offer(airs_stream *stream, const airs_envelope *envelope, airs_status status) {
    airs_envelope *copy = envelope != NULL ? airsi_envelope_copy(envelope) : NULL;
    airs_envelope *dropped = NULL;
    if (copy == NULL) {
        airsi_fetch_add_relaxed(&stream->lag, 1);
        return;
    }
    airsi_lock(&stream->mutex);
    if (stream->count == stream->capacity) {
        dropped = stream->ring[stream->first].envelope;
        stream->first = (stream->first + 1) % stream->capacity;
        stream->count--;
        airsi_fetch_add_relaxed(&stream->lag, 1);
    }
    stream->ring[(stream->first + stream->count) % stream->capacity] = (ring_entry){.envelope = copy, .status = status};
    stream->count++;
    pthread_cond_signal(&stream->filled);
    airsi_unlock(&stream->mutex);
    airs_envelope_free(dropped);
}

airs_status airs_stream_next(airs_stream *stream, uint32_t timeout_ms, airs_stream_entry *ret_entry) {
    if (stream == NULL || ret_entry == NULL) {
        return AIRS_EINVAL;
    }
    if (timeout_ms != 0 && airsi_worker_current() != NULL) {
        return AIRS_EDEADLK;
    }
    uint64_t until = airsi_clock_monotonic_ns() + (uint64_t)timeout_ms * 1000000u;
    ring_entry taken = {0};
    airsi_lock(&stream->mutex);
    while (stream->count == 0 && timeout_ms != 0 && airsi_cond_wait_until(&stream->filled, &stream->mutex, until) == 0) {
    }
    if (stream->count > 0) {
        taken = stream->ring[stream->first];
        stream->first = (stream->first + 1) % stream->capacity;
        stream->count--;
    }
    airsi_unlock(&stream->mutex);
    if (taken.envelope == NULL) {
        return AIRS_ETIMEOUT;
    }
    airs_envelope_free(stream->shown);
    stream->shown = taken.envelope;
    ret_entry->message = airs_envelope_message(taken.envelope);
    ret_entry->status = taken.status;
    return AIRS_OK;
}

uint64_t airs_stream_lag(const airs_stream *stream) {
    return stream != NULL ? airsi_load_relaxed(&stream->lag) : 0;
}

void airs_stream_close(airs_stream *stream) {
    if (stream != NULL) {
        airs_broker_unsubscribe(stream->broker, stream->subscription);
    }
}

void airsi_stream_free(airs_stream *stream) {
    while (stream->count > 0) {
        airs_envelope_free(stream->ring[stream->first].envelope);
        stream->first = (stream->first + 1) % stream->capacity;
        stream->count--;
    }
    airs_envelope_free(stream->shown);
    pthread_cond_destroy(&stream->filled);
    airsi_mutex_fini(&stream->mutex);
    airsi_free(stream->ring);
    airsi_free(stream);
}
