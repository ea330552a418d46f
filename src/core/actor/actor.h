/* The actor, which is what an ActorAddress points to.
 *
 * One worker at a time runs an actor (I3): the one that took it from a run queue, where it is at most once, since `scheduled` is set at most once
 * (mailbox.h). Fields marked "turn" belong to that worker. Handlers run to completion. */
#ifndef AIRSI_CORE_ACTOR_H
#define AIRSI_CORE_ACTOR_H

#include <stdbool.h>
#include <stdint.h>

#include <airs/actor.h>
#include <airs/subscriber.h>

#include "base/atomic.h"
#include "core/actor/room.h"
#include "core/mailbox/mailbox.h"
#include "core/policy/policy.h"
#include "core/reclaim/reclaim.h"

struct airsi_hold;
struct airsi_ties;

/* The system lane: one pending of each kind, looked at before every user message, outside the user's bounds. */
enum {
    AIRSI_SIGNAL_START = 1,
    AIRSI_SIGNAL_STOP = 2,
    AIRSI_SIGNAL_ROOM = 4,       /* a full target has room again, or has stopped */
    AIRSI_SIGNAL_HOLD_CHECK = 8, /* time to see whether full targets still make progress */
    AIRSI_SIGNAL_GONE = 16,      /* nobody takes signals any more */
};

typedef enum airsi_phase {
    AIRSI_PHASE_NEW, /* registered; no start signal yet */
    AIRSI_PHASE_RUNNING,
    AIRSI_PHASE_CLOSING, /* unregistered; its mailbox is being emptied */
    AIRSI_PHASE_GONE,
} airsi_phase;

#define AIRSI_CRASHES_KEPT 4

typedef struct airsi_actor {
    airsi_mailbox mailbox;
    AIRSI_ATOMIC(uint32_t) signals; /* any thread, atomic */
    airs_status stop_reason;        /* turn, once CLOSING: what its dead letters say */
    struct airsi_actor *run_next;   /* run queue lock */
    airs_component handle;          /* const after registration */
    struct airs_system *system;     /* const after new */
    const airs_behavior *behavior;  /* const after new */
    void *state;                    /* turn */

    AIRSI_ATOMIC(uint64_t) progress; /* turn writes, any thread reads: messages handled, ever */
    AIRSI_ATOMIC(uint32_t) in_hand;  /* turn writes, any thread reads: 1 while a message is in the handler */
    AIRSI_ATOMIC(uint32_t) held;     /* turn writes, any thread reads: messages in the hold-back list */
    uint32_t incarnation;            /* turn; counts up with every start */
    airsi_phase phase;               /* turn */
    struct airsi_hold *hold;         /* turn; NULL until something was held back */
    struct airsi_ties *ties;         /* turn writes it once: its requests and timers; NULL until the first of them */
    airs_envelope *current;          /* turn: the message in the handler */

    airsi_room room; /* who waits for room in this mailbox; under the room lock */

    airs_limits limits;                          /* const after new */
    airsi_policy policy;                         /* const after new */
    uint64_t crashes_ms[AIRSI_CRASHES_KEPT];     /* turn: times of the last crashes, a ring */
    uint32_t crash_count;                        /* turn */
    struct airsi_actor *all_next, *all_previous; /* system's actor list lock */
    airsi_garbage garbage;
    airs_component_id id; /* const after new */
} airsi_actor;

/* Makes the actor; it is not registered. Errors: AIRS_EINVAL, AIRS_ENOMEM. */
airs_status airsi_actor_new(struct airs_system *system, const airs_spawn_options *options, airsi_actor **ret_actor, airs_error *error);

/* One that was never registered; its state stays the caller's. */
void airsi_actor_discard(airsi_actor *actor);

/* Sets signals and puts the actor on the run queue if it isn't there. Returns those set before. Thread: any, online. */
uint32_t airsi_actor_signal(airsi_actor *actor, uint32_t signals);

struct airsi_worker;
/* One turn: signals, then messages, up to 64 or 1 ms. Thread: the worker that took the actor from the run queue. */
void airsi_actor_turn(struct airsi_worker *worker, airsi_actor *actor);

#endif
