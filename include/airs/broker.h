/* MessageBroker: pure publish/subscribe. It knows nothing of actors.
 *
 * Exactly one subscriber owns: it is called last, its status is publish's, and on AIRS_OK the envelope is its. Without one publish returns
 * AIRS_ENOSUBSCRIBER. Observers see a const envelope for the duration of the call; they don't keep it, block or publish. What is refused and
 * published again, as a sender that waits for room does, is seen again. */
#ifndef AIRS_BROKER_H
#define AIRS_BROKER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <airs/component.h>
#include <airs/export.h>
#include <airs/message.h>
#include <airs/status.h>

typedef struct airs_broker airs_broker;

/* MessageEnvelope: a message on its way. */
typedef struct airs_envelope airs_envelope;

/* MessageStream: a tap, a bounded ring of copies. */
typedef struct airs_stream airs_stream;

/* One subscription of one broker. 0 is none; no number is given out twice. */
typedef uint64_t airs_subscription;

typedef struct airs_observer {
    void (*on_envelope)(void *user, const airs_envelope *envelope); /* on the publisher's thread */
    void (*release)(void *user);                                    /* once, when no call can be running any more; may be NULL */
    void *user;
} airs_observer;

#ifdef __cplusplus
extern "C" {
#endif

/* A message from outside the system, with `data` copied behind it.
 * Ownership: the caller's, until a publish takes it. Errors: AIRS_EINVAL (data NULL with length > 0), AIRS_EPAYLOAD_TOO_LARGE (over
 * AIRS_PAYLOAD_MAX), AIRS_ENOMEM. */
AIRS_API airs_status airs_envelope_new(airs_component to, const void *data, size_t length, airs_envelope **ret_envelope);
AIRS_API void airs_envelope_free(airs_envelope *envelope); /* NULL is fine */

/* A view of what is inside, valid as long as the envelope. `envelope` must not be NULL. */
AIRS_API airs_message airs_envelope_message(const airs_envelope *envelope);

/* Publishes to every subscriber; the runtime's own routes it to the target's mailbox.
 *
 * Ownership: taken on AIRS_OK; on any error the envelope is still the caller's.
 * Errors:    AIRS_ENOSUBSCRIBER, AIRS_ECOMPONENT_NOT_FOUND, AIRS_ETARGET_STOPPED, AIRS_EPERMISSION_DENIED, AIRS_EPAYLOAD_TOO_LARGE,
 *            AIRS_EMAILBOX_FULL, AIRS_EOVERLOADED, AIRS_ESTOPPING.
 * Thread:    any; routes inline on the caller's.
 * Order:     FIFO from one publisher to one target (I2). */
AIRS_API airs_status airs_broker_publish(airs_broker *broker, airs_envelope *envelope);

/* Owning, observing and tap subscribers together; 0 until somebody subscribes, or when `broker` is NULL. */
AIRS_API size_t airs_broker_subscriber_count(airs_broker *broker);

/* Shows `observer`, which is copied, every message from now on. The same may observe twice: then it is called twice, and each is a subscription
 * of its own. Owning is not for others: the runtime's own subscriber does from airs_system_start to airs_system_stop.
 * Errors: AIRS_EINVAL (a NULL; `release` and `user` may be), AIRS_ENOMEM. Thread: any but inside an observer. */
AIRS_API airs_status airs_broker_observe(airs_broker *broker, const airs_observer *observer, airs_subscription *ret_subscription);

/* Returns at once; observer->release runs after a grace period. airs_system_free ends what was not unsubscribed.
 * Errors: AIRS_ENOTFOUND (unsubscribed before, of another broker, or never there), AIRS_EINVAL (`broker` is NULL). Thread: any. */
AIRS_API airs_status airs_broker_unsubscribe(airs_broker *broker, airs_subscription subscription);

/* One message as a tap saw it. */
typedef struct airs_stream_entry {
    airs_message message; /* valid until the next airs_stream_next or _close of this stream */
    airs_status status;   /* what publish returned */
} airs_stream_entry;

/* A tap of every message from now on: a ring of `capacity` copies (0 = 1,024; up to 1,048,576); when it is full the oldest is dropped and counted as
 * lag.
 * Ownership: the stream is the caller's, for airs_stream_close. Errors: AIRS_EINVAL, AIRS_ENOMEM. Thread: any but inside an observer. */
AIRS_API airs_status airs_broker_subscribe(airs_broker *broker, size_t capacity, airs_stream **ret_stream);

/* The next entry, waiting up to timeout_ms (0: not at all).
 * Errors: AIRS_ETIMEOUT, AIRS_EDEADLK (waiting inside a handler), AIRS_EINVAL (a NULL). Thread: one reader a stream. */
AIRS_API airs_status airs_stream_next(airs_stream *stream, uint32_t timeout_ms, airs_stream_entry *ret_entry);

/* How many entries were dropped; 0 for NULL. Thread: any. */
AIRS_API uint64_t airs_stream_lag(const airs_stream *stream);

/* Unsubscribes and frees; nobody may be waiting in airs_stream_next. Before airs_system_free. NULL is fine. */
AIRS_API void airs_stream_close(airs_stream *stream);

#ifdef __cplusplus
}
#endif

#endif
