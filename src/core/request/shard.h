/* Requests and timers of a system, spread over as many shards as workers. A shard is a lock, a timing wheel and two slabs. Every change of a
 * request's or a timer's state happens under its shard's lock, so each ends exactly once (I4); what follows from the change (the delivery) is
 * done after the lock is released, by whoever made the change.
 *
 * When what waits falls due: never before its delay has passed. A delay of 256 ms or more is counted from a moment at most 1/128 of it (250 ms at
 * most) after it was asked for, so that what ends before that moment never reads a clock; a shorter one is counted to the millisecond. */
#ifndef AIRSI_CORE_REQUEST_SHARD_H
#define AIRSI_CORE_REQUEST_SHARD_H

#include <stdint.h>

#include "base/atomic.h"
#include "base/lock.h"
#include "core/request/slab.h"
#include "core/timer/wheel.h"

struct airs_system;
struct airsi_actor;

enum { AIRSI_WAIT_REQUEST = 1, AIRSI_WAIT_SEND_AFTER, AIRSI_WAIT_HOLD_CHECK };

#define AIRSI_LINE 64

typedef struct airsi_shard {
    struct airs_system *system;     /* const after init */
    airsi_spinlock lock;            /* guards the wheel, the slabs and what is in their entries */
    AIRSI_ATOMIC(uint32_t) pending; /* any thread reads; the lock's holder writes: timers set and not yet gone */
    AIRSI_ATOMIC(uint32_t) firing;  /* any thread, atomic: due and not delivered yet; timers that wait for room included */
    uint32_t settle_slack_ms;       /* lock: the shortest slack of what was deferred since the last settling; UINT32_MAX: nothing was */
    uint64_t settle_ms;             /* lock: when what is deferred must be settled; AIRSI_WHEEL_NEVER: nothing was deferred */
    airsi_slab requests, timers;
    airsi_wheel wheel;
    char before[AIRSI_LINE];        /* what all workers read in every turn stands on a line of its own */
    AIRSI_ATOMIC(uint64_t) next_ms; /* any thread reads; the lock's holder writes: when to look, maybe earlier than needed */
    char after[AIRSI_LINE];
} airsi_shard;

typedef struct airsi_shards {
    airsi_shard *shards;
    unsigned count;
} airsi_shards;

int airsi_shards_init(airsi_shards *shards, struct airs_system *system, unsigned count, uint64_t now_ms);
void airsi_shards_fini(airsi_shards *shards);

/* The one shard of all timers of an actor. */
airsi_shard *airsi_shard_of_actor(const struct airsi_actor *actor);

/* With the lock held: `node` waits. true: somebody must look earlier than before; poke (system.h) once the lock is released. */
bool airsi_shard_arm(airsi_shard *shard, airsi_wheel_node *node, uint64_t delay_ms);

/* When a worker must look again; AIRSI_WHEEL_NEVER if nothing waits. */
uint64_t airsi_shards_next(const airsi_shards *shards);

/* Lets what is due expire: requests end with timeout, timers send, held messages are looked at. Much of it in pieces: what is left makes
 * airsi_shards_next say that it goes on at once. Thread: a worker, online, no lock held. */
void airsi_shards_run(struct airs_system *system, uint64_t now_ms);

#endif
