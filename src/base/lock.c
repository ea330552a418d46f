#include "base/lock.h"

#include <sched.h>

#ifndef NDEBUG
#include <stdio.h>
#include <stdlib.h>

#define HELD_MAX 8

static __thread airsi_rank held[HELD_MAX];
static __thread unsigned held_count;

void airsi_lock_note_taking(airsi_rank rank) {
    if (held_count == HELD_MAX || (held_count > 0 && held[held_count - 1] >= rank)) {
        fprintf(stderr, "airs: lock order: rank %d is taken while rank %d is held (docs/CONCURRENCY.md)\n", (int)rank,
                held_count > 0 ? (int)held[held_count - 1] : 0);
        abort();
    }
    held[held_count++] = rank;
}

void airsi_lock_note_leaving(airsi_rank rank) {
    /* Locks are mostly left in the reverse order, but need not be. */
    for (unsigned i = held_count; i-- > 0;) {
        if (held[i] == rank) {
            for (held_count--; i < held_count; i++) {
                held[i] = held[i + 1];
            }
            return;
        }
    }
    fprintf(stderr, "airs: lock order: rank %d is left but was not held\n", (int)rank);
    abort();
}
#endif

void airsi_mutex_init(airsi_mutex *mutex, airsi_rank rank) {
    pthread_mutex_init(&mutex->mutex, NULL);
    mutex->rank = rank;
}

void airsi_mutex_fini(airsi_mutex *mutex) {
    pthread_mutex_destroy(&mutex->mutex);
}

void airsi_lock(airsi_mutex *mutex) {
    airsi_lock_note_taking(mutex->rank);
    pthread_mutex_lock(&mutex->mutex);
}

void airsi_unlock(airsi_mutex *mutex) {
    pthread_mutex_unlock(&mutex->mutex);
    airsi_lock_note_leaving(mutex->rank);
}

#define SPINS 200  /* some microseconds: longer than any holder needs that is on its core */
#define YIELDS 100 /* then it has been taken off its core, maybe by this very thread's priority */
#define NAP_NS 50000

void airsi_spin_init(airsi_spinlock *lock, airsi_rank rank) {
    atomic_init(&lock->held, 0);
    lock->rank = rank;
}

static void back_off(unsigned tries) {
    if (tries < SPINS) {
        airsi_pause();
    } else if (tries < SPINS + YIELDS) {
        sched_yield();
    } else {
        struct timespec nap = {.tv_nsec = NAP_NS};
        nanosleep(&nap, NULL);
    }
}

void airsi_spin_wait(airsi_spinlock *lock) {
    unsigned tries = 0;
    do {
        /* Only looks while it is taken, so that the holder keeps its cache line. */
        while (airsi_load_relaxed(&lock->held) != 0) {
            back_off(tries++);
        }
        /* E50. */
    } while (airsi_exchange_acquire(&lock->held, 1) != 0);
}

void airsi_cond_init(pthread_cond_t *condition) {
    pthread_condattr_t attributes;
    pthread_condattr_init(&attributes);
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    pthread_cond_init(condition, &attributes);
    pthread_condattr_destroy(&attributes);
}

void airsi_cond_wait(pthread_cond_t *condition, airsi_mutex *mutex) {
    pthread_cond_wait(condition, &mutex->mutex);
}

int airsi_cond_wait_until(pthread_cond_t *condition, airsi_mutex *mutex, uint64_t monotonic_ns) {
    struct timespec until = {.tv_sec = (time_t)(monotonic_ns / 1000000000u), .tv_nsec = (long)(monotonic_ns % 1000000000u)};
    return pthread_cond_timedwait(condition, &mutex->mutex, &until);
}
