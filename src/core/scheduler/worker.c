#define _GNU_SOURCE
#include "core/scheduler/worker.h"

#include <signal.h>
#include <stdio.h>

#include "base/clock.h"
#include "core/actor/actor.h"
#include "core/request/shard.h"
#include "core/system/system.h"

#define STACK_BYTES (2u << 20) /* a guest's 512 KiB and the host below it, whatever the limit of the process says */
#define COLLECT_EVERY 64       /* turns between two looks at the garbage */

static __thread airsi_worker *current;

airsi_worker *airsi_worker_current(void) {
    return current;
}

static void run_one(airsi_worker *worker, airsi_actor *actor) {
    worker->now_ms = airsi_clock_monotonic_ms();
    airsi_actor_turn(worker, actor);
    if (airsi_shards_next(&worker->system->shards) <= worker->now_ms) {
        airsi_shards_run(worker->system, worker->now_ms);
    }
}

static void sleep_until_needed(airsi_worker *worker) {
    airs_system *system = worker->system;
    worker->now_ms = airsi_clock_monotonic_ms();
    if (airsi_shards_next(&system->shards) <= worker->now_ms) {
        airsi_shards_run(system, worker->now_ms);
        return;
    }
    /* Collected while online: what frees an actor's state may call airs. */
    airsi_record_quiescent(worker->record);
    airsi_reclaim_collect(&system->reclaim);
    airsi_record_offline(worker->record);
    /* Garbage that another thread still holds up is looked at again soon, even when nothing else happens; so is memory no longer needed. */
    uint64_t latest = airsi_reclaim_pending(&system->reclaim) ? worker->now_ms + 20 : UINT64_MAX;
    airsi_runqueue_wait(&system->runqueue, latest);
    airsi_record_online(worker->record);
}

static void loop(airsi_worker *worker) {
    airs_system *system = worker->system;
    unsigned turns = 0;
    while (!airsi_runqueue_closed(&system->runqueue)) {
        airsi_actor *actor = airsi_runqueue_pop(&system->runqueue);
        if (actor == NULL) {
            sleep_until_needed(worker);
            continue;
        }
        run_one(worker, actor);
        airsi_record_quiescent(worker->record);
        if (++turns % COLLECT_EVERY == 0) {
            airsi_reclaim_collect(&system->reclaim);
        }
    }
}

static void *thread_main(void *argument) {
    airsi_worker *worker = argument;
    current = worker;
    airsi_record_online(worker->record);
    loop(worker);
    airsi_record_offline(worker->record);
    current = NULL;
    return NULL;
}

int airsi_worker_start(airsi_worker *worker, airs_system *system, unsigned index) {
    worker->system = system;
    worker->index = index;
    pthread_attr_t attributes;
    if (pthread_attr_init(&attributes) != 0) {
        return -1;
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
    int result = pthread_create(&worker->thread, &attributes, thread_main, worker);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    pthread_attr_destroy(&attributes);
    if (result == 0) {
        char name[16];
        snprintf(name, sizeof name, "airs-worker-%u", index % 1000);
        pthread_setname_np(worker->thread, name);
    }
    return result;
}

void airsi_worker_join(airsi_worker *worker) {
    pthread_join(worker->thread, NULL);
}

void airsi_worker_sweep(airsi_worker *worker) {
    airsi_worker *before = current;
    current = worker;
    airsi_record_online(worker->record);
    airsi_actor *actor;
    while ((actor = airsi_runqueue_pop(&worker->system->runqueue)) != NULL) {
        run_one(worker, actor);
        airsi_record_quiescent(worker->record);
    }
    airsi_record_offline(worker->record);
    current = before;
}
