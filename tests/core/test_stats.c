/* RoutingStats as text, and the histogram behind its latency. */
#include "kit.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <airs/stats.h>

#include "core/stats/histogram.h"

static airs_result waits_at_first(kit_actor *self, airs_context *context, const airs_message *message, airs_error *error) {
    (void)context;
    (void)message;
    (void)error;
    if (self->number++ == 0) {
        kit_gate_wait(self->user);
    }
    return AIRS_HANDLED;
}

typedef struct text {
    char bytes[65536];
    size_t length, pieces, fail_at;
} text;

static airs_status append(void *user, const char *bytes, size_t length) {
    text *t = user;
    if (++t->pieces == t->fail_at) {
        return AIRS_EIO;
    }
    assert_true(length > 0 && length <= 512);
    assert_true(t->length + length < sizeof t->bytes);
    memcpy(t->bytes + t->length, bytes, length);
    t->length += length;
    t->bytes[t->length] = '\0';
    return AIRS_OK;
}

/* Every field a number of its own, and large. */
static airs_routing_stats distinct(void) {
    airs_routing_stats stats;
    uint64_t *fields = (uint64_t *)(void *)&stats;
    for (size_t i = 0; i < sizeof stats / sizeof *fields; i++) {
        fields[i] = UINT64_C(4000000000000000000) + i;
    }
    return stats;
}

static uint64_t number(const json_t *object, const char *key) {
    const json_t *value = json_object_get(object, key);
    if (!json_is_integer(value)) {
        fail_msg("no number %s", key);
    }
    return (uint64_t)json_integer_value(value);
}

static void json_has_every_counter_and_every_reason(void **state) {
    (void)state;
    airs_routing_stats stats = distinct();
    airs_balance balance = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10};
    text t = {0};
    assert_int_equal(airs_routing_stats_write(&stats, &balance, AIRS_STATS_JSON, append, &t), AIRS_OK);
    json_error_t error;
    json_t *root = json_loads(t.bytes, JSON_REJECT_DUPLICATES, &error);
    if (root == NULL) {
        fail_msg("%s at %d in %s", error.text, error.position, t.bytes);
    }
    assert_int_equal(number(root, "messages_routed"), stats.messages_routed);
    assert_int_equal(number(root, "routing_failures"), stats.routing_failures);
    assert_int_equal(number(root, "components_not_found"), stats.components_not_found);
    assert_int_equal(number(root, "mailbox_send_failures"), stats.mailbox_send_failures);
    assert_int_equal(number(root, "accepted"), stats.accepted);
    assert_int_equal(number(root, "delivered"), stats.delivered);
    assert_int_equal(number(root, "dead"), stats.dead);
    assert_int_equal(number(root, "dropped"), stats.dropped);
    assert_int_equal(number(root, "requests"), stats.requests);
    assert_int_equal(number(root, "replies"), stats.replies);
    assert_int_equal(number(root, "request_failures"), stats.request_failures);
    assert_int_equal(number(root, "late_ends"), stats.late_ends);
    assert_int_equal(number(root, "timers_set"), stats.timers_set);
    assert_int_equal(number(root, "timers_fired"), stats.timers_fired);
    assert_int_equal(number(root, "timers_cancelled"), stats.timers_cancelled);
    assert_int_equal(number(root, "restarts"), stats.restarts);
    assert_int_equal(number(root, "crashes"), stats.crashes);
    const json_t *failures = json_object_get(root, "failures");
    const json_t *dead = json_object_get(root, "dead_by_reason");
    for (int i = 1; i < AIRS_STATUS_COUNT; i++) {
        assert_int_equal(number(failures, airs_status_name((airs_status)i)), stats.failures[i]);
        assert_int_equal(number(dead, airs_status_name((airs_status)i)), stats.dead_by_reason[i]);
    }
    const json_t *latency = json_object_get(root, "latency");
    assert_int_equal(number(latency, "samples"), stats.latency.samples);
    assert_int_equal(number(latency, "p50_ns"), stats.latency.p50_ns);
    assert_int_equal(number(latency, "p99_ns"), stats.latency.p99_ns);
    assert_int_equal(number(latency, "p999_ns"), stats.latency.p999_ns);
    assert_int_equal(number(json_object_get(root, "balance"), "queued"), 5);
    assert_int_equal(number(json_object_get(root, "balance"), "pending_timers"), 9);
    assert_int_equal(number(json_object_get(root, "balance"), "queued_bytes"), 10);
    json_decref(root);
}

