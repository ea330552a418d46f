/* Dead letters as an operator uses them: show, redeliver, drop. */
#include "kit.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include <airs/broker.h>

/* Fails what it is handed while `number` is set. */
static airs_result fails_at_first(kit_actor *self, airs_context *context, const airs_message *message, airs_error *error) {
    (void)context;
    if (self->number != 0) {
        airs_error_set(error, AIRS_EHANDLER_FAILED, "no: %.*s", (int)message->length, (const char *)message->data);
        return AIRS_FAILED;
    }
    return AIRS_HANDLED;
}

static void send_text(airs_system *system, airs_component to, const char *text) {
    assert_int_equal(airs_send(system, to, text, strlen(text), AIRS_BLOCK_WHEN_FULL), AIRS_OK);
}

static void settle(airs_system *system) {
    assert_int_equal(airs_system_wait_quiescent(system, 60000), AIRS_OK);
}

typedef struct shown {
    char data[32], detail[64], from[64], to[64];
    airs_dead_letter letter;
} shown;

static void keep(void *user, const airs_dead_letter *letter) {
    shown *s = user;
    s->letter = *letter;
    memcpy(s->data, letter->data, letter->length);
    s->data[letter->length] = '\0';
    strcpy(s->detail, letter->detail);
    strcpy(s->from, letter->from->text);
    strcpy(s->to, letter->to->text);
}

/* Three letters "a", "b", "c" of a target that has got over it. */
static airs_system *with_three(kit_actor *actor, airs_component *ret_to) {
    airs_system *system = kit_system(2);
    *actor = (kit_actor){.handle = fails_at_first, .number = 1};
    *ret_to = kit_spawn(system, "test/target/0", actor);
    kit_start(system);
    send_text(system, *ret_to, "a");
    send_text(system, *ret_to, "b");
    send_text(system, *ret_to, "c");
    settle(system);
    assert_int_equal(airs_dead_letters_count(system), 3);
    actor->number = 0;
    return system;
}

static void a_letter_is_shown_by_its_number(void **state) {
    (void)state;
    kit_actor actor;
    airs_component to;
    airs_system *system = with_three(&actor, &to);
    shown s;
    assert_int_equal(airs_dead_letters_show(system, 2, keep, &s), AIRS_OK);
    assert_int_equal(s.letter.number, 2);
    assert_int_equal(s.letter.reason, AIRS_EHANDLER_FAILED);
    assert_int_equal(s.letter.kind, AIRS_MESSAGE_INTER_COMPONENT);
    assert_string_equal(s.data, "b");
    assert_string_equal(s.detail, "no: b");
    assert_string_equal(s.from, "airs/outside/0");
    assert_string_equal(s.to, "test/target/0");
    memset(&s, 0x5a, sizeof s);
    assert_int_equal(airs_dead_letters_show(system, 0, keep, &s), AIRS_ENOTFOUND);
    assert_int_equal(airs_dead_letters_show(system, 4, keep, &s), AIRS_ENOTFOUND);
    assert_int_equal(s.data[0], 0x5a);
    kit_finish(system);
}

static void a_dropped_letter_is_gone_and_the_others_stay(void **state) {
    (void)state;
    kit_actor actor;
    airs_component to;
    airs_system *system = with_three(&actor, &to);
    shown s;
    assert_int_equal(airs_dead_letters_drop(system, 3), AIRS_OK);
    assert_int_equal(airs_dead_letters_drop(system, 3), AIRS_ENOTFOUND);
    assert_int_equal(airs_dead_letters_show(system, 3, keep, &s), AIRS_ENOTFOUND);
    assert_int_equal(airs_dead_letters_redeliver(system, 3), AIRS_ENOTFOUND);
    assert_int_equal(airs_dead_letters_count(system), 2);
    actor.number = 1;
    send_text(system, to, "d"); /* behind what is left, whose end was dropped */
    settle(system);
    assert_int_equal(airs_dead_letters_show(system, 4, keep, &s), AIRS_OK);
    assert_string_equal(s.data, "d");
    assert_int_equal(airs_dead_letters_drop_all(system), 3);
    assert_int_equal(airs_dead_letters_drop_all(system), 0);
    assert_int_equal(airs_dead_letters_count(system), 0);
    assert_int_equal(kit_dead(system, AIRS_EHANDLER_FAILED), 4); /* counts are complete */
    send_text(system, to, "e");
    settle(system);
    assert_int_equal(airs_dead_letters_show(system, 5, keep, &s), AIRS_OK);
    kit_finish(system);
}

