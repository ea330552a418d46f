/* A benchmark whose messages don't add up must fail, not tell a figure. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "bench/kit.h"

#define MESSAGES 100

static const airsi_bench_task task = {.n = MESSAGES, .workers = 1, .payload = 64};

/* What the receiver does wrong with its 50th message. */
typedef enum mistake { NONE, FORGETS, COUNTS_TWICE, MISREADS, FAILS } mistake;

typedef struct receiver {
    airsi_bench_actor actor;
    mistake mistake;
    uint64_t seen;
} receiver;

static airs_result receive(void *state, airs_context *context, const airs_message *message, airs_error *error) {
    (void)context;
    receiver *self = state;
    airsi_bench_begin(self->actor.run);
    bool wrong = ++self->seen == MESSAGES / 2;
    if (!wrong || self->mistake != FORGETS) {
        airsi_bench_take(&self->actor, message);
    }
    if (wrong && self->mistake == COUNTS_TWICE) {
        airsi_bench_take(&self->actor, message);
    }
    if (wrong && self->mistake == MISREADS) {
        self->actor.ledger.handled_sum++;
    }
    if (self->seen == MESSAGES) {
        airsi_bench_finish(self->actor.run);
    }
    if (wrong && self->mistake == FAILS) {
        airs_error_set(error, AIRS_EHANDLER_FAILED, "on purpose");
        return AIRS_FAILED;
    }
    return AIRS_HANDLED;
}

static const char *const nobody[] = {NULL};
static const char *const outside[] = {"", NULL};
static const airsi_bench_kind receiver_kind = {
    .name = "receiver", .behavior = {.kind = "native", .handle = receive}, .sends_to = nobody, .takes_from = outside};

static airs_status post_all(airsi_bench_run *run, mistake mistake, airsi_bench_round *round, airs_error *error) {
    receiver *made = airsi_bench_spawn(run, &receiver_kind, 0, sizeof *made, error);
    assert_non_null(made);
    made->mistake = mistake;
    airsi_bench_expect(run, 1);
    for (uint64_t i = 0; i < MESSAGES; i++) {
        airsi_bench_post(run, made->actor.component, i);
    }
    return airsi_bench_conclude(run, MESSAGES, round, error);
}

#define BODY(name, what)                                                                         \
    static airs_status name(airsi_bench_run *run, airsi_bench_round *round, airs_error *error) { \
        return post_all(run, what, round, error);                                                \
    }
BODY(right, NONE)
BODY(forgets, FORGETS)
BODY(counts_twice, COUNTS_TWICE)
BODY(misreads, MISREADS)
BODY(fails, FAILS)

static void a_round_that_balances_has_figures(void **state) {
    (void)state;
    airsi_bench_round round = {0};
    airs_error error = {0};
    assert_int_equal(airsi_bench_in_system(&task, right, &round, &error), AIRS_OK);
    assert_int_equal(round.n, MESSAGES);
    assert_int_equal(round.workers, 1);
}

/* The round is left as it was, and the line says what is wrong. */
static void expect_refused(airsi_bench_body body, const char *says) {
    airsi_bench_round round = {.n = 7};
    airs_error error = {0};
    assert_int_equal(airsi_bench_in_system(&task, body, &round, &error), AIRS_EINTERNAL);
    if (strstr(error.text, says) == NULL) {
        fail_msg("\"%s\" does not say \"%s\"", error.text, says);
    }
    assert_int_equal(round.n, 7);
}

static void a_message_that_no_receiver_counts_fails_the_round(void **state) {
    (void)state;
    expect_refused(forgets, "100 messages were sent and 99 handled");
}

static void a_message_that_is_counted_twice_fails_the_round(void **state) {
    (void)state;
    expect_refused(counts_twice, "100 messages were sent and 101 handled");
}

static void a_payload_that_is_not_read_whole_fails_the_round(void **state) {
    (void)state;
    expect_refused(misreads, "don't add up");
}

static void a_message_that_became_a_dead_letter_fails_the_round(void **state) {
    (void)state;
    expect_refused(fails, "99 delivered, 1 dead");
}

#define TESTS(X)                                         \
    X(a_round_that_balances_has_figures)                 \
    X(a_message_that_no_receiver_counts_fails_the_round) \
    X(a_message_that_is_counted_twice_fails_the_round)   \
    X(a_payload_that_is_not_read_whole_fails_the_round)  \
    X(a_message_that_became_a_dead_letter_fails_the_round)

#define TEST(name) cmocka_unit_test(name),
int main(void) {
    const struct CMUnitTest tests[] = {TESTS(TEST)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
