#include "core/timer/timer.h"

#include <assert.h>

#include "core/actor/actor.h"
#include "core/actor/hold.h"
#include "core/budget/budget.h"
#include "core/request/shard.h"
#include "core/request/ties.h"
#include "core/system/system.h"

#define FULL_TARGET_RETRY_MS 10
#define PIECE 64 /* timers cancelled under a lock in one go */

_Static_assert(sizeof(airsi_timer_entry) <= AIRSI_TIMER_ENTRY_BYTES, "an entry fits its place");

static airsi_timer_entry *entry_of(airsi_wheel_node *node) {
    return (airsi_timer_entry *)(void *)((char *)node - offsetof(airsi_timer_entry, wait));
}

static airsi_shard *shard_of_entry(airs_system *system, const airsi_timer_entry *entry) {
    return &system->shards.shards[entry->head.shard];
}

static void add_pending(airsi_shard *shard, int32_t difference) {
    airsi_store_release(&shard->pending, airsi_load_relaxed(&shard->pending) + (uint32_t)difference);
}

/* With the lock held, here and below. */
static void attach(airsi_timer_entry *entry, airsi_ties *owner) {
    entry->owner = owner;
    entry->next = owner->timers;
    entry->link = &owner->timers;
    if (entry->next != NULL) {
        entry->next->link = &entry->next;
    }
    owner->timers = entry;
    owner->timer_count++;
}

static void detach(airsi_timer_entry *entry) {
    assert(entry->owner != NULL);
    *entry->link = entry->next;
    if (entry->next != NULL) {
        entry->next->link = entry->link;
    }
    entry->owner->timer_count--;
    entry->owner = NULL;
}

static void give_entry(airsi_shard *shard, airsi_timer_entry *entry) {
    airsi_slab_give(&shard->timers, entry);
    add_pending(shard, -1);
}

/* The message is the caller's to free. NULL: it is being published this very moment. */
static airs_envelope *take_out(airsi_shard *shard, airsi_timer_entry *entry) {
    detach(entry);
    airs_envelope *message = entry->message;
    if (entry->state == AIRSI_TIMER_FIRING) {
        return NULL;
    }
    entry->message = NULL;
    if (entry->state == AIRSI_TIMER_WAITING) {
        airsi_wheel_disarm(&shard->wheel, &entry->wait);
        if (entry->counted) {
            airsi_fetch_sub_seq_cst(&shard->firing, 1);
        }
        give_entry(shard, entry);
    } /* DUE: who has it in the chain gives the entry back. */
    return message;
}

static airs_status set_locked(airsi_shard *shard, airsi_actor *owner, airsi_timer_entry **ret_entry) {
    /* Looked at under the lock, which airsi_timer_cancel_system takes after the sources were closed: it finds this timer, or this sees it. */
    if (airsi_load_relaxed(&owner->system->closing) != 0) {
        return AIRS_ESTOPPING;
    }
    if (owner->ties->timer_count >= owner->terms->limits.timers) {
        return AIRS_ELIMIT_REACHED;
    }
    airsi_timer_entry *entry = airsi_slab_take(&shard->timers);
    if (entry == NULL) {
        return AIRS_ENOMEM;
    }
    entry->state = AIRSI_TIMER_WAITING;
    entry->counted = false;
    entry->stuck_since_ms = 0;
    entry->wait.kind = AIRSI_WAIT_SEND_AFTER;
    attach(entry, owner->ties);
    *ret_entry = entry;
    return AIRS_OK;
}

airs_status airsi_timer_set(airsi_actor *owner, uint64_t delay_ms, airs_envelope *message, airs_timer *ret_timer) {
    airs_system *system = owner->system;
    if (airsi_ties_of(owner) == NULL) {
        return AIRS_ENOMEM;
    }
    airsi_record *record = airsi_system_record(system);
    if (!airsi_charge(&record->credit, message)) {
        return AIRS_EOVERLOADED;
    }
    airsi_shard *shard = airsi_shard_of_actor(owner);
    airsi_timer_entry *entry = NULL;
    bool earlier = false;
    airs_timer timer = 0;
    airsi_spin_lock(&shard->lock);
    airs_status status = set_locked(shard, owner, &entry);
    if (status == AIRS_OK) {
        entry->message = message;
        earlier = airsi_shard_arm(shard, &entry->wait, delay_ms);
        add_pending(shard, 1);
        timer = airsi_slab_name(&entry->head);
    }
    airsi_spin_unlock(&shard->lock);
    if (status != AIRS_OK) {
        airsi_uncharge(&record->credit, message);
        return status;
    }
    airsi_count(&record->counters.timers_set);
    airsi_system_poke_if(system, earlier);
    *ret_timer = timer;
    return AIRS_OK;
}

static void end_cancelled(airsi_record *record, airs_envelope *message) {
    airsi_count(&record->counters.timers_cancelled);
    airsi_uncharge(&record->credit, message);
    airs_envelope_free(message);
}

bool airsi_timer_cancel(airsi_actor *owner, airs_timer timer) {
    airs_system *system = owner->system;
    unsigned index = airsi_slab_shard_of(timer);
    if (index >= system->shards.count || owner->ties == NULL) {
        return false;
    }
    airsi_shard *shard = &system->shards.shards[index];
    airs_envelope *message = NULL;
    airsi_spin_lock(&shard->lock);
    airsi_timer_entry *entry = airsi_slab_find(&shard->timers, timer);
    if (entry != NULL && entry->owner == owner->ties && entry->state != AIRSI_TIMER_FIRING) {
        message = take_out(shard, entry);
    }
    airsi_spin_unlock(&shard->lock);
    if (message == NULL) {
        return false;
    }
    end_cancelled(airsi_system_record(system), message);
    return true;
}

