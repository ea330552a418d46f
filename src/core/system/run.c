/* The system in operation: start, spawn, stop. */

#include "core/system/system.h"

#include <sched.h>

#include "core/actor/lifecycle.h"

/* With actors_mutex held. What is in the list is not freed while it is, so this needs no record, and can't fail. */
static void stop_newest(airs_system *system) {
    if (system->newest != NULL) {
        airsi_actor_ask_to_stop(system->newest);
    }
}

void airsi_system_actor_gone(airs_system *system, airsi_actor *actor) {
    airsi_lock(&system->actors_mutex);
    if (actor->all_previous != NULL) {
        actor->all_previous->all_next = actor->all_next;
    } else {
        system->oldest = actor->all_next;
    }
    if (actor->all_next != NULL) {
        actor->all_next->all_previous = actor->all_previous;
    } else {
        system->newest = actor->all_previous;
    }
    if (system->stage == AIRSI_STAGE_STOPPING) {
        stop_newest(system);
    }
    if (system->newest == NULL) {
        pthread_cond_broadcast(&system->actor_gone);
    }
    airsi_unlock(&system->actors_mutex);
}

/* With actors_mutex held. */
static void add_to_list(airs_system *system, airsi_actor *actor) {
    actor->all_previous = system->newest;
    if (system->newest != NULL) {
        system->newest->all_next = actor;
    } else {
        system->oldest = actor;
    }
    system->newest = actor;
}

/* false: it was started before, by this thread or another. */
static bool begin_starting(airs_system *system) {
    airsi_lock(&system->actors_mutex);
    bool first = system->stage == AIRSI_STAGE_NEW;
    if (first) {
        system->stage = AIRSI_STAGE_STARTING;
    }
    airsi_unlock(&system->actors_mutex);
    return first;
}

static void give_up_starting(airs_system *system) {
    airsi_lock(&system->actors_mutex);
    system->stage = AIRSI_STAGE_NEW;
    pthread_cond_broadcast(&system->actor_gone);
    airsi_unlock(&system->actors_mutex);
}

/* No spawns from here on. Returns the stage before. One of several threads is to stop the system; the others wait until it has. */
static airsi_stage begin_stopping(airs_system *system) {
    airsi_lock(&system->actors_mutex);
    while (system->stage == AIRSI_STAGE_STARTING) {
        airsi_cond_wait(&system->actor_gone, &system->actors_mutex);
    }
    airsi_stage before = system->stage;
    if (before < AIRSI_STAGE_STOPPING) {
        system->stage = AIRSI_STAGE_STOPPING;
    }
    while (before >= AIRSI_STAGE_STOPPING && system->stage != AIRSI_STAGE_STOPPED) {
        airsi_cond_wait(&system->actor_gone, &system->actors_mutex);
    }
    airsi_unlock(&system->actors_mutex);
    return before;
}

static void end_stopping(airs_system *system) {
    airsi_lock(&system->actors_mutex);
    system->stage = AIRSI_STAGE_STOPPED;
    pthread_cond_broadcast(&system->actor_gone);
    airsi_unlock(&system->actors_mutex);
}

static void signal_start(airs_system *system, airsi_actor *actor) {
    airsi_fetch_add_acq_rel(&system->starting, 1);
    airsi_actor_signal(actor, AIRSI_SIGNAL_START);
}

/* Everything spawned so far, oldest first; from here on spawn does it itself. */
static void start_actors(airs_system *system) {
    airsi_lock(&system->actors_mutex);
    system->stage = AIRSI_STAGE_STARTED;
    pthread_cond_broadcast(&system->actor_gone); /* who waits to stop it may */
    for (airsi_actor *actor = system->oldest; actor != NULL; actor = actor->all_next) {
        signal_start(system, actor);
    }
    airsi_unlock(&system->actors_mutex);
}

/* Everything but the actors. Thread: online. */
static airs_status start_parts(airs_system *system, airs_error *error) {
    airs_status status = airsi_subscriber_start(&system->subscriber);
    if (status != AIRS_OK) {
        return airs_error_set(error, status, "the runtime could not subscribe: %s", airs_status_text(status));
    }
    if (system->options.on_activity != NULL) {
        system->options.on_activity(system->options.user, true);
    }
    status = airsi_scheduler_start(&system->scheduler, error);
    if (status != AIRS_OK) {
        airsi_subscriber_stop(&system->subscriber);
        if (system->options.on_activity != NULL) {
            system->options.on_activity(system->options.user, false);
        }
    }
    return status;
}

