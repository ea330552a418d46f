#include "base/lock.h"

#ifndef NDEBUG
#include <stdio.h>
#include <stdlib.h>

#define HELD_MAX 8

static __thread airsi_rank held[HELD_MAX];
static __thread unsigned held_count;

static void note_taking(airsi_rank rank) {
    if (held_count == HELD_MAX || (held_count > 0 && held[held_count - 1] >= rank)) {
        fprintf(stderr, "airs: lock order: rank %d is taken while rank %d is held (docs/CONCURRENCY.md)\n", (int)rank,
                held_count > 0 ? (int)held[held_count - 1] : 0);
        abort();
    }
    held[held_count++] = rank;
}

static void note_leaving(airsi_rank rank) {
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
#else
static void note_taking(airsi_rank rank) {
    (void)rank;
}

static void note_leaving(airsi_rank rank) {
    (void)rank;
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
    note_taking(mutex->rank);
    pthread_mutex_lock(&mutex->mutex);
}

void airsi_unlock(airsi_mutex *mutex) {
    pthread_mutex_unlock(&mutex->mutex);
    note_leaving(mutex->rank);
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
