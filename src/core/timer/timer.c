#include "core/timer/timer.h"

#include "base/clock.h"
#include "core/actor/actor.h"
#include "core/actor/hold.h"
#include "core/request/shard.h"
#include "core/system/system.h"

#define FULL_TARGET_RETRY_MS 10

static airsi_timer_entry *entry_of(airsi_wheel_node *node) {
    return (airsi_timer_entry *)(void *)((char *)node - offsetof(airsi_timer_entry, wait));
}

static airsi_shard *shard_of_entry(airs_system *system, const airsi_timer_entry *entry) {
    return &system->shards.shards[entry->head.shard];
}

static void add_pending(airsi_shard *shard, int32_t difference) {
    airsi_store_release(&shard->pending, airsi_load_relaxed(&shard->pending) + (uint32_t)difference);
}

static uint64_t due(uint64_t now_ms, uint64_t delay_ms) {
    return delay_ms < UINT64_MAX - now_ms ? now_ms + delay_ms : UINT64_MAX;
}

airs_status airsi_timer_set(airsi_actor *owner, uint64_t delay_ms, airs_envelope *message, airs_timer *ret_timer) {
    airs_system *system = owner->system;
    if (airsi_load_acquire(&system->closing) != 0) {
        return AIRS_ESTOPPING;
    }
    if (airsi_load_relaxed(&owner->pending_timers) >= owner->limits.timers) {
        return AIRS_ELIMIT_REACHED;
    }
    airsi_shard *shard = airsi_system_shard(system);
    airsi_lock(&shard->mutex);
    airsi_timer_entry *entry = airsi_slab_take(&shard->timers);
    if (entry == NULL) {
        airsi_unlock(&shard->mutex);
        return AIRS_ENOMEM;
    }
    entry->armed = true;
    entry->owner = owner->handle;
    entry->incarnation = owner->incarnation;
    entry->message = message;
    entry->wait.kind = AIRSI_WAIT_SEND_AFTER;
    airsi_wheel_arm(&shard->wheel, &entry->wait, due(airsi_clock_monotonic_ms(), delay_ms));
    bool earlier = airsi_shard_note(shard);
    add_pending(shard, 1);
    airs_timer timer = airsi_slab_name(&entry->head);
    airsi_unlock(&shard->mutex);
    airsi_fetch_add_relaxed(&owner->pending_timers, 1);
    airsi_count(&airsi_system_record(system)->counters.timers_set);
    airsi_system_poke_if(system, earlier);
    *ret_timer = timer;
    return AIRS_OK;
}

/* With the lock held; the message is the caller's to free. */
static airs_envelope *take_out(airsi_shard *shard, airsi_timer_entry *entry) {
    airs_envelope *message = entry->message;
    airsi_wheel_disarm(&shard->wheel, &entry->wait);
    entry->message = NULL;
    entry->armed = false;
    if (entry->due) {
        airsi_fetch_sub_seq_cst(&shard->firing, 1);
    }
    airsi_slab_give(&shard->timers, entry);
    add_pending(shard, -1);
    return message;
}

bool airsi_timer_cancel(airsi_actor *owner, airs_timer timer) {
    airs_system *system = owner->system;
    unsigned index = airsi_slab_shard_of(timer);
    if (index >= system->shards.count) {
        return false;
    }
    airsi_shard *shard = &system->shards.shards[index];
    airs_envelope *message = NULL;
    airsi_lock(&shard->mutex);
    airsi_timer_entry *entry = airsi_slab_find(&shard->timers, timer);
    bool mine = entry != NULL && entry->armed && entry->owner == owner->handle && entry->incarnation == owner->incarnation;
    if (mine) {
        message = take_out(shard, entry);
        airsi_shard_note(shard);
    }
    airsi_unlock(&shard->mutex);
    if (mine) {
        airsi_fetch_sub_relaxed(&owner->pending_timers, 1);
        airsi_count(&airsi_system_record(system)->counters.timers_cancelled);
        airs_envelope_free(message);
    }
    return mine;
}

static void uncount(airs_system *system, airs_component owner) {
    airsi_actor *actor = NULL;
    if (airsi_registry_resolve(&system->registry, owner, &actor) == AIRS_OK) {
        airsi_fetch_sub_relaxed(&actor->pending_timers, 1);
    }
}

