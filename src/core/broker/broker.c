#include "core/broker/broker.h"

#include <assert.h>

#include "base/memory.h"
#include "core/broker/stream.h"
#include "core/message/envelope.h"
#include "core/scheduler/worker.h"
#include "core/system/system.h"

static airsi_subscribers *new_list(size_t count) {
    airsi_subscribers *list = airsi_calloc(1, sizeof *list + count * sizeof(airsi_subscription *));
    if (list != NULL) {
        list->count = count;
    }
    return list;
}

airs_status airsi_broker_init(airs_broker *broker, airsi_reclaim *reclaim) {
    airsi_subscribers *empty = new_list(0);
    if (empty == NULL) {
        return AIRS_ENOMEM;
    }
    atomic_init(&broker->subscribers, empty);
    airsi_mutex_init(&broker->mutex, AIRSI_RANK_BROKER);
    broker->reclaim = reclaim;
    /* Counted from the broker's address on, so that another broker of this process doesn't take a number for its own. */
    broker->last_number = (uint64_t)(uintptr_t)broker << 16;
    return AIRS_OK;
}

static void free_list(airsi_garbage *garbage) {
    airsi_free((char *)garbage - offsetof(airsi_subscribers, garbage));
}

static void free_subscription(airsi_garbage *garbage) {
    airsi_subscription *subscription = (airsi_subscription *)(void *)((char *)garbage - offsetof(airsi_subscription, garbage));
    if (subscription->kind == AIRSI_SUBSCRIBER_TAP) {
        airsi_stream_free(subscription->stream);
    } else if (subscription->kind == AIRSI_SUBSCRIBER_OBSERVER && subscription->observer.release != NULL) {
        subscription->observer.release(subscription->observer.user);
    }
    airsi_free(subscription);
}

void airsi_broker_fini(airs_broker *broker) {
    airsi_subscribers *list = airsi_load_relaxed(&broker->subscribers);
    for (size_t i = 0; list != NULL && i < list->count; i++) {
        free_subscription(&list->others[i]->garbage);
    }
    airsi_free(list);
    airsi_mutex_fini(&broker->mutex);
}

/* With the mutex held: the new list is what publishers find from now on. */
static void replace(airs_broker *broker, airsi_subscribers *list) {
    for (size_t i = 0; i < list->count; i++) {
        assert(list->others[i] != NULL);
        list->tapped |= list->others[i]->kind == AIRSI_SUBSCRIBER_TAP;
    }
    airsi_subscribers *old = airsi_load_relaxed(&broker->subscribers);
    /* E18 release, pairs with E19 in publish: list and subscribers are complete before they can be found. */
    airsi_store_release(&broker->subscribers, list);
    old->garbage.free = free_list;
    airsi_reclaim_retire(broker->reclaim, &old->garbage);
}

airs_status airsi_broker_add(airs_broker *broker, airsi_subscription *subscription) {
    airs_status status = AIRS_OK;
    airsi_lock(&broker->mutex);
    const airsi_subscribers *old = airsi_load_relaxed(&broker->subscribers);
    bool owner = subscription->kind == AIRSI_SUBSCRIBER_OWNER;
    if (owner && old->owner != NULL) {
        status = AIRS_EALREADY_EXISTS;
        goto out;
    }
    airsi_subscribers *list = new_list(old->count + (owner ? 0 : 1));
    if (list == NULL) {
        status = AIRS_ENOMEM;
        goto out;
    }
    for (size_t i = 0; i < old->count; i++) {
        list->others[i] = old->others[i];
    }
    subscription->number = ++broker->last_number;
    list->owner = owner ? subscription : old->owner;
    if (!owner) {
        list->others[old->count] = subscription;
    }
    replace(broker, list);
out:
    airsi_unlock(&broker->mutex);
    return status;
}

static airs_status add_new(airs_broker *broker, const airsi_subscription *made, airs_subscription *ret_subscription) {
    airsi_subscription *subscription = airsi_malloc(sizeof *subscription);
    if (subscription == NULL) {
        return AIRS_ENOMEM;
    }
    *subscription = *made;
    airs_status status = airsi_broker_add(broker, subscription);
    if (status != AIRS_OK) {
        airsi_free(subscription);
        return status;
    }
    *ret_subscription = subscription->number;
    return AIRS_OK;
}

airs_status airsi_broker_own(airs_broker *broker, airsi_owner_function own, void *user, airs_subscription *ret_subscription) {
    airsi_subscription made = {.kind = AIRSI_SUBSCRIBER_OWNER, .own = own, .user = user};
    return add_new(broker, &made, ret_subscription);
}

airs_status airs_broker_observe(airs_broker *broker, const airs_observer *observer, airs_subscription *ret_subscription) {
    if (broker == NULL || observer == NULL || observer->on_envelope == NULL || ret_subscription == NULL) {
        return AIRS_EINVAL;
    }
    airsi_subscription made = {.kind = AIRSI_SUBSCRIBER_OBSERVER, .observer = *observer};
    return add_new(broker, &made, ret_subscription);
}

