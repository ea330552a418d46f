#include "core/reclaim/reclaim.h"

#include <assert.h>
#include <string.h>

#include "base/clock.h"
#include "base/heap/depot.h"
#include "base/memory.h"

#define SLOW_GRACE_MS 1000
#define TAKEN_AT_ONCE 256 /* garbage, under the lock */

static void host_thread_exits(void *record) {
    airsi_record_free(record);
}

airs_status airsi_reclaim_init(airsi_reclaim *reclaim, airs_log *log) {
    memset(reclaim, 0, sizeof *reclaim);
    atomic_init(&reclaim->epoch, 1);
    reclaim->log = log;
    reclaim->depot = airsi_depot_new();
    if (reclaim->depot == NULL) {
        return AIRS_ENOMEM;
    }
    if (pthread_key_create(&reclaim->key, host_thread_exits) != 0) {
        airsi_depot_close(reclaim->depot);
        return AIRS_EUNAVAILABLE;
    }
    airsi_mutex_init(&reclaim->mutex, AIRSI_RANK_RECLAIM);
    airsi_spin_init(&reclaim->garbage_lock, AIRSI_RANK_GARBAGE);
    return AIRS_OK;
}

static void free_all(airsi_garbage *garbage) {
    while (garbage != NULL) {
        airsi_garbage *next = garbage->next;
        garbage->free(garbage);
        garbage = next;
    }
}

static void free_record(airsi_record *record) {
    airsi_heap_fini(&record->heap);
    airsi_free(record->verdicts);
    airsi_free(record);
}

void airsi_reclaim_fini(airsi_reclaim *reclaim) {
    pthread_key_delete(reclaim->key);
    while (reclaim->oldest != NULL) {
        airsi_garbage *all = reclaim->oldest;
        reclaim->oldest = reclaim->newest = NULL;
        free_all(all);
    }
    while (reclaim->records != NULL) {
        airsi_record *record = reclaim->records;
        reclaim->records = record->next;
        free_record(record);
    }
    airsi_depot_close(reclaim->depot);
    airsi_mutex_fini(&reclaim->mutex);
}

airsi_record *airsi_record_new(airsi_reclaim *reclaim) {
    airsi_record *record = airsi_calloc(1, sizeof *record);
    if (record == NULL) {
        return NULL;
    }
    record->reclaim = reclaim;
    airsi_heap_init(&record->heap, reclaim->depot);
    airsi_credit_init(&record->credit, &reclaim->budget);
    airsi_lock(&reclaim->mutex);
    record->number = reclaim->next_number++;
    record->next = reclaim->records;
    reclaim->records = record;
    airsi_unlock(&reclaim->mutex);
    return record;
}

void airsi_record_free(airsi_record *record) {
    airsi_reclaim *reclaim = record->reclaim;
    airsi_lock(&reclaim->mutex);
    airsi_counters_fold(&reclaim->folded, &record->counters);
    airsi_credit_fini(&record->credit);
    for (airsi_record **at = &reclaim->records; *at != NULL; at = &(*at)->next) {
        if (*at == record) {
            *at = record->next;
            break;
        }
    }
    airsi_unlock(&reclaim->mutex);
    free_record(record);
}

void airsi_record_online(airsi_record *record) {
    uint64_t epoch = airsi_load_acquire(&record->reclaim->epoch);
    /* E9 acq_rel, pairs with E10 in oldest_epoch: either the reclaimer sees this record online, or its look came first and this thread sees
     * everything unlinked before that look. A read-modify-write on both sides, so that one of the two must see the other. */
    airsi_exchange_acq_rel(&record->epoch, epoch);
    airsi_heap_attach(&record->heap);
}

void airsi_record_quiescent(airsi_record *record) {
    /* E11 acquire, pairs with E12 in retire: who announces an epoch sees what was unlinked before it began. */
    uint64_t epoch = airsi_load_acquire(&record->reclaim->epoch);
    if (epoch != airsi_load_relaxed(&record->epoch)) {
        /* E13 release, pairs with E10: all uses of older pointers happen before the announcement. */
        airsi_store_release(&record->epoch, epoch);
    }
}

void airsi_record_offline(airsi_record *record) {
    airsi_heap_detach(&record->heap);
    /* E13, as above. */
    airsi_store_release(&record->epoch, 0);
}

airsi_record *airsi_record_adopt(airsi_record *record) {
    airsi_record *before = pthread_getspecific(record->reclaim->key);
    if (pthread_setspecific(record->reclaim->key, record) == 0) {
        record->depth = 1; /* else airs calls make a second record for this thread, which costs and harms nobody */
    }
    record->outer_heap = airsi_heap_current;
    airsi_record_online(record);
    return before;
}

