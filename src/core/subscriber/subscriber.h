/* ActorSystemSubscriber: the owning subscription of the runtime. ComponentId -> ActorAddress, verdict, mailbox, statistics. */
#ifndef AIRSI_CORE_SUBSCRIBER_H
#define AIRSI_CORE_SUBSCRIBER_H

#include <stdbool.h>

#include <airs/subscriber.h>

#include "base/atomic.h"
#include "core/actor/actor.h"
#include "core/broker/broker.h"
#include "core/reclaim/reclaim.h"

struct airs_actor_system_subscriber {
    struct airs_system *system;     /* const after init */
    airs_subscription subscription; /* under actors_mutex */
    AIRSI_ATOMIC(bool) running;     /* any thread reads; written under actors_mutex */
};

void airsi_subscriber_init(airs_actor_system_subscriber *subscriber, struct airs_system *system);
airs_status airsi_subscriber_start(airs_actor_system_subscriber *subscriber);
void airsi_subscriber_stop(airs_actor_system_subscriber *subscriber);

/* Gives the actor's id an address. Errors: as airsi_registry_register. */
airs_status airsi_subscriber_register_actor(airs_actor_system_subscriber *subscriber, airsi_actor *actor);
void airsi_subscriber_unregister_actor(airs_actor_system_subscriber *subscriber, airsi_actor *actor);

/* Whom a verdict is about: two classes if both have one, else the two actors. */
typedef struct airsi_pair_judged {
    uint64_t sender, target;
} airsi_pair_judged;

static inline airsi_pair_judged airsi_subscriber_pair(const airsi_actor *sender, const airsi_actor *target) {
    uint64_t from = sender->terms->class_number;
    uint64_t to = target->terms->class_number;
    bool classes = from != 0 && to != 0;
    airsi_pair_judged pair = {classes ? from : sender->handle, classes ? to : target->handle};
    return pair;
}

/* The verdict of the patterns, which the thread keeps if there is memory. */
bool airsi_subscriber_judge(airsi_record *record, const airsi_actor *sender, const airsi_actor *target);

/* The verdict on a message from `sender` (NULL: from outside) to `target`. `record` is the calling thread's. */
static inline bool airsi_subscriber_allows(airsi_record *record, const airsi_actor *sender, const airsi_actor *target) {
    if (sender == NULL) {
        return target->terms->policy.from_outside;
    }
    if (sender->terms->policy.to_all && target->terms->policy.from_all) {
        return true; /* no need to know who they are */
    }
    if (record->verdicts != NULL) {
        airsi_pair_judged pair = airsi_subscriber_pair(sender, target);
        const airsi_verdict *verdict = airsi_verdict_place(record->verdicts, pair.sender, pair.target);
        if (verdict->sender == pair.sender && (verdict->target & ~AIRSI_VERDICT_ALLOWED) == pair.target) {
            return (verdict->target & AIRSI_VERDICT_ALLOWED) != 0;
        }
    }
    return airsi_subscriber_judge(record, sender, target);
}

#endif