static void a_redelivered_letter_is_a_new_message_and_leaves_the_ring_I1(void **state) {
    (void)state;
    kit_actor actor;
    airs_component to;
    airs_system *system = with_three(&actor, &to);
    assert_int_equal(airs_dead_letters_redeliver(system, 2), AIRS_OK);
    settle(system);
    assert_int_equal(actor.handled, 4);
    assert_int_equal(airs_dead_letters_redeliver(system, 2), AIRS_ENOTFOUND);
    assert_int_equal(airs_dead_letters_redeliver_all(system), 2);
    settle(system);
    assert_int_equal(actor.handled, 6);
    assert_int_equal(airs_dead_letters_count(system), 0);
    airs_routing_stats stats = kit_stats(system);
    assert_int_equal(stats.accepted, 6);
    assert_int_equal(stats.dead, 3);
    assert_int_equal(stats.delivered, 3);
    kit_finish(system);
}

static void a_letter_that_is_refused_stays(void **state) {
    (void)state;
    kit_actor actor;
    airs_component to;
    airs_system *system = with_three(&actor, &to);
    assert_int_equal(airs_stop(system, to), AIRS_OK);
    kit_wait(&actor.frees, 1);
    assert_int_equal(airs_dead_letters_redeliver(system, 1), AIRS_ETARGET_STOPPED);
    assert_int_equal(airs_dead_letters_redeliver_all(system), 0);
    assert_int_equal(airs_dead_letters_count(system), 3);
    /* The next bearer of the id gets them, if it takes messages from outside. */
    kit_options options = kit_defaults();
    options.receive[0] = "test/*/*";
    kit_actor closed = {.handle = kit_count};
    airs_component second = kit_spawn_with(system, "test/target/0", &closed, &options);
    assert_int_equal(airs_dead_letters_redeliver(system, 1), AIRS_EPERMISSION_DENIED);
    assert_int_equal(airs_dead_letters_count(system), 3);
    assert_int_equal(airs_stop(system, second), AIRS_OK);
    kit_wait(&closed.frees, 1);
    kit_actor open = {.handle = kit_count};
    kit_spawn(system, "test/target/0", &open);
    assert_int_equal(airs_dead_letters_redeliver(system, 1), AIRS_OK);
    assert_int_equal(airs_dead_letters_redeliver_all(system), 2);
    settle(system);
    assert_int_equal(open.handled, 3);
    assert_int_equal(closed.handled, 0);
    assert_int_equal(airs_system_stop(system), AIRS_OK);
    kit_check_balance(system);
    airs_system_free(system);
}

static airs_result asks_and_fails_the_answer(kit_actor *self, airs_context *context, const airs_message *message, airs_error *error) {
    if (message->kind == AIRS_MESSAGE_REPLY) {
        airs_error_set(error, AIRS_EHANDLER_FAILED, "not this");
        return AIRS_FAILED;
    }
    return airs_context_request(context, self->peer, "x", 1, 0, &self->last_request) == AIRS_OK ? AIRS_HANDLED : AIRS_FAILED;
}

static void the_end_of_a_request_is_not_redelivered_I4(void **state) {
    (void)state;
    airs_system *system = kit_system(2);
    kit_actor echo = {.handle = kit_echo};
    kit_actor asker = {.handle = asks_and_fails_the_answer};
    asker.peer = kit_spawn(system, "test/echo/0", &echo);
    airs_component to = kit_spawn(system, "test/asker/0", &asker);
    kit_start(system);
    send_text(system, to, "go");
    settle(system);
    shown s;
    assert_int_equal(airs_dead_letters_show(system, 1, keep, &s), AIRS_OK);
    assert_int_equal(s.letter.kind, AIRS_MESSAGE_REPLY);
    assert_int_equal(airs_dead_letters_redeliver(system, 1), AIRS_EINVAL);
    assert_int_equal(airs_dead_letters_redeliver_all(system), 0);
    assert_int_equal(airs_dead_letters_count(system), 1);
    assert_int_equal(airs_dead_letters_drop(system, 1), AIRS_OK);
    kit_finish(system);
}

