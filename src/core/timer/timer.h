/* send-after: messages a component sends later.
 *
 *   WAITING (in the wheel) -> DUE (taken off it, in the chain of who fires it) -> FIRING (being published) -> gone, or WAITING again: target full
 *
 * A timer can be cancelled up to FIRING. All timers of an actor are in one shard, whose lock guards the list the actor finds them by; so when an
 * incarnation ends, all that are not FIRING yet end with it. */
#ifndef AIRSI_CORE_TIMER_H
#define AIRSI_CORE_TIMER_H

#include <stdbool.h>
#include <stdint.h>

#include <airs/component.h>
#include <airs/status.h>

#include "core/message/envelope.h"
#include "core/request/slab.h"
#include "core/timer/wheel.h"

struct airs_system;
struct airsi_actor;
struct airsi_ties;

typedef enum airsi_timer_state { AIRSI_TIMER_WAITING = 1, AIRSI_TIMER_DUE, AIRSI_TIMER_FIRING } airsi_timer_state;

typedef struct airsi_timer_entry {
    airsi_slab_head head;
    airsi_timer_state state;                  /* shard lock */
    bool counted;                             /* shard lock: it has become due, and the shard counts it as firing until it is over */
    struct airsi_ties *owner;                 /* shard lock; NULL: cancelled, or its owner's incarnation is gone */
    struct airsi_timer_entry *next, **link;   /* shard lock: the owner's list */
    airs_envelope *message;                   /* shard lock; while FIRING who fires has it */
    uint64_t target_progress, stuck_since_ms; /* who fires: while the target is full */
    airsi_wheel_node wait;                    /* shard lock */
} airsi_timer_entry;

#define AIRSI_TIMER_ENTRY_BYTES 128u

/* Takes `message` on AIRS_OK. Errors: AIRS_ENOMEM, AIRS_ELIMIT_REACHED, AIRS_EOVERLOADED, AIRS_ESTOPPING. Thread: in a turn of `owner`. */
airs_status airsi_timer_set(struct airsi_actor *owner, uint64_t delay_ms, airs_envelope *message, airs_timer *ret_timer);
bool airsi_timer_cancel(struct airsi_actor *owner, airs_timer timer);

/* All of `owner`'s. Thread: in its turn. */
void airsi_timer_cancel_all(struct airsi_actor *owner);

/* Those of all actors that are not yet due; those that wait for room at a full target go on. Once the sources are closed. */
void airsi_timer_cancel_system(struct airs_system *system);

/* From the wheel, under the lock. true: it has become due; false: it was before. */
bool airsi_timer_claim(airsi_wheel_node *node);
/* And after it. false: its target is full, it will be tried again. */
bool airsi_timer_fire(struct airs_system *system, airsi_wheel_node *node);

#endif
