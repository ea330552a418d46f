/* Requests and timers of a system, spread over as many shards as workers. A shard is a lock, a timing wheel and two slabs. Every change of a
 * request's or a timer's state happens under its shard's lock, so each ends exactly once (I4); what follows from the change (the delivery) is
 * done after the lock is released, by whoever made the change. */
#ifndef AIRSI_CORE_REQUEST_SHARD_H
#define AIRSI_CORE_REQUEST_SHARD_H

#include <stdint.h>

#include "base/atomic.h"
#include "base/lock.h"
#include "core/request/slab.h"
#include "core/timer/wheel.h"

struct airs_system;

enum { AIRSI_WAIT_REQUEST = 1, AIRSI_WAIT_SEND_AFTER, AIRSI_WAIT_HOLD_CHECK };

typedef struct airsi_shard {
    airsi_mutex mutex; /* guards the wheel, the slabs and what is in their entries */
    airsi_wheel wheel;
    airsi_slab requests, timers;
    AIRSI_ATOMIC(uint64_t) next_ms; /* any thread reads; the lock's holder writes: airsi_wheel_next */
    AIRSI_ATOMIC(uint32_t) open;    /* any thread reads; likewise: requests whose end is not handled */
    AIRSI_ATOMIC(uint32_t) pending; /* any thread reads; likewise: timers set and not yet gone */
    AIRSI_ATOMIC(uint32_t) firing;  /* any thread, atomic: due and not delivered yet; timers that wait for room included */
} airsi_shard;

typedef struct airsi_shards {
    airsi_shard *shards;
    unsigned count;
} airsi_shards;

int airsi_shards_init(airsi_shards *shards, unsigned count, uint64_t now_ms);
void airsi_shards_fini(airsi_shards *shards);

/* With the shard's lock held: the wheel was changed. true: something falls due earlier than before; poke (system.h) once it is released. */
bool airsi_shard_note(airsi_shard *shard);

/* When a worker must look again; AIRSI_WHEEL_NEVER if nothing waits. */
uint64_t airsi_shards_next(const airsi_shards *shards);

/* Lets everything that is due expire: requests end with timeout, timers send, held messages are looked at. Thread: a worker, online, no lock held. */
void airsi_shards_run(struct airs_system *system, uint64_t now_ms);

#endif
