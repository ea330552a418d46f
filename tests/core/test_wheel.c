#include "kit.h"

#include <string.h>

#include "core/timer/wheel.h"

#define NODES 400

typedef struct timed {
    airsi_wheel_node node;
    uint64_t due;
    bool armed;
} timed;

static uint64_t random_delay(uint64_t *seed) {
    switch (kit_random(seed) % 5) {
    case 0:
        return kit_random(seed) % 3;
    case 1:
        return kit_random(seed) % 64;
    case 2:
        return kit_random(seed) % 5000;
    case 3:
        return kit_random(seed) % 300000;
    default:
        return kit_random(seed) % (UINT64_C(1) << 34);
    }
}

/* All that is due is out, nothing else is, and the earliest comes first. */
static void check_expired(timed *nodes, airsi_wheel_node *expired, uint64_t now) {
    uint64_t last = 0;
    while (expired != NULL) {
        airsi_wheel_node *next = expired->next;
        timed *t = (timed *)(void *)expired;
        assert_true(t->armed);
        assert_true(t->due <= now);
        assert_true(t->due >= last || t->due + 1 >= last);
        last = t->due;
        t->armed = false;
        expired = next;
    }
    for (int i = 0; i < NODES; i++) {
        assert_false(nodes[i].armed && nodes[i].due <= now);
    }
}

static void random_timers_fire_when_due_and_never_before(void **state) {
    (void)state;
    uint64_t seed = kit_seed();
    static timed nodes[NODES];
    memset(nodes, 0, sizeof nodes);
    static airsi_wheel wheel;
    uint64_t now = kit_random(&seed) % 1000000;
    airsi_wheel_init(&wheel, now);
    for (int step = 0; step < 20000; step++) {
        timed *t = &nodes[kit_random(&seed) % NODES];
        if (t->armed && kit_random(&seed) % 2 == 0) {
            assert_true(airsi_wheel_disarm(&wheel, &t->node));
            t->armed = false;
        } else if (!t->armed) {
            assert_false(airsi_wheel_disarm(&wheel, &t->node));
            t->due = now + 1 + random_delay(&seed);
            t->armed = true;
            airsi_wheel_arm(&wheel, &t->node, t->due);
        }
        uint64_t next = airsi_wheel_next(&wheel);
        for (int i = 0; i < NODES; i++) {
            assert_true(!nodes[i].armed || next <= nodes[i].due);
        }
        if (kit_random(&seed) % 4 == 0) {
            now += random_delay(&seed) % (kit_random(&seed) % 3 == 0 ? UINT64_C(1) << 31 : 2000);
            check_expired(nodes, airsi_wheel_advance(&wheel, now, UINT32_MAX), now);
        }
    }
}

static void a_timer_beyond_the_range_still_fires(void **state) {
    (void)state;
    static airsi_wheel wheel;
    airsi_wheel_init(&wheel, 5);
    airsi_wheel_node node = {0};
    uint64_t due = UINT64_C(1) << 37;
    airsi_wheel_arm(&wheel, &node, due);
    assert_null(airsi_wheel_advance(&wheel, due - 1, UINT32_MAX));
    assert_ptr_equal(airsi_wheel_advance(&wheel, due, UINT32_MAX), &node);
    assert_int_equal(airsi_wheel_next(&wheel), AIRSI_WHEEL_NEVER);
}

static void what_is_due_already_fires_with_the_next_tick(void **state) {
    (void)state;
    static airsi_wheel wheel;
    airsi_wheel_init(&wheel, 100);
    airsi_wheel_node node = {0};
    airsi_wheel_arm(&wheel, &node, 50);
    assert_int_equal(airsi_wheel_next(&wheel), 101);
    assert_ptr_equal(airsi_wheel_advance(&wheel, 101, UINT32_MAX), &node);
}

static void what_is_deferred_waits_from_the_moment_it_is_settled(void **state) {
    (void)state;
    static airsi_wheel wheel;
    airsi_wheel_init(&wheel, 100);
    airsi_wheel_node nodes[3] = {0};
    for (int i = 0; i < 3; i++) {
        airsi_wheel_defer(&wheel, &nodes[i], 1000);
    }
    assert_int_equal(airsi_wheel_next(&wheel), AIRSI_WHEEL_NEVER);
    assert_true(airsi_wheel_disarm(&wheel, &nodes[1]));
    assert_false(airsi_wheel_disarm(&wheel, &nodes[1]));
    assert_null(airsi_wheel_advance(&wheel, 5000, UINT32_MAX));
    assert_false(airsi_wheel_settle(&wheel, 5000, 1));
    assert_true(airsi_wheel_settle(&wheel, 5000, 1));
    assert_null(airsi_wheel_advance(&wheel, 5999, UINT32_MAX));
    airsi_wheel_node *expired = airsi_wheel_advance(&wheel, 6000, UINT32_MAX);
    assert_non_null(expired);
    assert_non_null(expired->next);
    assert_null(expired->next->next);
    assert_null(nodes[1].next);
}

/* All are due at once, on a level from which they have to be moved first. */
static void a_full_slot_moves_in_pieces_and_can_be_disarmed_meanwhile(void **state) {
    (void)state;
    static airsi_wheel wheel;
    static airsi_wheel_node nodes[NODES];
    airsi_wheel_init(&wheel, 0);
    memset(nodes, 0, sizeof nodes);
    for (int i = 0; i < NODES; i++) {
        airsi_wheel_arm(&wheel, &nodes[i], 70000);
    }
    int expired = 0;
    int disarmed = 0;
    for (int pieces = 0; airsi_wheel_next(&wheel) != AIRSI_WHEEL_NEVER; pieces++) {
        assert_true(pieces < NODES);
        assert_true(airsi_wheel_next(&wheel) <= 70000);
        int in_piece = 0;
        for (airsi_wheel_node *node = airsi_wheel_advance(&wheel, 70000, 16); node != NULL; node = node->next) {
            in_piece++;
        }
        assert_true(in_piece <= 16);
        expired += in_piece;
        disarmed += airsi_wheel_disarm(&wheel, &nodes[pieces]);
    }
    assert_true(disarmed > 0);
    assert_int_equal(expired + disarmed, NODES);
}

#define TESTS(X)                                                 \
    X(random_timers_fire_when_due_and_never_before)              \
    X(what_is_deferred_waits_from_the_moment_it_is_settled)      \
    X(a_full_slot_moves_in_pieces_and_can_be_disarmed_meanwhile) \
    X(a_timer_beyond_the_range_still_fires)                      \
    X(what_is_due_already_fires_with_the_next_tick)

#define TEST(name) cmocka_unit_test(name),

int main(void) {
    const struct CMUnitTest tests[] = {TESTS(TEST)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
