#include "core/stats/counters.h"

/* E8 acquire, pairs with E7. */
static uint64_t read_end(const airsi_counter *counter) {
    return airsi_load_acquire(counter);
}

void airsi_counters_add_ends(const airsi_counters *counters, airs_routing_stats *stats) {
    stats->delivered += read_end(&counters->delivered);
    stats->dropped += read_end(&counters->dropped);
    for (int i = 0; i < AIRS_STATUS_COUNT; i++) {
        uint64_t dead = read_end(&counters->dead_by_reason[i]);
        stats->dead_by_reason[i] += dead;
        stats->dead += dead;
    }
}

void airsi_counters_add_rest(const airsi_counters *counters, airs_routing_stats *stats) {
    stats->accepted += airsi_load_relaxed(&counters->accepted);
    stats->messages_routed += airsi_load_relaxed(&counters->messages_routed);
    stats->requests += airsi_load_relaxed(&counters->requests);
    stats->replies += airsi_load_relaxed(&counters->replies);
    stats->request_failures += airsi_load_relaxed(&counters->request_failures);
    stats->late_ends += airsi_load_relaxed(&counters->late_ends);
    stats->timers_set += airsi_load_relaxed(&counters->timers_set);
    stats->timers_fired += airsi_load_relaxed(&counters->timers_fired);
    stats->timers_cancelled += airsi_load_relaxed(&counters->timers_cancelled);
    stats->restarts += airsi_load_relaxed(&counters->restarts);
    stats->crashes += airsi_load_relaxed(&counters->crashes);
    for (int i = 0; i < AIRS_STATUS_COUNT; i++) {
        uint64_t failures = airsi_load_relaxed(&counters->failures[i]);
        stats->failures[i] += failures;
        stats->routing_failures += failures;
    }
    stats->components_not_found = stats->failures[AIRS_ECOMPONENT_NOT_FOUND] + stats->failures[AIRS_ETARGET_STOPPED];
    stats->mailbox_send_failures = stats->failures[AIRS_EMAILBOX_FULL];
}

uint64_t airsi_counters_requests_closed(const airsi_counters *counters) {
    return read_end(&counters->requests_closed);
}

uint64_t airsi_counters_requests_opened(const airsi_counters *counters) {
    return airsi_load_relaxed(&counters->requests_opened);
}

static void fold(airsi_counter *into, const airsi_counter *from) {
    /* Release, since what was an end in `from` is one in `into`. */
    airsi_store_release(into, airsi_load_relaxed(into) + airsi_load_relaxed(from));
}

void airsi_counters_fold(airsi_counters *into, const airsi_counters *from) {
#define FOLD(name) fold(&into->name, &from->name);
    AIRSI_COUNTER_LIST(FOLD)
#undef FOLD
    for (int i = 0; i < AIRS_STATUS_COUNT; i++) {
        fold(&into->failures[i], &from->failures[i]);
        fold(&into->dead_by_reason[i], &from->dead_by_reason[i]);
    }
    fold(&into->requests_opened, &from->requests_opened);
    fold(&into->requests_closed, &from->requests_closed);
    airsi_histogram_fold(&into->latency, &from->latency);
}