void airsi_record_leave(airsi_record *record, airsi_record *before) {
    record->depth = 0;
    pthread_setspecific(record->reclaim->key, before);
    airsi_record_offline(record);
    airsi_heap_attach(record->outer_heap);
}

airsi_record *airsi_reclaim_enter(airsi_reclaim *reclaim) {
    airsi_record *record = pthread_getspecific(reclaim->key);
    if (record == NULL) {
        record = airsi_record_new(reclaim);
        if (record == NULL) {
            return NULL;
        }
        if (pthread_setspecific(reclaim->key, record) != 0) {
            airsi_record_free(record);
            return NULL;
        }
    }
    if (record->depth++ == 0) {
        record->outer_heap = airsi_heap_current;
        airsi_record_online(record);
    }
    return record;
}

void airsi_reclaim_leave(airsi_record *record) {
    assert(record->depth > 0);
    if (--record->depth == 0) {
        airsi_record_offline(record);
        airsi_heap_attach(record->outer_heap);
    }
}

void airsi_reclaim_retire(airsi_reclaim *reclaim, airsi_garbage *garbage) {
    garbage->next = NULL;
    airsi_spin_lock(&reclaim->garbage_lock);
    /* E12 release, pairs with E11. Under the lock, so that the list stays in the order of epochs. */
    garbage->epoch = airsi_fetch_add_acq_rel(&reclaim->epoch, 1) + 1;
    if (reclaim->newest != NULL) {
        reclaim->newest->next = garbage;
    } else {
        reclaim->oldest = garbage;
    }
    reclaim->newest = garbage;
    airsi_store_relaxed(&reclaim->waiting, airsi_load_relaxed(&reclaim->waiting) + 1);
    airsi_spin_unlock(&reclaim->garbage_lock);
}

/* Garbage of this epoch and before, chained; NULL: there is none. */
static airsi_garbage *take_ready(airsi_reclaim *reclaim, uint64_t epoch) {
    airsi_garbage *last = NULL;
    uint32_t count = 0;
    airsi_spin_lock(&reclaim->garbage_lock);
    airsi_garbage *ready = reclaim->oldest;
    for (airsi_garbage *next = ready; next != NULL && next->epoch <= epoch && count < TAKEN_AT_ONCE; next = next->next) {
        last = next;
        count++;
    }
    if (last != NULL) {
        reclaim->oldest = last->next;
        last->next = NULL;
        if (reclaim->oldest == NULL) {
            reclaim->newest = NULL;
        }
        airsi_store_relaxed(&reclaim->waiting, airsi_load_relaxed(&reclaim->waiting) - count);
    }
    airsi_spin_unlock(&reclaim->garbage_lock);
    return last != NULL ? ready : NULL;
}

/* The first and the last epoch of what is in the list. false: there is nothing. */
static bool look_at_garbage(airsi_reclaim *reclaim, uint64_t *ret_first, uint64_t *ret_last) {
    airsi_spin_lock(&reclaim->garbage_lock);
    bool any = reclaim->oldest != NULL;
    if (any) {
        *ret_first = reclaim->oldest->epoch;
        *ret_last = reclaim->newest->epoch;
    }
    airsi_spin_unlock(&reclaim->garbage_lock);
    return any;
}

/* The oldest epoch an online record has announced; `ret_holder` is who. Under the mutex. */
static uint64_t oldest_epoch(airsi_reclaim *reclaim, const airsi_record **ret_holder) {
    uint64_t oldest = UINT64_MAX;
    for (airsi_record *record = reclaim->records; record != NULL; record = record->next) {
        /* E10 acq_rel, pairs with E9 and E13; adds nothing, but takes its place among the writes. */
        uint64_t epoch = airsi_fetch_add_acq_rel(&record->epoch, 0);
        if (epoch != 0 && epoch < oldest) {
            oldest = epoch;
            *ret_holder = record;
        }
    }
    return oldest;
}

/* Nothing is ready, and garbage of `epoch` is the oldest. Under the mutex. */
static void note_stuck(airsi_reclaim *reclaim, uint64_t epoch, const airsi_record *holder) {
    uint64_t now_ms = airsi_clock_monotonic_ms();
    if (reclaim->stuck_epoch != epoch) {
        reclaim->stuck_epoch = epoch;
        reclaim->stuck_since_ms = now_ms;
        reclaim->complained = false;
    }
    if (!reclaim->complained && holder != NULL && now_ms - reclaim->stuck_since_ms >= SLOW_GRACE_MS) {
        reclaim->complained = true;
        airs_logf(reclaim->log, AIRS_LOG_WARN, NULL, "slow-grace-period", NULL,
                  "memory of stopped components waits over %d ms for thread %u to leave its handler", SLOW_GRACE_MS, holder->number);
    }
}

