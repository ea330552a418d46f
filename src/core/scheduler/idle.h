/* Who runs, who looks for work, who sleeps, and who is woken when there is work.
 *
 * A thread needs a permit to run turns; there are as many as workers. state = {running:16, searching:16}: threads with a permit, and those of them
 * that look for work in others' queues.
 *
 * No wake-up is lost: whoever makes work visible does a read-modify-write on `state` afterwards and wakes a sleeper when nobody searches and a
 * permit is free. The last searcher does one when it gives up, and looks at all queues once more after it. Of the two one comes first: either
 * the searcher's look finds the work, or the other finds nobody searching. A searcher that found work and was the last wakes another.
 *
 * After: the idle states of the tokio and Go schedulers (D. Vyukov, "Scalable Go Scheduler Design Doc", 2012). */
#ifndef AIRSI_CORE_SCHEDULER_IDLE_H
#define AIRSI_CORE_SCHEDULER_IDLE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/atomic.h"
#include "base/lock.h"
#include "base/parker.h"

/* A thread's place in it; embedded in a worker. */
typedef struct airsi_sleeper {
    airsi_parker parker;
    struct airsi_sleeper *next, **link; /* mutex; link NULL: not asleep */
} airsi_sleeper;

typedef struct airsi_idle {
    AIRSI_ATOMIC(uint32_t) state; /* any thread, atomic */
    uint32_t permits;             /* const after init */
    AIRSI_ATOMIC(uint64_t)
    keeper_until_ms; /* the mutex's holder writes, any thread reads: when the keeper wakes by itself; 0: there is none */
    AIRSI_ATOMIC(uint32_t)
    awake;             /* the mutex's holder writes with seq_cst, any thread reads: threads that don't sleep, with a permit or without */
    airsi_mutex mutex; /* guards all below */
    airsi_sleeper *sleepers;                  /* the one that fell asleep last first */
    airsi_sleeper *keeper;                    /* the sleeper that wakes by itself when a timer falls due */
    void (*on_awake)(void *user, bool awake); /* const after init; with the mutex held: the first woke, the last fell asleep */
    void *user;
} airsi_idle;

void airsi_idle_init(airsi_idle *idle, uint32_t permits);
void airsi_idle_fini(airsi_idle *idle);

/* A new thread, awake, takes a permit if one is free. */
bool airsi_idle_enter(airsi_idle *idle);
/* A thread ends, or one that entered was not started; its permit is gone already, unless `permit`. */
void airsi_idle_exit(airsi_idle *idle, bool permit);

/* Whether somebody could be woken, as far as a look can tell. */
bool airsi_idle_may_help(const airsi_idle *idle);

/* After work was made visible: a sleeper to wake, which now has a permit and searches; NULL: none is needed. */
airsi_sleeper *airsi_idle_choose(airsi_idle *idle);

/* May this running thread search? Fewer than half of the permits do, so that a burst doesn't wake them all to find nothing. */
bool airsi_idle_start_search(airsi_idle *idle);
/* true: it was the last one searching. */
bool airsi_idle_stop_search(airsi_idle *idle);

/* With what a thread falls asleep. */
typedef struct airsi_idle_reason {
    bool permit, searching;              /* what it has, and gives up */
    uint64_t (*next_due_ms)(void *user); /* when the keeper must wake; reads with seq_cst */
    void *user;
    uint64_t latest_ms; /* it wakes by itself no later than this */
} airsi_idle_reason;

/* Among the sleepers from here on: the caller waits at its parker until `ret_until_ms` (0: not at all; UINT64_MAX: for ever), then calls _wake_up.
 * true: it was the last one searching, and has to look at all queues once more. */
bool airsi_idle_fall_asleep(airsi_idle *idle, airsi_sleeper *sleeper, const airsi_idle_reason *reason, uint64_t *ret_until_ms);

typedef enum airsi_wake { AIRSI_WAKE_CHOSEN, AIRSI_WAKE_RUNNING, AIRSI_WAKE_ASLEEP } airsi_wake;
/* After the wait: chosen by somebody (permit, searching), awake by itself (permit, not searching), or still asleep since no permit is free. */
airsi_wake airsi_idle_wake_up(airsi_idle *idle, airsi_sleeper *sleeper);

/* A running thread gives its permit up and goes on without. */
void airsi_idle_release(airsi_idle *idle);
/* false: none is free. */
bool airsi_idle_reacquire(airsi_idle *idle);
/* Threads with a permit, now. */
uint32_t airsi_idle_running(const airsi_idle *idle);
/* Whether a permit is free and nobody sleeps who could use it. */
bool airsi_idle_wants_thread(airsi_idle *idle);

/* Something falls due at `due_ms`, written with seq_cst before: the keeper to wake if it would sleep longer, with a permit; else NULL. */
airsi_sleeper *airsi_idle_poke(airsi_idle *idle, uint64_t due_ms);

/* Any sleeper, for the end: NULL when all are awake. */
airsi_sleeper *airsi_idle_rouse(airsi_idle *idle);

#endif