/* Of `owner`, or, if NULL, of everybody; those that are due already only if `also_due`. */
static void cancel_in_shard(airs_system *system, airsi_shard *shard, const airsi_actor *owner, bool also_due) {
    airsi_lock(&shard->mutex);
    for (uint32_t index = 0; index < shard->timers.used; index++) {
        airsi_timer_entry *entry = airsi_slab_at(&shard->timers, index);
        if (entry != NULL && entry->armed && (also_due || !entry->due) && (owner == NULL || entry->owner == owner->handle)) {
            uncount(system, entry->owner);
            airs_envelope_free(take_out(shard, entry));
            airsi_count(&airsi_system_record(system)->counters.timers_cancelled);
        }
    }
    airsi_shard_note(shard);
    airsi_unlock(&shard->mutex);
}

void airsi_timer_cancel_all(airs_system *system, airsi_actor *owner) {
    if (airsi_load_relaxed(&owner->pending_timers) == 0) {
        return;
    }
    for (unsigned i = 0; i < system->shards.count; i++) {
        cancel_in_shard(system, &system->shards.shards[i], owner, true);
    }
}

void airsi_timer_cancel_system(airs_system *system, airsi_timers which) {
    for (unsigned i = 0; i < system->shards.count; i++) {
        cancel_in_shard(system, &system->shards.shards[i], NULL, which == AIRSI_TIMERS_LEFT);
    }
}

bool airsi_timer_claim(airsi_wheel_node *node) {
    airsi_timer_entry *entry = entry_of(node);
    bool first = !entry->due;
    entry->armed = false;
    entry->due = true;
    return first;
}

/* The target is full: the message waits as long as the target makes progress. true: it waits. */
static bool wait_for_room(airs_system *system, airsi_timer_entry *entry, uint64_t now_ms) {
    airsi_actor *target = NULL;
    if (airsi_registry_resolve(&system->registry, entry->message->to, &target) != AIRS_OK) {
        return false;
    }
    uint64_t progress = airsi_load_relaxed(&target->progress);
    if (entry->stuck_since_ms == 0 || progress != entry->target_progress) {
        entry->target_progress = progress;
        entry->stuck_since_ms = now_ms;
    }
    if (now_ms - entry->stuck_since_ms >= AIRSI_HOLD_PATIENCE_MS) {
        return false;
    }
    airsi_shard *shard = shard_of_entry(system, entry);
    airsi_lock(&shard->mutex);
    entry->armed = true;
    airsi_wheel_arm(&shard->wheel, &entry->wait, now_ms + FULL_TARGET_RETRY_MS);
    bool earlier = airsi_shard_note(shard);
    airsi_unlock(&shard->mutex);
    airsi_system_poke_if(system, earlier);
    return true;
}

static bool owner_lives(airs_system *system, const airsi_timer_entry *entry) {
    airsi_actor *owner = NULL;
    return airsi_registry_resolve(&system->registry, entry->owner, &owner) == AIRS_OK;
}

bool airsi_timer_fire(airs_system *system, airsi_wheel_node *node) {
    airsi_timer_entry *entry = entry_of(node);
    airsi_record *record = airsi_system_record(system);
    airs_envelope *message = entry->message;
    if (!owner_lives(system, entry)) {
        airs_envelope_free(message);
        airsi_count(&record->counters.timers_cancelled);
    } else {
        airs_status status = airs_broker_publish(&system->messaging.broker, message);
        if (status == AIRS_EMAILBOX_FULL && wait_for_room(system, entry, airsi_clock_monotonic_ms())) {
            return false;
        }
        airsi_count(&record->counters.timers_fired);
        if (status != AIRS_OK) {
            airsi_count(&record->counters.accepted);
            airsi_dead_letter(system, record, message, status, "sent by a timer");
        }
        uncount(system, entry->owner);
    }
    airsi_shard *shard = shard_of_entry(system, entry);
    airsi_lock(&shard->mutex);
    entry->message = NULL;
    airsi_slab_give(&shard->timers, entry);
    add_pending(shard, -1);
    airsi_unlock(&shard->mutex);
    return true;
}