static airsi_subscription *find(const airsi_subscribers *list, airs_subscription number) {
    if (list->owner != NULL && list->owner->number == number) {
        return list->owner;
    }
    for (size_t i = 0; i < list->count; i++) {
        if (list->others[i]->number == number) {
            return list->others[i];
        }
    }
    return NULL;
}

/* The list without `subscription`, which is in it; NULL when there is no memory. */
static airsi_subscribers *list_without(const airsi_subscribers *old, const airsi_subscription *subscription) {
    bool owner = old->owner == subscription;
    airsi_subscribers *list = new_list(old->count - (owner ? 0 : 1));
    if (list == NULL) {
        return NULL;
    }
    list->owner = owner ? NULL : old->owner;
    size_t to = 0;
    for (size_t i = 0; i < old->count; i++) {
        if (old->others[i] != subscription) {
            list->others[to++] = old->others[i];
        }
    }
    return list;
}

airs_status airs_broker_unsubscribe(airs_broker *broker, airs_subscription number) {
    if (broker == NULL) {
        return AIRS_EINVAL;
    }
    airsi_lock(&broker->mutex);
    const airsi_subscribers *old = airsi_load_relaxed(&broker->subscribers);
    airsi_subscription *subscription = find(old, number);
    if (subscription == NULL) {
        airsi_unlock(&broker->mutex);
        return AIRS_ENOTFOUND;
    }
    airsi_subscribers *list;
    /* Leaving must not fail; a list is some dozen bytes, so wait for them. */
    while ((list = list_without(old, subscription)) == NULL) {
        sched_yield();
    }
    replace(broker, list);
    airsi_unlock(&broker->mutex);
    subscription->garbage.free = free_subscription;
    airsi_reclaim_retire(broker->reclaim, &subscription->garbage);
    airsi_reclaim_collect(broker->reclaim);
    return AIRS_OK;
}

size_t airs_broker_subscriber_count(airs_broker *broker) {
    if (broker == NULL) {
        return 0;
    }
    airsi_lock(&broker->mutex);
    const airsi_subscribers *list = airsi_load_relaxed(&broker->subscribers);
    size_t count = list->count + (list->owner != NULL ? 1 : 0);
    airsi_unlock(&broker->mutex);
    return count;
}

static void show(const airsi_subscribers *list, const airs_envelope *envelope) {
    for (size_t i = 0; i < list->count; i++) {
        const airsi_subscription *subscription = list->others[i];
        if (subscription->kind == AIRSI_SUBSCRIBER_OBSERVER) {
            subscription->observer.on_envelope(subscription->observer.user, envelope);
        }
    }
}

static void offer_to_taps(const airsi_subscribers *list, const airs_stream_entry *entry, airsi_payload *payload) {
    for (size_t i = 0; i < list->count; i++) {
        if (list->others[i]->kind == AIRSI_SUBSCRIBER_TAP) {
            airsi_stream_offer(list->others[i]->stream, entry, payload);
        }
    }
}

/* The envelope is the owner's when that returns, so its bytes are copied before; once, whatever the number of taps. */
static airs_status publish_tapped(const airsi_subscribers *list, airs_envelope *envelope) {
    airs_stream_entry entry;
    airsi_payload *payload = airsi_envelope_payload(envelope);
    if (payload != NULL) {
        entry.message = airsi_envelope_message_at(envelope, payload->data);
    }
    entry.status = list->owner->own(list->owner->user, envelope);
    offer_to_taps(list, &entry, payload);
    airsi_payload_unref(payload);
    return entry.status;
}

static airs_status publish(airs_broker *broker, airs_envelope *envelope) {
    /* E19 acquire, pairs with E18. */
    const airsi_subscribers *list = airsi_load_acquire(&broker->subscribers);
    if (list->owner == NULL) {
        return AIRS_ENOSUBSCRIBER;
    }
    if (list->count > 0) {
        show(list, envelope);
    }
    return list->tapped ? publish_tapped(list, envelope) : list->owner->own(list->owner->user, envelope);
}

airs_status airs_broker_publish(airs_broker *broker, airs_envelope *envelope) {
    if (broker == NULL || envelope == NULL) {
        return AIRS_EINVAL;
    }
    const airsi_worker *worker = airsi_worker_current();
    if (worker != NULL && &worker->system->reclaim == broker->reclaim) {
        return publish(broker, envelope);
    }
    airsi_record *record = airsi_reclaim_enter(broker->reclaim);
    if (record == NULL) {
        return AIRS_ENOMEM;
    }
    airs_status status = publish(broker, envelope);
    airsi_reclaim_leave(record);
    return status;
}
