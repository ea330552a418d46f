/* The system's parts: made, tied together, freed. */

#include "core/system/system.h"

#include "base/memory.h"
#include "core/system/cpus.h"
#include "core/system/memory_allowed.h"

#define DEFAULT_DEAD_LETTERS 10000
#define DEFAULT_DEAD_LETTER_BYTES ((size_t)16 << 20)
#define WORKERS_MAX 255 /* a shard's number has eight bits in a request's name */

static void init_plain_parts(airs_system *system) {
    airsi_room_locks_init(&system->room_locks);
    airsi_mutex_init(&system->gate.mutex, AIRSI_RANK_GATE);
    airsi_cond_init(&system->gate.changed);
    airsi_mutex_init(&system->quiet_mutex, AIRSI_RANK_QUIET);
    airsi_cond_init(&system->quiet);
    airsi_mutex_init(&system->actors_mutex, AIRSI_RANK_ACTORS);
    airsi_cond_init(&system->actor_gone);
    airsi_watches_init(&system->watches);
    airsi_dead_letters_init(&system->dead_letters, system->options.dead_letters, system->options.dead_letter_bytes);
    system->messaging.system = system;
    airsi_subscriber_init(&system->subscriber, system);
    system->scheduler.on_activity = system->options.on_activity;
    system->scheduler.activity_user = system->options.user;
}

static void free_parts(airs_system *system) {
    airsi_scheduler_fini(&system->scheduler);
    airsi_broker_fini(&system->messaging.broker);
    airsi_shards_fini(&system->shards);
    airsi_registry_fini(&system->registry);
    airsi_terms_table_fini(&system->terms);
    airsi_dead_letters_fini(&system->dead_letters);
    airsi_watches_fini(&system->watches);
    airsi_room_locks_fini(&system->room_locks);
    airsi_mutex_fini(&system->gate.mutex);
    pthread_cond_destroy(&system->gate.changed);
    airsi_mutex_fini(&system->quiet_mutex);
    pthread_cond_destroy(&system->quiet);
    airsi_mutex_fini(&system->actors_mutex);
    pthread_cond_destroy(&system->actor_gone);
}

static airs_status init_parts(airs_system *system) {
    airs_status status = airsi_scheduler_init(&system->scheduler, system, system->worker_count);
    init_plain_parts(system);
    if (status != AIRS_OK) {
        return status;
    }
    status = airsi_broker_init(&system->messaging.broker, &system->reclaim);
    if (status != AIRS_OK) {
        return status;
    }
    status = airsi_terms_table_init(&system->terms);
    if (status != AIRS_OK) {
        return status;
    }
    status = airsi_registry_init(&system->registry, &system->reclaim);
    if (status != AIRS_OK) {
        return status;
    }
    if (airsi_shards_init(&system->shards, system, system->worker_count, airsi_scheduler_read_clock(&system->scheduler)) != 0) {
        return AIRS_ENOMEM;
    }
    return AIRS_OK;
}

static unsigned choose_workers(unsigned asked) {
    unsigned workers = asked != 0 ? asked : airsi_cpus_allowed();
    return asked == 0 && workers < 2 ? 2 : workers;
}

airs_status airs_system_new(const airs_system_options *options, airs_system **ret_system, airs_error *error) {
    static const airs_system_options defaults;
    const airs_system_options *given = options != NULL ? options : &defaults;
    if (ret_system == NULL) {
        return airs_error_set(error, AIRS_EINVAL, "airs_system_new needs a place for the system");
    }
    if (given->workers > WORKERS_MAX) {
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
    airsi_budget_init(&system->reclaim.budget, given->queued_bytes != 0 ? given->queued_bytes : airsi_memory_allowed() / 4);
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

airs_status airs_system_free(airs_system *system) {
    airs_status status = system != NULL ? airs_system_stop(system) : AIRS_OK;
    if (system == NULL || status != AIRS_OK) {
        return status;
    }
    airsi_reclaim_fini(&system->reclaim);
    free_parts(system);
    airsi_free(system);
    return AIRS_OK;
}

airs_messaging *airs_system_messaging(airs_system *system) {
    return system != NULL ? &system->messaging : NULL;
}

airs_broker *airs_messaging_broker(airs_messaging *messaging) {
    return messaging != NULL ? &messaging->broker : NULL;
}

void airs_messaging_stats(airs_messaging *messaging, airs_routing_stats *ret_stats) {
    if (messaging != NULL && ret_stats != NULL) {
        airsi_reclaim_stats(&messaging->system->reclaim, ret_stats);
        airsi_reclaim_latency(&messaging->system->reclaim, &ret_stats->latency);
    }
}

airs_registry *airs_system_registry(airs_system *system) {
    return system != NULL ? &system->registry : NULL;
}

airs_log *airs_system_log(airs_system *system) {
    return system != NULL ? system->log : NULL;
}

unsigned airs_system_workers(const airs_system *system) {
    return system != NULL ? system->worker_count : 0;
}
