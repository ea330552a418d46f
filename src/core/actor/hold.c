#include "core/actor/hold.h"

#include <assert.h>

#include "base/memory.h"
#include "core/actor/actor.h"
#include "core/actor/delivery.h"
#include "core/budget/budget.h"
#include "core/deadletter/dead_letters.h"
#include "core/system/system.h"

#define CHECK_EVERY_MS 1000

static airsi_hold_group *find_group(const airsi_actor *actor, airs_component target) {
    airsi_hold_group *group = actor->hold != NULL ? actor->hold->groups : NULL;
    while (group != NULL && group->target != target) {
        group = group->next;
    }
    return group;
}

bool airsi_hold_has(const airsi_actor *actor, airs_component target) {
    return find_group(actor, target) != NULL;
}

static airsi_hold_group *add_group(airsi_worker *worker, airsi_actor *actor, const airsi_actor *target) {
    airsi_hold_group *group = airsi_calloc(1, sizeof *group);
    if (group == NULL) {
        return NULL;
    }
    group->target = target->handle;
    group->waiter.actor = actor;
    group->target_progress = airsi_load_relaxed(&target->progress);
    group->still_since_ms = worker->now_ms;
    group->next = actor->hold->groups;
    actor->hold->groups = group;
    return group;
}

static void set_held(airsi_actor *actor, uint32_t messages) {
    actor->hold->messages = messages;
    airsi_store_relaxed(&actor->held, messages);
}

airs_status airsi_hold_add(airsi_worker *worker, airsi_actor *actor, airsi_actor *target, airs_envelope *envelope) {
    if (actor->hold == NULL) {
        actor->hold = airsi_calloc(1, sizeof *actor->hold);
        if (actor->hold == NULL) {
            return AIRS_ENOMEM;
        }
        actor->hold->actor = actor;
        actor->hold->check.kind = AIRSI_WAIT_HOLD_CHECK;
    }
    airsi_hold *hold = actor->hold;
    if (hold->messages >= actor->terms->limits.hold_messages || envelope->length > actor->terms->limits.hold_bytes - hold->bytes) {
        return AIRS_EMAILBOX_FULL;
    }
    if (!airsi_charge(&worker->record->credit, envelope)) {
        return AIRS_EOVERLOADED;
    }
    airsi_hold_group *group = find_group(actor, envelope->to);
    if (group == NULL) {
        group = add_group(worker, actor, target);
        if (group == NULL) {
            airsi_uncharge(&worker->record->credit, envelope);
            return AIRS_ENOMEM;
        }
    }
    airsi_count(&worker->record->counters.accepted);
    airsi_store_relaxed(&envelope->link.next, NULL);
    if (group->last != NULL) {
        airsi_store_relaxed(&group->last->link.next, &envelope->link);
    } else {
        group->first = envelope;
    }
    group->last = envelope;
    set_held(actor, hold->messages + 1);
    hold->bytes += envelope->length;
    return AIRS_OK;
}

static airs_envelope *take_first(airsi_actor *actor, airsi_hold_group *group) {
    airs_envelope *envelope = group->first;
    airsi_link *next = airsi_load_relaxed(&envelope->link.next);
    group->first = (airs_envelope *)(void *)next; /* the link stands first in an envelope */
    if (next == NULL) {
        group->last = NULL;
    }
    set_held(actor, actor->hold->messages - 1);
    actor->hold->bytes -= envelope->length;
    return envelope;
}

static void put_back(airsi_actor *actor, airsi_hold_group *group, airs_envelope *envelope) {
    airsi_store_relaxed(&envelope->link.next, group->first != NULL ? &group->first->link : NULL);
    group->first = envelope;
    if (group->last == NULL) {
        group->last = envelope;
    }
    set_held(actor, actor->hold->messages + 1);
    actor->hold->bytes += envelope->length;
}

static void stop_waiting(airsi_hold_group *group) {
    if (group->waits_at != NULL) {
        airsi_room_leave(group->waiter.actor->system, group->waits_at, &group->waiter);
        group->waits_at = NULL;
    }
}

static void kill_group(airsi_worker *worker, airsi_actor *actor, airsi_hold_group *group, airs_status reason) {
    while (group->first != NULL) {
        airsi_dead_letter(worker->system, worker->record, take_first(actor, group), reason, "");
    }
}

