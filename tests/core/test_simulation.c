/* The deterministic mode: the same system, stepped on one thread in an order that a seed decides. */
#include "kit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <airs/simulation.h>

#define ACTORS 6

static airs_system *simulated(unsigned workers, uint64_t seed) {
    airs_system_options options = {.workers = workers, .deterministic = true, .seed = seed};
    airs_system *system = NULL;
    assert_int_equal(airs_system_new(&options, &system, NULL), AIRS_OK);
    return system;
}

typedef struct world {
    airs_component actors[ACTORS];
    uint64_t order; /* a hash of who handled what in which order */
    uint64_t left;
    uint64_t replies;
} world;

/* Sends on, asks, sets timers, crashes: whatever the number in it says. */
static airs_result wild(kit_actor *self, airs_context *context, const airs_message *message, airs_error *error) {
    (void)error;
    world *world = self->user;
    world->order = (world->order ^ (airs_context_self(context) * 31 + (uint64_t)message->kind)) * UINT64_C(0x100000001b3);
    if (message->kind == AIRS_MESSAGE_REPLY) {
        world->replies++;
        return AIRS_HANDLED;
    }
    if (message->request != AIRS_NO_REQUEST) {
        airs_context_reply(context, message->request, "r", 1);
    }
    if (world->left == 0) {
        return AIRS_HANDLED;
    }
    world->left--;
    uint64_t state = world->order;
    airs_component to = world->actors[kit_random(&state) % ACTORS];
    airs_timer timer;
    airs_request request;
    switch (kit_random(&state) % 5) {
    case 0:
        airs_context_send_after(context, kit_random(&state) % 50, to, "t", 1, &timer);
        break;
    case 1:
        airs_context_request(context, to, "q", 1, 1000, &request);
        break;
    case 2:
        airs_context_send(context, to, "b", 1);
        airs_context_send(context, world->actors[kit_random(&state) % ACTORS], "c", 1);
        break;
    default:
        airs_context_send(context, to, "a", 1);
    }
    return AIRS_HANDLED;
}

typedef struct outcome {
    uint64_t trace, order, ms;
} outcome;

/* Everything that happens with this seed. */
static outcome run(uint64_t seed, unsigned workers) {
    airs_system *system = simulated(workers, seed);
    world world = {.left = 400};
    kit_actor actors[ACTORS];
    kit_options options = kit_defaults();
    options.limits.mailbox_messages = 3;
    for (int i = 0; i < ACTORS; i++) {
        char id[32];
        snprintf(id, sizeof id, "test/wild/%d", i);
        actors[i] = (kit_actor){.handle = wild, .user = &world};
        world.actors[i] = kit_spawn_with(system, id, &actors[i], &options);
    }
    kit_start(system);
    for (int i = 0; i < ACTORS; i++) {
        for (int j = 0; j < 4; j++) {
            assert_int_equal(airs_send(system, world.actors[i], "x", 1, AIRS_BLOCK_WHEN_FULL), AIRS_OK);
        }
    }
    uint64_t turns = 1;
    while (turns > 0) { /* until no timer is left either */
        assert_int_equal(airs_system_step(system, 1000, &turns), AIRS_OK);
    }
    assert_true(world.replies > 0);
    assert_int_equal(world.left, 0);
    outcome outcome = {airs_system_trace(system), world.order, airs_system_virtual_ms(system)};
    kit_finish(system);
    return outcome;
}

static void the_same_seed_gives_the_same_trace(void **state) {
    (void)state;
    uint64_t seed = kit_seed();
    for (unsigned workers = 1; workers <= 4; workers++) {
        outcome first = run(seed, workers);
        outcome again = run(seed, workers);
        assert_int_equal(first.trace, again.trace);
        assert_int_equal(first.order, again.order);
        assert_int_equal(first.ms, again.ms);
    }
}

static void other_seeds_give_other_orders(void **state) {
    (void)state;
    enum { SEEDS = 50 };
    uint64_t seen[SEEDS];
    int different = 0;
    for (uint64_t seed = 0; seed < SEEDS; seed++) {
        seen[seed] = run(seed, 3).order;
        bool is_new = true;
        for (uint64_t before = 0; before < seed; before++) {
            is_new = is_new && seen[before] != seen[seed];
        }
        different += is_new;
    }
    assert_true(different > SEEDS * 9 / 10);
}

static void a_request_is_answered_by_stepping(void **state) {
    (void)state;
    airs_system *system = simulated(2, 7);
    kit_actor echo = {.handle = kit_echo};
    airs_component to = kit_spawn(system, "test/echo/0", &echo);
    kit_start(system);
    void *reply = NULL;
    size_t length = 0;
    assert_int_equal(airs_request_wait(system, to, "hello", 5, 1000, &reply, &length, NULL), AIRS_OK);
    assert_int_equal(length, 5);
    assert_memory_equal(reply, "hello", 5);
    free(reply);
    kit_finish(system);
}

static void a_timeout_passes_in_virtual_time_only(void **state) {
    (void)state;
    airs_system *system = simulated(2, 7);
    kit_actor silent = {.handle = kit_count};
    airs_component to = kit_spawn(system, "test/silent/0", &silent);
    kit_start(system);
    void *reply = NULL;
    size_t length = 0;
    assert_int_equal(airs_request_wait(system, to, "hello", 5, 3600000, &reply, &length, NULL), AIRS_ETIMEOUT);
    assert_true(airs_system_virtual_ms(system) >= 3600000);
    kit_finish(system);
}

static airs_result steps(kit_actor *self, airs_context *context, const airs_message *message, airs_error *error) {
    (void)message;
    (void)error;
    uint64_t turns = 0;
    self->number = airs_system_step(airs_context_system(context), 1, &turns);
    return AIRS_HANDLED;
}

static void stepping_where_it_makes_no_sense_is_refused(void **state) {
    (void)state;
    uint64_t turns = 99;
    airs_system *system = simulated(2, 7);
    kit_actor actor = {.handle = steps};
    airs_component to = kit_spawn(system, "test/steps/0", &actor);
    assert_int_equal(airs_system_step(NULL, 1, &turns), AIRS_EINVAL);
    assert_int_equal(airs_system_step(system, 1, NULL), AIRS_EINVAL);
    assert_int_equal(airs_system_step(system, 1, &turns), AIRS_ENOTSTARTED);
    kit_start(system);
    assert_int_equal(airs_send(system, to, "x", 1, AIRS_REJECT_WHEN_FULL), AIRS_OK);
    assert_int_equal(airs_system_step(system, 100, &turns), AIRS_OK);
    assert_int_equal(actor.handled, 1);
    assert_int_equal(actor.number, AIRS_EDEADLK);
    kit_finish(system);
    turns = 99;
    system = kit_system(2);
    assert_int_equal(airs_system_step(system, 1, &turns), AIRS_EINVAL);
    assert_int_equal(turns, 99);
    assert_int_equal(airs_system_trace(system), 0);
    airs_system_free(system);
}

#define TESTS(X)                             \
    X(the_same_seed_gives_the_same_trace)    \
    X(other_seeds_give_other_orders)         \
    X(a_request_is_answered_by_stepping)     \
    X(a_timeout_passes_in_virtual_time_only) \
    X(stepping_where_it_makes_no_sense_is_refused)

#define TEST(name) cmocka_unit_test(name),

int main(void) {
    const struct CMUnitTest tests[] = {TESTS(TEST)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
