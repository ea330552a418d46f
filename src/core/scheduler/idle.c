#include "core/scheduler/idle.h"

#include <assert.h>
#include <string.h>

#define SEARCHING 1u
#define RUNNING (1u << 16)

static uint32_t searching_of(uint32_t state) {
    return state & 0xffffu;
}

static uint32_t running_of(uint32_t state) {
    return state >> 16;
}

void airsi_idle_init(airsi_idle *idle, uint32_t permits) {
    memset(idle, 0, sizeof *idle);
    airsi_mutex_init(&idle->mutex, AIRSI_RANK_IDLE);
    idle->permits = permits;
}

void airsi_idle_fini(airsi_idle *idle) {
    airsi_mutex_fini(&idle->mutex);
}

/* With the mutex held. */
static void add_awake(airsi_idle *idle) {
    uint32_t awake = airsi_load_relaxed(&idle->awake);
    airsi_store_seq_cst(&idle->awake, awake + 1); /* E43, pairs with the monitor's look before it sleeps */
    if (awake == 0 && idle->on_awake != NULL) {
        idle->on_awake(idle->user, true);
    }
}

static void drop_awake(airsi_idle *idle) {
    uint32_t awake = airsi_load_relaxed(&idle->awake) - 1;
    airsi_store_relaxed(&idle->awake, awake);
    if (awake == 0 && idle->on_awake != NULL) {
        idle->on_awake(idle->user, false);
    }
}

/* Only the mutex's holder, a thread that gives its own permit up, and one that takes a free one back change `running`; it never exceeds the permits. */
static bool take_permit(airsi_idle *idle, uint32_t with) {
    uint32_t state = airsi_load_relaxed(&idle->state);
    do {
        if (running_of(state) >= idle->permits) {
            return false;
        }
        /* Relaxed: a permit hands over nothing. */
    } while (!airsi_cas_relaxed(&idle->state, &state, state + RUNNING + with));
    return true;
}

bool airsi_idle_enter(airsi_idle *idle) {
    airsi_lock(&idle->mutex);
    add_awake(idle);
    bool permit = take_permit(idle, 0);
    airsi_unlock(&idle->mutex);
    return permit;
}

void airsi_idle_exit(airsi_idle *idle, bool permit) {
    if (permit) {
        airsi_idle_release(idle);
    }
    airsi_lock(&idle->mutex);
    drop_awake(idle);
    airsi_unlock(&idle->mutex);
}

/* With the mutex held. */
static void remove_sleeper(airsi_idle *idle, airsi_sleeper *sleeper) {
    *sleeper->link = sleeper->next;
    if (sleeper->next != NULL) {
        sleeper->next->link = sleeper->link;
    }
    sleeper->link = NULL;
    if (idle->keeper == sleeper) {
        idle->keeper = NULL;
        airsi_store_relaxed(&idle->keeper_until_ms, 0);
    }
    add_awake(idle);
}

bool airsi_idle_may_help(const airsi_idle *idle) {
    uint32_t state = airsi_load_relaxed(&idle->state);
    return searching_of(state) == 0 && running_of(state) < idle->permits;
}

airsi_sleeper *airsi_idle_choose(airsi_idle *idle) {
    /* E36 acq_rel, pairs with itself in stop_search and fall_asleep: adds nothing, but takes its place among the changes. */
    uint32_t state = airsi_fetch_add_acq_rel(&idle->state, 0);
    if (searching_of(state) != 0 || running_of(state) >= idle->permits) {
        return NULL;
    }
    airsi_lock(&idle->mutex);
    airsi_sleeper *chosen = idle->sleepers;
    if (chosen != NULL && searching_of(airsi_load_relaxed(&idle->state)) == 0 && take_permit(idle, SEARCHING)) {
        remove_sleeper(idle, chosen);
    } else {
        chosen = NULL;
    }
    airsi_unlock(&idle->mutex);
    return chosen;
}

bool airsi_idle_start_search(airsi_idle *idle) {
    if (2 * searching_of(airsi_load_relaxed(&idle->state)) >= idle->permits) {
        return false;
    }
    airsi_fetch_add_acq_rel(&idle->state, SEARCHING);
    return true;
}

bool airsi_idle_stop_search(airsi_idle *idle) {
    /* Relaxed: who was the last and found work looks at the state again, in order. */
    return searching_of(airsi_fetch_sub_relaxed(&idle->state, SEARCHING)) == 1;
}

