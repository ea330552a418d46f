/* Who waits for room in a full mailbox: muted actors and blocked host threads.
 *
 * The waiter bit of the mailbox is set under the room lock, on the very word that is full; the consumer that frees half of the mailbox sees it,
 * takes the lock and wakes everybody. A waiter that finds no room again comes back. */
#ifndef AIRSI_CORE_ACTOR_ROOM_H
#define AIRSI_CORE_ACTOR_ROOM_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/lock.h"

struct airs_system;
struct airsi_actor;

typedef struct airsi_room_waiter {
    struct airsi_room_waiter *next, **link; /* room lock; link NULL: not waiting */
    struct airsi_actor *actor;              /* a muted actor, signalled; or NULL: a host thread, told by `woken` */
    bool woken;                             /* host gate's mutex */
} airsi_room_waiter;

typedef struct airsi_room {
    airsi_room_waiter *first; /* room lock */
} airsi_room;

/* Host threads sleep here; one for a system. */
typedef struct airsi_gate {
    airsi_mutex mutex;
    pthread_cond_t changed;
} airsi_gate;

#define AIRSI_ROOM_LOCKS 64
/* The room locks of a system: a mailbox has one of them by its address, so that an idle actor pays no lock. */
typedef struct airsi_room_locks {
    airsi_mutex locks[AIRSI_ROOM_LOCKS];
} airsi_room_locks;

void airsi_room_locks_init(airsi_room_locks *locks);
void airsi_room_locks_fini(airsi_room_locks *locks);

/* The room lock of `target`'s mailbox. */
airsi_mutex *airsi_room_lock_of(struct airs_system *system, const struct airsi_actor *target);

/* Makes `waiter` wait for room for `bytes` in `target`. false: there is room already, or the target is closed: try again. */
bool airsi_room_wait(struct airsi_actor *target, airsi_room_waiter *waiter, uint32_t bytes);
/* No longer waiting; fine when it isn't. `target` is the one it waits at; it may be gone, then it woke the waiter before. */
void airsi_room_leave(struct airs_system *system, const struct airsi_actor *target, airsi_room_waiter *waiter);
/* Wakes all waiters. Thread: any, online, no lock held. */
void airsi_room_wake(struct airsi_actor *target);

#endif
