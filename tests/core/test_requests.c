/* Requests and timers: every request ends exactly once (I4). */
#include "kit.h"

#include <stdlib.h>
#include <string.h>

/* What a requester was told. */
typedef struct told {
    atomic_uint_fast64_t ends;
    airs_status status;
    char text[64];
    airs_request request;
} told;

static void note_end(told *told, const airs_message *message) {
    told->status = message->status;
    told->request = message->request;
    size_t length = message->length < sizeof told->text - 1 ? message->length : sizeof told->text - 1;
    memcpy(told->text, message->data, length);
    told->text[length] = '\0';
    atomic_fetch_add(&told->ends, 1);
}

#define ASK_TIMEOUT 1

/* "ask": a request to the peer. "ask-short": with a timeout of `number` ms. "cancel": cancels the last. Ends are noted. */
static airs_result asker(kit_actor *self, airs_context *context, const airs_message *message, airs_error *error) {
    (void)error;
    if (message->kind == AIRS_MESSAGE_REPLY) {
        note_end(self->user, message);
        return AIRS_HANDLED;
    }
    if (message->length == 3 && memcmp(message->data, "ask", 3) == 0) {
        assert_int_equal(airs_context_request(context, self->peer, "question", 8, (uint32_t)self->number, &self->last_request), AIRS_OK);
    } else if (message->length == 6 && memcmp(message->data, "cancel", 6) == 0) {
        assert_int_equal(airs_context_cancel_request(context, self->last_request), AIRS_OK);
        assert_int_equal(airs_context_cancel_request(context, self->last_request), AIRS_EALREADY_ANSWERED);
    }
    return message->length == 5 ? AIRS_CRASHED : AIRS_HANDLED;
}

static void tell(airs_system *system, airs_component to, const char *text) {
    assert_int_equal(airs_send(system, to, text, strlen(text), AIRS_BLOCK_WHEN_FULL), AIRS_OK);
}

typedef struct pair {
    airs_system *system;
    kit_actor asker, answerer;
    airs_component ask, answer;
    told told;
} pair;

static void make_pair(pair *pair, airs_result (*answers)(kit_actor *, airs_context *, const airs_message *, airs_error *)) {
    memset(pair, 0, sizeof *pair);
    pair->system = kit_system(2);
    pair->asker.handle = asker;
    pair->asker.user = &pair->told;
    pair->answerer.handle = answers;
    pair->answer = kit_spawn(pair->system, "test/answer/0", &pair->answerer);
    pair->ask = kit_spawn(pair->system, "test/ask/0", &pair->asker);
    pair->asker.peer = pair->answer;
    kit_start(pair->system);
}

static void a_reply_reaches_the_requester(void **state) {
    (void)state;
    static pair pair;
    make_pair(&pair, kit_echo);
    tell(pair.system, pair.ask, "ask");
    kit_wait(&pair.told.ends, 1);
    assert_int_equal(pair.told.status, AIRS_OK);
    assert_string_equal(pair.told.text, "question");
    assert_int_equal(pair.told.request, pair.asker.last_request);
    airs_routing_stats stats = kit_stats(pair.system);
    assert_int_equal(stats.requests, 1);
    assert_int_equal(stats.replies, 1);
    kit_finish(pair.system);
}

static airs_result answers_late(kit_actor *self, airs_context *context, const airs_message *message, airs_error *error) {
    (void)error;
    if (message->request != AIRS_NO_REQUEST) {
        self->last_request = message->request; /* a later handler answers */
        return AIRS_HANDLED;
    }
    assert_int_equal(airs_context_reply(context, self->last_request, "late", 4), AIRS_OK);
    assert_int_equal(airs_context_reply(context, self->last_request, "again", 5), AIRS_EALREADY_ANSWERED);
    assert_int_equal(airs_context_reply(context, UINT64_C(0x7700000003), "x", 1), AIRS_EUNKNOWN_REQUEST);
    assert_int_equal(airs_context_reply(context, AIRS_NO_REQUEST, "x", 1), AIRS_EUNKNOWN_REQUEST);
    return AIRS_HANDLED;
}

static void a_later_handler_may_answer_and_only_once_I4(void **state) {
    (void)state;
    static pair pair;
    make_pair(&pair, answers_late);
    tell(pair.system, pair.ask, "ask");
    kit_wait(&pair.answerer.handled, 1);
    tell(pair.system, pair.answer, "now");
    kit_wait(&pair.told.ends, 1);
    assert_string_equal(pair.told.text, "late");
    kit_finish(pair.system);
    assert_int_equal(pair.told.ends, 1);
}

