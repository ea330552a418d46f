#include "core/scheduler/scheduler.h"

#include <stddef.h>

#include "base/clock.h"
#include "base/memory.h"
#include "core/actor/actor.h"
#include "core/request/shard.h"
#include "core/system/system.h"

static void on_awake(void *user, bool awake) {
    airsi_scheduler *scheduler = user;
    if (scheduler->on_activity != NULL) {
        scheduler->on_activity(scheduler->activity_user, awake);
    }
    if (!awake) {
        airsi_system_note_quiet(scheduler->system);
    } else if (airsi_load_seq_cst(&scheduler->monitor_sleeps) != 0) { /* E43 */
        airsi_parker_wake(&scheduler->monitor_parker);
    }
}

/* A worker without a thread, in the next free place. Under the spares mutex, or before anything runs. */
static airsi_worker *add_worker(airsi_scheduler *scheduler) {
    uint32_t count = airsi_load_relaxed(&scheduler->thread_count);
    airsi_worker *worker = airsi_calloc(1, sizeof *worker);
    airsi_record *record = worker != NULL ? airsi_record_new(&scheduler->system->reclaim) : NULL;
    if (record == NULL) {
        airsi_free(worker);
        return NULL;
    }
    worker->system = scheduler->system;
    worker->index = count;
    worker->record = record;
    atomic_init(&worker->ended, 1);
    scheduler->threads[count] = worker;
    /* E37 release, pairs with E38: the worker is complete before thieves count it. */
    airsi_store_release(&scheduler->thread_count, count + 1);
    return worker;
}

airs_status airsi_scheduler_init(airsi_scheduler *scheduler, airs_system *system, unsigned workers) {
    scheduler->system = system;
    scheduler->permits = workers;
    scheduler->max_threads = workers * (1 + AIRSI_SPARES_A_WORKER);
    airsi_idle_init(&scheduler->idle, workers);
    scheduler->idle.on_awake = on_awake;
    scheduler->idle.user = scheduler;
    airsi_injector_init(&scheduler->injector);
    airsi_mutex_init(&scheduler->spares, AIRSI_RANK_SPARES);
    if (system->options.deterministic) {
        airsi_simulation_init(&scheduler->simulation, system->options.seed);
        airsi_store_relaxed(&scheduler->now_ms, AIRSI_SIMULATION_START_MS);
    }
    airsi_scheduler_read_clock(scheduler);
    scheduler->threads = airsi_calloc(scheduler->max_threads, sizeof(airsi_worker *));
    if (scheduler->threads == NULL) {
        return AIRS_ENOMEM;
    }
    for (unsigned i = 0; i < workers; i++) {
        if (add_worker(scheduler) == NULL) {
            return AIRS_ENOMEM;
        }
    }
    return AIRS_OK;
}

void airsi_scheduler_fini(airsi_scheduler *scheduler) {
    for (uint32_t i = 0; i < airsi_load_relaxed(&scheduler->thread_count); i++) {
        airsi_free(scheduler->threads[i]); /* the record is reclaim's */
    }
    airsi_free(scheduler->threads);
    airsi_injector_fini(&scheduler->injector);
    airsi_mutex_fini(&scheduler->spares);
    airsi_idle_fini(&scheduler->idle);
}

/* Its permit, if it could have one, is the new thread's. 0, or an errno. */
static int start_thread(airsi_scheduler *scheduler, airsi_worker *worker) {
    bool permit = airsi_idle_enter(&scheduler->idle);
    int result = airsi_worker_start(worker, permit);
    if (result != 0) {
        airsi_idle_exit(&scheduler->idle, permit);
    }
    return result;
}

airs_status airsi_scheduler_start(airsi_scheduler *scheduler, airs_error *error) {
    airsi_store_release(&scheduler->closed, 0);
    if (scheduler->simulation.on) {
        return AIRS_OK;
    }
    for (uint32_t i = 0; i < scheduler->permits; i++) {
        if (start_thread(scheduler, scheduler->threads[i]) != 0) {
            airsi_scheduler_stop(scheduler);
            return airs_error_set(error, AIRS_EUNAVAILABLE, "worker thread %u of %u could not be started", i + 1, scheduler->permits);
        }
    }
    if (pthread_create(&scheduler->monitor, NULL, airsi_monitor_main, scheduler) != 0) {
        airsi_scheduler_stop(scheduler);
        return airs_error_set(error, AIRS_EUNAVAILABLE, "the thread that watches over %u workers could not be started", scheduler->permits);
    }
    scheduler->monitored = true;
    return AIRS_OK;
}

void airsi_scheduler_stop(airsi_scheduler *scheduler) {
    airsi_lock(&scheduler->spares);
    airsi_store_release(&scheduler->closed, 1);
    airsi_unlock(&scheduler->spares);
    if (scheduler->monitored) {
        airsi_parker_wake(&scheduler->monitor_parker);
        pthread_join(scheduler->monitor, NULL);
        scheduler->monitored = false;
    }
    airsi_sleeper *sleeper;
    while ((sleeper = airsi_idle_rouse(&scheduler->idle)) != NULL) {
        airsi_parker_wake(&sleeper->parker);
    }
    uint32_t count = airsi_load_relaxed(&scheduler->thread_count);
    for (uint32_t i = 0; i < count; i++) {
        airsi_worker_join(scheduler->threads[i]);
    }
}

