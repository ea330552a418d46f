#define _GNU_SOURCE
#include "core/system/system.h"

#include <sched.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/memory.h"
#include "core/system/cpus.h"
#include "core/timer/timer.h"

#define DEFAULT_DEAD_LETTERS 10000
#define DEFAULT_DEAD_LETTER_BYTES ((size_t)16 << 20)
#define WORKERS_MAX 255 /* a shard's number has eight bits in a request's name */
#define FAILURE_LINES_A_SECOND 20

airsi_worker *airsi_system_worker(airs_system *system) {
    airsi_worker *worker = airsi_worker_current();
    return worker != NULL && worker->system == system ? worker : NULL;
}

airsi_record *airsi_system_record(airs_system *system) {
    const airsi_worker *worker = airsi_system_worker(system);
    return worker != NULL ? worker->record : pthread_getspecific(system->reclaim.key);
}

airsi_shard *airsi_system_shard(airs_system *system) {
    const airsi_worker *worker = airsi_system_worker(system);
    unsigned index = worker != NULL ? worker->index : airsi_system_record(system)->number % system->shards.count;
    return &system->shards.shards[index];
}

void airsi_system_poke_if(airs_system *system, bool earlier) {
    /* A worker looks at the wheels itself before it sleeps; a host thread has to have a sleeper look again. */
    if (earlier && airsi_system_worker(system) == NULL) {
        airsi_runqueue_poke(&system->runqueue);
    }
}

void airsi_system_tell(airs_system *system, airs_event_kind kind, const airsi_actor *actor, const airs_error *error) {
    if (system->options.on_event != NULL) {
        airs_event event = {.kind = kind, .component = actor->handle, .id = &actor->id, .error = error};
        system->options.on_event(system->options.user, &event);
    }
}

void airsi_system_note_quiet(airs_system *system) {
    /* E22 seq_cst, pairs with the waiter's own: either it is seen here, or it sees what this thread did before. */
    if (airsi_load_seq_cst(&system->quiet_waiters) == 0) {
        return;
    }
    airsi_lock(&system->quiet_mutex);
    pthread_cond_broadcast(&system->quiet);
    airsi_unlock(&system->quiet_mutex);
}

