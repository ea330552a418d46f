/* Everybody gets a turn, and a system with nothing to do does nothing. */
#include "kit.h"

#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>

/* --- who talks without end -------------------------------------------------------------------------------------------- */

typedef struct talker {
    kit_actor actor;
    atomic_int *enough;
    airs_component third; /* whom it calls now and then */
} talker;

static airs_result talk(kit_actor *self, airs_context *context, const airs_message *message, airs_error *error) {
    (void)error;
    talker *t = self->user;
    if (atomic_load(t->enough) == 0) {
        KIT_REQUIRE(airs_context_send(context, self->peer, message->data, message->length) == AIRS_OK);
    }
    return AIRS_HANDLED;
}

/* Two that send one message back and forth, or one that sends it to itself. */
static void start_talking(airs_system *system, talker *talkers, unsigned count, unsigned pair, atomic_int *enough) {
    for (unsigned i = 0; i < count; i++) {
        talkers[i] = (talker){.actor = {.handle = talk, .user = &talkers[i]}, .enough = enough};
    }
    for (unsigned i = 0; i < count; i++) {
        char id[48];
        snprintf(id, sizeof id, "fair/talker-%u/%u", pair, i);
        talkers[(i + 1) % count].actor.peer = kit_spawn(system, id, &talkers[i].actor);
    }
}

/* With as many pairs as workers talking without end, one after the other of `quiet` messages to a third is handled. */
static void reach_a_third(unsigned workers, unsigned talkers_each, int quiet) {
    talker talkers[8][2];
    atomic_int enough = 0;
    airs_system *system = kit_system(workers);
    kit_actor third = {.handle = kit_count};
    airs_component to = kit_spawn(system, "fair/third/0", &third);
    for (unsigned i = 0; i < workers; i++) {
        start_talking(system, talkers[i], talkers_each, i, &enough);
    }
    kit_start(system);
    for (unsigned i = 0; i < workers; i++) {
        kit_send_number(system, talkers[i][0].actor.peer, 0, AIRS_REJECT_WHEN_FULL);
        kit_wait(&talkers[i][0].actor.handled, 100);
    }
    for (int i = 0; i < quiet; i++) {
        kit_send_number(system, to, (uint64_t)i, AIRS_REJECT_WHEN_FULL);
        kit_wait(&third.handled, (uint64_t)i + 1);
    }
    atomic_store(&enough, 1);
    kit_finish(system);
}

static void two_actors_that_talk_without_end_starve_nobody(void **state) {
    (void)state;
    reach_a_third(1, 2, 50);
    reach_a_third(2, 2, 50);
}

static void an_actor_that_talks_to_itself_starves_nobody(void **state) {
    (void)state;
    reach_a_third(1, 1, 50);
    reach_a_third(2, 1, 50);
}

/* The third is called by one of the two, so that it waits for the very worker they talk on. */
static airs_result talk_and_call(kit_actor *self, airs_context *context, const airs_message *message, airs_error *error) {
    talker *t = self->user;
    if (self->handled % 1000 == 0) {
        airs_status status = airs_context_send(context, t->third, "", 0);
        KIT_REQUIRE(status == AIRS_OK);
    }
    return talk(self, context, message, error);
}

static void a_third_that_one_of_them_calls_gets_its_turn(void **state) {
    (void)state;
    talker talkers[2];
    atomic_int enough = 0;
    airs_system *system = kit_system(1);
    kit_actor third = {.handle = kit_count};
    airs_component to = kit_spawn(system, "fair/third/0", &third);
    start_talking(system, talkers, 2, 0, &enough);
    talkers[1].actor.handle = talk_and_call;
    talkers[1].third = to;
    kit_start(system);
    kit_send_number(system, talkers[0].actor.peer, 0, AIRS_REJECT_WHEN_FULL);
    kit_wait(&third.handled, 50);
    atomic_store(&enough, 1);
    kit_finish(system);
}

/* A timer after another, each set when the one before has fired. */
static airs_result set_again(kit_actor *self, airs_context *context, const airs_message *message, airs_error *error) {
    (void)message;
    (void)error;
    airs_timer timer;
    if (self->handled < 20) {
        KIT_REQUIRE(airs_context_send_after(context, 1, airs_context_self(context), "", 0, &timer) == AIRS_OK);
    }
    return AIRS_HANDLED;
}

static void timers_fire_and_stops_take_effect_while_two_talk_without_end(void **state) {
    (void)state;
    talker talkers[2];
    atomic_int enough = 0;
    airs_system *system = kit_system(1);
    kit_actor clock = {.handle = set_again};
    airs_component to = kit_spawn(system, "fair/clock/0", &clock);
    start_talking(system, talkers, 2, 0, &enough);
    kit_start(system);
    kit_send_number(system, talkers[0].actor.peer, 0, AIRS_REJECT_WHEN_FULL);
    kit_send_number(system, to, 0, AIRS_REJECT_WHEN_FULL);
    kit_wait(&clock.handled, 20);
    assert_int_equal(airs_stop(system, to), AIRS_OK);
    kit_wait(&clock.frees, 1);
    atomic_store(&enough, 1);
    kit_finish(system);
}

/* --- handlers that don't end ------------------------------------------------------------------------------------------ */

static airs_result wait_at_gate(kit_actor *self, airs_context *context, const airs_message *message, airs_error *error) {
    (void)context;
    (void)message;
    (void)error;
    kit_gate_wait(self->user);
    return AIRS_HANDLED;
}

