/* Interleavings that once broke something: each test steers the threads into one, with gates, and looks at what came of it. */
#include "kit.h"

#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

static void sleep_ms(long ms) {
    struct timespec t = {.tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000};
    nanosleep(&t, NULL);
}

static void tell(airs_system *system, airs_component to) {
    assert_int_equal(airs_send(system, to, "x", 1, AIRS_REJECT_WHEN_FULL), AIRS_OK);
}

/* Every message waits at the actor's gate. */
static airs_result at_the_gate(kit_actor *self, airs_context *context, const airs_message *message, airs_error *error) {
    (void)context;
    (void)message;
    (void)error;
    kit_gate_wait(self->user);
    return AIRS_HANDLED;
}

/* --- the look at held messages, while it is on its way ------------------------------------------------------------------ */

typedef struct told {
    kit_gate *gate; /* may be NULL: where the callback waits */
    atomic_uint_fast64_t count;
} told;

static void on_end(void *user, airs_status status, const void *data, size_t length) {
    (void)status;
    (void)data;
    (void)length;
    told *told = user;
    if (told->gate != NULL) {
        kit_gate_wait(told->gate);
    }
    atomic_fetch_add(&told->count, 1);
}

/* Fills both targets and has one more message held for each. */
static airs_result fills_two(kit_actor *self, airs_context *context, const airs_message *message, airs_error *error) {
    (void)message;
    (void)error;
    const airs_component *targets = self->user;
    for (int i = 0; i < 2; i++) {
        for (int sent = 0; sent < 2; sent++) {
            assert_int_equal(airs_context_send(context, targets[i], "x", 1), AIRS_OK);
        }
    }
    return AIRS_HANDLED;
}

static void ask(airs_system *system, airs_component to, uint32_t timeout_ms, told *told) {
    assert_int_equal(airs_request_async(system, to, "x", 1, timeout_ms, AIRS_REJECT_WHEN_FULL, on_end, told), AIRS_OK);
}

/* One worker lets a batch fall due and is kept in its first end. Meanwhile the sender whose look at held messages stands in the middle of the
 * batch is woken, and stays muted. The last of the batch must come all the same. */
static void a_sender_woken_while_its_check_falls_due_loses_nobodys_timeout_I4(void **state) {
    (void)state;
    airs_system *system = kit_system(4);
    kit_gate open[2] = {0};
    kit_gate busy[2] = {0};
    kit_gate in_callback = {0};
    airs_component targets[2];
    kit_options one = kit_defaults();
    one.limits.mailbox_messages = 1;
    kit_actor sender = {.handle = fills_two, .user = targets};
    kit_actor target[2] = {{.handle = at_the_gate, .user = &open[0]}, {.handle = at_the_gate, .user = &open[1]}};
    kit_actor occupant[2] = {{.handle = at_the_gate, .user = &busy[0]}, {.handle = at_the_gate, .user = &busy[1]}};
    kit_actor silent = {.handle = kit_count};
    airs_component from = kit_spawn(system, "test/sender/0", &sender); /* the first handle: its check is in this thread's shard */
    targets[0] = kit_spawn_with(system, "test/target/0", &target[0], &one);
    targets[1] = kit_spawn_with(system, "test/target/1", &target[1], &one);
    airs_component occupants[2] = {kit_spawn(system, "test/occupant/0", &occupant[0]), kit_spawn(system, "test/occupant/1", &occupant[1])};
    airs_component mute = kit_spawn(system, "test/silent/0", &silent);
    kit_start(system);
    told first = {.gate = &in_callback};
    told last = {0};
    ask(system, mute, 900, &first);
    tell(system, from);
    kit_gate_reached(&open[0], 1);
    kit_gate_reached(&open[1], 1);
    ask(system, mute, 1100, &last);
    kit_wait(&silent.handled, 2);
    tell(system, occupants[0]);
    tell(system, occupants[1]);
    kit_gate_reached(&busy[0], 1);
    kit_gate_reached(&busy[1], 1);
    sleep_ms(1300);
    kit_gate_open(&busy[0]);
    kit_gate_reached(&in_callback, 1);
    kit_gate_open(&busy[1]);
    kit_wait(&occupant[1].handled, 1);
    kit_gate_open(&open[0]);
    kit_wait(&target[0].handled, 2); /* the sender was woken; what it holds for the other target keeps it muted */
    sleep_ms(50);
    kit_gate_open(&in_callback);
    kit_wait(&last.count, 1);
    kit_gate_open(&open[1]);
    kit_finish(system);
    assert_int_equal(first.count, 1);
}

