#include "core/actor/room.h"

#include <assert.h>

#include "core/system/system.h"

void airsi_room_locks_init(airsi_room_locks *locks) {
    for (int i = 0; i < AIRSI_ROOM_LOCKS; i++) {
        airsi_mutex_init(&locks->locks[i], AIRSI_RANK_ROOM);
    }
}

void airsi_room_locks_fini(airsi_room_locks *locks) {
    for (int i = 0; i < AIRSI_ROOM_LOCKS; i++) {
        airsi_mutex_fini(&locks->locks[i]);
    }
}

airsi_mutex *airsi_room_lock_of(airs_system *system, const airsi_actor *target) {
    return &system->room_locks.locks[((uintptr_t)target >> 6) % AIRSI_ROOM_LOCKS];
}

bool airsi_room_wait(airsi_actor *target, airsi_room_waiter *waiter, uint32_t bytes) {
    airsi_mutex *lock = airsi_room_lock_of(target->system, target);
    airsi_lock(lock);
    bool waits = airsi_mailbox_set_waiter(&target->mailbox, bytes);
    if (waits) {
        waiter->next = target->room.first;
        waiter->link = &target->room.first;
        if (waiter->next != NULL) {
            waiter->next->link = &waiter->next;
        }
        target->room.first = waiter;
    }
    airsi_unlock(lock);
    return waits;
}

/* With the lock held. */
static void unlink_waiter(airsi_room_waiter *waiter) {
    assert(waiter->link != NULL);
    *waiter->link = waiter->next;
    if (waiter->next != NULL) {
        waiter->next->link = waiter->link;
    }
    waiter->link = NULL;
    waiter->next = NULL;
}

void airsi_room_leave(airs_system *system, const airsi_actor *target, airsi_room_waiter *waiter) {
    /* Only the target's address is used, for the lock. */
    airsi_mutex *lock = airsi_room_lock_of(system, target);
    airsi_lock(lock);
    if (waiter->link != NULL) {
        unlink_waiter(waiter);
    }
    airsi_unlock(lock);
}

void airsi_room_wake(airsi_actor *target) {
    airs_system *system = target->system;
    airsi_mutex *lock = airsi_room_lock_of(system, target);
    bool hosts = false;
    airsi_lock(lock);
    airsi_mailbox_clear_waiter(&target->mailbox);
    while (target->room.first != NULL) {
        airsi_room_waiter *waiter = target->room.first;
        unlink_waiter(waiter);
        if (waiter->actor != NULL) {
            /* Under the lock: the actor leaves this list before it may be freed, so it is still there. */
            airsi_actor_signal(waiter->actor, AIRSI_SIGNAL_ROOM);
        } else {
            airsi_lock(&system->gate.mutex);
            waiter->woken = true;
            airsi_unlock(&system->gate.mutex);
            hosts = true;
        }
    }
    airsi_unlock(lock);
    if (hosts) {
        pthread_cond_broadcast(&system->gate.changed);
    }
}