/* With the mutex held: the one sleeper that wakes by itself. 0: something fell due meanwhile, so it must not sleep. */
static uint64_t keep_time(airsi_idle *idle, airsi_sleeper *sleeper, const airsi_idle_reason *reason) {
    uint64_t due = reason->next_due_ms(reason->user);
    uint64_t until = due < reason->latest_ms ? due : reason->latest_ms;
    idle->keeper = sleeper;
    /* E23 seq_cst, pairs with itself: announced here, then the due time read again; changed there, then this read. One of the two sees the other. */
    airsi_exchange_seq_cst(&idle->keeper_until_ms, until);
    return reason->next_due_ms(reason->user) < until ? 0 : until;
}

/* With the mutex held: nobody keeps the time, or not well enough: something was armed while no permit was free to wake the keeper for it. */
static bool needs_keeper(const airsi_idle *idle, const airsi_idle_reason *reason) {
    return idle->keeper == NULL || reason->next_due_ms(reason->user) < airsi_load_relaxed(&idle->keeper_until_ms);
}

bool airsi_idle_fall_asleep(airsi_idle *idle, airsi_sleeper *sleeper, const airsi_idle_reason *reason, uint64_t *ret_until_ms) {
    airsi_lock(&idle->mutex);
    assert(sleeper->link == NULL);
    sleeper->next = idle->sleepers;
    sleeper->link = &idle->sleepers;
    if (sleeper->next != NULL) {
        sleeper->next->link = &sleeper->next;
    }
    idle->sleepers = sleeper;
    *ret_until_ms = needs_keeper(idle, reason) ? keep_time(idle, sleeper, reason) : reason->latest_ms;
    /* E36. */
    uint32_t before = airsi_fetch_sub_acq_rel(&idle->state, (reason->permit ? RUNNING : 0) + (reason->searching ? SEARCHING : 0));
    drop_awake(idle);
    airsi_unlock(&idle->mutex);
    return reason->searching && searching_of(before) == 1;
}

airsi_wake airsi_idle_wake_up(airsi_idle *idle, airsi_sleeper *sleeper) {
    airsi_wake wake = AIRSI_WAKE_CHOSEN;
    airsi_lock(&idle->mutex);
    if (sleeper->link != NULL) {
        wake = take_permit(idle, 0) ? AIRSI_WAKE_RUNNING : AIRSI_WAKE_ASLEEP;
        if (wake == AIRSI_WAKE_RUNNING) {
            remove_sleeper(idle, sleeper);
        }
    }
    airsi_unlock(&idle->mutex);
    return wake;
}

void airsi_idle_release(airsi_idle *idle) {
    airsi_fetch_sub_acq_rel(&idle->state, RUNNING);
}

bool airsi_idle_reacquire(airsi_idle *idle) {
    return take_permit(idle, 0);
}

uint32_t airsi_idle_running(const airsi_idle *idle) {
    return running_of(airsi_load_relaxed(&idle->state));
}

bool airsi_idle_wants_thread(airsi_idle *idle) {
    airsi_lock(&idle->mutex);
    bool wants = idle->sleepers == NULL && running_of(airsi_load_relaxed(&idle->state)) < idle->permits;
    airsi_unlock(&idle->mutex);
    return wants;
}

airsi_sleeper *airsi_idle_poke(airsi_idle *idle, uint64_t due_ms) {
    /* E23. */
    if (due_ms >= airsi_load_seq_cst(&idle->keeper_until_ms)) {
        return NULL;
    }
    airsi_lock(&idle->mutex);
    airsi_sleeper *keeper = idle->keeper;
    if (keeper != NULL && due_ms < airsi_load_relaxed(&idle->keeper_until_ms) && take_permit(idle, SEARCHING)) {
        remove_sleeper(idle, keeper);
    } else {
        keeper = NULL;
    }
    airsi_unlock(&idle->mutex);
    return keeper;
}

airsi_sleeper *airsi_idle_rouse(airsi_idle *idle) {
    airsi_lock(&idle->mutex);
    airsi_sleeper *sleeper = idle->sleepers;
    if (sleeper != NULL) {
        remove_sleeper(idle, sleeper);
        airsi_fetch_add_acq_rel(&idle->state, RUNNING + SEARCHING); /* what whoever was chosen has, and gives back */
    }
    airsi_unlock(&idle->mutex);
    return sleeper;
}
