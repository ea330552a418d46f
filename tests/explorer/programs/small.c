/* What is small enough to be seen whole: references, a lock, a parker, counters. */
#include <string.h>

#include "base/lock.h"
#include "base/parker.h"
#include "core/message/payload.h"
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