/* --- who looks at the wheels -------------------------------------------------------------------------------------------- */

static airs_result sets_a_timer_and_waits(kit_actor *self, airs_context *context, const airs_message *message, airs_error *error) {
    (void)message;
    (void)error;
    airs_timer timer;
    sleep_ms(20); /* the other worker sleeps by now */
    assert_int_equal(airs_context_send_after(context, 5, self->peer, "x", 1, &timer), AIRS_OK);
    kit_gate_wait(self->user);
    return AIRS_HANDLED;
}

static void a_timer_fires_while_the_handler_that_set_it_still_runs(void **state) {
    (void)state;
    airs_system *system = kit_system(2);
    kit_gate gate = {0};
    kit_actor receiver = {.handle = kit_count};
    kit_actor setter = {.handle = sets_a_timer_and_waits, .user = &gate};
    setter.peer = kit_spawn(system, "test/receiver/0", &receiver);
    airs_component to = kit_spawn(system, "test/setter/0", &setter);
    kit_start(system);
    tell(system, to);
    kit_wait(&receiver.handled, 1);
    kit_gate_open(&gate);
    kit_finish(system);
}

/* The request wakes nobody, since its target is in a handler already: only the clock can end it. */
static void a_timeout_comes_while_the_target_is_in_its_handler(void **state) {
    (void)state;
    airs_system *system = kit_system(2);
    kit_gate gate = {0};
    kit_actor target = {.handle = at_the_gate, .user = &gate};
    airs_component to = kit_spawn(system, "test/target/0", &target);
    kit_start(system);
    tell(system, to);
    kit_gate_reached(&gate, 1);
    for (int i = 0; i < 200; i++) {
        told told = {0};
        ask(system, to, 1, &told);
        kit_wait(&told.count, 1);
    }
    kit_gate_open(&gate);
    kit_finish(system);
}

/* --- crashes and requests ----------------------------------------------------------------------------------------------- */

/* Asks for what comes from outside, crashes on the reply. */
static airs_result crashes_on_a_reply(kit_actor *self, airs_context *context, const airs_message *message, airs_error *error) {
    if (message->kind == AIRS_MESSAGE_REPLY) {
        airs_error_set(error, AIRS_ETRAP, "crashed on purpose");
        return AIRS_CRASHED;
    }
    self->number = airs_context_request(context, self->peer, "x", 1, 0, &self->last_request);
    return AIRS_HANDLED;
}

static void a_crash_on_a_reply_gives_its_place_in_flight_back_I7(void **state) {
    (void)state;
    airs_system *system = kit_system(2);
    kit_options one = kit_defaults();
    one.limits.in_flight = 1;
    kit_actor server = {.handle = kit_echo};
    kit_actor client = {.handle = crashes_on_a_reply};
    client.peer = kit_spawn(system, "test/server/0", &server);
    airs_component to = kit_spawn_with(system, "test/client/0", &client, &one);
    kit_start(system);
    for (int i = 0; i < 3; i++) {
        tell(system, to);
        assert_int_equal(airs_system_wait_quiescent(system, 20000), AIRS_OK);
        assert_int_equal(client.number, AIRS_OK);
    }
    assert_int_equal(kit_stats(system).crashes, 3);
    kit_finish(system);
}

