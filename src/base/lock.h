/* Mutexes and spinlocks with a rank. A thread takes locks in rising rank only; a debug build stops at the first that is out of order, so
 * a deadlock is found by any run that nests two locks wrongly, not only by the run that deadlocks. Ranks: docs/CONCURRENCY.md. */
#ifndef AIRSI_BASE_LOCK_H
#define AIRSI_BASE_LOCK_H

#include <pthread.h>
#include <stdint.h>
#include <time.h>

#include "base/atomic.h"

typedef enum airsi_rank {
    AIRSI_RANK_ACTORS = 1,   /* the system's list of actors, its stage */
    AIRSI_RANK_ROOM,         /* who waits for room in a mailbox */
    AIRSI_RANK_SHARD,        /* requests and timers */
    AIRSI_RANK_WATCHES,      /* who monitors whom */
    AIRSI_RANK_REGISTRY,     /* ids to actors */
    AIRSI_RANK_TERMS,        /* limits and capabilities that actors share */
    AIRSI_RANK_BROKER,       /* changes of the subscriber list */
    AIRSI_RANK_SPARES,       /* making worker threads */
    AIRSI_RANK_INJECTOR,     /* scheduled actors all threads share */
    AIRSI_RANK_IDLE,         /* who runs and who sleeps */
    AIRSI_RANK_GATE,         /* host threads that wait for room */
    AIRSI_RANK_QUIET,        /* who waits for quiet */
    AIRSI_RANK_RECLAIM,      /* threads and their counters */
    AIRSI_RANK_GARBAGE,      /* what waits for a grace period */
    AIRSI_RANK_DEAD_LETTERS, /* the ring of dead letters */
    AIRSI_RANK_STREAM,       /* the ring of a tap */
    AIRSI_RANK_HEAP,         /* blocks that threads exchange: memory may be needed under any lock */
} airsi_rank;

typedef struct airsi_mutex {
    pthread_mutex_t mutex;
    airsi_rank rank; /* const after init */
} airsi_mutex;

/* For a few dozen instructions at a time: one exchange takes it, a store lets go. No system call, no wait, no callback inside. */
typedef struct airsi_spinlock {
    AIRSI_ATOMIC(uint32_t) held; /* any thread, atomic */
    airsi_rank rank;             /* const after init */
} airsi_spinlock;

void airsi_mutex_init(airsi_mutex *mutex, airsi_rank rank);
void airsi_mutex_fini(airsi_mutex *mutex);
void airsi_lock(airsi_mutex *mutex);
void airsi_unlock(airsi_mutex *mutex);

#ifdef NDEBUG
static inline void airsi_lock_note_taking(airsi_rank rank) {
    (void)rank;
}
static inline void airsi_lock_note_leaving(airsi_rank rank) {
    (void)rank;
}
#else
/* Stops the process when the calling thread takes a lock out of order. */
void airsi_lock_note_taking(airsi_rank rank);
void airsi_lock_note_leaving(airsi_rank rank);
#endif

void airsi_spin_init(airsi_spinlock *lock, airsi_rank rank);
/* Until it is free: spins, then lets others run, then sleeps, since its holder may be off its core or of lower priority. */
void airsi_spin_wait(airsi_spinlock *lock);

static inline void airsi_spin_lock(airsi_spinlock *lock) {
    airsi_lock_note_taking(lock->rank);
    /* E50 acquire, pairs with E51: all that was done under the lock before. */
    if (__builtin_expect(airsi_exchange_acquire(&lock->held, 1) != 0, 0)) {
        airsi_spin_wait(lock);
    }
}

static inline void airsi_spin_unlock(airsi_spinlock *lock) {
    /* E51 release, pairs with E50. */
    airsi_store_release(&lock->held, 0);
    airsi_lock_note_leaving(lock->rank);
}

/* A condition whose timed waits are in monotonic time. */
void airsi_cond_init(pthread_cond_t *condition);
/* The mutex is held before and after. */
void airsi_cond_wait(pthread_cond_t *condition, airsi_mutex *mutex);
/* 0, or ETIMEDOUT. */
int airsi_cond_wait_until(pthread_cond_t *condition, airsi_mutex *mutex, uint64_t monotonic_ns);

#endif
