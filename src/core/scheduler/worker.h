/* A worker: a thread that takes actors from the run queue and gives each a turn. */
#ifndef AIRSI_CORE_SCHEDULER_WORKER_H
#define AIRSI_CORE_SCHEDULER_WORKER_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

#include <airs/actor.h>

#include "core/reclaim/reclaim.h"

struct airsi_actor;

/* What a callback of an actor is handed. */
struct airs_context {
    struct airsi_worker *worker;
    struct airsi_actor *actor;
};

typedef struct airsi_worker {
    struct airs_system *system; /* const after start */
    unsigned index;             /* const after start: its shard too */
    airsi_record *record;       /* const after start */
    pthread_t thread;           /* const after start */
    struct airsi_actor *actor;  /* own thread: whose turn it is; NULL between turns */
    uint64_t now_ms;            /* own thread: the coarse clock, read once a loop and every few messages */
} airsi_worker;

/* The worker of the calling thread, of whatever system; NULL on host threads. */
airsi_worker *airsi_worker_current(void);

int airsi_worker_start(airsi_worker *worker, struct airs_system *system, unsigned index);
void airsi_worker_join(airsi_worker *worker);

/* Runs turns on the calling thread, as worker 0 of a system whose workers don't run, until the run queue is empty. */
void airsi_worker_sweep(airsi_worker *worker);

#endif