/* --- stop and start ----------------------------------------------------------------------------------------------------- */

static void waits_when_stopped(void *user, const airs_event *event) {
    if (event->kind == AIRS_EVENT_STOPPED) {
        kit_gate_wait(user);
    }
}

/* The first of many workers takes the stop while the others are being started, and the start signal comes when it is on its way out. */
static void an_actor_stopped_while_the_system_starts_holds_up_nobody(void **state) {
    (void)state;
    kit_gate gate = {0};
    airs_system_options options = {.workers = 48, .on_event = waits_when_stopped, .user = &gate};
    airs_system *system = NULL;
    assert_int_equal(airs_system_new(&options, &system, NULL), AIRS_OK);
    kit_actor actor = {.handle = kit_count};
    assert_int_equal(airs_stop(system, kit_spawn(system, "test/actor/0", &actor)), AIRS_OK);
    assert_int_equal(airs_system_start(system, NULL), AIRS_OK);
    kit_gate_reached(&gate, 1);
    kit_gate_open(&gate);
    kit_wait(&actor.frees, 1);
    assert_int_equal(airs_system_wait_started(system, 20000), AIRS_OK);
    assert_int_equal(actor.starts, 0);
    kit_finish(system);
}

/* --- host threads ------------------------------------------------------------------------------------------------------- */

typedef struct caller {
    airs_system *system;
    airs_component to;
    airs_status status;
    atomic_uint_fast64_t done;
} caller;

static void *asks_and_waits(void *argument) {
    caller *caller = argument;
    void *data = NULL;
    size_t length = 0;
    caller->status = airs_request_wait(caller->system, caller->to, "x", 1, 30, &data, &length, NULL);
    atomic_store(&caller->done, 1);
    return NULL;
}

static void a_request_blocked_at_a_full_target_still_times_out(void **state) {
    (void)state;
    airs_system *system = kit_system(2);
    kit_gate gate = {0};
    kit_options one = kit_defaults();
    one.limits.mailbox_messages = 1;
    kit_actor target = {.handle = at_the_gate, .user = &gate};
    caller caller = {.system = system, .to = kit_spawn_with(system, "test/target/0", &target, &one)};
    kit_start(system);
    tell(system, caller.to);
    kit_gate_reached(&gate, 1);
    pthread_t thread;
    assert_int_equal(pthread_create(&thread, NULL, asks_and_waits, &caller), 0);
    kit_wait(&caller.done, 1);
    assert_int_equal(caller.status, AIRS_ETIMEOUT);
    kit_gate_open(&gate);
    pthread_join(thread, NULL);
    kit_finish(system);
}

/* --- quiet -------------------------------------------------------------------------------------------------------------- */

static airs_result exits(kit_actor *self, airs_context *context, const airs_message *message, airs_error *error) {
    (void)self;
    (void)context;
    (void)message;
    (void)error;
    return AIRS_EXIT;
}

static void stop_waits_and_sends(kit_actor *self, airs_context *context, airs_stop_reason reason) {
    assert_int_equal(reason, AIRS_STOP_NORMAL);
    kit_gate_wait(self->user);
    assert_int_equal(airs_context_send(context, self->peer, "x", 1), AIRS_OK);
}

static void it_is_not_quiet_before_an_exit_has_said_good_bye(void **state) {
    (void)state;
    airs_system *system = kit_system(2);
    kit_gate gate = {0};
    kit_actor receiver = {.handle = kit_count};
    kit_actor leaver = {.handle = exits, .stop = stop_waits_and_sends, .user = &gate};
    leaver.peer = kit_spawn(system, "test/receiver/0", &receiver);
    airs_component to = kit_spawn(system, "test/leaver/0", &leaver);
    kit_start(system);
    tell(system, to);
    kit_gate_reached(&gate, 1);
    assert_int_equal(airs_system_wait_quiescent(system, 50), AIRS_ETIMEOUT);
    kit_gate_open(&gate);
    assert_int_equal(airs_system_wait_quiescent(system, 20000), AIRS_OK);
    assert_int_equal(receiver.handled, 1);
    kit_finish(system);
}

