#include "core/scheduler/simulation.h"

#include <airs/simulation.h>

#include "core/actor/actor.h"
#include "core/request/shard.h"
#include "core/scheduler/scheduler.h"
#include "core/system/system.h"

#define TICK_ONE_IN 16u /* turns after which a millisecond has passed, on average */
#define LIFO_STEAL_ONE_IN 4u

void airsi_simulation_init(airsi_simulation *simulation, uint64_t seed) {
    simulation->on = true;
    simulation->random = seed;
    simulation->trace = seed;
}

/* SplitMix64: G. Steele, D. Lea, C. Flood, "Fast splittable pseudorandom number generators", 2014. */
static uint64_t mix(uint64_t z) {
    z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
    return z ^ (z >> 31);
}

static uint32_t pick(airsi_simulation *simulation, uint32_t below) {
    simulation->random += UINT64_C(0x9e3779b97f4a7c15);
    return (uint32_t)(mix(simulation->random) % below);
}

static void note(airsi_simulation *simulation, uint64_t what) {
    simulation->trace = mix(simulation->trace ^ what) + UINT64_C(0x9e3779b97f4a7c15);
}

static uint64_t now_of(const airsi_scheduler *scheduler) {
    return airsi_load_relaxed(&scheduler->now_ms);
}

static airsi_actor *steal(airsi_scheduler *scheduler, airsi_worker *worker) {
    uint32_t first = pick(&scheduler->simulation, scheduler->permits);
    for (uint32_t i = 0; i < scheduler->permits; i++) {
        airsi_worker *victim = scheduler->threads[(first + i) % scheduler->permits];
        airsi_actor *actor = victim != worker ? airsi_ring_steal(&victim->ring, &worker->ring) : NULL;
        if (actor == NULL && victim != worker && pick(&scheduler->simulation, LIFO_STEAL_ONE_IN) == 0) {
            actor = airsi_exchange_acq_rel(&victim->lifo, NULL);
        }
        if (actor != NULL) {
            return actor;
        }
    }
    return NULL;
}

static void run_turn(airsi_scheduler *scheduler, airsi_worker *worker, airsi_actor *actor) {
    airsi_simulation *simulation = &scheduler->simulation;
    uint32_t budget = 1 + pick(simulation, AIRSI_TURN_BUDGET);
    worker->budget = budget;
    note(simulation, (uint64_t)worker->index << 48 ^ actor->handle);
    airsi_worker_run(worker, actor);
    note(simulation, now_of(scheduler) << 8 ^ (budget - worker->budget));
    simulation->turns++;
    if (pick(simulation, TICK_ONE_IN) == 0) {
        airsi_store_relaxed(&scheduler->now_ms, now_of(scheduler) + 1);
    }
}

/* Nobody is runnable: time passes until something falls due, but not beyond `latest_ms`. */
static bool jump(airsi_scheduler *scheduler, airsi_worker *worker, uint64_t latest_ms) {
    const airsi_shards *shards = &worker->system->shards;
    uint64_t due = airsi_shards_next(shards);
    if (due == AIRSI_WHEEL_NEVER) {
        return false;
    }
    uint64_t next = due < latest_ms ? due : latest_ms;
    if (next > now_of(scheduler)) {
        airsi_store_relaxed(&scheduler->now_ms, next);
    }
    airsi_shards_run(worker->system, now_of(scheduler));
    return true;
}

bool airsi_simulation_step(airs_system *system, uint64_t latest_ms) {
    airsi_scheduler *scheduler = &system->scheduler;
    airsi_worker *worker = scheduler->threads[pick(&scheduler->simulation, scheduler->permits)];
    airsi_worker *before = airsi_worker_enter(worker);
    airsi_actor *actor = airsi_worker_next(worker);
    if (actor == NULL) {
        actor = steal(scheduler, worker);
    }
    bool more = true;
    if (actor != NULL) {
        run_turn(scheduler, worker, actor);
    } else if (!airsi_scheduler_has_queued(scheduler)) {
        more = jump(scheduler, worker, latest_ms);
    }
    airsi_worker_leave(worker, before);
    return more;
}

bool airsi_simulation_until(airs_system *system, bool (*holds)(void *user), void *user, uint64_t until_ms) {
    while (!holds(user)) {
        if (now_of(&system->scheduler) >= until_ms || !airsi_simulation_step(system, until_ms)) {
            return false;
        }
    }
    return true;
}

airs_status airs_system_step(airs_system *system, uint64_t turns, uint64_t *ret_turns) {
    if (system == NULL || ret_turns == NULL || !system->scheduler.simulation.on) {
        return AIRS_EINVAL;
    }
    if (airsi_worker_current() != NULL) {
        return AIRS_EDEADLK;
    }
    if (!airs_actor_system_subscriber_running(&system->subscriber)) {
        return AIRS_ENOTSTARTED;
    }
    uint64_t before = system->scheduler.simulation.turns;
    while (system->scheduler.simulation.turns - before < turns && airsi_simulation_step(system, AIRSI_WHEEL_NEVER)) {
    }
    *ret_turns = system->scheduler.simulation.turns - before;
    return AIRS_OK;
}

uint64_t airs_system_trace(const airs_system *system) {
    return system != NULL && system->scheduler.simulation.on ? system->scheduler.simulation.trace : 0;
}

uint64_t airs_system_virtual_ms(const airs_system *system) {
    return system != NULL && system->scheduler.simulation.on ? now_of(&system->scheduler) - AIRSI_SIMULATION_START_MS : 0;
}