bool airsi_reclaim_pending(const airsi_reclaim *reclaim) {
    return airsi_load_relaxed(&reclaim->waiting) > 0 || airsi_depot_has_surplus(reclaim->depot);
}

void airsi_reclaim_collect(airsi_reclaim *reclaim) {
    if (airsi_depot_has_surplus(reclaim->depot)) {
        airsi_depot_trim(reclaim->depot, airsi_clock_monotonic_ms());
    }
    if (airsi_load_relaxed(&reclaim->waiting) == 0) {
        return;
    }
    /* Before the look at the records: what is retired after it may be used by who comes online after it, and no record would tell. */
    uint64_t first;
    uint64_t last;
    if (!look_at_garbage(reclaim, &first, &last)) {
        return;
    }
    const airsi_record *holder = NULL;
    airsi_lock(&reclaim->mutex);
    uint64_t epoch = oldest_epoch(reclaim, &holder);
    if (first > epoch) {
        note_stuck(reclaim, first, holder);
    }
    airsi_unlock(&reclaim->mutex);
    if (epoch > last) {
        epoch = last;
    }
    airsi_garbage *ready;
    while ((ready = take_ready(reclaim, epoch)) != NULL) {
        free_all(ready);
    }
}

void airsi_reclaim_stats(airsi_reclaim *reclaim, airs_routing_stats *ret_stats) {
    airs_routing_stats stats;
    memset(&stats, 0, sizeof stats);
    airsi_lock(&reclaim->mutex);
    airsi_counters_add_ends(&reclaim->folded, &stats);
    for (const airsi_record *record = reclaim->records; record != NULL; record = record->next) {
        airsi_counters_add_ends(&record->counters, &stats);
    }
    airsi_counters_add_rest(&reclaim->folded, &stats);
    for (const airsi_record *record = reclaim->records; record != NULL; record = record->next) {
        airsi_counters_add_rest(&record->counters, &stats);
    }
    airsi_unlock(&reclaim->mutex);
    *ret_stats = stats;
}

void airsi_reclaim_latency(airsi_reclaim *reclaim, airs_latency *ret_latency) {
    airsi_histogram_sum sum;
    memset(&sum, 0, sizeof sum);
    airsi_lock(&reclaim->mutex);
    airsi_histogram_sum_add(&sum, &reclaim->folded.latency);
    for (const airsi_record *record = reclaim->records; record != NULL; record = record->next) {
        airsi_histogram_sum_add(&sum, &record->counters.latency);
    }
    airsi_unlock(&reclaim->mutex);
    *ret_latency = (airs_latency){
        .samples = sum.samples,
        .total_ns = sum.total_ns,
        .max_ns = sum.max_ns,
        .p50_ns = airsi_histogram_quantile(&sum, 500),
        .p99_ns = airsi_histogram_quantile(&sum, 990),
        .p999_ns = airsi_histogram_quantile(&sum, 999),
    };
}

uint64_t airsi_reclaim_open_requests(airsi_reclaim *reclaim) {
    airsi_lock(&reclaim->mutex);
    uint64_t closed = airsi_counters_requests_closed(&reclaim->folded);
    for (const airsi_record *record = reclaim->records; record != NULL; record = record->next) {
        closed += airsi_counters_requests_closed(&record->counters);
    }
    uint64_t opened = airsi_counters_requests_opened(&reclaim->folded);
    for (const airsi_record *record = reclaim->records; record != NULL; record = record->next) {
        opened += airsi_counters_requests_opened(&record->counters);
    }
    airsi_unlock(&reclaim->mutex);
    return opened - closed;
}

uint64_t airsi_reclaim_queued_bytes(airsi_reclaim *reclaim) {
    airsi_lock(&reclaim->mutex);
    uint64_t uncharged = airsi_load_relaxed(&reclaim->budget.free);
    for (const airsi_record *record = reclaim->records; record != NULL; record = record->next) {
        uncharged += airsi_load_relaxed(&record->credit.bytes);
    }
    airsi_unlock(&reclaim->mutex);
    return uncharged < reclaim->budget.total ? reclaim->budget.total - uncharged : 0;
}
