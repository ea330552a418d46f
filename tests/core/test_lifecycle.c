/* Start, crash, stop, drain: the life of actors and of the system. */
#include "kit.h"

#include <stdlib.h>
#include <string.h>

typedef struct heard {
    atomic_uint_fast64_t kinds[5];
    char last_error[AIRS_ERROR_TEXT_MAX];
} heard;

static void on_event(void *user, const airs_event *event) {
    heard *heard = user;
    if (event->error != NULL) {
        memcpy(heard->last_error, event->error->text, sizeof heard->last_error);
    }
    atomic_fetch_add(&heard->kinds[event->kind], 1);
}

static airs_system *listening_system(heard *heard) {
    airs_system_options options = {.workers = 2, .on_event = on_event, .user = heard};
    airs_system *system = NULL;
    assert_int_equal(airs_system_new(&options, &system, NULL), AIRS_OK);
    return system;
}

static void tell(airs_system *system, airs_component to, const char *text) {
    assert_int_equal(airs_send(system, to, text, strlen(text), AIRS_BLOCK_WHEN_FULL), AIRS_OK);
}

/* "crash" crashes; else the first byte is appended to number, base 256. */
static airs_result crasher(kit_actor *self, airs_context *context, const airs_message *message, airs_error *error) {
    (void)context;
    if (message->length == 5) {
        airs_error_set(error, AIRS_ETRAP, "crashed on purpose");
        return AIRS_CRASHED;
    }
    self->number = self->number << 8 | ((const uint8_t *)message->data)[0];
    return AIRS_HANDLED;
}

static airs_status start_waits(kit_actor *self, airs_context *context, airs_error *error) {
    (void)context;
    (void)error;
    kit_gate_wait(self->user);
    return AIRS_OK;
}

static void messages_wait_until_start_has_returned(void **state) {
    (void)state;
    airs_system *system = kit_system(2);
    kit_gate gate = {0};
    kit_actor actor = {.handle = crasher, .start = start_waits, .user = &gate};
    airs_component to = kit_spawn(system, "test/a/0", &actor);
    assert_int_equal(airs_system_start(system, NULL), AIRS_OK);
    assert_int_equal(airs_system_start(system, NULL), AIRS_EBUSY);
    kit_gate_reached(&gate, 1);
    assert_int_equal(airs_system_wait_started(system, 1), AIRS_ETIMEOUT);
    tell(system, to, "A");
    assert_int_equal(actor.handled, 0);
    kit_gate_open(&gate);
    kit_finish(system);
    assert_int_equal(actor.number, 'A');
}

static airs_result gated_crasher(kit_actor *self, airs_context *context, const airs_message *message, airs_error *error) {
    if (message->length == 4) {
        kit_gate_wait(self->user);
    }
    return crasher(self, context, message, error);
}

static void a_crash_keeps_id_handle_and_mailbox_in_order_I8(void **state) {
    (void)state;
    static heard heard;
    memset(&heard, 0, sizeof heard);
    airs_system *system = listening_system(&heard);
    kit_gate gate = {0};
    kit_actor actor = {.handle = gated_crasher, .user = &gate};
    airs_component to = kit_spawn(system, "test/a/0", &actor);
    kit_start(system);
    tell(system, to, "wait");
    kit_gate_reached(&gate, 1);
    tell(system, to, "1");
    tell(system, to, "crash");
    tell(system, to, "2");
    tell(system, to, "3");
    kit_gate_open(&gate);
    assert_int_equal(airs_system_wait_quiescent(system, 20000), AIRS_OK);
    assert_int_equal(actor.number, 'w' << 24 | '1' << 16 | '2' << 8 | '3');
    assert_int_equal(actor.starts, 2);
    assert_int_equal(actor.crashes_seen, 1);
    assert_int_equal(heard.kinds[AIRS_EVENT_RESTARTED], 1);
    assert_int_equal(kit_dead(system, AIRS_ETRAP), 1);
    assert_int_equal(airs_dead_letters_count(system), 1);
    tell(system, to, "4");
    kit_finish(system);
    assert_int_equal(actor.number & 0xff, '4');
}

static int check_letter(void *user, const airs_dead_letter *letter) {
    uint64_t *seen = user;
    ++*seen;
    assert_int_equal(letter->number, *seen);
    assert_string_equal(letter->to->text, "test/a/0");
    assert_string_equal(letter->from->text, "airs/outside/0");
    assert_memory_equal(letter->data, letter->reason == AIRS_ETRAP ? "crash" : "x", letter->length);
    return 0;
}

