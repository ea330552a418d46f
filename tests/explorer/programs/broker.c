/* The subscriber list: published to without a lock, while others come and go. */
#include "core/broker/broker.h"

#include "base/memory.h"
#include "core/message/envelope.h"
#include "explorer/programs/programs.h"

typedef struct watcher {
    int seen; /* plain */
} watcher;

static airsi_reclaim reclaim;
static airs_broker broker;
static airs_subscription owner, observing;
static airs_envelope envelope;
static int owned;

static airs_status own(void *user, airs_envelope *taken) {
    (void)user;
    (void)taken;
    owned++;
    return AIRS_OK;
}

static void on_envelope(void *user, const airs_envelope *shown) {
    (void)shown;
    ((watcher *)user)->seen++;
}

static void release(void *user) {
    airsi_free(user);
}

static void observe(airs_subscription *ret) {
    watcher *made = airsi_malloc(sizeof *made);
    made->seen = 0;
    airs_observer observer = {.on_envelope = on_envelope, .release = release, .user = made};
    EXPLORER_CHECK(airs_broker_observe(&broker, &observer, ret) == AIRS_OK);
}

static void make_broker(void) {
    owned = 0;
    observing = 0;
    EXPLORER_CHECK(airsi_reclaim_init(&reclaim, NULL) == AIRS_OK);
    EXPLORER_CHECK(airsi_broker_init(&broker, &reclaim) == AIRS_OK);
    EXPLORER_CHECK(airsi_broker_own(&broker, own, NULL, &owner) == AIRS_OK);
    explorer_name(&broker.subscribers, sizeof broker.subscribers, "broker.subscribers");
    explorer_name(&broker.mutex, sizeof broker.mutex, "broker.mutex");
    explorer_name(&reclaim.epoch, sizeof reclaim.epoch, "reclaim.epoch");
    explorer_name(&reclaim.mutex, sizeof reclaim.mutex, "reclaim.mutex");
}

static void make_observed(void) {
    make_broker();
    observe(&observing);
}

static void publish(void) {
    for (int i = 0; i < 2 + programs_depth; i++) {
        EXPLORER_CHECK(airs_broker_publish(&broker, &envelope) == AIRS_OK);
    }
}

static void publish_or_unsubscribe(unsigned index) {
    if (index == 0) {
        publish();
    } else {
        airs_broker_unsubscribe(&broker, observing);
    }
}

static void check_owned(void) {
    EXPLORER_CHECK(owned == 2 + programs_depth);
}

PROGRAM(broker_publish_and_unsubscribe, 2, make_observed, publish_or_unsubscribe, check_owned)

static void publish_or_observe(unsigned index) {
    if (index == 0) {
        publish();
    } else {
        observe(&observing);
    }
}

PROGRAM(broker_publish_and_observe, 2, make_broker, publish_or_observe, check_owned)