static void without_a_balance_there_is_none(void **state) {
    (void)state;
    airs_routing_stats stats = distinct();
    text t = {0};
    assert_int_equal(airs_routing_stats_write(&stats, NULL, AIRS_STATS_JSON, append, &t), AIRS_OK);
    assert_null(strstr(t.bytes, "balance"));
    memset(&t, 0, sizeof t);
    assert_int_equal(airs_routing_stats_write(&stats, NULL, AIRS_STATS_PROMETHEUS, append, &t), AIRS_OK);
    assert_null(strstr(t.bytes, "airs_messages{"));
}

/* The value of a whole line "series VALUE". */
static const char *series(const text *t, const char *name) {
    static char value[64];
    size_t length = strlen(name);
    for (const char *line = t->bytes; line != NULL && *line != '\0'; line = strchr(line, '\n'), line += line != NULL) {
        if (strncmp(line, name, length) == 0 && line[length] == ' ') {
            sscanf(line + length, "%63s", value);
            return value;
        }
    }
    fail_msg("no series %s", name);
    return NULL;
}

static void prometheus_has_every_reason_and_a_type_for_every_series(void **state) {
    (void)state;
    airs_routing_stats stats = distinct();
    stats.latency.p99_ns = 1000000250;
    airs_balance balance = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10};
    text t = {0};
    assert_int_equal(airs_routing_stats_write(&stats, &balance, AIRS_STATS_PROMETHEUS, append, &t), AIRS_OK);
    char expected[64];
    char name[96];
    for (int i = 1; i < AIRS_STATUS_COUNT; i++) {
        snprintf(expected, sizeof expected, "%llu", (unsigned long long)stats.failures[i]);
        snprintf(name, sizeof name, "airs_routing_failures_total{reason=\"%s\"}", airs_status_name((airs_status)i));
        assert_string_equal(series(&t, name), expected);
        snprintf(expected, sizeof expected, "%llu", (unsigned long long)stats.dead_by_reason[i]);
        snprintf(name, sizeof name, "airs_dead_letters_total{reason=\"%s\"}", airs_status_name((airs_status)i));
        assert_string_equal(series(&t, name), expected);
    }
    snprintf(expected, sizeof expected, "%llu", (unsigned long long)stats.messages_routed);
    assert_string_equal(series(&t, "airs_messages_routed_total"), expected);
    assert_string_equal(series(&t, "airs_queue_wait_seconds{quantile=\"0.99\"}"), "1.000000250");
    assert_string_equal(series(&t, "airs_messages{state=\"held\"}"), "6");
    assert_string_equal(series(&t, "airs_open_requests"), "8");
    /* Every sample line belongs to the family declared last. */
    char family[64] = "";
    for (char *line = strtok(t.bytes, "\n"); line != NULL; line = strtok(NULL, "\n")) {
        if (sscanf(line, "# TYPE %63s", family) == 1 || strncmp(line, "# HELP ", 7) == 0) {
            continue;
        }
        assert_int_equal(strncmp(line, family, strlen(family)), 0);
    }
}

static void a_writer_that_fails_ends_the_export(void **state) {
    (void)state;
    airs_routing_stats stats = distinct();
    text t = {.fail_at = 2};
    assert_int_equal(airs_routing_stats_write(&stats, NULL, AIRS_STATS_JSON, append, &t), AIRS_EIO);
    assert_int_equal(t.pieces, 2);
    assert_int_equal(airs_routing_stats_write(NULL, NULL, AIRS_STATS_JSON, append, &t), AIRS_EINVAL);
    assert_int_equal(airs_routing_stats_write(&stats, NULL, (airs_stats_format)0, append, &t), AIRS_EINVAL);
    assert_int_equal(airs_routing_stats_write(&stats, NULL, (airs_stats_format)3, append, &t), AIRS_EINVAL);
    assert_int_equal(airs_routing_stats_write(&stats, NULL, AIRS_STATS_JSON, NULL, &t), AIRS_EINVAL);
    assert_int_equal(t.pieces, 2);
}

