/* What is small enough to be seen whole: references, a lock, a parker, counters. */
#include <string.h>

#include "base/heap/depot.h"
#include "base/lock.h"
#include "base/parker.h"
#include "core/message/payload.h"
#include "core/policy/terms.h"
#include "core/stats/counters.h"
#include "explorer/programs/programs.h"

/* ---- a shared payload: read by its owners, freed by the last ---- */

static airsi_payload *payload;
static AIRSI_ATOMIC(int) sum;

static void make_payload(void) {
    airsi_store_relaxed(&sum, 0);
    payload = airsi_payload_new("\1\2", 2);
    airsi_payload_ref(payload);
}

static void read_and_unref(unsigned index) {
    airsi_fetch_add_relaxed(&sum, payload->data[index]);
    airsi_payload_unref(payload);
}

static void check_sum(void) {
    EXPLORER_CHECK(airsi_load_relaxed(&sum) == 3);
}

PROGRAM(payload_shared_by_two, 2, make_payload, read_and_unref, check_sum)

/* ---- the spinlock ---- */

static airsi_spinlock spinlock;
static int counted;

static void make_spinlock(void) {
    airsi_spin_init(&spinlock, AIRSI_RANK_SHARD);
    counted = 0;
}

static void count_under_lock(unsigned index) {
    (void)index;
    airsi_spin_lock(&spinlock);
    counted++;
    airsi_spin_unlock(&spinlock);
}

static void check_counted(void) {
    EXPLORER_CHECK(counted == 3);
}

PROGRAM(spinlock_of_three, 3, make_spinlock, count_under_lock, check_counted)

/* ---- the parker: no wake is lost, and what the waker did is seen ---- */

static airsi_parker parker;
static AIRSI_ATOMIC(int) given[2];
static int gift[2];

static void make_parker(void) {
    memset(&parker, 0, sizeof parker);
    for (int i = 0; i < 2; i++) {
        airsi_store_relaxed(&given[i], 0);
        gift[i] = 0;
    }
}

static void park_and_wake(unsigned index) {
    if (index > 0) {
        gift[index - 1] = 1;
        airsi_store_relaxed(&given[index - 1], 1);
        airsi_parker_wake(&parker);
        return;
    }
    for (int i = 0; i < 2; i++) {
        while (airsi_load_relaxed(&given[i]) == 0) {
            airsi_parker_wait(&parker, AIRSI_PARK_FOR_EVER);
        }
    }
}

PROGRAM(parker_woken_twice, 3, make_parker, park_and_wake, NULL)

/* One waker, and what it made is read without more than the parker's own order. */
static void park_once(unsigned index) {
    if (index == 1) {
        gift[0] = 1;
        airsi_parker_wake(&parker);
    } else {
        airsi_parker_wait(&parker, AIRSI_PARK_FOR_EVER);
        EXPLORER_CHECK(gift[0] == 1);
    }
}

PROGRAM(parker_hands_over, 2, make_parker, park_once, NULL)

/* ---- counters: a snapshot never sees more ends than acceptances (I11) ---- */

static airsi_counters of_sender, of_worker;
static AIRSI_ATOMIC(int) sent;

static void make_counters(void) {
    memset(&of_sender, 0, sizeof of_sender);
    memset(&of_worker, 0, sizeof of_worker);
    airsi_store_relaxed(&sent, 0);
}

static void count_or_look(unsigned index) {
    if (index == 0) {
        airsi_count(&of_sender.accepted);
        airsi_store_release(&sent, 1);
    } else if (index == 1) {
        if (airsi_load_acquire(&sent) == 1) {
            airsi_count_end(&of_worker.delivered);
        }
    } else {
        airs_routing_stats stats;
        memset(&stats, 0, sizeof stats);
        airsi_counters_add_ends(&of_worker, &stats);
        airsi_counters_add_rest(&of_sender, &stats);
        EXPLORER_CHECK(stats.delivered <= stats.accepted);
    }
}

PROGRAM(counters_of_a_snapshot, 3, make_counters, count_or_look, NULL)

/* ---- terms that two actors share: the last to give them back frees them, and nobody looks at them after ---- */

static airsi_terms_table table;
static airsi_terms *terms;

static void make_terms(void) {
    memset(&table, 0, sizeof table);
    EXPLORER_CHECK(airsi_terms_table_init(&table) == AIRS_OK);
    airs_spawn_options options = {.limits = AIRS_LIMITS_DEFAULT};
    for (int i = 0; i < 2; i++) {
        EXPLORER_CHECK(airsi_terms_get(&table, &options, &terms, NULL) == AIRS_OK);
    }
    airsi_store_relaxed(&sum, 0);
}

static void use_and_give_back(unsigned index) {
    (void)index;
    airsi_fetch_add_relaxed(&sum, (int)terms->limits.mailbox_messages);
    airsi_terms_unref(&table, terms);
}

PROGRAM(terms_given_back, 2, make_terms, use_and_give_back, NULL)

/* ---- the heap: a depot closes while a thread without a heap frees one of its blocks ---- */

static airsi_depot *depot;
static void *block;

static void make_depot(void) {
    static airsi_heap heap;
    depot = airsi_depot_new();
    airsi_heap_init(&heap, depot);
    airsi_heap_attach(&heap);
    block = airsi_heap_alloc(100);
    airsi_heap_fini(&heap);
}

static void free_or_close(unsigned index) {
    if (index == 0) {
        airsi_heap_free(block);
    } else {
        airsi_depot_close(depot);
    }
}

PROGRAM(depot_closed_while_a_block_is_freed, 2, make_depot, free_or_close, NULL)
