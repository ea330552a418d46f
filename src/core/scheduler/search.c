#include "core/scheduler/search.h"

#include <stddef.h>

#include "base/clock.h"
#include "core/request/shard.h"
#include "core/scheduler/scheduler.h"
#include "core/system/system.h"

/* Rounds of a search. Waking a sleeping core costs 28-50 us, so a search that has been finding something goes on for about as long before it gives up;
 * one that has not gives up soon, and leaves the core to others. */
#define ROUNDS_LEAST 4
#define ROUNDS_MOST 512
#define CLOCK_EVERY 32 /* rounds between two looks at the clock */
#define LIFO_PATIENCE_NS 50000u

/* What stands in a LIFO slot is meant for its own thread, on whose core the message is; but not behind a handler that goes on and on. */
static airsi_actor *steal_lifo(airsi_worker *worker, airsi_worker *victim) {
    airsi_actor *actor = airsi_load_relaxed(&victim->lifo);
    uint32_t beats = airsi_load_relaxed(&victim->beats);
    if (actor == NULL || (beats & 1) == 0) {
        return NULL;
    }
    uint64_t now_ns = airsi_clock_monotonic_ns();
    airsi_suspect *suspect = &worker->suspect;
    if (suspect->worker != victim || suspect->beats != beats) {
        *suspect = (airsi_suspect){.worker = victim, .beats = beats, .since_ns = now_ns};
        return NULL;
    }
    if (now_ns - suspect->since_ns < LIFO_PATIENCE_NS) {
        return NULL;
    }
    /* E41 acquire, pairs with E40; the owner or the monitor may be first. */
    return airsi_cas_strong_acq_rel(&victim->lifo, &actor, NULL) ? actor : NULL;
}

/* Whether a search is about to find something that is only not ripe yet. */
static bool suspects(const airsi_worker *worker) {
    const airsi_suspect *suspect = &worker->suspect;
    return suspect->worker != NULL && airsi_load_relaxed(&suspect->worker->beats) == suspect->beats &&
           airsi_load_relaxed(&suspect->worker->lifo) != NULL;
}

static airsi_actor *steal(airsi_worker *worker) {
    airsi_scheduler *scheduler = &worker->system->scheduler;
    /* E38 acquire, pairs with E37. */
    uint32_t count = airsi_load_acquire(&scheduler->thread_count);
    for (uint32_t i = 1; i < count; i++) {
        airsi_worker *victim = scheduler->threads[(worker->index + i) % count];
        if (airsi_ring_length(&victim->ring) > 0) {
            airsi_actor *actor = airsi_ring_steal(&victim->ring, &worker->ring);
            if (actor != NULL) {
                return actor;
            }
        }
    }
    airsi_actor *injected = airsi_injector_take(&scheduler->injector);
    for (uint32_t i = 1; i < count && injected == NULL; i++) {
        injected = steal_lifo(worker, scheduler->threads[(worker->index + i) % count]);
    }
    return injected;
}

/* A search may be the only thing that goes on: timers fall due, and others wait for this thread's quiescent state. */
static void look_around(airsi_worker *worker) {
    uint64_t now_ms = airsi_scheduler_read_clock(&worker->system->scheduler);
    if (airsi_shards_next(&worker->system->shards) <= now_ms) {
        airsi_shards_run(worker->system, now_ms);
    }
    airsi_record_quiescent(worker->record);
}

static uint32_t next_rounds(uint32_t rounds, bool found) {
    if (found) {
        return rounds * 2 < ROUNDS_MOST ? rounds * 2 : ROUNDS_MOST;
    }
    return rounds / 2 > ROUNDS_LEAST ? rounds / 2 : ROUNDS_LEAST;
}

airsi_actor *airsi_search(airsi_worker *worker) {
    airsi_scheduler *scheduler = &worker->system->scheduler;
    if (!worker->searching) {
        worker->searching = airsi_idle_start_search(&scheduler->idle);
        if (!worker->searching) {
            return NULL;
        }
    }
    airsi_actor *found = NULL;
    worker->suspect.worker = NULL;
    for (uint32_t round = 0; (round <= worker->spins || suspects(worker)) && airsi_load_relaxed(&scheduler->closed) == 0; round++) {
        found = steal(worker);
        if (found != NULL) {
            break;
        }
        if (round % CLOCK_EVERY == CLOCK_EVERY - 1) {
            look_around(worker);
        }
        airsi_pause();
    }
    worker->spins = next_rounds(worker->spins > 0 ? worker->spins : ROUNDS_LEAST, found != NULL);
    worker->budget = AIRSI_TURN_BUDGET;
    worker->lifo_runs = 0;
    return found;
}