static int compare(const void *a, const void *b) {
    uint64_t x = *(const uint64_t *)a;
    uint64_t y = *(const uint64_t *)b;
    return (x > y) - (x < y);
}

static void a_quantile_is_never_too_low_and_at_most_an_eighth_too_high(void **state) {
    (void)state;
    uint64_t seed = kit_seed();
    static airsi_histogram histogram, folded;
    static uint64_t values[10000];
    uint64_t total = 0;
    for (size_t i = 0; i < 10000; i++) {
        values[i] = kit_random(&seed) >> (24 + kit_random(&seed) % 40); /* all magnitudes up to 2^40 */
        total += values[i];
        airsi_histogram_add(i % 2 == 0 ? &histogram : &folded, values[i]);
    }
    airsi_histogram_fold(&histogram, &folded);
    static airsi_histogram_sum sum;
    airsi_histogram_sum_add(&sum, &histogram);
    qsort(values, 10000, sizeof *values, compare);
    assert_int_equal(sum.samples, 10000);
    assert_int_equal(sum.total_ns, total);
    assert_int_equal(sum.max_ns, values[9999]);
    for (unsigned permille = 1; permille <= 1000; permille++) {
        uint64_t exact = values[permille * 10 - 1];
        uint64_t told = airsi_histogram_quantile(&sum, permille);
        assert_true(told >= exact);
        assert_true(told <= exact + exact / 8);
    }
}

static void the_longest_time_there_is_has_a_bucket(void **state) {
    (void)state;
    static airsi_histogram histogram;
    static airsi_histogram_sum sum;
    assert_int_equal(airsi_histogram_quantile(&sum, 500), 0);
    airsi_histogram_add(&histogram, UINT64_MAX);
    airsi_histogram_sum_add(&sum, &histogram);
    assert_int_equal(airsi_histogram_quantile(&sum, 1), (UINT64_C(1) << 40) - 1);
}

static void every_256th_message_a_thread_sends_is_timed(void **state) {
    (void)state;
    airs_system *system = kit_system(2);
    kit_gate gate = {0};
    kit_actor sink = {.handle = waits_at_first, .user = &gate};
    kit_options options = kit_defaults();
    options.limits.mailbox_messages = 25600;
    airs_component to = kit_spawn_with(system, "test/sink/0", &sink, &options);
    kit_start(system);
    assert_int_equal(kit_stats(system).latency.samples, 0);
    for (int i = 0; i < 25600; i++) {
        assert_int_equal(airs_send(system, to, "x", 1, AIRS_REJECT_WHEN_FULL), AIRS_OK);
    }
    struct timespec nap = {.tv_nsec = 2000000};
    nanosleep(&nap, NULL);
    kit_gate_open(&gate);
    assert_int_equal(airs_system_wait_quiescent(system, 20000), AIRS_OK);
    airs_latency latency = kit_stats(system).latency;
    assert_int_equal(latency.samples, 100);
    /* All of them stood behind the gate; the monotonic clock can't have seen less. */
    assert_true(latency.p50_ns >= 2000000);
    assert_true(latency.p50_ns <= latency.p99_ns && latency.p99_ns <= latency.p999_ns && latency.p999_ns <= latency.max_ns);
    assert_true(latency.total_ns >= latency.samples * 2000000);
    kit_finish(system);
}

#define TESTS(X)                                                  \
    X(json_has_every_counter_and_every_reason)                    \
    X(without_a_balance_there_is_none)                            \
    X(prometheus_has_every_reason_and_a_type_for_every_series)    \
    X(a_writer_that_fails_ends_the_export)                        \
    X(a_quantile_is_never_too_low_and_at_most_an_eighth_too_high) \
    X(the_longest_time_there_is_has_a_bucket)                     \
    X(every_256th_message_a_thread_sends_is_timed)

#define TEST(name) cmocka_unit_test(name),

int main(void) {
    const struct CMUnitTest tests[] = {TESTS(TEST)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