static airs_result stranger(kit_actor *self, airs_context *context, const airs_message *message, airs_error *error) {
    (void)message;
    (void)error;
    airs_request request = ((kit_actor *)self->user)->last_request;
    assert_int_equal(airs_context_reply(context, request, "forged", 6), AIRS_EUNKNOWN_REQUEST);
    assert_int_equal(airs_context_cancel_request(context, request), AIRS_EUNKNOWN_REQUEST);
    return AIRS_HANDLED;
}

static void only_the_addressed_target_answers(void **state) {
    (void)state;
    static pair pair;
    make_pair(&pair, answers_late);
    kit_actor other = {.handle = stranger, .user = &pair.answerer};
    airs_component forger = kit_spawn(pair.system, "test/forger/0", &other);
    tell(pair.system, pair.ask, "ask");
    kit_wait(&pair.answerer.handled, 1);
    tell(pair.system, forger, "go");
    kit_wait(&other.handled, 1);
    assert_int_equal(pair.told.ends, 0);
    tell(pair.system, pair.answer, "now");
    kit_finish(pair.system);
    assert_string_equal(pair.told.text, "late");
}

static void a_request_times_out_once_and_a_late_answer_is_refused_I4(void **state) {
    (void)state;
    static pair pair;
    make_pair(&pair, kit_count);
    pair.asker.number = ASK_TIMEOUT;
    tell(pair.system, pair.ask, "ask");
    kit_wait(&pair.told.ends, 1);
    assert_int_equal(pair.told.status, AIRS_ETIMEOUT);
    assert_int_equal(kit_stats(pair.system).request_failures, 1);
    kit_finish(pair.system);
    assert_int_equal(pair.told.ends, 1);
}

static void a_cancelled_request_ends_with_cancelled(void **state) {
    (void)state;
    static pair pair;
    make_pair(&pair, kit_count);
    tell(pair.system, pair.ask, "ask");
    tell(pair.system, pair.ask, "cancel");
    kit_wait(&pair.told.ends, 1);
    assert_int_equal(pair.told.status, AIRS_ECANCELLED);
    kit_finish(pair.system);
}

static airs_result fails(kit_actor *self, airs_context *context, const airs_message *message, airs_error *error) {
    (void)context;
    if (message->length == 5 && memcmp(message->data, "crash", 5) == 0) {
        airs_error_set(error, AIRS_ETRAP, "crashed on purpose");
        return AIRS_CRASHED;
    }
    if (self->number == 0) {
        airs_error_set(error, AIRS_EHANDLER_FAILED, "failed on purpose");
        return AIRS_FAILED;
    }
    return AIRS_HANDLED;
}

static void a_failed_handler_ends_the_request_with_its_text(void **state) {
    (void)state;
    static pair pair;
    make_pair(&pair, fails);
    tell(pair.system, pair.ask, "ask");
    kit_wait(&pair.told.ends, 1);
    assert_int_equal(pair.told.status, AIRS_EHANDLER_FAILED);
    assert_string_equal(pair.told.text, "failed on purpose");
    assert_int_equal(airs_system_wait_quiescent(pair.system, 20000), AIRS_OK);
    assert_int_equal(kit_dead(pair.system, AIRS_EHANDLER_FAILED), 1);
    kit_finish(pair.system);
}

static void a_crash_ends_what_was_handed_over_and_keeps_what_waits(void **state) {
    (void)state;
    static pair pair;
    make_pair(&pair, fails);
    pair.answerer.number = 1; /* keeps requests open */
    tell(pair.system, pair.ask, "ask");
    kit_wait(&pair.answerer.handled, 1);
    tell(pair.system, pair.answer, "crash");
    kit_wait(&pair.told.ends, 1);
    assert_int_equal(pair.told.status, AIRS_EHANDLER_FAILED);
    assert_string_equal(pair.told.text, "the component that had it crashed before it answered");
    kit_wait(&pair.answerer.starts, 2);
    assert_int_equal(airs_system_wait_quiescent(pair.system, 20000), AIRS_OK);
    assert_int_equal(kit_stats(pair.system).restarts, 1);
    kit_finish(pair.system);
}

static void stopping_the_target_ends_its_requests(void **state) {
    (void)state;
    static pair pair;
    make_pair(&pair, kit_count);
    tell(pair.system, pair.ask, "ask");
    kit_wait(&pair.answerer.handled, 1);
    assert_int_equal(airs_stop(pair.system, pair.answer), AIRS_OK);
    kit_wait(&pair.told.ends, 1);
    assert_int_equal(pair.told.status, AIRS_ETARGET_STOPPED);
    kit_finish(pair.system);
}

