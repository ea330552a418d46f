/* ActorSystemSubscriber: the owning subscription of the runtime. ComponentId -> ActorAddress, verdict, mailbox, statistics. */
#ifndef AIRSI_CORE_SUBSCRIBER_H
#define AIRSI_CORE_SUBSCRIBER_H

#include <stdbool.h>

#include <airs/subscriber.h>

#include "base/atomic.h"
#include "core/broker/broker.h"

struct airsi_actor;

struct airs_actor_system_subscriber {
    struct airs_system *system;      /* const after init */
    airs_subscription *subscription; /* who starts and stops it */
    AIRSI_ATOMIC(bool) running;      /* any thread reads */
};

void airsi_subscriber_init(airs_actor_system_subscriber *subscriber, struct airs_system *system);
airs_status airsi_subscriber_start(airs_actor_system_subscriber *subscriber);
void airsi_subscriber_stop(airs_actor_system_subscriber *subscriber);

/* Gives the actor's id an address. Errors: as airsi_registry_register. */
airs_status airsi_subscriber_register_actor(airs_actor_system_subscriber *subscriber, struct airsi_actor *actor);
void airsi_subscriber_unregister_actor(airs_actor_system_subscriber *subscriber, struct airsi_actor *actor);

/* The verdict on a message from `sender` (NULL: from outside) to `target`. */
bool airsi_subscriber_allows(const struct airsi_actor *sender, const struct airsi_actor *target);

#endif
