#define _GNU_SOURCE
#include "core/scheduler/worker.h"

#include <signal.h>
#include <stdio.h>
#include <unistd.h>

#include "base/clock.h"
#include "core/actor/actor.h"
#include "core/request/shard.h"
#include "core/scheduler/scheduler.h"
#include "core/scheduler/search.h"
#include "core/system/system.h"

#define STACK_BYTES (2u << 20) /* a guest's 512 KiB and the host below it, whatever the limit of the process says */
#define COLLECT_EVERY 64       /* turns between two looks at the garbage */
#define INJECTOR_EVERY \
    61 /* turns between two looks at the injector while there is work of one's own; a prime, so that no pattern hides from it */
#define LIFO_RUNS 3        /* turns in a row out of the LIFO slot while others wait */
#define GARBAGE_LOOK_MS 20 /* garbage that another thread holds up is looked at again after this, even when nothing else happens */

__thread airsi_worker *airsi_worker_self;

static airsi_scheduler *scheduler_of(const airsi_worker *worker) {
    return &worker->system->scheduler;
}

static void look_at_timers(airsi_worker *worker, uint64_t now_ms) {
    worker->timers_seen_ms = now_ms;
    if (airsi_shards_next(&worker->system->shards) <= now_ms) {
        airsi_shards_run(worker->system, now_ms);
    }
}

void airsi_worker_run(airsi_worker *worker, airsi_actor *actor) {
    worker->now_ms = airsi_load_relaxed(&scheduler_of(worker)->now_ms);
    airsi_store_relaxed(&worker->beats, airsi_load_relaxed(&worker->beats) + 1);
    airsi_actor_turn(worker, actor);
    airsi_store_relaxed(&worker->beats, airsi_load_relaxed(&worker->beats) + 1);
    if (worker->now_ms != worker->timers_seen_ms) {
        look_at_timers(worker, worker->now_ms);
    }
    airsi_record_quiescent(worker->record);
    if (worker->turns % COLLECT_EVERY == 0) {
        airsi_reclaim_collect(&worker->system->reclaim);
    }
}

static airsi_actor *take_lifo(airsi_worker *worker) {
    if (airsi_load_relaxed(&worker->lifo) == NULL) {
        return NULL;
    }
    /* Relaxed: what it finds this thread has put there itself. A thief may have been first. */
    return airsi_exchange_relaxed(&worker->lifo, NULL);
}

static void push_back(airsi_worker *worker, airsi_actor *actor) {
    if (!airsi_ring_push(&worker->ring, actor)) {
        airsi_scheduler_inject(scheduler_of(worker), actor);
    }
}

/* A fresh budget for an actor that is not the next link of a chain. */
static airsi_actor *begin_chain(airsi_worker *worker, airsi_actor *actor) {
    worker->lifo_runs = 0;
    worker->budget = AIRSI_TURN_BUDGET;
    return actor;
}

/* Since turns may be long, who waits in the injector comes before the ring every millisecond, but not twice in a row. */
static airsi_actor *look_at_injector(airsi_worker *worker) {
    if (worker->now_ms == worker->injector_seen_ms || worker->injected) {
        worker->injected = false;
        return NULL;
    }
    worker->injector_seen_ms = worker->now_ms;
    airsi_actor *actor = airsi_injector_take(&scheduler_of(worker)->injector);
    worker->injected = actor != NULL;
    return actor;
}

airsi_actor *airsi_worker_next(airsi_worker *worker) {
    airsi_injector *injector = &scheduler_of(worker)->injector;
    airsi_actor *actor = ++worker->turns % INJECTOR_EVERY == 0 ? airsi_injector_take(injector) : NULL;
    if (actor != NULL) {
        return begin_chain(worker, actor);
    }
    airsi_actor *newest = take_lifo(worker);
    if (newest != NULL && worker->lifo_runs < LIFO_RUNS && worker->budget > 0) {
        worker->lifo_runs++;
        return newest;
    }
    actor = look_at_injector(worker);
    if (actor == NULL) {
        actor = airsi_ring_take(&worker->ring);
    }
    if (actor == NULL) {
        return begin_chain(worker, newest != NULL ? newest : airsi_injector_take(injector));
    }
    if (newest != NULL) {
        push_back(worker, newest);
    }
    return begin_chain(worker, actor);
}

void airsi_worker_requeue(airsi_worker *worker, airsi_actor *actor) {
    if (airsi_worker_must_yield(worker)) {
        airsi_scheduler_inject(scheduler_of(worker), actor);
        return;
    }
    /* Nobody is woken for it: this thread is about to look here itself. */
    push_back(worker, actor);
}