static void a_letter_outlives_its_request_and_is_answered_to_nobody(void **state) {
    (void)state;
    airs_system *system = kit_system(2);
    kit_actor actor = {.handle = fails_at_first, .number = 1};
    airs_component to = kit_spawn(system, "test/target/0", &actor);
    kit_start(system);
    void *data = NULL;
    size_t length = 0;
    assert_int_equal(airs_request_wait(system, to, "q", 1, 0, &data, &length, NULL), AIRS_EHANDLER_FAILED);
    settle(system);          /* the answer comes before the letter */
    actor.handle = kit_echo; /* would answer if there were a request */
    assert_int_equal(airs_dead_letters_redeliver(system, 1), AIRS_OK);
    settle(system);
    assert_int_equal(actor.handled, 2);
    assert_int_equal(kit_stats(system).replies, 0);
    kit_finish(system);
}

/* --- all at once ------------------------------------------------------------------------------------------------------ */

#define ROUNDS 4000

typedef struct crowd {
    airs_system *system;
    airs_component to;
    atomic_uint_fast64_t redelivered, dropped, over;
} crowd;

static int look(void *user, const airs_dead_letter *letter) {
    uint64_t *last = user;
    if (letter->number <= *last) {
        abort(); /* not in order; a thread can't fail the test otherwise */
    }
    *last = letter->number;
    return 0;
}

static void *redeliver_some(void *argument) {
    crowd *c = argument;
    uint64_t seed = kit_seed();
    while (atomic_load(&c->over) == 0) {
        if (kit_random(&seed) % 4 == 0) {
            atomic_fetch_add(&c->redelivered, airs_dead_letters_redeliver_all(c->system));
        } else if (airs_dead_letters_redeliver(c->system, 1 + kit_random(&seed) % ROUNDS) == AIRS_OK) {
            atomic_fetch_add(&c->redelivered, 1);
        }
    }
    return NULL;
}

static void *drop_some(void *argument) {
    crowd *c = argument;
    uint64_t seed = kit_seed();
    while (atomic_load(&c->over) == 0) {
        uint64_t last = 0;
        airs_dead_letters_list(c->system, look, &last);
        if (kit_random(&seed) % 64 == 0) {
            atomic_fetch_add(&c->dropped, airs_dead_letters_drop_all(c->system));
        } else if (airs_dead_letters_drop(c->system, 1 + kit_random(&seed) % ROUNDS) == AIRS_OK) {
            atomic_fetch_add(&c->dropped, 1);
        }
    }
    return NULL;
}

/* Fails what comes from outside for the first time: every third. */
static airs_result fails_some(kit_actor *self, airs_context *context, const airs_message *message, airs_error *error) {
    (void)context;
    (void)message;
    (void)error;
    return ++self->number % 3 == 0 ? AIRS_FAILED : AIRS_HANDLED;
}

static void letters_are_redelivered_or_dropped_once_by_whoever_comes_first_I1(void **state) {
    (void)state;
    airs_system *system = kit_system(2);
    kit_actor actor = {.handle = fails_some};
    crowd c = {.system = system, .to = kit_spawn(system, "test/target/0", &actor)};
    kit_start(system);
    pthread_t threads[4];
    for (int i = 0; i < 4; i++) {
        assert_int_equal(pthread_create(&threads[i], NULL, i % 2 == 0 ? redeliver_some : drop_some, &c), 0);
    }
    for (int i = 0; i < ROUNDS; i++) {
        send_text(system, c.to, "x");
    }
    atomic_store(&c.over, 1);
    for (int i = 0; i < 4; i++) {
        pthread_join(threads[i], NULL);
    }
    settle(system);
    /* Every letter was redelivered, dropped, or is still there; each redelivery was one message more. */
    airs_routing_stats stats = kit_stats(system);
    assert_int_equal(stats.dead, c.redelivered + c.dropped + airs_dead_letters_count(system));
    assert_int_equal(stats.accepted, ROUNDS + c.redelivered);
    assert_int_equal(actor.handled, ROUNDS + c.redelivered);
    kit_finish(system);
}

#define TESTS(X)                                                    \
    X(a_letter_is_shown_by_its_number)                              \
    X(a_dropped_letter_is_gone_and_the_others_stay)                 \
    X(a_redelivered_letter_is_a_new_message_and_leaves_the_ring_I1) \
    X(a_letter_that_is_refused_stays)                               \
    X(the_end_of_a_request_is_not_redelivered_I4)                   \
    X(a_letter_outlives_its_request_and_is_answered_to_nobody)      \
    X(letters_are_redelivered_or_dropped_once_by_whoever_comes_first_I1)

#define TEST(name) cmocka_unit_test(name),

int main(void) {
    const struct CMUnitTest tests[] = {TESTS(TEST)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
