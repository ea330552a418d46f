/* ActorSystemSubscriber: the runtime's own subscription. It resolves ComponentId and handle to ActorAddress, asks for the capability verdict,
 * sends to the mailbox and counts. A system makes, starts and stops its own; these calls are for looking. */
#ifndef AIRS_SUBSCRIBER_H
#define AIRS_SUBSCRIBER_H

#include <stdbool.h>

#include <airs/actor.h>
#include <airs/component.h>
#include <airs/export.h>
#include <airs/id.h>
#include <airs/status.h>

typedef struct airs_actor_system_subscriber airs_actor_system_subscriber;

/* Where an actor is: opaque outside the core, valid while the caller is inside an airs call. */
typedef struct airs_actor_address airs_actor_address;

#ifdef __cplusplus
extern "C" {
#endif

AIRS_API airs_actor_system_subscriber *airs_system_subscriber(airs_system *system);

/* Whether the subscriber owns the broker's messages now: between airs_system_start and airs_system_stop. */
AIRS_API bool airs_actor_system_subscriber_running(const airs_actor_system_subscriber *subscriber);

/* The handle an id resolves to. Errors: AIRS_ECOMPONENT_NOT_FOUND. */
AIRS_API airs_status airs_actor_system_subscriber_resolve(airs_actor_system_subscriber *subscriber, const airs_component_id *id,
                                                          airs_component *ret_component);

#ifdef __cplusplus
}
#endif

#endif
