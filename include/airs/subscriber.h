/* ActorSystemSubscriber: the runtime's own subscription. It resolves ComponentId and handle to ActorAddress, asks for the capability verdict,
 * sends to the mailbox and counts. A system has one: airs_system_start starts it and airs_system_stop stops it; airs_spawn registers an actor
 * with it, and an actor that stops is unregistered before its mailbox closes. */
#ifndef AIRS_SUBSCRIBER_H
#define AIRS_SUBSCRIBER_H

#include <stdbool.h>

#include <airs/actor.h>
#include <airs/component.h>
#include <airs/export.h>
#include <airs/id.h>
#include <airs/status.h>

typedef struct airs_actor_system_subscriber airs_actor_system_subscriber;

/* Where an actor is. It tells actors apart that live at the same time, and is never followed outside the core: a message is addressed with the
 * handle, which stays right, and harmless, when the actor is gone. */
typedef struct airs_actor_address airs_actor_address;

#ifdef __cplusplus
extern "C" {
#endif

AIRS_API airs_actor_system_subscriber *airs_system_subscriber(airs_system *system);

/* Begins to own what is published, as airs_system_start has it do; for an embedder that has stopped it.
 * Errors: AIRS_EINVAL (NULL), AIRS_ENOTSTARTED (the system), AIRS_ESTOPPING (the system), AIRS_EBUSY (it runs), AIRS_EALREADY_EXISTS (another
 *         thread is still stopping it), AIRS_ENOMEM. Thread: any. */
AIRS_API airs_status airs_actor_system_subscriber_start(airs_actor_system_subscriber *subscriber);

/* From here on publishing ends with AIRS_ENOSUBSCRIBER, but for calls under way; what is in mailboxes is handled, and requests end as ever.
 * Errors: AIRS_EINVAL (NULL), AIRS_ENOTSTARTED (it does not run). Thread: any, handlers too. */
AIRS_API airs_status airs_actor_system_subscriber_stop(airs_actor_system_subscriber *subscriber);

/* Whether it owns what is published now. Thread: any. */
AIRS_API bool airs_actor_system_subscriber_running(const airs_actor_system_subscriber *subscriber);

/* The handle an id resolves to. Errors: AIRS_EINVAL (NULL), AIRS_ECOMPONENT_NOT_FOUND, AIRS_ENOMEM (the thread's first call). Thread: any. */
AIRS_API airs_status airs_actor_system_subscriber_resolve(airs_actor_system_subscriber *subscriber, const airs_component_id *id,
                                                          airs_component *ret_component);

/* The address a handle resolves to. Errors: AIRS_EINVAL (NULL), AIRS_ECOMPONENT_NOT_FOUND (never issued), AIRS_ETARGET_STOPPED (stale),
 *         AIRS_ENOMEM (the thread's first call). Thread: any. Cost: two dependent loads and a compare, besides going online. */
AIRS_API airs_status airs_actor_system_subscriber_resolve_actor(airs_actor_system_subscriber *subscriber, airs_component component,
                                                                const airs_actor_address **ret_address);

#ifdef __cplusplus
}
#endif

#endif
