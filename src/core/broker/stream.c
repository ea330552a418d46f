#include "core/broker/stream.h"

#include <pthread.h>
#include <string.h>

#include "base/atomic.h"
#include "base/clock.h"
#include "base/lock.h"
#include "base/memory.h"
#include "core/broker/broker.h"
#include "core/scheduler/worker.h"

#define DEFAULT_CAPACITY 1024
#define CAPACITY_MAX (1u << 20)

typedef struct ring_entry {
    airs_stream_entry entry;
    airsi_payload *payload; /* where its message's bytes are */
} ring_entry;

struct airs_stream {
    airsi_mutex mutex; /* guards ring, first and count */
    pthread_cond_t filled;
    ring_entry *ring;
    size_t capacity; /* const after new */
    size_t first, count;
    AIRSI_ATOMIC(uint64_t) lag;     /* any thread, atomic */
    airsi_payload *shown;           /* the reader's: what the last next gave out */
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

/* With the mutex held, and something in the ring. */
static ring_entry take_oldest(airs_stream *stream) {
    ring_entry oldest = stream->ring[stream->first];
    stream->first = (stream->first + 1) % stream->capacity;
    stream->count--;
    return oldest;
}

void airsi_stream_offer(airs_stream *stream, const airs_stream_entry *entry, airsi_payload *payload) {
    airsi_payload *dropped = NULL;
    if (payload == NULL) {
        airsi_fetch_add_relaxed(&stream->lag, 1);
        return;
    }
    airsi_payload_ref(payload);
    airsi_lock(&stream->mutex);
    if (stream->count == stream->capacity) {
        dropped = take_oldest(stream).payload;
        airsi_fetch_add_relaxed(&stream->lag, 1);
    }
    stream->ring[(stream->first + stream->count) % stream->capacity] = (ring_entry){.entry = *entry, .payload = payload};
    stream->count++;
    pthread_cond_signal(&stream->filled);
    airsi_unlock(&stream->mutex);
    airsi_payload_unref(dropped);
}

airs_status airs_stream_next(airs_stream *stream, uint32_t timeout_ms, airs_stream_entry *ret_entry) {
    if (stream == NULL || ret_entry == NULL) {
        return AIRS_EINVAL;
    }
    if (timeout_ms != 0 && airsi_worker_current() != NULL) {
        return AIRS_EDEADLK;
    }
    uint64_t until = airsi_clock_monotonic_ns() + (uint64_t)timeout_ms * 1000000u;
    ring_entry taken = {.payload = NULL};
    airsi_lock(&stream->mutex);
    while (stream->count == 0 && timeout_ms != 0 && airsi_cond_wait_until(&stream->filled, &stream->mutex, until) == 0) {
    }
    if (stream->count > 0) {
        taken = take_oldest(stream);
    }
    airsi_unlock(&stream->mutex);
    if (taken.payload == NULL) {
        return AIRS_ETIMEOUT;
    }
    airsi_payload_unref(stream->shown);
    stream->shown = taken.payload;
    *ret_entry = taken.entry;
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
        airsi_payload_unref(take_oldest(stream).payload);
    }
    airsi_payload_unref(stream->shown);
    pthread_cond_destroy(&stream->filled);
    airsi_mutex_fini(&stream->mutex);
    airsi_free(stream->ring);
    airsi_free(stream);
}
