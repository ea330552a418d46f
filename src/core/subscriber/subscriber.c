#include "core/subscriber/subscriber.h"

#include "base/memory.h"
#include "core/actor/delivery.h"
#include "core/actor/hold.h"
#include "core/actor/overflow.h"
#include "core/system/system.h"

void airsi_subscriber_init(airs_actor_system_subscriber *subscriber, airs_system *system) {
    subscriber->system = system;
    subscriber->subscription = 0;
    atomic_init(&subscriber->running, false);
}

bool airsi_subscriber_judge(airsi_record *record, const airsi_actor *sender, const airsi_actor *target) {
    bool allowed = airsi_policy_sends_to(&sender->terms->policy, airsi_id_look(&target->id)) &&
                   airsi_policy_receives_from(&target->terms->policy, airsi_id_look(&sender->id));
    if (record->verdicts == NULL) {
        record->verdicts = airsi_calloc(1, sizeof *record->verdicts);
    }
    if (record->verdicts != NULL) {
        airsi_pair_judged pair = airsi_subscriber_pair(sender, target);
        airsi_verdict *verdict = airsi_verdict_place(record->verdicts, pair.sender, pair.target);
        verdict->sender = pair.sender;
        verdict->target = pair.target | (allowed ? AIRSI_VERDICT_ALLOWED : 0);
    }
    return allowed;
}

/* The actor a message comes from. A turn's own messages need no look-up; a timer's do. */
static airs_status resolve_sender(airs_system *system, const airsi_worker *worker, const airs_envelope *envelope,
                                  airsi_actor **ret_sender) {
    if (envelope->from == AIRS_OUTSIDE) {
        *ret_sender = NULL;
        return airsi_load_acquire(&system->closing) != 0 ? AIRS_ESTOPPING : AIRS_OK;
    }
    if (worker != NULL && worker->actor != NULL && worker->actor->handle == envelope->from) {
        *ret_sender = worker->actor;
        return AIRS_OK;
    }
    return airsi_registry_resolve(&system->registry, envelope->from, ret_sender) == AIRS_OK ? AIRS_OK : AIRS_EPERMISSION_DENIED;
}

/* The sender's own turn may hold a message back; a timer or a host thread waits in its own way. */
static bool may_hold(const airsi_worker *worker, const airsi_actor *sender, const airs_envelope *envelope) {
    return sender != NULL && worker != NULL && worker->actor == sender && envelope->kind != AIRS_MESSAGE_TIMER;
}

static airs_status send_to(airsi_actor *sender, airsi_actor *target, airs_envelope *envelope, airsi_worker *worker, airsi_record *record) {
    bool holds = may_hold(worker, sender, envelope);
    if (holds && airsi_hold_any(sender) && airsi_hold_has(sender, envelope->to)) {
        return airsi_hold_add(worker, sender, target, envelope);
    }
    airs_status status = airsi_actor_deliver(target, envelope, AIRSI_ACCEPT_NEW, record);
    return status == AIRS_EMAILBOX_FULL ? airsi_overflow(worker, holds ? sender : NULL, target, envelope, record) : status;
}

static airs_status route(airs_system *system, airs_envelope *envelope, airsi_worker *worker, airsi_record *record) {
    airsi_actor *sender = NULL;
    airsi_actor *target = NULL;
    airs_status status = resolve_sender(system, worker, envelope, &sender);
    if (status == AIRS_OK) {
        status = airsi_registry_resolve(&system->registry, envelope->to, &target);
    }
    if (status != AIRS_OK) {
        return status;
    }
    if (!airsi_subscriber_allows(record, sender, target)) {
        return AIRS_EPERMISSION_DENIED;
    }
    if (envelope->length > target->terms->limits.payload_bytes) {
        return AIRS_EPAYLOAD_TOO_LARGE;
    }
    return send_to(sender, target, envelope, worker, record);
}

static airs_status on_envelope(void *user, airs_envelope *envelope) {
    airs_system *system = user;
    airsi_record *record = airsi_system_record(system);
    airs_status status = route(system, envelope, airsi_system_worker(system), record);
    if (status == AIRS_OK) {
        airsi_count(&record->counters.messages_routed);
    } else if (status != AIRS_EMAILBOX_FULL || (envelope->flags & AIRSI_ENVELOPE_WAITS) == 0) {
        airsi_count(&record->counters.failures[status]);
    }
    return status;
}

