/* A worker thread: its run queue, and its loop that gives actors their turns. */
#ifndef AIRSI_CORE_SCHEDULER_WORKER_H
#define AIRSI_CORE_SCHEDULER_WORKER_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

#include <airs/actor.h>

#include "base/atomic.h"
#include "core/reclaim/reclaim.h"
#include "core/scheduler/idle.h"
#include "core/scheduler/ring.h"

struct airsi_actor;
struct airsi_request_entry;

/* What a callback of an actor is handed. */
struct airs_context {
    struct airsi_worker *worker;
    struct airsi_actor *actor;
};

/* Whether the thread may run turns. Written by the thread itself, but HELD -> TAKEN, which the monitor does. */
typedef enum airsi_permit {
    AIRSI_PERMIT_NONE,
    AIRSI_PERMIT_HELD,
    AIRSI_PERMIT_GIVEN, /* given up for a blocking section */
    AIRSI_PERMIT_TAKEN, /* the monitor took it: the thread ends with its handler */
} airsi_permit;

#define AIRSI_TURN_BUDGET 64u /* messages; a chain of actors that run one after the other out of the LIFO slot shares one */

/* A thread whose LIFO slot a searching one has its eye on. */
typedef struct airsi_suspect {
    const struct airsi_worker *worker;
    uint32_t beats; /* the handler it was in */
    uint64_t since_ns;
} airsi_suspect;

typedef struct airsi_worker {
    struct airs_system *system;    /* const after start */
    unsigned index;                /* const after start: its shard too */
    airsi_record *record;          /* const after start */
    airsi_record *outer_record;    /* own thread: what its thread had before it acted as this worker */
    AIRSI_ATOMIC(uint32_t) permit; /* this thread and the monitor, atomic: airsi_permit */
    AIRSI_ATOMIC(uint32_t) beats;  /* own thread writes, the monitor and thieves read: counts what it has begun; odd inside a turn */
    AIRSI_ATOMIC(struct airsi_actor *) lifo; /* own thread fills, any thread empties: made runnable last, runs next */
    struct airsi_actor *actor;               /* own thread: whose turn it is; NULL between turns */
    uint64_t now_ms;                         /* own thread: the coarse clock, as of the turn's start or later */
    uint32_t budget;                         /* own thread: messages left of the turn, or of the chain of turns */
    uint32_t lifo_runs;                      /* own thread: turns in a row out of the LIFO slot */
    uint32_t turns;                          /* own thread */
    uint32_t spins;                          /* own thread: how long a search is worth */
    uint64_t injector_seen_ms;               /* own thread: the coarse clock when it last looked at the injector before its ring */
    bool injected;                           /* own thread: that look found somebody, whose turn was the last */
    uint64_t timers_seen_ms;                 /* own thread: the clock when it last looked at the timers */
    bool searching;                          /* own thread */
    airsi_suspect suspect;                   /* own thread, while it searches */
    airsi_sleeper sleeper;                   /* idle.h */
    struct airsi_request_entry *spares;      /* own thread: released entries of its shard that its next requests take */
    uint32_t spare_count;                    /* own thread */
    pthread_t thread;                        /* who starts and joins it, under the spares mutex while the system runs */
    bool started;                            /* likewise: to be joined */
    AIRSI_ATOMIC(uint32_t) ended;            /* own thread sets it as its last act, who starts a spare reads */
    AIRSI_ATOMIC(int32_t) tid;               /* own thread sets it first, the monitor reads */
    uint32_t watched_beats;                  /* the monitor */
    uint64_t watched_since_ms;               /* the monitor: since when the beats are these */
    uint64_t watched_cpu_ns;                 /* the monitor: the thread\'s CPU time when it first looked again; 0: not yet */
    airsi_ring ring;
} airsi_worker;

/* Set by airsi_worker_start's threads and by the sweep; read by airsi_worker_current. */
extern __thread airsi_worker *airsi_worker_self __attribute__((visibility("hidden"), tls_model("initial-exec")));

/* The worker of the calling thread, of whatever system; NULL on host threads. */
static inline airsi_worker *airsi_worker_current(void) {
    return airsi_worker_self;
}

/* Makes the thread. The worker has been entered into idle and holds a permit if `permit`. 0, or an errno. */
int airsi_worker_start(airsi_worker *worker, bool permit);
void airsi_worker_join(airsi_worker *worker);

/* The next actor out of this worker's own queue, or the injector; NULL: there is none. */
struct airsi_actor *airsi_worker_next(airsi_worker *worker);
/* Gives the actor a turn. */
void airsi_worker_run(airsi_worker *worker, struct airsi_actor *actor);

/* The calling thread acts as this worker, which has no thread of its own, until it leaves. Returns what it acted as before. */
airsi_worker *airsi_worker_enter(airsi_worker *worker);
void airsi_worker_leave(airsi_worker *worker, airsi_worker *before);

/* Runs turns on the calling thread, as worker 0 of a system whose workers don't run, until nothing is scheduled. */
void airsi_worker_sweep(airsi_worker *worker);

/* In a turn that has used up its share: to the back of the queue. */
void airsi_worker_requeue(airsi_worker *worker, struct airsi_actor *actor);

/* Around what blocks the thread inside a handler: others get the permit meanwhile, and what is queued here. */
void airsi_worker_begin_blocking(airsi_worker *worker);
void airsi_worker_end_blocking(airsi_worker *worker);

static inline bool airsi_worker_must_yield(const airsi_worker *worker) {
    return airsi_load_relaxed(&worker->permit) != AIRSI_PERMIT_HELD;
}

/* Another message or turn begins. By two, so that the lowest bit goes on telling whether it is in a turn. */
static inline void airsi_worker_beat(airsi_worker *worker) {
    airsi_store_relaxed(&worker->beats, airsi_load_relaxed(&worker->beats) + 2);
}

#endif