/* What is queued here goes where every thread looks. */
static void empty_queue(airsi_worker *worker) {
    airsi_actor *actor = take_lifo(worker);
    if (actor == NULL) {
        actor = airsi_ring_take(&worker->ring);
    }
    for (; actor != NULL; actor = airsi_ring_take(&worker->ring)) {
        airsi_scheduler_inject(scheduler_of(worker), actor);
    }
}

static bool give_permit_up(airsi_worker *worker, airsi_permit now) {
    uint32_t held = AIRSI_PERMIT_HELD;
    /* Relaxed, as the monitor's: one of the two gets it, and it hands over nothing. */
    return airsi_cas_strong_relaxed(&worker->permit, &held, now);
}

static uint64_t next_due(void *user) {
    const airs_system *system = user;
    return airsi_shards_next(&system->shards);
}

/* Until when; with nothing in its queue. false: the monitor has its permit, and the thread ends. */
static bool fall_asleep(airsi_worker *worker, uint64_t *ret_until_ms) {
    airsi_scheduler *scheduler = scheduler_of(worker);
    airs_system *system = worker->system;
    /* Collected while online: what frees an actor's state may call airs. */
    airsi_record_quiescent(worker->record);
    airsi_reclaim_collect(&system->reclaim);
    bool had_permit = give_permit_up(worker, AIRSI_PERMIT_NONE);
    if (airsi_load_relaxed(&worker->permit) == AIRSI_PERMIT_TAKEN) {
        return false;
    }
    airsi_record_offline(worker->record);
    /* Garbage that another thread holds up, and memory no longer needed, are looked at again soon, even when nothing else happens. */
    uint64_t latest = airsi_reclaim_pending(&system->reclaim) ? airsi_scheduler_read_clock(scheduler) + GARBAGE_LOOK_MS : UINT64_MAX;
    airsi_idle_reason reason = {
        .permit = had_permit, .searching = worker->searching, .next_due_ms = next_due, .user = system, .latest_ms = latest};
    bool last = airsi_idle_fall_asleep(&scheduler->idle, &worker->sleeper, &reason, ret_until_ms);
    worker->searching = false;
    if (airsi_load_acquire(&scheduler->closed) != 0) {
        *ret_until_ms = 0; /* it was closed while this thread was not among the sleepers yet */
    }
    if (last && airsi_scheduler_has_work(scheduler)) {
        airsi_scheduler_notify(scheduler); /* maybe this thread itself */
    }
    return true;
}

static void sleep_until_needed(airsi_worker *worker) {
    airsi_scheduler *scheduler = scheduler_of(worker);
    uint64_t until_ms = 0;
    if (!fall_asleep(worker, &until_ms)) {
        return;
    }
    airsi_wake wake;
    do {
        if (until_ms != 0) {
            airsi_parker_wait(&worker->sleeper.parker, until_ms == UINT64_MAX ? AIRSI_PARK_FOR_EVER : until_ms * 1000000u);
        }
        wake = airsi_idle_wake_up(&scheduler->idle, &worker->sleeper);
        until_ms = wake == AIRSI_WAKE_ASLEEP ? airsi_clock_monotonic_ms() + GARBAGE_LOOK_MS : until_ms; /* all permits are in use */
    } while (wake == AIRSI_WAKE_ASLEEP);
    worker->searching = wake == AIRSI_WAKE_CHOSEN;
    airsi_store_relaxed(&worker->permit, AIRSI_PERMIT_HELD);
    airsi_record_online(worker->record);
    look_at_timers(worker, airsi_scheduler_read_clock(scheduler));
}

static void stop_searching(airsi_worker *worker, bool found) {
    if (worker->searching) {
        worker->searching = false;
        airsi_scheduler *scheduler = scheduler_of(worker);
        /* Where there was one there may be more; and who ends without any looks once more, as who falls asleep does. */
        if (airsi_idle_stop_search(&scheduler->idle) && (found || airsi_scheduler_has_work(scheduler))) {
            airsi_scheduler_notify(scheduler);
        }
    }
}