static void quiet_comes_after_every_stop_that_was_asked_for(void **state) {
    (void)state;
    airs_system *system = kit_system(2);
    static kit_actor actors[200];
    kit_start(system);
    for (int i = 0; i < 200; i++) {
        char id[32];
        snprintf(id, sizeof id, "test/actor/%d", i);
        actors[i].handle = kit_count;
        airs_component component = kit_spawn(system, id, &actors[i]);
        assert_int_equal(airs_system_wait_quiescent(system, 20000), AIRS_OK);
        assert_int_equal(airs_stop(system, component), AIRS_OK);
        airs_stop(system, component); /* asked for again, it may be stopping or gone */
        assert_int_equal(airs_system_wait_quiescent(system, 20000), AIRS_OK);
        assert_int_equal(actors[i].stops, 1);
    }
    kit_finish(system);
}

static airs_result sets_a_timer(kit_actor *self, airs_context *context, const airs_message *message, airs_error *error) {
    (void)message;
    (void)error;
    airs_timer timer;
    assert_int_equal(airs_context_send_after(context, 1, self->peer, "x", 1, &timer), AIRS_OK);
    return AIRS_HANDLED;
}

static void *stops_the_system(void *system) {
    assert_int_equal(airs_system_stop(system), AIRS_OK);
    return NULL;
}

/* A timer whose target is full tries again all the time; whenever the stop comes, nothing of it is left. */
static void a_timer_that_waits_for_room_is_gone_after_the_stop_I9(void **state) {
    (void)state;
    for (int round = 0; round < 40; round++) {
        airs_system *system = kit_system(2);
        kit_gate gate = {0};
        kit_options one = kit_defaults();
        one.limits.mailbox_messages = 1;
        kit_actor target = {.handle = at_the_gate, .user = &gate};
        kit_actor setter = {.handle = sets_a_timer};
        setter.peer = kit_spawn_with(system, "test/target/0", &target, &one);
        airs_component to = kit_spawn(system, "test/setter/0", &setter);
        kit_start(system);
        tell(system, setter.peer);
        kit_gate_reached(&gate, 1);
        for (int i = 0; i < 50; i++) {
            tell(system, to);
        }
        kit_wait(&setter.handled, 50);
        sleep_ms(10 + round % 11);
        pthread_t thread;
        assert_int_equal(pthread_create(&thread, NULL, stops_the_system, system), 0);
        kit_gate_open(&gate);
        pthread_join(thread, NULL);
        kit_check_balance(system);
        airs_system_free(system);
    }
}

static void a_timer_that_is_due_keeps_the_system_from_being_quiet(void **state) {
    (void)state;
    for (int round = 0; round < 5; round++) {
        airs_system *system = kit_system(2);
        kit_gate gate = {0};
        kit_options one = kit_defaults();
        one.limits.mailbox_messages = 1;
        kit_actor target = {.handle = at_the_gate, .user = &gate};
        kit_actor setter = {.handle = sets_a_timer};
        setter.peer = kit_spawn_with(system, "test/target/0", &target, &one);
        airs_component to = kit_spawn(system, "test/setter/0", &setter);
        kit_start(system);
        tell(system, setter.peer);
        kit_gate_reached(&gate, 1);
        tell(system, to);
        kit_wait(&setter.handled, 1);
        sleep_ms(150); /* due by now, though the wheel may be some milliseconds late */
        kit_gate_open(&gate);
        assert_int_equal(airs_system_wait_quiescent(system, 20000), AIRS_OK);
        assert_int_equal(target.handled, 2);
        kit_finish(system);
    }
}

