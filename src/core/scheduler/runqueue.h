/* The run queue that all workers share: actors that are scheduled, each at most once, in the order they became so. */
#ifndef AIRSI_CORE_SCHEDULER_RUNQUEUE_H
#define AIRSI_CORE_SCHEDULER_RUNQUEUE_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/atomic.h"
#include "base/lock.h"

struct airsi_actor;

typedef struct airsi_runqueue {
    airsi_mutex mutex; /* guards all below */
    pthread_cond_t changed;
    struct airsi_actor *first, *last; /* through airsi_actor.run_next */
    AIRSI_ATOMIC(uint32_t) length;    /* the mutex's holder writes, any thread reads: for spinning */
    /* The mutex's holder writes, any thread reads: every sleeper wakes by itself no later than this; 0: none sleeps. */
    AIRSI_ATOMIC(uint64_t) asleep_until_ms;
    unsigned workers, sleepers;
    bool closed;
    void (*on_activity)(void *user, bool active); /* const after init; called with the mutex held */
    void (*on_idle)(void *user);                  /* the last worker goes to sleep; likewise */
    uint64_t (*next_due)(void *user);             /* when a sleeper has to wake at the latest; likewise, read with seq_cst */
    void *activity_user, *system;
} airsi_runqueue;

void airsi_runqueue_init(airsi_runqueue *queue, unsigned workers);
void airsi_runqueue_fini(airsi_runqueue *queue);

void airsi_runqueue_push(airsi_runqueue *queue, struct airsi_actor *actor);

/* The next actor, or NULL when there is none. */
struct airsi_actor *airsi_runqueue_pop(airsi_runqueue *queue);

/* Sleeps until something is pushed, next_due or `latest_ms` (monotonic; UINT64_MAX: for ever) has come, a poke or the close. */
void airsi_runqueue_wait(airsi_runqueue *queue, uint64_t latest_ms);

/* After next_due has become `due_ms`, with seq_cst: if a sleeper would sleep longer, all look again. */
void airsi_runqueue_poke(airsi_runqueue *queue, uint64_t due_ms);

/* Wakes all for good. */
void airsi_runqueue_close(airsi_runqueue *queue);
bool airsi_runqueue_closed(airsi_runqueue *queue);

#endif
