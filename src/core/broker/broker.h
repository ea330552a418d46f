/* MessageBroker. The subscriber list is an immutable array that publishers read without a lock or a read-modify-write, on a thread that is
 * online; a change makes a new array and retires the old one (reclaim.h). */
#ifndef AIRSI_CORE_BROKER_H
#define AIRSI_CORE_BROKER_H

#include <stdbool.h>
#include <stddef.h>

#include <airs/broker.h>

#include "base/atomic.h"
#include "base/lock.h"
#include "core/reclaim/reclaim.h"

/* The one subscriber that owns messages. Takes the envelope when it returns AIRS_OK. */
typedef airs_status (*airsi_owner_function)(void *user, airs_envelope *envelope);

typedef enum airsi_subscriber_kind { AIRSI_SUBSCRIBER_OWNER, AIRSI_SUBSCRIBER_OBSERVER, AIRSI_SUBSCRIBER_TAP } airsi_subscriber_kind;

typedef struct airsi_subscription {
    airs_subscription number; /* const once added */
    airsi_subscriber_kind kind;
    airs_observer observer;   /* OBSERVER */
    airsi_owner_function own; /* OWNER, with user */
    void *user;
    struct airs_stream *stream; /* TAP */
    airsi_garbage garbage;
} airsi_subscription;

typedef struct airsi_subscribers {
    airsi_subscription *owner; /* NULL: none */
    bool tapped;               /* whether others[] has a tap */
    size_t count;
    airsi_garbage garbage;
    airsi_subscription *others[]; /* observers and taps, in the order they came */
} airsi_subscribers;

struct airs_broker {
    AIRSI_ATOMIC(airsi_subscribers *) subscribers; /* any thread, atomic; never NULL */
    airsi_mutex mutex;                             /* writers */
    airs_subscription last_number;                 /* under the mutex */
    airsi_reclaim *reclaim;                        /* const after init */
};

airs_status airsi_broker_init(airs_broker *broker, airsi_reclaim *reclaim);
/* Nobody publishes any more. Subscriptions that are left end here. */
void airsi_broker_fini(airs_broker *broker);

/* Errors: AIRS_EALREADY_EXISTS (there is an owner), AIRS_ENOMEM. */
airs_status airsi_broker_own(airs_broker *broker, airsi_owner_function own, void *user, airs_subscription *ret_subscription);

/* For streams. Gives it its number. Errors: AIRS_EALREADY_EXISTS (a second owner), AIRS_ENOMEM. */
airs_status airsi_broker_add(airs_broker *broker, airsi_subscription *subscription);

#endif
