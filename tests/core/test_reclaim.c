/* Nothing is freed while somebody may still hold it, and no counter is lost with its thread. */
#include "kit.h"

#include <pthread.h>
#include <stdlib.h>

#include "core/reclaim/reclaim.h"

static int freed;

static void count_free(airsi_garbage *garbage) {
    freed++;
    free(garbage);
}

static void retire(airsi_reclaim *reclaim) {
    airsi_garbage *garbage = calloc(1, sizeof *garbage);
    assert_non_null(garbage);
    garbage->free = count_free;
    airsi_reclaim_retire(reclaim, garbage);
}

static int make(void **state) {
    airsi_reclaim *reclaim = calloc(1, sizeof *reclaim);
    freed = 0;
    *state = reclaim;
    return reclaim == NULL || airsi_reclaim_init(reclaim, NULL) != AIRS_OK;
}

static int unmake(void **state) {
    airsi_reclaim_fini(*state);
    free(*state);
    return 0;
}

static void nothing_is_freed_while_an_online_record_has_an_older_epoch(void **state) {
    airsi_reclaim *reclaim = *state;
    airsi_record *reader = airsi_record_new(reclaim);
    airsi_record *other = airsi_record_new(reclaim);
    airsi_record_online(reader);
    retire(reclaim);
    airsi_record_online(other); /* came after: can't have found it */
    airsi_reclaim_collect(reclaim);
    assert_int_equal(freed, 0);
    airsi_record_quiescent(reader);
    retire(reclaim);
    airsi_reclaim_collect(reclaim);
    assert_int_equal(freed, 1); /* the second is newer than what both have announced */
    airsi_record_offline(reader);
    airsi_reclaim_collect(reclaim);
    assert_int_equal(freed, 1);
    airsi_record_quiescent(other);
    airsi_reclaim_collect(reclaim);
    assert_int_equal(freed, 2);
    assert_int_equal(reclaim->waiting, 0);
}

static void who_is_offline_holds_up_nobody(void **state) {
    airsi_reclaim *reclaim = *state;
    airsi_record *record = airsi_record_new(reclaim);
    airsi_record_online(record);
    airsi_record_offline(record);
    retire(reclaim);
    airsi_reclaim_collect(reclaim);
    assert_int_equal(freed, 1);
}

static void a_nested_enter_stays_online_until_the_last_leave(void **state) {
    airsi_reclaim *reclaim = *state;
    airsi_record *record = airsi_reclaim_enter(reclaim);
    assert_ptr_equal(airsi_reclaim_enter(reclaim), record);
    retire(reclaim);
    airsi_reclaim_leave(record);
    airsi_reclaim_collect(reclaim);
    assert_int_equal(freed, 0);
    airsi_reclaim_leave(record);
    airsi_reclaim_collect(reclaim);
    assert_int_equal(freed, 1);
}

static void what_waits_is_freed_at_the_end_I9(void **state) {
    airsi_reclaim *reclaim = *state;
    airsi_reclaim own;
    (void)reclaim;
    assert_int_equal(airsi_reclaim_init(&own, NULL), AIRS_OK);
    airsi_record_online(airsi_record_new(&own));
    for (int i = 0; i < 10; i++) {
        retire(&own);
    }
    airsi_reclaim_collect(&own);
    assert_int_equal(freed, 0);
    airsi_reclaim_fini(&own);
    assert_int_equal(freed, 10);
}

/* Garbage whose end brings a reader online, and more garbage, which that reader may be using. */
typedef struct revival {
    airsi_garbage garbage;
    airsi_reclaim *reclaim;
    airsi_record *reader;
} revival;

static void revive(airsi_garbage *garbage) {
    revival *r = (revival *)(void *)garbage;
    airsi_record_online(r->reader);
    retire(r->reclaim);
}

static void what_is_retired_while_others_are_freed_waits_for_who_came_online_meanwhile(void **state) {
    airsi_reclaim *reclaim = *state;
    revival r = {.garbage = {.free = revive}, .reclaim = reclaim, .reader = airsi_record_new(reclaim)};
    airsi_reclaim_retire(reclaim, &r.garbage);
    airsi_reclaim_collect(reclaim);
    assert_int_equal(reclaim->waiting, 1);
    assert_int_equal(freed, 0);
    airsi_record_offline(r.reader);
    airsi_reclaim_collect(reclaim);
    assert_int_equal(freed, 1);
    airsi_record_free(r.reader);
}

static void *counts(void *argument) {
    airsi_record *record = airsi_reclaim_enter(argument);
    assert_non_null(record);
    for (int i = 0; i < 5; i++) {
        airsi_count(&record->counters.accepted);
        airsi_count_end(&record->counters.delivered);
    }
    airsi_count(&record->counters.failures[AIRS_EMAILBOX_FULL]);
    airsi_count_end(&record->counters.dead_by_reason[AIRS_ETRAP]);
    airsi_reclaim_leave(record);
    return NULL;
}

static void counters_of_threads_that_are_gone_are_kept_I11(void **state) {
    airsi_reclaim *reclaim = *state;
    for (int i = 0; i < 20; i++) {
        pthread_t thread;
        assert_int_equal(pthread_create(&thread, NULL, counts, reclaim), 0);
        pthread_join(thread, NULL);
    }
    assert_null(reclaim->records); /* their memory isn't */
    airs_routing_stats stats;
    airsi_reclaim_stats(reclaim, &stats);
    assert_int_equal(stats.accepted, 100);
    assert_int_equal(stats.delivered, 100);
    assert_int_equal(stats.dead, 20);
    assert_int_equal(stats.dead_by_reason[AIRS_ETRAP], 20);
    assert_int_equal(stats.mailbox_send_failures, 20);
    assert_int_equal(stats.routing_failures, 20);
}

#define TESTS(X)                                                                  \
    X(nothing_is_freed_while_an_online_record_has_an_older_epoch)                 \
    X(who_is_offline_holds_up_nobody)                                             \
    X(a_nested_enter_stays_online_until_the_last_leave)                           \
    X(what_is_retired_while_others_are_freed_waits_for_who_came_online_meanwhile) \
    X(what_waits_is_freed_at_the_end_I9)                                          \
    X(counters_of_threads_that_are_gone_are_kept_I11)

#define TEST(name) cmocka_unit_test_setup_teardown(name, make, unmake),

int main(void) {
    const struct CMUnitTest tests[] = {TESTS(TEST)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