static void the_fourth_crash_within_a_minute_stops_the_component(void **state) {
    (void)state;
    static heard heard;
    memset(&heard, 0, sizeof heard);
    airs_system *system = listening_system(&heard);
    kit_gate gate = {0};
    kit_actor actor = {.handle = gated_crasher, .user = &gate};
    airs_component to = kit_spawn(system, "test/a/0", &actor);
    kit_start(system);
    tell(system, to, "wait");
    kit_gate_reached(&gate, 1);
    for (int i = 0; i < 4; i++) {
        tell(system, to, "crash");
    }
    tell(system, to, "x");
    tell(system, to, "x");
    kit_gate_open(&gate);
    kit_wait(&heard.kinds[AIRS_EVENT_GAVE_UP], 1);
    assert_int_equal(airs_system_wait_quiescent(system, 20000), AIRS_OK);
    assert_int_equal(heard.kinds[AIRS_EVENT_RESTARTED], 3);
    assert_string_equal(heard.last_error, "crashed on purpose");
    assert_int_equal(kit_stats(system).crashes, 4);
    assert_int_equal(kit_dead(system, AIRS_ETRAP), 4);
    assert_int_equal(kit_dead(system, AIRS_ETARGET_STOPPED), 2);
    assert_int_equal(airs_send(system, to, "x", 1, AIRS_REJECT_WHEN_FULL), AIRS_ETARGET_STOPPED);
    uint64_t seen = 0;
    airs_dead_letters_list(system, check_letter, &seen);
    assert_int_equal(seen, 6);
    kit_finish(system);
    assert_int_equal(actor.frees, 1);
}

static airs_status start_fails(kit_actor *self, airs_context *context, airs_error *error) {
    (void)context;
    kit_gate_wait(self->user);
    return airs_error_set(error, AIRS_ETRAP, "no start today");
}

static void a_failed_start_stops_the_component_and_its_mailbox_is_dead(void **state) {
    (void)state;
    static heard heard;
    memset(&heard, 0, sizeof heard);
    airs_system *system = listening_system(&heard);
    kit_gate gate = {0};
    kit_actor actor = {.handle = crasher, .start = start_fails, .user = &gate};
    airs_component to = kit_spawn(system, "test/a/0", &actor);
    kit_actor other = {.handle = crasher};
    kit_spawn(system, "test/b/0", &other);
    assert_int_equal(airs_system_start(system, NULL), AIRS_OK);
    tell(system, to, "x");
    kit_gate_open(&gate);
    kit_wait(&heard.kinds[AIRS_EVENT_INIT_FAILED], 1);
    assert_int_equal(airs_system_wait_started(system, 20000), AIRS_OK);
    assert_string_equal(heard.last_error, "no start today");
    assert_int_equal(airs_system_wait_quiescent(system, 20000), AIRS_OK);
    assert_int_equal(kit_dead(system, AIRS_EINIT_FAILED), 1);
    assert_int_equal(heard.kinds[AIRS_EVENT_STARTED], 1);
    kit_finish(system);
    assert_int_equal(actor.stops + actor.crashes_seen, 0);
    assert_int_equal(actor.frees, 1);
}

static void a_stop_takes_effect_after_the_message_in_hand_I10(void **state) {
    (void)state;
    airs_system *system = kit_system(2);
    kit_gate gate = {0};
    kit_actor actor = {.handle = gated_crasher, .user = &gate};
    airs_component to = kit_spawn(system, "test/a/0", &actor);
    kit_start(system);
    tell(system, to, "wait");
    kit_gate_reached(&gate, 1);
    for (int i = 0; i < 64; i++) {
        tell(system, to, "x");
    }
    assert_int_equal(airs_stop(system, to), AIRS_OK);
    kit_gate_open(&gate);
    kit_wait(&actor.frees, 1);
    assert_int_equal(actor.handled, 1);
    assert_int_equal(kit_dead(system, AIRS_ETARGET_STOPPED), 64);
    kit_finish(system);
}

static airs_result exits(kit_actor *self, airs_context *context, const airs_message *message, airs_error *error) {
    (void)self;
    (void)context;
    (void)message;
    (void)error;
    return AIRS_EXIT;
}

static void an_actor_may_end_itself(void **state) {
    (void)state;
    airs_system *system = kit_system(2);
    kit_actor actor = {.handle = exits};
    airs_component to = kit_spawn(system, "test/a/0", &actor);
    kit_start(system);
    tell(system, to, "x");
    kit_wait(&actor.frees, 1);
    assert_int_equal(kit_stats(system).delivered, 1);
    assert_int_equal(actor.stops, 1);
    kit_finish(system);
}

/* Sends one message to the peer when it stops. */
static void says_good_bye(kit_actor *self, airs_context *context, airs_stop_reason reason) {
    assert_int_equal(reason, AIRS_STOP_NORMAL);
    assert_int_equal(airs_context_send(context, self->peer, "B", 1), AIRS_OK);
}

