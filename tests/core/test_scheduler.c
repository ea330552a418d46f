/* Who runs when handlers loop, sleep or block; through the public API, with real threads. */
#include "kit.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

static void tell(airs_system *system, airs_component to) {
    assert_int_equal(airs_send(system, to, "x", 1, AIRS_REJECT_WHEN_FULL), AIRS_OK);
}

static uint64_t thread_ns(void) {
    struct timespec t;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

static void sleep_ms(long ms) {
    struct timespec t = {.tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000};
    nanosleep(&t, NULL);
}

/* Two workers, and as many loopers as workers and spares less one. The system must go on all the same. */
static void loopers_on_every_worker_stop_nobody_else(void **state) {
    (void)state;
    enum { LOOPERS = 6 };
    airs_system *system = kit_system(2);
    kit_gate gate = {0};
    kit_actor looper[LOOPERS];
    airs_component loopers[LOOPERS];
    kit_actor echo = {.handle = kit_count};
    for (int i = 0; i < LOOPERS; i++) {
        char id[32];
        looper[i] = (kit_actor){.handle = kit_loop, .user = &gate};
        snprintf(id, sizeof id, "test/looper/%d", i);
        loopers[i] = kit_spawn(system, id, &looper[i]);
    }
    airs_component other = kit_spawn(system, "test/other/0", &echo);
    kit_start(system);
    for (int i = 0; i < LOOPERS; i++) {
        tell(system, loopers[i]);
        tell(system, loopers[i]); /* still in its mailbox when the first is handled on a thread without a permit */
    }
    kit_gate_reached(&gate, LOOPERS);
    for (int i = 0; i < 100; i++) {
        tell(system, other);
    }
    kit_wait(&echo.handled, 100);
    kit_gate_open(&gate);
    for (int i = 0; i < LOOPERS; i++) {
        kit_wait(&looper[i].handled, 2);
    }
    kit_finish(system);
}

static airs_result sleeps_long(kit_actor *self, airs_context *context, const airs_message *message, airs_error *error) {
    (void)message;
    (void)error;
    airs_context_begin_blocking(context);
    kit_gate_wait(self->user);
    airs_context_end_blocking(context);
    assert_int_equal(airs_context_send(context, self->peer, "x", 1), AIRS_OK);
    return AIRS_HANDLED;
}

/* With one worker, whose only permit each sleeper gives up in turn; and gets back, or is run to the end without. */
static void a_blocking_section_gives_the_worker_to_others(void **state) {
    (void)state;
    airs_system *system = kit_system(1);
    kit_gate gate = {0};
    kit_actor counter = {.handle = kit_count};
    kit_actor sleeper[3];
    airs_component to[3];
    airs_component peer = kit_spawn(system, "test/counter/0", &counter);
    for (int i = 0; i < 3; i++) {
        char id[32];
        snprintf(id, sizeof id, "test/sleeper/%d", i);
        sleeper[i] = (kit_actor){.handle = sleeps_long, .user = &gate, .peer = peer};
        to[i] = kit_spawn(system, id, &sleeper[i]);
    }
    kit_start(system);
    for (int i = 0; i < 3; i++) {
        tell(system, to[i]);
        tell(system, to[i]);
    }
    kit_gate_reached(&gate, 3);
    tell(system, peer);
    kit_wait(&counter.handled, 1);
    kit_gate_open(&gate);
    kit_wait(&counter.handled, 7);
    kit_finish(system);
}

/* The message for the peer stands in the LIFO slot of a thread whose handler doesn't end. */
static airs_result sends_and_loops(kit_actor *self, airs_context *context, const airs_message *message, airs_error *error) {
    assert_int_equal(airs_context_send(context, self->peer, "x", 1), AIRS_OK);
    return kit_loop(self, context, message, error);
}

static void who_was_woken_by_a_handler_that_loops_runs_elsewhere(void **state) {
    (void)state;
    airs_system *system = kit_system(2);
    kit_gate gate = {0};
    kit_actor counter = {.handle = kit_count};
    kit_actor sender = {.handle = sends_and_loops, .user = &gate};
    sender.peer = kit_spawn(system, "test/counter/0", &counter);
    airs_component to = kit_spawn(system, "test/sender/0", &sender);
    kit_start(system);
    tell(system, to);
    kit_wait(&counter.handled, 1);
    assert_int_equal(sender.handled, 0);
    kit_gate_open(&gate);
    kit_finish(system);
}

static airs_result takes_a_while(kit_actor *self, airs_context *context, const airs_message *message, airs_error *error) {
    (void)context;
    (void)message;
    (void)error;
    uint64_t begin = thread_ns();
    while (thread_ns() - begin < self->number) {
    }
    return AIRS_HANDLED;
}

/* Permits are taken, threads end, others begin, a hundred times over. */
static void a_stream_of_long_handlers_loses_no_message_I1(void **state) {
    (void)state;
    enum { ACTORS = 4, EACH = 8 };
    airs_system *system = kit_system(2);
    kit_actor actor[ACTORS];
    airs_component to[ACTORS];
    for (int i = 0; i < ACTORS; i++) {
        char id[32];
        snprintf(id, sizeof id, "test/slow/%d", i);
        actor[i] = (kit_actor){.handle = takes_a_while, .number = (uint64_t)(3 + i) * 1000000u};
        to[i] = kit_spawn(system, id, &actor[i]);
    }
    kit_start(system);
    for (int i = 0; i < EACH; i++) {
        for (int j = 0; j < ACTORS; j++) {
            tell(system, to[j]);
        }
    }
    for (int i = 0; i < ACTORS; i++) {
        kit_wait(&actor[i].handled, EACH);
    }
    kit_finish(system);
}

/* Of a behaviour that is declared blocking every handler may. */
static airs_status blocking_start(void *state, airs_context *context, airs_error *error) {
    (void)state;
    (void)context;
    (void)error;
    return AIRS_OK;
}

typedef struct sleeper {
    atomic_uint_fast64_t handled;
    kit_gate *gate;
} sleeper;

static airs_result blocking_handle(void *state, airs_context *context, const airs_message *message, airs_error *error) {
    (void)context;
    (void)message;
    (void)error;
    sleeper *self = state;
    kit_gate_wait(self->gate);
    atomic_fetch_add(&self->handled, 1);
    return AIRS_HANDLED;
}

static airs_component spawn_sleeper(airs_system *system, const char *text, sleeper *state) {
    static const airs_behavior behavior = {.kind = "native", .start = blocking_start, .handle = blocking_handle, .blocks = true};
    static const char *const anybody[] = {"*/*/*"};
    airs_spawn_options options = {
        .limits = AIRS_LIMITS_DEFAULT, .capabilities = {anybody, 1, anybody, 1}, .behavior = &behavior, .state = state};
    assert_int_equal(airs_component_id_parse(text, strlen(text), &options.id, NULL), AIRS_OK);
    airs_component component;
    assert_int_equal(airs_spawn(system, &options, &component, NULL), AIRS_OK);
    return component;
}

static void behaviours_that_block_run_beside_the_workers(void **state) {
    (void)state;
    airs_system *system = kit_system(1);
    kit_gate gate = {0};
    sleeper sleepers[4] = {{.gate = &gate}, {.gate = &gate}, {.gate = &gate}, {.gate = &gate}};
    airs_component to[4];
    kit_actor counter = {.handle = kit_count};
    for (int i = 0; i < 4; i++) {
        char id[32];
        snprintf(id, sizeof id, "test/sleeper/%d", i);
        to[i] = spawn_sleeper(system, id, &sleepers[i]);
    }
    airs_component other = kit_spawn(system, "test/counter/0", &counter);
    kit_start(system);
    for (int i = 0; i < 4; i++) {
        tell(system, to[i]);
    }
    kit_gate_reached(&gate, 4); /* all at once, with one worker */
    tell(system, other);
    kit_wait(&counter.handled, 1);
    kit_gate_open(&gate);
    for (int i = 0; i < 4; i++) {
        kit_wait(&sleepers[i].handled, 1);
    }
    kit_finish(system);
}

/* A worker that slept must wake for the timer of an actor that another, now busy, has run. */
static airs_result sets_a_timer_and_loops(kit_actor *self, airs_context *context, const airs_message *message, airs_error *error) {
    airs_timer timer;
    assert_int_equal(airs_context_send_after(context, 5, self->peer, "x", 1, &timer), AIRS_OK);
    return kit_loop(self, context, message, error);
}

static void timers_fire_while_a_worker_is_in_its_handler(void **state) {
    (void)state;
    for (int round = 0; round < 5; round++) {
        airs_system *system = kit_system(1 + (unsigned)round % 2);
        kit_gate gate = {0};
        kit_actor counter = {.handle = kit_count};
        kit_actor sender = {.handle = sets_a_timer_and_loops, .user = &gate};
        sender.peer = kit_spawn(system, "test/counter/0", &counter);
        airs_component to = kit_spawn(system, "test/sender/0", &sender);
        kit_start(system);
        sleep_ms(round);
        tell(system, to);
        kit_wait(&counter.handled, 1);
        kit_gate_open(&gate);
        kit_finish(system);
    }
}

/* --- long turns --------------------------------------------------------------------------------------------------------- */

typedef struct busy {
    atomic_uint_fast64_t handled;
    atomic_int over;
} busy;

/* Always has one more message for itself. */
static airs_result goes_on(kit_actor *self, airs_context *context, const airs_message *message, airs_error *error) {
    (void)message;
    (void)error;
    busy *shared = self->user;
    uint64_t begin = thread_ns();
    while (thread_ns() - begin < 100000) {
    }
    atomic_fetch_add(&shared->handled, 1);
    if (atomic_load(&shared->over) == 0) {
        assert_int_equal(airs_context_send(context, airs_context_self(context), "x", 1), AIRS_OK);
    }
    return AIRS_HANDLED;
}

static airs_result notes_how_busy_it_is(kit_actor *self, airs_context *context, const airs_message *message, airs_error *error) {
    (void)context;
    (void)message;
    (void)error;
    self->number = atomic_load(&((busy *)self->user)->handled);
    return AIRS_HANDLED;
}

/* Four use up every turn, some dozen messages. A message from outside waits for a few of their turns, not for sixty. */
static void a_message_from_outside_does_not_wait_for_many_long_turns(void **state) {
    (void)state;
    enum { HOGS = 4, ROUNDS = 10, FEW_TURNS = 6 * 64 };
    airs_system *system = kit_system(1);
    busy shared = {0};
    kit_actor hog[HOGS];
    airs_component hogs[HOGS];
    kit_actor other = {.handle = notes_how_busy_it_is, .user = &shared};
    for (int i = 0; i < HOGS; i++) {
        char id[32];
        hog[i] = (kit_actor){.handle = goes_on, .user = &shared};
        snprintf(id, sizeof id, "test/hog/%d", i);
        hogs[i] = kit_spawn(system, id, &hog[i]);
    }
    airs_component to = kit_spawn(system, "test/other/0", &other);
    kit_start(system);
    for (int i = 0; i < HOGS; i++) {
        tell(system, hogs[i]);
    }
    for (int i = 0; i < HOGS; i++) {
        kit_wait(&hog[i].handled, 1);
    }
    uint64_t waited = 0;
    for (uint64_t i = 0; i < ROUNDS; i++) {
        uint64_t before = atomic_load(&shared.handled);
        tell(system, to);
        kit_wait(&other.handled, i + 1);
        waited += other.number - before;
    }
    atomic_store(&shared.over, 1);
    assert_in_range(waited, 0, ROUNDS * FEW_TURNS);
    kit_finish(system);
}

#define TESTS(X)                                            \
    X(loopers_on_every_worker_stop_nobody_else)             \
    X(a_blocking_section_gives_the_worker_to_others)        \
    X(who_was_woken_by_a_handler_that_loops_runs_elsewhere) \
    X(a_stream_of_long_handlers_loses_no_message_I1)        \
    X(behaviours_that_block_run_beside_the_workers)         \
    X(timers_fire_while_a_worker_is_in_its_handler)         \
    X(a_message_from_outside_does_not_wait_for_many_long_turns)

#define TEST(name) cmocka_unit_test(name),

int main(void) {
    const struct CMUnitTest tests[] = {TESTS(TEST)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