/* With actors_mutex held. */
static airs_status start(airs_actor_system_subscriber *subscriber) {
    if (airsi_load_relaxed(&subscriber->running)) {
        return AIRS_EBUSY;
    }
    airs_system *system = subscriber->system;
    airs_status status = airsi_broker_own(&system->messaging.broker, on_envelope, system, &subscriber->subscription);
    airsi_store_relaxed(&subscriber->running, status == AIRS_OK);
    return status;
}

/* false: it does not run. */
static bool stop(airs_actor_system_subscriber *subscriber) {
    airs_system *system = subscriber->system;
    airsi_lock(&system->actors_mutex);
    bool running = airsi_load_relaxed(&subscriber->running);
    airs_subscription subscription = subscriber->subscription;
    airsi_store_relaxed(&subscriber->running, false);
    airsi_unlock(&system->actors_mutex);
    if (running) {
        airs_broker_unsubscribe(&system->messaging.broker, subscription); /* not under a lock: frees what has had its grace period */
    }
    return running;
}

airs_status airsi_subscriber_start(airs_actor_system_subscriber *subscriber) {
    airsi_lock(&subscriber->system->actors_mutex);
    airs_status status = start(subscriber);
    airsi_unlock(&subscriber->system->actors_mutex);
    return status;
}

void airsi_subscriber_stop(airs_actor_system_subscriber *subscriber) {
    stop(subscriber);
}

airs_status airsi_subscriber_register_actor(airs_actor_system_subscriber *subscriber, airsi_actor *actor) {
    return airsi_registry_register(&subscriber->system->registry, actor);
}

void airsi_subscriber_unregister_actor(airs_actor_system_subscriber *subscriber, airsi_actor *actor) {
    airsi_registry_unregister(&subscriber->system->registry, actor);
}

airs_actor_system_subscriber *airs_system_subscriber(airs_system *system) {
    return system != NULL ? &system->subscriber : NULL;
}

airs_status airs_actor_system_subscriber_start(airs_actor_system_subscriber *subscriber) {
    if (subscriber == NULL) {
        return AIRS_EINVAL;
    }
    airs_system *system = subscriber->system;
    airsi_lock(&system->actors_mutex);
    airs_status status = system->stage < AIRSI_STAGE_STARTED    ? AIRS_ENOTSTARTED
                         : system->stage != AIRSI_STAGE_STARTED ? AIRS_ESTOPPING
                                                                : start(subscriber);
    airsi_unlock(&system->actors_mutex);
    return status;
}

airs_status airs_actor_system_subscriber_stop(airs_actor_system_subscriber *subscriber) {
    if (subscriber == NULL) {
        return AIRS_EINVAL;
    }
    return stop(subscriber) ? AIRS_OK : AIRS_ENOTSTARTED;
}

bool airs_actor_system_subscriber_running(const airs_actor_system_subscriber *subscriber) {
    return subscriber != NULL && airsi_load_relaxed(&subscriber->running);
}

airs_status airs_actor_system_subscriber_resolve(airs_actor_system_subscriber *subscriber, const airs_component_id *id,
                                                 airs_component *ret_component) {
    return subscriber != NULL ? airs_registry_find(&subscriber->system->registry, id, ret_component) : AIRS_EINVAL;
}

airs_status airs_actor_system_subscriber_resolve_actor(airs_actor_system_subscriber *subscriber, airs_component component,
                                                       const airs_actor_address **ret_address) {
    if (subscriber == NULL || ret_address == NULL) {
        return AIRS_EINVAL;
    }
    airs_system *system = subscriber->system;
    airsi_record *record = airsi_reclaim_enter(&system->reclaim);
    if (record == NULL) {
        return AIRS_ENOMEM;
    }
    airsi_actor *actor = NULL;
    airs_status status = airsi_registry_resolve(&system->registry, component, &actor);
    if (status == AIRS_OK) {
        *ret_address = (const airs_actor_address *)(const void *)actor;
    }
    airsi_reclaim_leave(record);
    return status;
}
