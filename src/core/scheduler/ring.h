/* The run queue of one worker thread: a bounded ring in FIFO order with one producer, its owner, and many consumers, the owner and thieves.
 *
 * Main invariant: head <= tail <= head + AIRSI_RING_SLOTS; slots[head .. tail) hold what is queued. Counters have 64 bits and never come round.
 * Progress: push is wait-free; a pop or steal that loses its compare-and-swap lost it to one that succeeded (lock-free). */
#ifndef AIRSI_CORE_SCHEDULER_RING_H
#define AIRSI_CORE_SCHEDULER_RING_H

#include <stdbool.h>
#include <stdint.h>

#include "base/atomic.h"

struct airsi_actor;

#define AIRSI_RING_SLOTS 256u

typedef struct airsi_ring {
    AIRSI_ATOMIC(uint64_t) head; /* any thread, atomic: the next to take */
    AIRSI_ATOMIC(uint64_t) tail; /* the owner writes, any thread reads */
    AIRSI_ATOMIC(struct airsi_actor *) slots[AIRSI_RING_SLOTS];
} airsi_ring;

/* Thread: the owner. false: full. */
bool airsi_ring_push(airsi_ring *ring, struct airsi_actor *actor);

/* The oldest, or NULL when there is none. Thread: any. */
struct airsi_actor *airsi_ring_take(airsi_ring *ring);

/* Takes the older half of `from`: returns the first of it, and moves the rest into `into`, whose owner the caller is. NULL: there is none. */
struct airsi_actor *airsi_ring_steal(airsi_ring *from, airsi_ring *into);

/* How many there are, about. Thread: any. */
uint32_t airsi_ring_length(const airsi_ring *ring);

#endif
