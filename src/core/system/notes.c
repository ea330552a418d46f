/* What the rest of the core asks the system and tells it: who am I here, something happened, somebody may be waiting. */

#include "core/system/system.h"

#include <pthread.h>

#include "base/clock.h"

#define FAILURE_LINES_A_SECOND 20

airsi_shard *airsi_system_shard(airs_system *system) {
    const airsi_worker *worker = airsi_system_worker(system);
    unsigned index = worker != NULL ? worker->index : airsi_system_record(system)->number;
    unsigned count = system->shards.count;
    return &system->shards.shards[index < count ? index : index % count]; /* a division is as dear as a lock */
}

void airsi_system_poke_if(airs_system *system, bool earlier) {
    /* A worker too: it may stay in its handler for long. */
    if (earlier) {
        airsi_scheduler_poke(&system->scheduler, airsi_shards_next(&system->shards));
    }
}

void airsi_system_tell(airs_system *system, airs_event_kind kind, const airsi_actor *actor, const airs_error *error) {
    if (system->options.on_event != NULL) {
        airs_component_id id = airsi_id_expand(&actor->id);
        airs_event event = {.kind = kind, .component = actor->handle, .id = &id, .error = error};
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