static void loop(airsi_worker *worker) {
    airsi_scheduler *scheduler = scheduler_of(worker);
    while (airsi_load_acquire(&scheduler->closed) == 0) {
        uint32_t permit = airsi_load_relaxed(&worker->permit);
        if (permit == AIRSI_PERMIT_TAKEN) {
            return;
        }
        airsi_actor *actor = NULL;
        if (permit == AIRSI_PERMIT_HELD) {
            actor = airsi_worker_next(worker);
            actor = actor != NULL ? actor : airsi_search(worker);
        } else {
            empty_queue(worker); /* it blocked, and no permit was free afterwards */
        }
        if (actor != NULL) {
            stop_searching(worker, true);
            airsi_worker_run(worker, actor);
        } else {
            sleep_until_needed(worker);
        }
    }
}

static void *thread_main(void *argument) {
    airsi_worker *worker = argument;
    airsi_scheduler *scheduler = scheduler_of(worker);
    airsi_worker_self = worker;
    airsi_store_relaxed(&worker->tid, gettid());
    worker->outer_record = airsi_record_adopt(worker->record);
    loop(worker);
    stop_searching(worker, false);
    empty_queue(worker);
    airsi_record_leave(worker->record, worker->outer_record);
    airsi_idle_exit(&scheduler->idle, give_permit_up(worker, AIRSI_PERMIT_NONE));
    airsi_worker_self = NULL;
    /* E39 release: the place may be used again once this is seen. */
    airsi_store_release(&worker->ended, 1);
    return NULL;
}

int airsi_worker_start(airsi_worker *worker, bool permit) {
    airsi_store_relaxed(&worker->permit, permit ? AIRSI_PERMIT_HELD : AIRSI_PERMIT_NONE);
    airsi_store_relaxed(&worker->ended, 0);
    pthread_attr_t attributes;
    int result = pthread_attr_init(&attributes);
    if (result != 0) {
        return result;
    }
    pthread_attr_setstacksize(&attributes, STACK_BYTES);
    /* Signals are the embedder's business, on its own threads. Those a fault raises stay open: Wasmtime's handler turns them into traps. */
    sigset_t all;
    sigset_t before;
    sigfillset(&all);
    sigdelset(&all, SIGSEGV);
    sigdelset(&all, SIGBUS);
    sigdelset(&all, SIGILL);
    sigdelset(&all, SIGFPE);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    result = pthread_create(&worker->thread, &attributes, thread_main, worker);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    pthread_attr_destroy(&attributes);
    worker->started = result == 0;
    if (result == 0) {
        char name[16];
        snprintf(name, sizeof name, "airs-worker-%u", worker->index % 1000);
        pthread_setname_np(worker->thread, name);
    } else {
        airsi_store_relaxed(&worker->ended, 1);
    }
    return result;
}

void airsi_worker_join(airsi_worker *worker) {
    if (worker->started) {
        pthread_join(worker->thread, NULL);
        worker->started = false;
    }
}

airsi_worker *airsi_worker_enter(airsi_worker *worker) {
    airsi_worker *before = airsi_worker_self;
    airsi_worker_self = worker;
    airsi_store_relaxed(&worker->permit, AIRSI_PERMIT_HELD);
    worker->outer_record = airsi_record_adopt(worker->record);
    return before;
}

void airsi_worker_leave(airsi_worker *worker, airsi_worker *before) {
    airsi_record_leave(worker->record, worker->outer_record);
    airsi_store_relaxed(&worker->permit, AIRSI_PERMIT_NONE);
    airsi_worker_self = before;
}

void airsi_worker_sweep(airsi_worker *worker) {
    airsi_worker *before = airsi_worker_enter(worker);
    airsi_scheduler_read_clock(scheduler_of(worker));
    airsi_actor *actor;
    while ((actor = airsi_worker_next(worker)) != NULL) {
        airsi_worker_run(worker, actor);
    }
    airsi_worker_leave(worker, before);
}

void airsi_worker_begin_blocking(airsi_worker *worker) {
    airsi_scheduler *scheduler = scheduler_of(worker);
    /* In the deterministic mode nobody else could use the permit, which isn't one of those that are counted. */
    if (scheduler->simulation.on || !give_permit_up(worker, AIRSI_PERMIT_GIVEN)) {
        return;
    }
    airsi_actor *next = take_lifo(worker);
    if (next != NULL) {
        airsi_injector_push(&scheduler->injector, next);
    }
    airsi_idle_release(&scheduler->idle);
    airsi_scheduler_replace(scheduler);
}

void airsi_worker_end_blocking(airsi_worker *worker) {
    if (airsi_load_relaxed(&worker->permit) == AIRSI_PERMIT_GIVEN && airsi_idle_reacquire(&scheduler_of(worker)->idle)) {
        airsi_store_relaxed(&worker->permit, AIRSI_PERMIT_HELD);
    }
}