static void two_threads_may_stop_the_system_at_once(void **state) {
    (void)state;
    for (int round = 0; round < 50; round++) {
        airs_system *system = kit_system(2);
        kit_actor actor = {.handle = kit_count};
        kit_spawn(system, "test/actor/0", &actor);
        kit_start(system);
        pthread_t threads[3];
        for (int i = 0; i < 3; i++) {
            assert_int_equal(pthread_create(&threads[i], NULL, stops_the_system, system), 0);
        }
        for (int i = 0; i < 3; i++) {
            pthread_join(threads[i], NULL);
        }
        assert_int_equal(actor.stops, 1);
        airs_system_free(system);
    }
}

static void *starts_the_system(void *system) {
    airs_status status = airs_system_start(system, NULL);
    KIT_REQUIRE(status == AIRS_OK || status == AIRS_EBUSY);
    return NULL;
}

/* Whichever comes first, the system ends stopped, with nothing left. */
static void a_system_may_be_stopped_while_it_starts(void **state) {
    (void)state;
    for (int round = 0; round < 100; round++) {
        airs_system *system = kit_system(2);
        kit_actor actor = {.handle = kit_count};
        airs_component to = kit_spawn(system, "test/actor/0", &actor);
        pthread_t threads[2];
        assert_int_equal(pthread_create(&threads[0], NULL, starts_the_system, system), 0);
        if (round % 2 == 0) {
            kit_nap();
        }
        assert_int_equal(pthread_create(&threads[1], NULL, stops_the_system, system), 0);
        for (int i = 0; i < 2; i++) {
            pthread_join(threads[i], NULL);
        }
        assert_true(airs_send(system, to, "x", 1, AIRS_REJECT_WHEN_FULL) != AIRS_OK);
        assert_int_equal(actor.starts, actor.stops);
        kit_check_balance(system);
        assert_int_equal(airs_system_free(system), AIRS_OK);
        assert_int_equal(actor.frees, 1);
    }
}

static int names_the_stopped(void *user, const airs_dead_letter *letter) {
    ++*(uint64_t *)user;
    assert_string_equal(letter->to->text, "test/target/0");
    return 0;
}

static void a_dead_letter_of_a_stopped_actor_names_it(void **state) {
    (void)state;
    airs_system *system = kit_system(2);
    kit_gate gate = {0};
    kit_actor target = {.handle = at_the_gate, .user = &gate};
    airs_component to = kit_spawn(system, "test/target/0", &target);
    kit_start(system);
    tell(system, to);
    kit_gate_reached(&gate, 1);
    tell(system, to);
    assert_int_equal(airs_stop(system, to), AIRS_OK);
    kit_gate_open(&gate);
    kit_wait(&target.frees, 1);
    uint64_t letters = 0;
    airs_dead_letters_list(system, names_the_stopped, &letters);
    assert_int_equal(letters, 1);
    kit_finish(system);
}

#define TESTS(X)                                                         \
    X(a_sender_woken_while_its_check_falls_due_loses_nobodys_timeout_I4) \
    X(a_timer_fires_while_the_handler_that_set_it_still_runs)            \
    X(a_timeout_comes_while_the_target_is_in_its_handler)                \
    X(a_crash_on_a_reply_gives_its_place_in_flight_back_I7)              \
    X(an_actor_stopped_while_the_system_starts_holds_up_nobody)          \
    X(a_request_blocked_at_a_full_target_still_times_out)                \
    X(quiet_comes_after_every_stop_that_was_asked_for)                   \
    X(it_is_not_quiet_before_an_exit_has_said_good_bye)                  \
    X(a_timer_that_waits_for_room_is_gone_after_the_stop_I9)             \
    X(a_timer_that_is_due_keeps_the_system_from_being_quiet)             \
    X(two_threads_may_stop_the_system_at_once)                           \
    X(a_system_may_be_stopped_while_it_starts)                           \
    X(a_dead_letter_of_a_stopped_actor_names_it)

#define TEST(name) cmocka_unit_test(name),

int main(void) {
    const struct CMUnitTest tests[] = {TESTS(TEST)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