/* `stuck` handlers keep their threads for as long as the test likes; two others go on talking, and what waited behind the stuck ones is handled. */
static void talk_beside_stuck_ones(unsigned workers, unsigned stuck) {
    kit_actor loopers[6];
    kit_gate gate = {0};
    talker talkers[2];
    atomic_int enough = 0;
    airs_system *system = kit_system(workers);
    start_talking(system, talkers, 2, 0, &enough);
    kit_actor third = {.handle = kit_count};
    airs_component to = kit_spawn(system, "fair/third/0", &third);
    for (unsigned i = 0; i < stuck; i++) {
        char id[32];
        snprintf(id, sizeof id, "fair/stuck/%u", i);
        loopers[i] = (kit_actor){.handle = wait_at_gate, .user = &gate};
        loopers[i].peer = kit_spawn(system, id, &loopers[i]);
    }
    kit_start(system);
    kit_send_number(system, talkers[0].actor.peer, 0, AIRS_REJECT_WHEN_FULL);
    for (unsigned i = 0; i < stuck; i++) {
        kit_send_number(system, loopers[i].peer, 0, AIRS_REJECT_WHEN_FULL);
        kit_send_number(system, to, 0, AIRS_REJECT_WHEN_FULL);
    }
    kit_gate_reached(&gate, (int)stuck);
    kit_wait(&third.handled, stuck);
    kit_wait(&talkers[0].actor.handled, atomic_load(&talkers[0].actor.handled) + 1000);
    atomic_store(&enough, 1);
    kit_gate_open(&gate);
    kit_finish(system);
}

static void handlers_that_do_not_end_stop_nobody_else(void **state) {
    (void)state;
    talk_beside_stuck_ones(1, 1);
    talk_beside_stuck_ones(1, 3);
    talk_beside_stuck_ones(2, 6);
}

/* --- nobody talks ----------------------------------------------------------------------------------------------------- */

#define SLEEPERS 200

static airs_result never_answer(kit_actor *self, airs_context *context, const airs_message *message, airs_error *error) {
    (void)self;
    (void)context;
    (void)message;
    (void)error;
    return AIRS_HANDLED;
}

/* Leaves a request open and a timer pending. */
static airs_result leave_things_open(kit_actor *self, airs_context *context, const airs_message *message, airs_error *error) {
    (void)error;
    airs_timer timer;
    if (message->kind == AIRS_MESSAGE_INTER_COMPONENT) {
        KIT_REQUIRE(airs_context_request(context, self->peer, "?", 1, 3600000, &self->last_request) == AIRS_OK);
        KIT_REQUIRE(airs_context_send_after(context, 3600000, airs_context_self(context), "", 0, &timer) == AIRS_OK);
    }
    return AIRS_HANDLED;
}

typedef struct effort {
    double elapsed_s, cpu_s, wakes;
} effort;

static double seconds(const struct timeval *t) {
    return (double)t->tv_sec + (double)t->tv_usec / 1e6;
}

/* What the process has done up to now. */
static effort effort_so_far(void) {
    struct rusage usage;
    struct timespec now;
    assert_int_equal(getrusage(RUSAGE_SELF, &usage), 0);
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (effort){.elapsed_s = (double)now.tv_sec + (double)now.tv_nsec / 1e9,
                    .cpu_s = seconds(&usage.ru_utime) + seconds(&usage.ru_stime),
                    .wakes = (double)usage.ru_nvcsw};
}

static void rest_for(long ms) {
    struct timespec t = {.tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000};
    nanosleep(&t, NULL);
}

/* The goal is 20 wake-ups a second and 0.1 % of a core; what is allowed here is ten times that. */
static void an_idle_system_hardly_wakes_and_uses_hardly_any_time(void **state) {
    (void)state;
    static kit_actor sleepers[SLEEPERS];
    memset(sleepers, 0, sizeof sleepers);
    airs_system *system = kit_system(2);
    airs_component first = AIRS_OUTSIDE;
    for (unsigned i = 0; i < SLEEPERS; i++) {
        char id[32];
        snprintf(id, sizeof id, "fair/sleeper/%u", i);
        sleepers[i].handle = i == 0 ? never_answer : leave_things_open;
        sleepers[i].peer = first;
        airs_component made = kit_spawn(system, id, &sleepers[i]);
        first = i == 0 ? made : first;
        sleepers[i].number = made;
    }
    kit_start(system);
    for (unsigned i = 1; i < SLEEPERS; i++) {
        kit_send_number(system, sleepers[i].number, 0, AIRS_BLOCK_WHEN_FULL);
    }
    kit_wait(&sleepers[0].handled, SLEEPERS - 1);
    rest_for(200);
    effort before = effort_so_far();
    rest_for(1000);
    effort after = effort_so_far();
    double elapsed_s = after.elapsed_s - before.elapsed_s;
    print_message("idle: %.1f wake-ups a second, %.4f %% of a core\n", (after.wakes - before.wakes) / elapsed_s,
                  100 * (after.cpu_s - before.cpu_s) / elapsed_s);
    assert_true(after.wakes - before.wakes < 200 * elapsed_s);
    assert_true(after.cpu_s - before.cpu_s < 0.01 * elapsed_s);
    assert_int_equal(airs_stop(system, first), AIRS_OK); /* ends the requests */
    kit_finish(system);
}

#define TESTS(X)                                                    \
    X(two_actors_that_talk_without_end_starve_nobody)               \
    X(an_actor_that_talks_to_itself_starves_nobody)                 \
    X(a_third_that_one_of_them_calls_gets_its_turn)                 \
    X(timers_fire_and_stops_take_effect_while_two_talk_without_end) \
    X(handlers_that_do_not_end_stop_nobody_else)                    \
    X(an_idle_system_hardly_wakes_and_uses_hardly_any_time)

#define TEST(name) cmocka_unit_test(name),

int main(void) {
    const struct CMUnitTest tests[] = {TESTS(TEST)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
