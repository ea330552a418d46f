/* Back-pressure between components (docs/DESIGN.md 4.12): what an actor sent to full targets stays in its own hold-back list, and the actor is
 * muted until the list is empty. All of it belongs to the actor's turn, but the room waiters, which the room locks guard. */
#ifndef AIRSI_CORE_ACTOR_HOLD_H
#define AIRSI_CORE_ACTOR_HOLD_H

#include <stdbool.h>
#include <stdint.h>

#include <airs/component.h>
#include <airs/status.h>

#include "core/actor/actor.h"
#include "core/actor/room.h"
#include "core/message/envelope.h"
#include "core/timer/wheel.h"

struct airsi_actor;
struct airsi_worker;

#define AIRSI_HOLD_PATIENCE_MS 5000u

/* Held messages of one target, in order. */
typedef struct airsi_hold_group {
    struct airsi_hold_group *next;
    airs_component target;
    airs_envelope *first, *last;
    airsi_room_waiter waiter;
    struct airsi_actor *waits_at; /* the target while the waiter is there; it stays valid: its last act wakes us (see hold.c) */
    uint64_t target_progress, still_since_ms;
} airsi_hold_group;

typedef struct airsi_hold {
    airsi_hold_group *groups;
    uint32_t messages;
    uint64_t bytes;
    airsi_wheel_node check; /* shard lock of the actor's shard */
    bool check_due;         /* likewise: expired, and on its way in somebody's chain, so it can't be armed */
    struct airsi_actor *actor;
} airsi_hold;

/* Whether something for `target` is held, so that later sends must join it (I2). */
bool airsi_hold_has(const struct airsi_actor *actor, airs_component target);

/* Whether anything is held: the actor is muted. */
static inline bool airsi_hold_any(const struct airsi_actor *actor) {
    return actor->hold != NULL && actor->hold->groups != NULL;
}

/* Takes `envelope` into the list. Errors: AIRS_EMAILBOX_FULL (the list is full), AIRS_EOVERLOADED, AIRS_ENOMEM: it stays the caller's. Counts it as accepted. */
airs_status airsi_hold_add(struct airsi_worker *worker, struct airsi_actor *actor, struct airsi_actor *target, airs_envelope *envelope);

/* Tries to pass on what is held. With `check`, messages whose target makes no progress become dead letters. */
void airsi_hold_flush(struct airsi_worker *worker, struct airsi_actor *actor, bool check);

/* Everything held becomes a dead letter; the list is freed. */
void airsi_hold_abandon(struct airsi_worker *worker, struct airsi_actor *actor, airs_status reason);

/* From the wheel: under the lock, then after it. */
void airsi_hold_claim_check(airsi_wheel_node *node);
void airsi_hold_check_due(airsi_wheel_node *node);

#endif
