/* Who may run turns: permits that are taken, given up and got back, and who wakes for what then. */
#include "kit.h"

#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include <airs/simulation.h>

static void tell(airs_system *system, airs_component to) {
    assert_int_equal(airs_send(system, to, "x", 1, AIRS_REJECT_WHEN_FULL), AIRS_OK);
}

static void sleep_ms(long ms) {
    struct timespec t = {.tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000};
    nanosleep(&t, NULL);
}

static uint64_t thread_ns(void) {
    struct timespec t;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

static airs_result blocks_at_the_gate(kit_actor *self, airs_context *context, const airs_message *message, airs_error *error) {
    (void)message;
    (void)error;
    airs_context_begin_blocking(context);
    kit_gate_wait(self->user);
    airs_context_end_blocking(context);
    return AIRS_HANDLED;
}

static airs_result sets_a_timer(kit_actor *self, airs_context *context, const airs_message *message, airs_error *error) {
    (void)message;
    (void)error;
    airs_timer timer;
    assert_int_equal(airs_context_send_after(context, 20, self->peer, "x", 1, &timer), AIRS_OK);
    return AIRS_HANDLED;
}

/* One worker and, since a handler blocked once, two threads. The one that fell asleep first sleeps for good; the other sets a timer with the only
 * permit, so nobody can be woken for it, and falls asleep, too. */
static void a_timer_fires_when_more_threads_sleep_than_there_are_permits(void **state) {
    (void)state;
    airs_system *system = kit_system(1);
    kit_gate gate = {0};
    kit_actor blocker = {.handle = blocks_at_the_gate, .user = &gate};
    kit_actor counter = {.handle = kit_count};
    kit_actor setter = {.handle = sets_a_timer};
    airs_component to = kit_spawn(system, "test/blocker/0", &blocker);
    setter.peer = kit_spawn(system, "test/counter/0", &counter);
    airs_component sets = kit_spawn(system, "test/setter/0", &setter);
    kit_start(system);
    tell(system, to);
    kit_gate_reached(&gate, 1);
    tell(system, setter.peer);
    kit_wait(&counter.handled, 1); /* by a second thread */
    kit_gate_open(&gate);
    kit_wait(&blocker.handled, 1);
    for (uint64_t i = 0; i < 5; i++) {
        sleep_ms(30); /* both are asleep */
        tell(system, sets);
        kit_wait(&counter.handled, 2 + i);
    }
    kit_finish(system);
}

/* --- two that never rest ------------------------------------------------------------------------------------------------ */

typedef struct restless {
    atomic_int over, both; /* the second has been woken */
    pthread_t where;       /* on which thread the first was then */
    atomic_uint_fast64_t elsewhere;
} restless;

static void burn(uint64_t ns) {
    uint64_t begin = thread_ns();
    while (thread_ns() - begin < ns) {
    }
}

/* Always has one more message for itself; the first of the two wakes the second once the other worker sleeps. */
static airs_result goes_on(kit_actor *self, airs_context *context, const airs_message *message, airs_error *error) {
    (void)message;
    (void)error;
    restless *shared = self->user;
    burn(50000);
    if (++self->number == 400 && self->peer != AIRS_OUTSIDE) {
        shared->where = pthread_self();
        atomic_store(&shared->both, 1);
        assert_int_equal(airs_context_send(context, self->peer, "x", 1), AIRS_OK);
    } else if (atomic_load(&shared->both) == 1 && !pthread_equal(pthread_self(), shared->where)) {
        atomic_fetch_add(&shared->elsewhere, 1);
    }
    if (atomic_load(&shared->over) == 0) {
        assert_int_equal(airs_context_send(context, airs_context_self(context), "x", 1), AIRS_OK);
    }
    return AIRS_HANDLED;
}

/* Both always have something in their mailbox, so neither is ever scheduled anew: nothing tells the other worker of them but their waiting. */
static void two_that_never_rest_are_not_left_on_one_of_two_workers(void **state) {
    (void)state;
    airs_system *system = kit_system(2);
    restless shared = {0};
    kit_actor actor[2] = {{.handle = goes_on, .user = &shared}, {.handle = goes_on, .user = &shared, .peer = AIRS_OUTSIDE}};
    airs_component to = kit_spawn(system, "test/restless/0", &actor[0]);
    actor[0].peer = kit_spawn(system, "test/restless/1", &actor[1]);
    kit_start(system);
    tell(system, to);
    kit_wait(&shared.elsewhere, 100);
    atomic_store(&shared.over, 1);
    kit_finish(system);
}

/* --- the deterministic mode --------------------------------------------------------------------------------------------- */

static airs_system *simulated(uint64_t seed) {
    airs_system_options options = {.workers = 2, .deterministic = true, .seed = seed};
    airs_system *system = NULL;
    assert_int_equal(airs_system_new(&options, &system, NULL), AIRS_OK);
    return system;
}

/* With a number, it blocks. */
static airs_result maybe_blocks(kit_actor *self, airs_context *context, const airs_message *message, airs_error *error) {
    (void)message;
    (void)error;
    if (self->number != 0) {
        airs_context_begin_blocking(context);
        airs_context_end_blocking(context);
    }
    return AIRS_HANDLED;
}

static uint64_t trace_of(uint64_t seed, uint64_t blocks) {
    airs_system *system = simulated(seed);
    kit_actor actors[2] = {{.handle = maybe_blocks, .number = blocks}, {.handle = maybe_blocks, .number = blocks}};
    airs_component to[2] = {kit_spawn(system, "test/actor/0", &actors[0]), kit_spawn(system, "test/actor/1", &actors[1])};
    kit_start(system);
    for (int i = 0; i < 300; i++) {
        tell(system, to[i % 2]);
    }
    assert_int_equal(airs_system_wait_quiescent(system, 0), AIRS_OK);
    uint64_t trace = airs_system_trace(system);
    kit_finish(system);
    return trace;
}

static void a_blocking_section_changes_nothing_when_one_thread_steps_all(void **state) {
    (void)state;
    uint64_t seed = kit_seed();
    assert_int_equal(trace_of(seed, 1), trace_of(seed, 0));
}

static void on_end(void *user, airs_status status, const void *data, size_t length) {
    (void)data;
    (void)length;
    *(airs_status *)user = status;
}

static void a_virtual_wait_ends_when_its_time_is_over_and_not_later(void **state) {
    (void)state;
    airs_system *system = simulated(kit_seed());
    kit_actor silent = {.handle = kit_count};
    airs_component to = kit_spawn(system, "test/silent/0", &silent);
    kit_start(system);
    airs_status end = AIRS_OK;
    uint64_t begin_ms = airs_system_virtual_ms(system);
    assert_int_equal(airs_request_async(system, to, "x", 1, 1000, AIRS_REJECT_WHEN_FULL, on_end, &end), AIRS_OK);
    assert_int_equal(airs_system_wait_quiescent(system, 100), AIRS_ETIMEOUT);
    assert_int_equal(airs_system_virtual_ms(system), begin_ms + 100);
    assert_int_equal(end, AIRS_OK);
    assert_int_equal(airs_system_wait_quiescent(system, 0), AIRS_OK);
    assert_int_equal(end, AIRS_ETIMEOUT);
    kit_finish(system);
}

/* --- no thread to be had ------------------------------------------------------------------------------------------------ */

static atomic_int refused, refuse;

int __real_pthread_create(pthread_t *thread, const pthread_attr_t *attributes, void *(*run)(void *), void *argument);
int __wrap_pthread_create(pthread_t *thread, const pthread_attr_t *attributes, void *(*run)(void *), void *argument);

int __wrap_pthread_create(pthread_t *thread, const pthread_attr_t *attributes, void *(*run)(void *), void *argument) {
    if (atomic_load(&refuse) != 0) {
        atomic_fetch_add(&refused, 1);
        return EAGAIN;
    }
    return __real_pthread_create(thread, attributes, run, argument);
}

/* The only worker loops, so its permit is taken; but no thread can be made to use it, and that of the looper ends. */
static void a_system_goes_on_when_threads_can_be_made_again(void **state) {
    (void)state;
    airs_system *system = kit_system(1);
    kit_gate gate = {0};
    kit_actor looper = {.handle = kit_loop, .user = &gate};
    kit_actor counter = {.handle = kit_count};
    airs_component to = kit_spawn(system, "test/looper/0", &looper);
    airs_component counts = kit_spawn(system, "test/counter/0", &counter);
    kit_start(system);
    atomic_store(&refuse, 1);
    tell(system, to);
    kit_gate_reached(&gate, 1);
    tell(system, counts);
    while (atomic_load(&refused) == 0) {
        kit_nap();
    }
    kit_gate_open(&gate);
    kit_wait(&looper.handled, 1);
    sleep_ms(30);
    atomic_store(&refuse, 0);
    kit_wait(&counter.handled, 1);
    kit_finish(system);
}

#define TESTS(X)                                                    \
    X(a_timer_fires_when_more_threads_sleep_than_there_are_permits) \
    X(two_that_never_rest_are_not_left_on_one_of_two_workers)       \
    X(a_blocking_section_changes_nothing_when_one_thread_steps_all) \
    X(a_virtual_wait_ends_when_its_time_is_over_and_not_later)      \
    X(a_system_goes_on_when_threads_can_be_made_again)

#define TEST(name) cmocka_unit_test(name),

int main(void) {
    const struct CMUnitTest tests[] = {TESTS(TEST)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