static airs_result answers_too_late(kit_actor *self, airs_context *context, const airs_message *message, airs_error *error) {
    (void)message;
    (void)error;
    self->number = airs_context_reply(context, self->last_request, "late", 4);
    return AIRS_HANDLED;
}

static void a_restarted_requester_is_not_told_old_ends(void **state) {
    (void)state;
    static pair pair;
    make_pair(&pair, answers_late);
    tell(pair.system, pair.ask, "ask");
    kit_wait(&pair.answerer.handled, 1);
    tell(pair.system, pair.ask, "crash");
    kit_wait(&pair.asker.starts, 2);
    assert_int_equal(airs_system_wait_quiescent(pair.system, 20000), AIRS_OK); /* nobody waits for it any more */
    pair.answerer.handle = answers_too_late;
    tell(pair.system, pair.answer, "now");
    kit_finish(pair.system);
    assert_int_equal(pair.told.ends, 0);
    assert_int_equal(pair.answerer.number, AIRS_EREQUESTER_GONE);
}

static airs_result replies_large(kit_actor *self, airs_context *context, const airs_message *message, airs_error *error) {
    (void)self;
    (void)error;
    static const char large[100];
    assert_int_equal(airs_context_reply(context, message->request, large, sizeof large), AIRS_EPAYLOAD_TOO_LARGE);
    assert_int_equal(airs_context_reply_failure(context, message->request, "too much", 8), AIRS_OK);
    return AIRS_HANDLED;
}

static airs_result asks_many(kit_actor *self, airs_context *context, const airs_message *message, airs_error *error) {
    (void)error;
    if (message->kind == AIRS_MESSAGE_REPLY) {
        note_end(self->user, message);
        return AIRS_HANDLED;
    }
    airs_request request;
    for (int i = 0; i < 4; i++) {
        assert_int_equal(airs_context_request(context, self->peer, "q", 1, 0, &request), i < 3 ? AIRS_OK : AIRS_ELIMIT_REACHED);
    }
    return AIRS_HANDLED;
}

static void in_flight_and_reply_size_are_bounded_I7(void **state) {
    (void)state;
    airs_system *system = kit_system(2);
    told told = {0};
    kit_actor answerer = {.handle = replies_large};
    kit_actor asks = {.handle = asks_many, .user = &told};
    asks.peer = kit_spawn(system, "test/answer/0", &answerer);
    kit_options options = kit_defaults();
    options.limits.in_flight = 3;
    options.limits.payload_bytes = 99;
    airs_component ask = kit_spawn_with(system, "test/ask/0", &asks, &options);
    kit_start(system);
    for (uint64_t round = 1; round <= 3; round++) {
        tell(system, ask, "go");
        kit_wait(&told.ends, 3 * round);
        assert_int_equal(airs_system_wait_quiescent(system, 20000), AIRS_OK);
    }
    assert_int_equal(told.status, AIRS_EHANDLER_FAILED);
    assert_string_equal(told.text, "too much");
    kit_finish(system);
}

static void a_host_thread_gets_its_reply(void **state) {
    (void)state;
    static pair pair;
    make_pair(&pair, kit_echo);
    for (int i = 0; i < 200; i++) {
        void *data = NULL;
        size_t length = 0;
        assert_int_equal(airs_request_wait(pair.system, pair.answer, &i, sizeof i, 0, &data, &length, NULL), AIRS_OK);
        assert_int_equal(length, sizeof i);
        assert_memory_equal(data, &i, sizeof i);
        free(data);
    }
    kit_finish(pair.system);
}

static void a_host_request_ends_with_the_reason_of_its_failure(void **state) {
    (void)state;
    static pair pair;
    make_pair(&pair, fails);
    void *data = NULL;
    size_t length = 0;
    airs_error error = {0};
    assert_int_equal(airs_request_wait(pair.system, pair.answer, "x", 1, 0, &data, &length, &error), AIRS_EHANDLER_FAILED);
    assert_string_equal(error.text, "failed on purpose");
    pair.answerer.number = 1;
    assert_int_equal(airs_request_wait(pair.system, pair.answer, "x", 1, 5, &data, &length, &error), AIRS_ETIMEOUT);
    assert_null(data);
    assert_int_equal(airs_request_wait(pair.system, 4711, "x", 1, 5, &data, &length, &error), AIRS_ECOMPONENT_NOT_FOUND);
    kit_finish(pair.system);
}

/* --- timers --------------------------------------------------------------------------------------------------------------- */