/* Passes on what fits. true: the group is empty. */
static bool flush_group(airsi_worker *worker, airsi_actor *actor, airsi_hold_group *group) {
    stop_waiting(group);
    while (group->first != NULL) {
        airsi_actor *target = NULL;
        airs_status status = airsi_registry_resolve(&worker->system->registry, group->target, &target);
        airs_envelope *envelope = take_first(actor, group);
        if (status == AIRS_OK) {
            status = airsi_actor_deliver(target, envelope, AIRSI_ACCEPTED_BEFORE, worker->record);
        }
        if (status == AIRS_EMAILBOX_FULL) {
            put_back(actor, group, envelope);
            if (airsi_room_wait(target, &group->waiter, envelope->length)) {
                group->waits_at = target;
                return false;
            }
        } else if (status != AIRS_OK) {
            airsi_dead_letter(worker->system, worker->record, envelope, status, "");
        }
    }
    return true;
}

/* Whether the target has handled nothing for so long that waiting makes no sense any more. */
static bool target_stands_still(airsi_worker *worker, airsi_hold_group *group) {
    airsi_actor *target = NULL;
    if (airsi_registry_resolve(&worker->system->registry, group->target, &target) != AIRS_OK) {
        return false; /* flush_group deals with it */
    }
    uint64_t progress = airsi_load_relaxed(&target->progress);
    if (progress != group->target_progress) {
        group->target_progress = progress;
        group->still_since_ms = worker->now_ms;
    }
    return worker->now_ms - group->still_since_ms >= AIRSI_HOLD_PATIENCE_MS;
}

/* Unless it is armed: wake-ups by a target that moves must not put off the look at one that doesn't. */
static void arm_check(airsi_actor *actor) {
    airsi_shard *shard = airsi_shard_of_actor(actor);
    bool earlier = false;
    airsi_spin_lock(&shard->lock);
    if (actor->hold->check.link == NULL && !actor->hold->check_due) {
        earlier = airsi_shard_arm(shard, &actor->hold->check, CHECK_EVERY_MS);
    }
    airsi_spin_unlock(&shard->lock);
    airsi_system_poke_if(actor->system, earlier);
}

static void disarm_check(airsi_actor *actor) {
    airsi_shard *shard = airsi_shard_of_actor(actor);
    airsi_spin_lock(&shard->lock);
    airsi_wheel_disarm(&shard->wheel, &actor->hold->check);
    airsi_spin_unlock(&shard->lock);
}

void airsi_hold_flush(airsi_worker *worker, airsi_actor *actor, bool check) {
    if (!airsi_hold_any(actor)) {
        return;
    }
    for (airsi_hold_group **at = &actor->hold->groups; *at != NULL;) {
        airsi_hold_group *group = *at;
        if (check && target_stands_still(worker, group)) {
            stop_waiting(group);
            kill_group(worker, actor, group, AIRS_EMAILBOX_FULL);
        }
        if (flush_group(worker, actor, group)) {
            *at = group->next;
            airsi_free(group);
        } else {
            at = &group->next;
        }
    }
    if (airsi_hold_any(actor)) {
        arm_check(actor);
    } else {
        disarm_check(actor);
    }
}

void airsi_hold_abandon(airsi_worker *worker, airsi_actor *actor, airs_status reason) {
    airsi_hold *hold = actor->hold;
    if (hold == NULL) {
        return;
    }
    disarm_check(actor);
    while (hold->groups != NULL) {
        airsi_hold_group *group = hold->groups;
        hold->groups = group->next;
        stop_waiting(group);
        kill_group(worker, actor, group, reason);
        airsi_free(group);
    }
    assert(hold->messages == 0);
}

static airsi_hold *hold_of(airsi_wheel_node *node) {
    return (airsi_hold *)(void *)((char *)node - offsetof(airsi_hold, check));
}

void airsi_hold_claim_check(airsi_wheel_node *node) {
    hold_of(node)->check_due = true;
}

void airsi_hold_check_due(airsi_wheel_node *node) {
    airsi_hold *hold = hold_of(node);
    airsi_shard *shard = airsi_shard_of_actor(hold->actor);
    airsi_spin_lock(&shard->lock);
    hold->check_due = false;
    airsi_spin_unlock(&shard->lock);
    airsi_actor_signal(hold->actor, AIRSI_SIGNAL_HOLD_CHECK);
}