/* Puts the message in front of a chain that is linked as mailboxes do it. */
static void chain(airs_envelope **first, airs_envelope *message) {
    if (message != NULL) {
        airsi_store_relaxed(&message->link.next, *first != NULL ? &(*first)->link : NULL);
        *first = message;
    }
}

static void free_cancelled(airs_system *system, airs_envelope *first) {
    airsi_record *record = airsi_system_record(system);
    while (first != NULL) {
        airs_envelope *next = (airs_envelope *)(void *)airsi_load_relaxed(&first->link.next); /* the link stands first in an envelope */
        end_cancelled(record, first);
        first = next;
    }
}

void airsi_timer_cancel_all(airsi_actor *owner) {
    airsi_ties *ties = owner->ties;
    if (ties == NULL) {
        return;
    }
    airsi_shard *shard = airsi_shard_of_actor(owner);
    bool more = true;
    while (more) {
        airs_envelope *cancelled = NULL;
        airsi_spin_lock(&shard->lock);
        for (unsigned i = 0; i < PIECE && ties->timers != NULL; i++) {
            chain(&cancelled, take_out(shard, ties->timers));
        }
        more = ties->timers != NULL;
        airsi_spin_unlock(&shard->lock);
        free_cancelled(owner->system, cancelled);
    }
}

/* A piece of the slab, from `*index` on. false: that was the last. */
static bool cancel_piece(airs_system *system, airsi_shard *shard, uint32_t *index) {
    airs_envelope *cancelled = NULL;
    airsi_spin_lock(&shard->lock);
    for (unsigned i = 0; i < PIECE && *index < shard->timers.used; i++) {
        airsi_timer_entry *entry = airsi_slab_at(&shard->timers, (*index)++);
        if (entry != NULL && entry->owner != NULL && entry->state == AIRSI_TIMER_WAITING && !entry->counted) {
            chain(&cancelled, take_out(shard, entry));
        }
    }
    bool more = *index < shard->timers.used;
    airsi_spin_unlock(&shard->lock);
    free_cancelled(system, cancelled);
    return more;
}

void airsi_timer_cancel_system(airs_system *system) {
    for (unsigned i = 0; i < system->shards.count; i++) {
        uint32_t index = 0;
        while (cancel_piece(system, &system->shards.shards[i], &index)) {
        }
    }
}

bool airsi_timer_claim(airsi_wheel_node *node) {
    airsi_timer_entry *entry = entry_of(node);
    bool first = !entry->counted;
    entry->state = AIRSI_TIMER_DUE;
    entry->counted = true;
    return first;
}

/* Whether a message to a full target goes on waiting: as long as the target makes progress. */
static bool is_patient(airs_system *system, airsi_timer_entry *entry, airs_component to) {
    airsi_actor *target = NULL;
    if (airsi_registry_resolve(&system->registry, to, &target) != AIRS_OK) {
        return false;
    }
    uint64_t now_ms = airsi_scheduler_clock_ns(&system->scheduler) / 1000000u;
    uint64_t progress = airsi_load_relaxed(&target->progress);
    if (entry->stuck_since_ms == 0 || progress != entry->target_progress) {
        entry->target_progress = progress;
        entry->stuck_since_ms = now_ms;
    }
    return now_ms - entry->stuck_since_ms < AIRSI_HOLD_PATIENCE_MS;
}

/* From DUE to FIRING. NULL: it was cancelled in between, and is over. */
static airs_envelope *begin_firing(airsi_shard *shard, airsi_timer_entry *entry) {
    airs_envelope *message = NULL;
    airsi_spin_lock(&shard->lock);
    if (entry->owner != NULL) {
        entry->state = AIRSI_TIMER_FIRING;
        message = entry->message;
    } else {
        give_entry(shard, entry);
    }
    airsi_spin_unlock(&shard->lock);
    return message;
}

typedef enum firing_end { FIRED, FIRES_AGAIN, CANCELLED_MEANWHILE } firing_end;

static firing_end end_firing(airs_system *system, airsi_shard *shard, airsi_timer_entry *entry, bool again) {
    bool earlier = false;
    airsi_spin_lock(&shard->lock);
    firing_end end = !again ? FIRED : entry->owner != NULL ? FIRES_AGAIN : CANCELLED_MEANWHILE;
    if (end == FIRES_AGAIN) {
        entry->state = AIRSI_TIMER_WAITING;
        earlier = airsi_shard_arm(shard, &entry->wait, FULL_TARGET_RETRY_MS);
    } else {
        if (entry->owner != NULL) {
            detach(entry);
        }
        give_entry(shard, entry);
    }
    airsi_spin_unlock(&shard->lock);
    airsi_system_poke_if(system, earlier);
    return end;
}

bool airsi_timer_fire(airs_system *system, airsi_wheel_node *node) {
    airsi_timer_entry *entry = entry_of(node);
    airsi_shard *shard = shard_of_entry(system, entry);
    airs_envelope *message = begin_firing(shard, entry);
    if (message == NULL) {
        return true;
    }
    airsi_record *record = airsi_system_record(system);
    airs_component to = message->to; /* read now: on success the message is somebody else's */
    airs_status status = airs_broker_publish(&system->messaging.broker, message);
    bool again = status == AIRS_EMAILBOX_FULL && is_patient(system, entry, to);
    switch (end_firing(system, shard, entry, again)) {
    case FIRES_AGAIN:
        return false;
    case CANCELLED_MEANWHILE:
        end_cancelled(record, message);
        return true;
    case FIRED:
    default:
        break;
    }
    airsi_count(&record->counters.timers_fired);
    if (status != AIRS_OK) {
        airsi_count(&record->counters.accepted);
        airsi_dead_letter(system, record, message, status, "sent by a timer");
    }
    return true;
}
