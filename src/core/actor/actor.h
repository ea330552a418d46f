/* The actor, which is what an ActorAddress points to.
 *
 * One worker at a time runs an actor (I3): the one that took it from a run queue, where it is at most once, since `scheduled` is set at most once
 * (mailbox.h). Fields marked "turn" belong to that worker. Handlers run to completion. */
#ifndef AIRSI_CORE_ACTOR_H
#define AIRSI_CORE_ACTOR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <airs/actor.h>
#include <airs/subscriber.h>

#include "base/atomic.h"
#include "base/id.h"
#include "core/actor/room.h"
#include "core/mailbox/mailbox.h"
#include "core/policy/terms.h"
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
    AIRSI_SIGNAL_WATCHED = 32,   /* somebody monitors it, or asks how it is (core/watch) */
};

typedef enum airsi_phase {
    AIRSI_PHASE_NEW, /* registered; no start signal yet */
    AIRSI_PHASE_RUNNING,
    AIRSI_PHASE_CLOSING, /* unregistered; its mailbox is being emptied */
    AIRSI_PHASE_GONE,
} airsi_phase;

#define AIRSI_CRASHES_KEPT 4

/* Made with the first crash. */
typedef struct airsi_crashes {
    uint64_t times_ms[AIRSI_CRASHES_KEPT]; /* of the last ones, a ring */
    uint32_t count;
} airsi_crashes;

typedef struct airsi_actor {
    /* What every delivery touches. */
    airsi_mailbox mailbox;
    airs_component handle;          /* const after registration */
    airsi_terms *terms;             /* const after new: limits and capabilities */
    AIRSI_ATOMIC(uint32_t) signals; /* any thread, atomic */
    uint8_t phase;                  /* turn: airsi_phase */
    uint8_t stop_reason;            /* turn, once CLOSING: the airs_status that its dead letters say */
    bool drops_oldest; /* const after new: AIRS_OVERFLOW_DROP_OLD; messages are taken out of the mailbox before they are handled */

    /* What a turn touches. */
    struct airsi_actor *run_next;    /* injector lock */
    struct airs_system *system;      /* const after new */
    const airs_behavior *behavior;   /* const after new */
    void *state;                     /* turn */
    struct airsi_hold *hold;         /* turn; NULL until something was held back */
    AIRSI_ATOMIC(uint32_t) progress; /* turn writes, any thread reads: messages handled, ever, modulo 2^32 */
    AIRSI_ATOMIC(uint32_t) held;     /* turn writes, any thread reads: messages in the hold-back list */

    /* What starts, requests, timers and waiting touch. */
    struct airsi_ties *ties;    /* turn writes it once: its requests and timers; NULL until the first of them */
    airsi_room room;            /* who waits for room in this mailbox; under the room lock */
    uint32_t incarnation;       /* turn; counts up with every start */
    uint8_t down_reason;        /* turn, once CLOSING: the airs_status that those who monitor it are told */
    bool watched;               /* turn: somebody does */
    AIRSI_ATOMIC(bool) in_hand; /* turn writes, any thread reads: a message is in the handler */
    union {
        struct {
            airs_envelope *current;                      /* turn: the message in the handler */
            airsi_crashes *crashes;                      /* turn; NULL until the first */
            struct airsi_actor *all_next, *all_previous; /* system's actor list lock */
        };
        airsi_garbage garbage; /* once GONE, when nobody touches the others any more */
    };

    airsi_id id; /* const after new; the last, since its text is as long as it is */
} airsi_actor;

_Static_assert(offsetof(airsi_actor, id) <= 192, "a million idle actors are meant to fit");

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