static void the_newest_stops_first_and_may_still_send(void **state) {
    (void)state;
    airs_system *system = kit_system(2);
    kit_actor older = {.handle = crasher};
    kit_actor newer = {.handle = crasher, .stop = says_good_bye};
    newer.peer = kit_spawn(system, "test/a/0", &older);
    kit_spawn(system, "test/b/0", &newer);
    kit_start(system);
    assert_int_equal(airs_system_stop(system), AIRS_OK);
    kit_check_balance(system);
    assert_int_equal(kit_stats(system).accepted, 1);
    airs_system_free(system);
    assert_int_equal(newer.stops + older.stops, 2);
}

static void a_drain_finishes_what_is_queued_and_refuses_what_is_new(void **state) {
    (void)state;
    airs_system *system = kit_system(2);
    kit_gate gate = {0};
    kit_actor actor = {.handle = gated_crasher, .user = &gate};
    airs_component to = kit_spawn(system, "test/a/0", &actor);
    kit_start(system);
    tell(system, to, "wait");
    kit_gate_reached(&gate, 1);
    tell(system, to, "1");
    assert_int_equal(airs_system_drain(system, 5), AIRS_ETIMEOUT);
    assert_int_equal(airs_send(system, to, "x", 1, AIRS_BLOCK_WHEN_FULL), AIRS_ESTOPPING);
    airs_balance balance;
    airs_system_balance(system, &balance);
    assert_int_equal(balance.in_hand, 1);
    assert_int_equal(balance.queued, 1);
    kit_gate_open(&gate);
    assert_int_equal(airs_system_drain(system, 20000), AIRS_OK);
    assert_int_equal(actor.handled, 2);
    assert_int_equal(airs_system_stop(system), AIRS_OK);
    kit_check_balance(system);
    airs_system_free(system);
}

static void a_stop_that_is_not_drained_makes_dead_letters_with_reason_stopping_I1(void **state) {
    (void)state;
    airs_system *system = kit_system(2);
    kit_gate gate = {0};
    kit_actor actor = {.handle = gated_crasher, .user = &gate};
    airs_component to = kit_spawn(system, "test/a/0", &actor);
    kit_start(system);
    tell(system, to, "wait");
    kit_gate_reached(&gate, 1);
    for (int i = 0; i < 10; i++) {
        tell(system, to, "x");
    }
    assert_int_equal(airs_system_drain(system, 1), AIRS_ETIMEOUT);
    kit_gate_open(&gate);
    assert_int_equal(airs_system_stop(system), AIRS_OK);
    kit_check_balance(system);
    airs_routing_stats stats = kit_stats(system);
    assert_int_equal(stats.accepted, 11);
    assert_int_equal(stats.delivered + stats.dead_by_reason[AIRS_ESTOPPING], 11);
    airs_system_free(system);
}

static void a_system_that_never_started_frees_what_was_spawned_I9(void **state) {
    (void)state;
    airs_system *system = kit_system(2);
    kit_actor actors[3] = {{.handle = crasher}, {.handle = crasher}, {.handle = crasher}};
    kit_spawn(system, "test/a/0", &actors[0]);
    kit_spawn(system, "test/a/1", &actors[1]);
    kit_spawn(system, "test/a/2", &actors[2]);
    assert_int_equal(airs_registry_count(airs_system_registry(system)), 3);
    airs_system_free(system);
    for (int i = 0; i < 3; i++) {
        assert_int_equal(actors[i].frees, 1);
        assert_int_equal(actors[i].starts + actors[i].stops, 0);
    }
}

static void ids_may_be_used_again_after_a_stop_I9(void **state) {
    (void)state;
    airs_system *system = kit_system(2);
    kit_start(system);
    for (int i = 0; i < 3000; i++) {
        kit_actor actor = {.handle = crasher};
        airs_component to = kit_spawn(system, "test/a/0", &actor);
        tell(system, to, "x");
        assert_int_equal(airs_stop(system, to), AIRS_OK);
        kit_wait(&actor.frees, 1);
        assert_int_equal(actor.frees, 1);
    }
    assert_int_equal(airs_registry_count(airs_system_registry(system)), 0);
    kit_finish(system);
}

#define TESTS(X)                                                             \
    X(messages_wait_until_start_has_returned)                                \
    X(a_crash_keeps_id_handle_and_mailbox_in_order_I8)                       \
    X(the_fourth_crash_within_a_minute_stops_the_component)                  \
    X(a_failed_start_stops_the_component_and_its_mailbox_is_dead)            \
    X(a_stop_takes_effect_after_the_message_in_hand_I10)                     \
    X(an_actor_may_end_itself)                                               \
    X(the_newest_stops_first_and_may_still_send)                             \
    X(a_drain_finishes_what_is_queued_and_refuses_what_is_new)               \
    X(a_stop_that_is_not_drained_makes_dead_letters_with_reason_stopping_I1) \
    X(a_system_that_never_started_frees_what_was_spawned_I9)                 \
    X(ids_may_be_used_again_after_a_stop_I9)

#define TEST(name) cmocka_unit_test(name),

int main(void) {
    const struct CMUnitTest tests[] = {TESTS(TEST)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