airs_status airs_system_start(airs_system *system, airs_error *error) {
    if (system == NULL) {
        return airs_error_set(error, AIRS_EINVAL, "airs_system_start needs a system");
    }
    airsi_record *record = airsi_reclaim_enter(&system->reclaim);
    if (record == NULL) {
        return airs_error_set(error, AIRS_ENOMEM, "no memory");
    }
    airs_status status = AIRS_EBUSY;
    if (!begin_starting(system)) {
        airs_error_set(error, status, "the system was started before; a system starts once");
        goto out;
    }
    status = start_parts(system, error);
    if (status == AIRS_OK) {
        start_actors(system);
    } else {
        give_up_starting(system);
    }
out:
    airsi_reclaim_leave(record);
    return status;
}

airs_status airs_spawn(airs_system *system, const airs_spawn_options *options, airs_component *ret_component, airs_error *error) {
    if (system == NULL || options == NULL) {
        return airs_error_set(error, AIRS_EINVAL, "airs_spawn needs a system and options");
    }
    airsi_record *record = airsi_reclaim_enter(&system->reclaim);
    if (record == NULL) {
        return airs_error_set(error, AIRS_ENOMEM, "no memory");
    }
    airsi_actor *actor = NULL;
    airs_status status = airsi_actor_new(system, options, &actor, error);
    if (status == AIRS_OK) {
        airsi_lock(&system->actors_mutex);
        status = system->stage >= AIRSI_STAGE_STOPPING ? AIRS_ESTOPPING : airsi_subscriber_register_actor(&system->subscriber, actor);
        if (status == AIRS_OK) {
            add_to_list(system, actor);
            if (ret_component != NULL) {
                *ret_component = actor->handle;
            }
            if (system->stage == AIRSI_STAGE_STARTED) {
                signal_start(system, actor);
            }
        }
        airsi_unlock(&system->actors_mutex);
        if (status != AIRS_OK) {
            airs_error_set(error, status, "%s: %s", options->id.text, airs_status_text(status));
            airsi_actor_discard(actor);
        }
    }
    airsi_reclaim_leave(record);
    return status;
}

airs_status airs_stop(airs_system *system, airs_component component) {
    if (system == NULL) {
        return AIRS_EINVAL;
    }
    airsi_record *record = airsi_reclaim_enter(&system->reclaim);
    if (record == NULL) {
        return AIRS_ENOMEM;
    }
    airsi_actor *actor = NULL;
    airs_status status = airsi_registry_resolve(&system->registry, component, &actor);
    if (status == AIRS_OK) {
        airsi_actor_ask_to_stop(actor);
    }
    airsi_reclaim_leave(record);
    return status;
}

static bool no_actors(void *user) {
    const airs_system *system = user;
    return system->newest == NULL; /* read without the lock: in the deterministic mode nobody else is there */
}

static bool has_actors(airs_system *system) {
    airsi_lock(&system->actors_mutex);
    bool some = system->newest != NULL;
    airsi_unlock(&system->actors_mutex);
    return some;
}

/* In the place of the workers, which don't run. More than once when another thread has just asked an actor to stop: it is scheduled then, but may not be
 * in the queue yet. */
static void sweep(airs_system *system) {
    while (has_actors(system)) {
        airsi_worker_sweep(system->scheduler.threads[0]);
        sched_yield();
    }
}

/* Stops every actor, the newest first, each once the one before it is gone (airsi_system_actor_gone goes on with the next), and waits for the last. */
static void stop_actors(airs_system *system, bool running) {
    airsi_lock(&system->actors_mutex);
    stop_newest(system);
    airsi_unlock(&system->actors_mutex);
    if (system->scheduler.simulation.on) {
        airsi_simulation_until(system, no_actors, system, UINT64_MAX);
    } else if (!running) {
        sweep(system);
    }
    airsi_lock(&system->actors_mutex);
    while (system->newest != NULL) {
        airsi_cond_wait(&system->actor_gone, &system->actors_mutex);
    }
    airsi_unlock(&system->actors_mutex);
}

airs_status airs_system_stop(airs_system *system) {
    if (system == NULL) {
        return AIRS_EINVAL;
    }
    if (airsi_worker_current() != NULL) {
        return AIRS_EDEADLK;
    }
    airs_system_close_sources(system);
    airsi_stage before = begin_stopping(system);
    if (before >= AIRSI_STAGE_STOPPING) {
        return AIRS_OK;
    }
    bool running = before == AIRSI_STAGE_STARTED;
    stop_actors(system, running);
    if (running) {
        airsi_scheduler_stop(&system->scheduler);
        airsi_subscriber_stop(&system->subscriber);
        if (system->options.on_activity != NULL) {
            system->options.on_activity(system->options.user, false);
        }
    }
    airsi_reclaim_collect(&system->reclaim);
    end_stopping(system);
    return AIRS_OK;
}