void airsi_scheduler_notify(airsi_scheduler *scheduler) {
    airsi_sleeper *chosen = airsi_idle_choose(&scheduler->idle);
    if (chosen != NULL) {
        airsi_parker_wake(&chosen->parker);
    }
}

void airsi_scheduler_inject(airsi_scheduler *scheduler, airsi_actor *actor) {
    airsi_injector_push(&scheduler->injector, actor);
    airsi_scheduler_notify(scheduler);
}

/* A place for one more thread: one whose thread has ended, or a new one. NULL: there are as many as there may be. */
static airsi_worker *spare_place(airsi_scheduler *scheduler) {
    uint32_t count = airsi_load_relaxed(&scheduler->thread_count);
    for (uint32_t i = 0; i < count; i++) {
        /* E39 acquire, pairs with the thread's last act. */
        if (airsi_load_acquire(&scheduler->threads[i]->ended) != 0) {
            airsi_worker_join(scheduler->threads[i]);
            return scheduler->threads[i];
        }
    }
    return count < scheduler->max_threads ? add_worker(scheduler) : NULL;
}

void airsi_scheduler_replace(airsi_scheduler *scheduler) {
    if (airsi_scheduler_has_work(scheduler)) {
        airsi_scheduler_notify(scheduler);
    }
    if (!airsi_idle_wants_thread(&scheduler->idle)) {
        return;
    }
    airsi_lock(&scheduler->spares);
    airsi_worker *worker = airsi_load_relaxed(&scheduler->closed) == 0 ? spare_place(scheduler) : NULL;
    if (worker != NULL) {
        start_thread(scheduler, worker); /* if it can't be, this system goes on with fewer, and tries again at the next occasion */
    }
    airsi_unlock(&scheduler->spares);
}

void airsi_scheduler_poke(airsi_scheduler *scheduler, uint64_t due_ms) {
    airsi_sleeper *keeper = airsi_idle_poke(&scheduler->idle, due_ms);
    if (keeper != NULL) {
        airsi_parker_wake(&keeper->parker);
    }
}

static bool queued(airsi_scheduler *scheduler, bool lifo_too) {
    if (airsi_load_relaxed(&scheduler->injector.length) > 0) {
        return true;
    }
    /* E38 acquire, pairs with E37. */
    uint32_t count = airsi_load_acquire(&scheduler->thread_count);
    for (uint32_t i = 0; i < count; i++) {
        const airsi_worker *worker = scheduler->threads[i];
        if (airsi_ring_length(&worker->ring) > 0 || (lifo_too && airsi_load_relaxed(&worker->lifo) != NULL)) {
            return true;
        }
    }
    return false;
}

static bool timer_is_due(const airsi_scheduler *scheduler) {
    return airsi_shards_next(&scheduler->system->shards) < airsi_load_relaxed(&scheduler->now_ms);
}

bool airsi_scheduler_has_queued(airsi_scheduler *scheduler) {
    return queued(scheduler, true);
}

bool airsi_scheduler_has_work(airsi_scheduler *scheduler) {
    return queued(scheduler, true) || timer_is_due(scheduler);
}

bool airsi_scheduler_has_waiting(airsi_scheduler *scheduler) {
    return queued(scheduler, false) || timer_is_due(scheduler);
}

uint64_t airsi_scheduler_clock_ns(const airsi_scheduler *scheduler) {
    return scheduler->simulation.on ? airsi_load_relaxed(&scheduler->now_ms) * 1000000u : airsi_clock_monotonic_ns();
}

uint64_t airsi_scheduler_read_clock(airsi_scheduler *scheduler) {
    if (scheduler->simulation.on) {
        return airsi_load_relaxed(&scheduler->now_ms);
    }
    uint64_t now = airsi_clock_monotonic_ms();
    airsi_store_relaxed(&scheduler->now_ms, now);
    return now;
}

/* Into the worker's own queue. Who is woken first by a handler runs next, on the core where its message is; who is woken after it goes behind. */
static void schedule_here(airsi_scheduler *scheduler, airsi_worker *worker, airsi_actor *actor) {
    if (airsi_load_relaxed(&worker->lifo) == NULL) {
        /* E40 release, pairs with E41. Only this thread fills it, and it is empty: nobody else writes. */
        airsi_store_release(&worker->lifo, actor);
        return;
    }
    if (!airsi_ring_push(&worker->ring, actor)) {
        airsi_injector_push(&scheduler->injector, actor);
    }
    /* A look will do: this thread runs what is in its ring in any case, so a sleeper that is overlooked costs a chance to share the work, which the
     * next push offers again, or the monitor. A read-modify-write would make all workers fight for one line, at every push. */
    if (airsi_idle_may_help(&scheduler->idle)) {
        airsi_scheduler_notify(scheduler);
    }
}

void airsi_schedule(airs_system *system, airsi_actor *actor) {
    airsi_worker *worker = airsi_system_worker(system);
    if (worker != NULL && worker->actor != NULL && !airsi_worker_must_yield(worker)) {
        schedule_here(&system->scheduler, worker, actor);
        return;
    }
    airsi_scheduler_inject(&system->scheduler, actor);
}
