/* Waiting for quiet, draining, and where every message is (docs/DESIGN.md 4.8, 4.13). */

#include <string.h>

#include "base/clock.h"
#include "core/system/system.h"
#include "core/timer/timer.h"

#define LOOK_AGAIN_MS 20 /* most waits end with a worker's note; this is for what no worker notes */

/* No timer is due. */
static bool shards_quiet(const airsi_shards *shards) {
    for (unsigned i = 0; i < shards->count; i++) {
        if (airsi_load_seq_cst(&shards->shards[i].firing) != 0) {
            return false;
        }
    }
    return true;
}

/* Ends are read before requests, requests before accepted: if accepted equals ended, nothing was accepted between, so nobody who could open a
 * request was running when the requests were found to be none. */
static bool is_quiet(airs_system *system) {
    airs_routing_stats before;
    airs_routing_stats after;
    airsi_reclaim_stats(&system->reclaim, &before);
    if (airsi_reclaim_open_requests(&system->reclaim) != 0 || !shards_quiet(&system->shards) ||
        airsi_load_acquire(&system->starting) != 0) {
        return false;
    }
    airsi_reclaim_stats(&system->reclaim, &after);
    return after.accepted == before.delivered + before.dead + before.dropped;
}

static bool is_started(airs_system *system) {
    return airsi_load_acquire(&system->starting) == 0;
}

typedef bool (*condition)(airs_system *system);

/* What ends a wait before its condition holds. */
static bool broken_off(airs_system *system, bool draining) {
    return airsi_load_acquire(&system->interrupted) != 0 || (!draining && airsi_load_acquire(&system->closing) != 0);
}

typedef struct stepping {
    airs_system *system;
    condition holds;
    bool draining;
} stepping;

static bool is_over(void *user) {
    const stepping *goal = user;
    return broken_off(goal->system, goal->draining) || goal->holds(goal->system);
}

/* In the deterministic mode nobody else makes it come true. */
static airs_status step_until(airs_system *system, condition holds, uint32_t timeout_ms, bool draining) {
    stepping goal = {.system = system, .holds = holds, .draining = draining};
    uint64_t now_ms = airsi_scheduler_read_clock(&system->scheduler);
    airsi_simulation_until(system, is_over, &goal, timeout_ms != 0 ? now_ms + timeout_ms : UINT64_MAX);
    if (holds(system)) {
        return AIRS_OK;
    }
    return broken_off(system, draining) ? AIRS_EINTERRUPTED : AIRS_ETIMEOUT;
}

static airs_status wait_for(airs_system *system, condition holds, uint32_t timeout_ms, bool draining) {
    if (system == NULL) {
        return AIRS_EINVAL;
    }
    if (airsi_worker_current() != NULL) {
        return AIRS_EDEADLK;
    }
    if (system->scheduler.simulation.on) {
        return step_until(system, holds, timeout_ms, draining);
    }
    uint64_t deadline = timeout_ms != 0 ? airsi_clock_monotonic_ns() + (uint64_t)timeout_ms * 1000000u : UINT64_MAX;
    airs_status status = AIRS_OK;
    airsi_fetch_add_seq_cst(&system->quiet_waiters, 1);
    airsi_lock(&system->quiet_mutex);
    while (!holds(system)) {
        uint64_t now = airsi_clock_monotonic_ns();
        if (broken_off(system, draining) || now >= deadline) {
            status = now >= deadline ? AIRS_ETIMEOUT : AIRS_EINTERRUPTED;
            break;
        }
        uint64_t until = now + (uint64_t)LOOK_AGAIN_MS * 1000000u;
        airsi_cond_wait_until(&system->quiet, &system->quiet_mutex, until < deadline ? until : deadline);
    }
    airsi_unlock(&system->quiet_mutex);
    airsi_fetch_sub_seq_cst(&system->quiet_waiters, 1);
    return status;
}

airs_status airs_system_wait_started(airs_system *system, uint32_t timeout_ms) {
    return wait_for(system, is_started, timeout_ms, false);
}

airs_status airs_system_wait_quiescent(airs_system *system, uint32_t timeout_ms) {
    return wait_for(system, is_quiet, timeout_ms, false);
}

static void wake_waiting_hosts(airs_system *system) {
    airsi_lock(&system->gate.mutex);
    pthread_cond_broadcast(&system->gate.changed);
    airsi_unlock(&system->gate.mutex);
    airsi_lock(&system->quiet_mutex);
    pthread_cond_broadcast(&system->quiet);
    airsi_unlock(&system->quiet_mutex);
}

void airs_system_close_sources(airs_system *system) {
    if (system == NULL) {
        return;
    }
    airsi_store_seq_cst(&system->closing, 1);
    wake_waiting_hosts(system);
    airsi_record *record = airsi_reclaim_enter(&system->reclaim);
    if (record != NULL) {
        airsi_timer_cancel_system(system);
        airsi_reclaim_leave(record);
    }
}

airs_status airs_system_drain(airs_system *system, uint32_t timeout_ms) {
    if (airsi_worker_current() == NULL) { /* a drain that is refused begins nothing */
        airs_system_close_sources(system);
    }
    return wait_for(system, is_quiet, timeout_ms, true);
}

void airs_system_interrupt(airs_system *system) {
    if (system == NULL) {
        return;
    }
    airsi_store_seq_cst(&system->interrupted, 1);
    wake_waiting_hosts(system);
}

void airs_system_balance(airs_system *system, airs_balance *ret_balance) {
    if (system == NULL || ret_balance == NULL) {
        return;
    }
    airs_routing_stats stats;
    airs_balance balance = {0};
    airsi_reclaim_stats(&system->reclaim, &stats);
    balance.accepted = stats.accepted;
    balance.delivered = stats.delivered;
    balance.dead = stats.dead;
    balance.dropped = stats.dropped;
    airsi_lock(&system->actors_mutex);
    for (const airsi_actor *actor = system->oldest; actor != NULL; actor = actor->all_next) {
        airsi_mailbox_counts counts = airsi_mailbox_look(&actor->mailbox);
        uint32_t in_hand = airsi_load_relaxed(&actor->in_hand);
        uint32_t inside = counts.messages + counts.ends;
        uint32_t inside_in_hand = actor->drops_oldest ? 0 : in_hand;
        balance.in_hand += in_hand;
        balance.queued += inside > inside_in_hand ? inside - inside_in_hand : 0;
        balance.held += airsi_load_relaxed(&actor->held);
    }
    airsi_unlock(&system->actors_mutex);
    balance.open_requests = airsi_reclaim_open_requests(&system->reclaim);
    for (unsigned i = 0; i < system->shards.count; i++) {
        balance.pending_timers += airsi_load_acquire(&system->shards.shards[i].pending);
    }
    balance.queued_bytes = airsi_reclaim_queued_bytes(&system->reclaim);
    *ret_balance = balance;
}