static void on_idle(void *user) {
    airsi_system_note_quiet(user);
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
    pthread_cond_broadcast(&system->actor_gone);
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

void airsi_system_log_failure(airs_system *system, const airsi_actor *actor, const char *event, const airs_error *error) {
    uint64_t second = airsi_clock_monotonic_ms() / 1000;
    uint64_t window = airsi_load_relaxed(&system->failure_log_window);
    uint64_t next;
    do {
        next = window >> 32 == second ? window + 1 : second << 32 | 1;
    } while (!airsi_cas_relaxed(&system->failure_log_window, &window, next));
    uint32_t line = (uint32_t)next;
    if (line > FAILURE_LINES_A_SECOND) {
        return;
    }
    uint32_t left_out = line == 1 && (uint32_t)window > FAILURE_LINES_A_SECOND ? (uint32_t)window - FAILURE_LINES_A_SECOND : 0;
    if (left_out > 0) {
        airs_logf(system->log, AIRS_LOG_WARN, NULL, "suppressed", NULL, "%u more failures were not logged (%d lines a second)", left_out,
                  FAILURE_LINES_A_SECOND);
    }
    airs_logf(system->log, AIRS_LOG_WARN, actor->id.text, event,
              airs_status_name(error->status != AIRS_OK ? error->status : AIRS_EHANDLER_FAILED), "%s", error->text);
}

static void init_plain_parts(airs_system *system) {
    airsi_room_locks_init(&system->room_locks);
    airsi_mutex_init(&system->gate.mutex, AIRSI_RANK_GATE);
    airsi_cond_init(&system->gate.changed);
    airsi_mutex_init(&system->quiet_mutex, AIRSI_RANK_QUIET);
    airsi_cond_init(&system->quiet);
    airsi_mutex_init(&system->actors_mutex, AIRSI_RANK_ACTORS);
    airsi_cond_init(&system->actor_gone);
    airsi_dead_letters_init(&system->dead_letters, system->options.dead_letters, system->options.dead_letter_bytes);
    system->messaging.system = system;
    airsi_subscriber_init(&system->subscriber, system);
    system->runqueue.on_idle = on_idle;
    system->runqueue.idle_user = system;
    system->runqueue.on_activity = system->options.on_activity;
    system->runqueue.activity_user = system->options.user;
}

static airs_status make_workers(airs_system *system) {
    system->workers = airsi_calloc(system->worker_count, sizeof *system->workers);
    if (system->workers == NULL) {
        return AIRS_ENOMEM;
    }
    for (unsigned i = 0; i < system->worker_count; i++) {
        system->workers[i].system = system;
        system->workers[i].index = i;
        system->workers[i].record = airsi_record_new(&system->reclaim);
        if (system->workers[i].record == NULL) {
            return AIRS_ENOMEM;
        }
    }
    return AIRS_OK;
}

static void free_parts(airs_system *system) {
    airsi_free(system->workers);
    airsi_broker_fini(&system->messaging.broker);
    airsi_shards_fini(&system->shards);
    airsi_registry_fini(&system->registry);
    airsi_dead_letters_fini(&system->dead_letters);
    airsi_room_locks_fini(&system->room_locks);
    airsi_runqueue_fini(&system->runqueue);
    airsi_mutex_fini(&system->gate.mutex);
    pthread_cond_destroy(&system->gate.changed);
    airsi_mutex_fini(&system->quiet_mutex);
    pthread_cond_destroy(&system->quiet);
    airsi_mutex_fini(&system->actors_mutex);
    pthread_cond_destroy(&system->actor_gone);
}

static airs_status init_parts(airs_system *system) {
    airsi_runqueue_init(&system->runqueue, system->worker_count);
    init_plain_parts(system);
    airs_status status = airsi_broker_init(&system->messaging.broker, &system->reclaim);
    if (status != AIRS_OK) {
        return status;
    }
    status = airsi_registry_init(&system->registry, &system->reclaim);
    if (status != AIRS_OK) {
        return status;
    }
    if (airsi_shards_init(&system->shards, system->worker_count, airsi_clock_monotonic_ms()) != 0) {
        return AIRS_ENOMEM;
    }
    return make_workers(system);
}

static unsigned choose_workers(unsigned asked) {
    unsigned workers = asked != 0 ? asked : airsi_cpus_allowed();
    return asked == 0 && workers < 2 ? 2 : workers;
}

airs_status airs_system_new(const airs_system_options *options, airs_system **ret_system, airs_error *error) {
    static const airs_system_options defaults;
    const airs_system_options *given = options != NULL ? options : &defaults;
    if (ret_system == NULL || given->workers > WORKERS_MAX) {
        return airs_error_set(error, AIRS_EINVAL, "workers: %u is out of range, expected 0 (automatic) to %d", given->workers, WORKERS_MAX);
    }
    airs_system *system = airsi_calloc(1, sizeof *system);
    if (system == NULL) {
        return airs_error_set(error, AIRS_ENOMEM, "no memory for the system");
    }
    system->options = *given;
    system->log = given->log;
    system->worker_count = choose_workers(given->workers);
    if (system->options.dead_letters == 0) {
        system->options.dead_letters = DEFAULT_DEAD_LETTERS;
    }
    if (system->options.dead_letter_bytes == 0) {
        system->options.dead_letter_bytes = DEFAULT_DEAD_LETTER_BYTES;
    }
    airs_status status = airsi_reclaim_init(&system->reclaim, system->log);
    if (status != AIRS_OK) {
        airsi_free(system);
        return airs_error_set(error, status, "no thread-local key is left in this process");
    }
    status = init_parts(system);
    if (status != AIRS_OK) {
        airsi_reclaim_fini(&system->reclaim);
        free_parts(system);
        airsi_free(system);
        return airs_error_set(error, status, "the system could not be made: %s", airs_status_text(status));
    }
    *ret_system = system;
    return AIRS_OK;
}

static airsi_stage stage_of(airs_system *system) {
    airsi_lock(&system->actors_mutex);
    airsi_stage stage = system->stage;
    airsi_unlock(&system->actors_mutex);
    return stage;
}

static void set_stage(airs_system *system, airsi_stage stage) {
    airsi_lock(&system->actors_mutex);
    system->stage = stage;
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
    for (airsi_actor *actor = system->oldest; actor != NULL; actor = actor->all_next) {
        signal_start(system, actor);
    }
    airsi_unlock(&system->actors_mutex);
}

static void join_workers(airs_system *system, unsigned count) {
    airsi_runqueue_close(&system->runqueue);
    for (unsigned i = 0; i < count; i++) {
        airsi_worker_join(&system->workers[i]);
    }
}

airs_status airs_system_start(airs_system *system, airs_error *error) {
    if (stage_of(system) != AIRSI_STAGE_NEW) {
        return airs_error_set(error, AIRS_EBUSY, "the system was started before; a system starts once");
    }
    airsi_record *record = airsi_reclaim_enter(&system->reclaim);
    airs_status status = record != NULL ? airsi_subscriber_start(&system->subscriber) : AIRS_ENOMEM;
    if (status != AIRS_OK) {
        if (record != NULL) {
            airsi_reclaim_leave(record);
        }
        return airs_error_set(error, status, "the runtime could not subscribe: %s", airs_status_text(status));
    }
    if (system->options.on_activity != NULL) {
        system->options.on_activity(system->options.user, true);
    }
    for (unsigned i = 0; i < system->worker_count; i++) {
        if (airsi_worker_start(&system->workers[i], system, i) != 0) {
            join_workers(system, i);
            airsi_subscriber_stop(&system->subscriber);
            airsi_reclaim_leave(record);
            return airs_error_set(error, AIRS_EUNAVAILABLE, "worker thread %u of %u could not be started", i + 1, system->worker_count);
        }
    }
    start_actors(system);
    airsi_reclaim_leave(record);
    return AIRS_OK;
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
    airsi_record *record = airsi_reclaim_enter(&system->reclaim);
    if (record == NULL) {
        return AIRS_ENOMEM;
    }
    airsi_actor *actor = NULL;
    airs_status status = airsi_registry_resolve(&system->registry, component, &actor);
    if (status == AIRS_OK) {
        airsi_actor_signal(actor, AIRSI_SIGNAL_STOP);
    }
    airsi_reclaim_leave(record);
    return status;
}

/* Stops the newest actor there is and waits until it is gone. false: there is none. */
static bool stop_newest(airs_system *system, bool running) {
    airsi_lock(&system->actors_mutex);
    const airsi_actor *newest = system->newest;
    if (newest == NULL) {
        airsi_unlock(&system->actors_mutex);
        return false;
    }
    /* Under the mutex it can't go; the handle stays valid for the signal, which finds nothing if it has gone. */
    airs_component handle = newest->handle;
    airsi_unlock(&system->actors_mutex);
    airs_stop(system, handle);
    if (!running) {
        airsi_worker_sweep(&system->workers[0]);
        return true;
    }
    airsi_lock(&system->actors_mutex);
    while (system->newest == newest) {
        airsi_cond_wait(&system->actor_gone, &system->actors_mutex);
    }
    airsi_unlock(&system->actors_mutex);
    return true;
}

airs_status airs_system_stop(airs_system *system) {
    if (airsi_worker_current() != NULL) {
        return AIRS_EDEADLK;
    }
    airsi_stage before = stage_of(system);
    if (before >= AIRSI_STAGE_STOPPING) {
        return AIRS_OK;
    }
    airs_system_close_sources(system);
    set_stage(system, AIRSI_STAGE_STOPPING);
    bool running = before == AIRSI_STAGE_STARTED;
    while (stop_newest(system, running)) {
    }
    if (running) {
        join_workers(system, system->worker_count);
        airsi_subscriber_stop(&system->subscriber);
        if (system->options.on_activity != NULL) {
            system->options.on_activity(system->options.user, false);
        }
    }
    airsi_reclaim_collect(&system->reclaim);
    set_stage(system, AIRSI_STAGE_STOPPED);
    return AIRS_OK;
}

void airs_system_free(airs_system *system) {
    if (system == NULL) {
        return;
    }
    airs_system_stop(system);
    airsi_reclaim_fini(&system->reclaim);
    free_parts(system);
    airsi_free(system);
}

airs_messaging *airs_system_messaging(airs_system *system) {
    return &system->messaging;
}

airs_broker *airs_messaging_broker(airs_messaging *messaging) {
    return &messaging->broker;
}

void airs_messaging_stats(airs_messaging *messaging, airs_routing_stats *ret_stats) {
    airsi_reclaim_stats(&messaging->system->reclaim, ret_stats);
}

airs_registry *airs_system_registry(airs_system *system) {
    return &system->registry;
}

airs_log *airs_system_log(airs_system *system) {
    return system->log;
}

unsigned airs_system_workers(const airs_system *system) {
    return system->worker_count;
}
