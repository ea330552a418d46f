/* Counters of one thread: written by that thread only, read by anybody. No read-modify-write, so nothing is shared on the hot path.
 *
 * Accepted is counted after admission and before linking; ends are counted with release. A snapshot reads all ends, then accepted: an end that
 * is seen was made after its acceptance, so accepted - ends is never negative, and 0 proves that nothing was on its way (I11). */
#ifndef AIRSI_CORE_STATS_COUNTERS_H
#define AIRSI_CORE_STATS_COUNTERS_H

#include <stdint.h>

#include <airs/stats.h>
#include <airs/status.h>

#include "base/atomic.h"
#include "core/stats/histogram.h"

/* X(field): the same names as in airs_routing_stats. */
#define AIRSI_COUNTER_LIST(X) \
    X(messages_routed)        \
    X(accepted)               \
    X(delivered)              \
    X(dropped)                \
    X(requests)               \
    X(replies)                \
    X(request_failures)       \
    X(late_ends)              \
    X(timers_set)             \
    X(timers_fired)           \
    X(timers_cancelled)       \
    X(restarts)               \
    X(crashes)

typedef AIRSI_ATOMIC(uint64_t) airsi_counter; /* owner thread writes, any thread reads */

typedef struct airsi_counters {
#define AIRSI_COUNTER_FIELD(name) airsi_counter name;
    AIRSI_COUNTER_LIST(AIRSI_COUNTER_FIELD)
#undef AIRSI_COUNTER_FIELD
    airsi_counter failures[AIRS_STATUS_COUNT];       /* publishes refused, by reason */
    airsi_counter dead_by_reason[AIRS_STATUS_COUNT]; /* accepted messages that became dead letters */
    airsi_histogram latency;                         /* from admission to handling, sampled */
    airsi_counter requests_opened, requests_closed;  /* closed: its end was handled, or nobody waits for it; in no snapshot */
} airsi_counters;

static inline void airsi_count(airsi_counter *counter) {
    airsi_store_relaxed(counter, airsi_load_relaxed(counter) + 1);
}

/* An end of a message: delivered, dead or dropped. */
static inline void airsi_count_end(airsi_counter *counter) {
    /* E7 release, pairs with E8 in airsi_counters_add_ends: the acceptance of what ended here is visible to who sees the end. */
    airsi_store_release(counter, airsi_load_relaxed(counter) + 1);
}

/* A snapshot is made in two passes over all threads: first the ends of everybody, then the rest. */
void airsi_counters_add_ends(const airsi_counters *counters, airs_routing_stats *stats);
void airsi_counters_add_rest(const airsi_counters *counters, airs_routing_stats *stats);

/* The same for requests: first what was closed on all threads, then what was opened. */
uint64_t airsi_counters_requests_closed(const airsi_counters *counters);
uint64_t airsi_counters_requests_opened(const airsi_counters *counters);

/* Folds `from`, whose thread is gone, into `into`. */
void airsi_counters_fold(airsi_counters *into, const airsi_counters *from);

#endif