/* A message from outside sets three timers; what they send is counted in `number`. */
static airs_result timer_user(kit_actor *self, airs_context *context, const airs_message *message, airs_error *error) {
    (void)error;
    if (message->kind == AIRS_MESSAGE_TIMER) {
        assert_int_equal(message->from, airs_context_self(context));
        self->number = self->number * 10 + ((const uint8_t *)message->data)[0];
        return AIRS_HANDLED;
    }
    airs_component me = airs_context_self(context);
    airs_timer timers[4];
    assert_int_equal(airs_context_send_after(context, 30, me, "\x02", 1, &timers[0]), AIRS_OK);
    assert_int_equal(airs_context_send_after(context, 1, me, "\x01", 1, &timers[1]), AIRS_OK);
    assert_int_equal(airs_context_send_after(context, 5, me, "\x09", 1, &timers[2]), AIRS_OK);
    assert_true(airs_context_cancel_timer(context, timers[2]));
    assert_false(airs_context_cancel_timer(context, timers[2]));
    assert_false(airs_context_cancel_timer(context, 12345));
    assert_int_equal(airs_context_send_after(context, 5, 999, "x", 1, &timers[3]), AIRS_ECOMPONENT_NOT_FOUND);
    return AIRS_HANDLED;
}

static void timers_fire_in_order_and_not_when_cancelled(void **state) {
    (void)state;
    airs_system *system = kit_system(2);
    kit_actor actor = {.handle = timer_user};
    airs_component to = kit_spawn(system, "test/timer/0", &actor);
    kit_start(system);
    tell(system, to, "go");
    kit_wait(&actor.handled, 3);
    assert_int_equal(airs_system_wait_quiescent(system, 20000), AIRS_OK); /* what follows a delivery is counted too */
    assert_int_equal(actor.number, 12);
    airs_routing_stats stats = kit_stats(system);
    assert_int_equal(stats.timers_set, 3);
    assert_int_equal(stats.timers_fired, 2);
    assert_int_equal(stats.timers_cancelled, 1);
    kit_finish(system);
}

static airs_result sets_far_timers(kit_actor *self, airs_context *context, const airs_message *message, airs_error *error) {
    (void)self;
    (void)error;
    if (message->length == 5) {
        return AIRS_CRASHED;
    }
    airs_timer timer;
    for (int i = 0; i < 4; i++) {
        assert_int_equal(airs_context_send_after(context, 3600000, airs_context_self(context), "x", 1, &timer),
                         i < 3 ? AIRS_OK : AIRS_ELIMIT_REACHED);
    }
    return AIRS_HANDLED;
}

static void timers_are_bounded_and_go_with_their_incarnation_I9(void **state) {
    (void)state;
    airs_system *system = kit_system(2);
    kit_options options = kit_defaults();
    options.limits.timers = 3;
    kit_actor actor = {.handle = sets_far_timers};
    airs_component to = kit_spawn_with(system, "test/timer/0", &actor, &options);
    kit_start(system);
    tell(system, to, "go");
    kit_wait(&actor.handled, 1);
    airs_balance balance;
    airs_system_balance(system, &balance);
    assert_int_equal(balance.pending_timers, 3);
    tell(system, to, "crash");
    kit_wait(&actor.starts, 2);
    assert_int_equal(airs_system_wait_quiescent(system, 20000), AIRS_OK);
    airs_system_balance(system, &balance);
    assert_int_equal(balance.pending_timers, 0);
    tell(system, to, "go");
    kit_wait(&actor.handled, 3);
    assert_int_equal(airs_system_drain(system, 20000), AIRS_OK); /* cancels what is not due */
    assert_int_equal(kit_stats(system).timers_cancelled, 6);
    assert_int_equal(airs_system_stop(system), AIRS_OK);
    kit_check_balance(system);
    airs_system_free(system);
}

#define TESTS(X)                                                \
    X(a_reply_reaches_the_requester)                            \
    X(a_later_handler_may_answer_and_only_once_I4)              \
    X(only_the_addressed_target_answers)                        \
    X(a_request_times_out_once_and_a_late_answer_is_refused_I4) \
    X(a_cancelled_request_ends_with_cancelled)                  \
    X(a_failed_handler_ends_the_request_with_its_text)          \
    X(a_crash_ends_what_was_handed_over_and_keeps_what_waits)   \
    X(stopping_the_target_ends_its_requests)                    \
    X(a_restarted_requester_is_not_told_old_ends)               \
    X(in_flight_and_reply_size_are_bounded_I7)                  \
    X(a_host_thread_gets_its_reply)                             \
    X(a_host_request_ends_with_the_reason_of_its_failure)       \
    X(timers_fire_in_order_and_not_when_cancelled)              \
    X(timers_are_bounded_and_go_with_their_incarnation_I9)

#define TEST(name) cmocka_unit_test(name),

int main(void) {
    const struct CMUnitTest tests[] = {TESTS(TEST)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
