/* The system: everything the core consists of, in one place. */
#ifndef AIRSI_CORE_SYSTEM_H
#define AIRSI_CORE_SYSTEM_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

#include <airs/system.h>

#include "base/atomic.h"
#include "base/lock.h"
#include "core/actor/actor.h"
#include "core/actor/room.h"
#include "core/broker/broker.h"
#include "core/deadletter/dead_letters.h"
#include "core/policy/terms.h"
#include "core/reclaim/reclaim.h"
#include "core/registry/registry.h"
#include "core/request/shard.h"
#include "core/scheduler/scheduler.h"
#include "core/scheduler/worker.h"
#include "core/subscriber/subscriber.h"
#include "core/watch/watch.h"

struct airs_messaging {
    airs_broker broker;
    airs_system *system;
};

typedef enum airsi_stage {
    AIRSI_STAGE_NEW,
    AIRSI_STAGE_STARTING, /* by one thread; who wants to stop waits for it */
    AIRSI_STAGE_STARTED,
    AIRSI_STAGE_STOPPING, /* no spawns any more */
    AIRSI_STAGE_STOPPED,
} airsi_stage;

struct airs_system {
    airs_system_options options; /* const after new */
    airs_log *log;               /* const after new; may be NULL */
    airsi_reclaim reclaim;
    airs_registry registry;
    airsi_terms_table terms;
    airsi_shards shards;
    airsi_scheduler scheduler;
    airsi_room_locks room_locks;
    airsi_gate gate;
    airs_messaging messaging;
    airs_actor_system_subscriber subscriber;
    airsi_dead_letters dead_letters;
    airsi_watches watches;
    unsigned worker_count; /* const after new */

    AIRSI_ATOMIC(uint32_t) closing;     /* any thread, atomic: sources are closed */
    AIRSI_ATOMIC(uint32_t) interrupted; /* any thread, atomic */
    AIRSI_ATOMIC(uint32_t) starting;    /* any thread, atomic: starts and stops of actors that are due or running */
    AIRSI_ATOMIC(uint32_t) quiet_waiters;

    airsi_mutex quiet_mutex; /* for waiting only */
    pthread_cond_t quiet;

    airsi_mutex actors_mutex; /* guards the three below */
    pthread_cond_t actor_gone;
    airsi_actor *oldest, *newest;
    airsi_stage stage; /* written under actors_mutex */

    AIRSI_ATOMIC(uint64_t) failure_log_window; /* any thread, atomic: second << 32 | lines logged in it */
};

/* The worker of the calling thread if it is one of this system's, else NULL. */
static inline airsi_worker *airsi_system_worker(airs_system *system) {
    airsi_worker *worker = airsi_worker_current();
    return worker != NULL && worker->system == system ? worker : NULL;
}

/* The record of the calling thread, which is a worker of this system or inside airsi_reclaim_enter. */
static inline airsi_record *airsi_system_record(airs_system *system) {
    const airsi_worker *worker = airsi_system_worker(system);
    return worker != NULL ? worker->record : pthread_getspecific(system->reclaim.key);
}

/* The shard that new requests and timers of the calling thread go to. */
airsi_shard *airsi_system_shard(airs_system *system);

/* After airsi_shard_note: sleeping workers look at the wheels again if something falls due earlier. No shard's lock held. */
void airsi_system_poke_if(airs_system *system, bool earlier);

void airsi_system_tell(airs_system *system, airs_event_kind kind, const airsi_actor *actor, const airs_error *error);

/* Somebody may be waiting for quiet, for a start or for an actor to go. */
void airsi_system_note_quiet(airs_system *system);
void airsi_system_actor_gone(airs_system *system, airsi_actor *actor);

/* Logs a failed message, at most so many a second; what is left out is counted in the next line. */
void airsi_system_log_failure(airs_system *system, const airsi_actor *actor, const char *event, const airs_error *error);

#endif
