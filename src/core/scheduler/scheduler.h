/* The scheduler: which thread runs which actor, and when.
 *
 * Each worker thread has a run queue of its own: a LIFO slot, which keeps two actors that talk to each other on one core, and a ring, from which idle
 * threads steal. What host threads schedule goes to a shared injector, looked at every 61 turns, every millisecond, and when a thread has
 * nothing else.
 * A thread runs turns only with a permit (idle.h), of which there are as many as workers. A thread that is stuck in a handler while others wait loses it to
 * a spare thread (monitor.c), and so does one that blocks (airsi_worker_begin_blocking); its queue stays its own, and open to thieves. So looping or
 * sleeping handlers never freeze the others. */
#ifndef AIRSI_CORE_SCHEDULER_SCHEDULER_H
#define AIRSI_CORE_SCHEDULER_SCHEDULER_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

#include <airs/status.h>

#include "base/atomic.h"
#include "base/lock.h"
#include "base/parker.h"
#include "core/scheduler/idle.h"
#include "core/scheduler/injector.h"
#include "core/scheduler/simulation.h"
#include "core/scheduler/worker.h"

#define AIRSI_SPARES_A_WORKER 4

typedef struct airsi_scheduler {
    struct airs_system *system;          /* const after init */
    uint32_t permits, max_threads;       /* const after init */
    airsi_worker **threads;              /* entries const once counted */
    AIRSI_ATOMIC(uint32_t) thread_count; /* the spares mutex's holder writes, any thread reads */
    AIRSI_ATOMIC(uint32_t) closed;       /* any thread, atomic */
    AIRSI_ATOMIC(uint64_t) now_ms;       /* any thread, atomic: the coarse clock, kept by the monitor while somebody is awake */
    airsi_idle idle;
    airsi_injector injector;
    airsi_simulation simulation; /* the deterministic mode: no threads */
    airsi_mutex spares;          /* making threads */
    pthread_t monitor;           /* who starts and stops */
    bool monitored;              /* likewise: the monitor runs */
    airsi_parker monitor_parker;
    AIRSI_ATOMIC(uint32_t) monitor_sleeps;        /* any thread, atomic: it waits to be woken */
    void (*on_activity)(void *user, bool active); /* const after init; under idle's mutex */
    void *activity_user;
} airsi_scheduler;

/* Makes the workers, not their threads. Errors: AIRS_ENOMEM. */
airs_status airsi_scheduler_init(airsi_scheduler *scheduler, struct airs_system *system, unsigned workers);
void airsi_scheduler_fini(airsi_scheduler *scheduler);

/* Starts the threads. Errors: AIRS_EUNAVAILABLE; nothing runs then, and it may be tried again. */
airs_status airsi_scheduler_start(airsi_scheduler *scheduler, airs_error *error);
/* After their turns in hand, all threads end. */
void airsi_scheduler_stop(airsi_scheduler *scheduler);

/* Puts an actor that has just become scheduled where a worker finds it. Thread: any, online. */
void airsi_schedule(struct airs_system *system, struct airsi_actor *actor);

/* Puts a scheduled actor where every thread looks, and wakes a sleeper if one is needed. Thread: any. */
void airsi_scheduler_inject(airsi_scheduler *scheduler, struct airsi_actor *actor);

/* Work was made visible in a queue: wakes a sleeper if one is needed. */
void airsi_scheduler_notify(airsi_scheduler *scheduler);

/* A permit was given up: wakes or makes a thread that can use it. */
void airsi_scheduler_replace(airsi_scheduler *scheduler);

/* A timer or request falls due earlier than anything did before. */
void airsi_scheduler_poke(airsi_scheduler *scheduler, uint64_t due_ms);

/* Whether anybody is in a queue. */
bool airsi_scheduler_has_queued(airsi_scheduler *scheduler);
/* The same, or a timer is due. */
bool airsi_scheduler_has_work(airsi_scheduler *scheduler);
/* The same, but those in a LIFO slot, who wait for their own thread. */
bool airsi_scheduler_has_waiting(airsi_scheduler *scheduler);

/* The monotonic clock; in the deterministic mode the virtual one. */
uint64_t airsi_scheduler_clock_ns(const airsi_scheduler *scheduler);

/* Reads the clock, and lets everybody know. In the deterministic mode it is the virtual one. */
uint64_t airsi_scheduler_read_clock(airsi_scheduler *scheduler);

void *airsi_monitor_main(void *argument);

#endif
