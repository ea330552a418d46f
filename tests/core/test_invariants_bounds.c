/* I7: a mailbox never holds more messages or bytes than its bounds, with eight producers at once, and takes as much as they allow. */
#include "kit.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PRODUCERS 8
#define BOUND 37
#define BYTES 6000
#define PAYLOAD 500

typedef struct depot {
    kit_actor actor;
    kit_gate gate; /* handlers wait at it */
    airs_system *system;
    atomic_uint_fast64_t accepted, accepted_bytes; /* counted by the producers, after the send */
    atomic_uint_fast64_t done, done_bytes;         /* counted by the handler, before its room is given back */
    atomic_uint_fast64_t refused;
    atomic_int enough;
    uint64_t wanted; /* accepted messages of each producer */
} depot;

typedef struct producer {
    kit_actor actor;
    depot *depot;
    uint64_t seed;
    uint64_t accepted;
} producer;

static airs_result take(kit_actor *self, airs_context *context, const airs_message *message, airs_error *error) {
    (void)context;
    (void)error;
    depot *d = self->user;
    kit_gate_wait(&d->gate);
    atomic_fetch_add(&d->done, 1);
    atomic_fetch_add(&d->done_bytes, message->length);
    return AIRS_HANDLED;
}

/* What was accepted and is not done lies in the mailbox or is in hand. Accepted is read first: meanwhile more may be done, never less. */
static void check_bounds(depot *d) {
    uint64_t accepted = atomic_load(&d->accepted);
    uint64_t done = atomic_load(&d->done);
    KIT_REQUIRE(accepted <= done + BOUND);
    uint64_t accepted_bytes = atomic_load(&d->accepted_bytes);
    uint64_t done_bytes = atomic_load(&d->done_bytes);
    KIT_REQUIRE(accepted_bytes <= done_bytes + BYTES);
}

static void count(producer *p, airs_status status, size_t length) {
    KIT_REQUIRE(status == AIRS_OK || status == AIRS_EMAILBOX_FULL);
    if (status == AIRS_OK) {
        atomic_fetch_add(&p->depot->accepted, 1);
        atomic_fetch_add(&p->depot->accepted_bytes, length);
        p->accepted++;
    } else {
        atomic_fetch_add(&p->depot->refused, 1);
    }
    check_bounds(p->depot);
}

static const char bytes[PAYLOAD];

/* Small and large ones, so that now one bound is reached first and now the other. */
static size_t random_length(producer *p) {
    uint64_t dice = kit_random(&p->seed);
    return (dice >> 32) % (dice % 2 == 0 ? 8 : PAYLOAD);
}

static void *produce(void *argument) {
    producer *p = argument;
    while (p->accepted < p->depot->wanted && atomic_load(&p->depot->enough) == 0) {
        size_t length = random_length(p);
        count(p, airs_send(p->depot->system, p->depot->actor.peer, bytes, length, AIRS_REJECT_WHEN_FULL), length);
    }
    return NULL;
}

/* The same from an actor: a few, then a message to itself. */
static airs_result produce_some(kit_actor *self, airs_context *context, const airs_message *message, airs_error *error) {
    (void)message;
    (void)error;
    producer *p = self->user;
    for (int i = 0; i < 50 && p->accepted < p->depot->wanted; i++) {
        size_t length = random_length(p);
        count(p, airs_context_send(context, p->depot->actor.peer, bytes, length), length);
    }
    if (p->accepted < p->depot->wanted) {
        KIT_REQUIRE(airs_context_send(context, airs_context_self(context), "", 0) == AIRS_OK);
    }
    return AIRS_HANDLED;
}

static void open_depot(depot *d, unsigned workers) {
    memset(d, 0, sizeof *d);
    d->system = kit_system(workers);
    d->actor.handle = take;
    d->actor.user = d;
    kit_options options = kit_defaults();
    options.limits.mailbox_messages = BOUND;
    options.limits.mailbox_bytes = BYTES;
    options.limits.payload_bytes = PAYLOAD;
    options.limits.overflow = AIRS_OVERFLOW_REJECT;
    d->actor.peer = kit_spawn_with(d->system, "bounds/depot/0", &d->actor, &options);
    kit_start(d->system);
}

static void start_hosts(depot *d, producer *producers, pthread_t *threads, unsigned count, uint64_t *seed) {
    for (unsigned i = 0; i < count; i++) {
        producers[i] = (producer){.depot = d, .seed = kit_random(seed) | 1};
        pthread_create(&threads[i], NULL, produce, &producers[i]);
    }
}

static void join_all(pthread_t *threads, unsigned count) {
    for (unsigned i = 0; i < count; i++) {
        pthread_join(threads[i], NULL);
    }
}

static void start_actors(depot *d, producer *producers, unsigned count, uint64_t *seed) {
    for (unsigned i = 0; i < count; i++) {
        char id[32];
        snprintf(id, sizeof id, "bounds/producer/%u", i);
        producers[i] = (producer){.depot = d, .seed = kit_random(seed) | 1};
        producers[i].actor.handle = produce_some;
        producers[i].actor.user = &producers[i];
        KIT_REQUIRE(airs_send(d->system, kit_spawn(d->system, id, &producers[i].actor), "", 0, AIRS_REJECT_WHEN_FULL) == AIRS_OK);
    }
}

/* Nobody takes anything out: the bound is reached, and not passed. */
static void eight_producers_fill_a_mailbox_to_its_bound_I7(void **state) {
    (void)state;
    depot d;
    producer producers[PRODUCERS];
    pthread_t threads[PRODUCERS];
    uint64_t seed = kit_seed();
    open_depot(&d, 2);
    d.wanted = UINT64_MAX;
    start_hosts(&d, producers, threads, PRODUCERS, &seed);
    kit_wait(&d.refused, 2000);
    atomic_store(&d.enough, 1);
    join_all(threads, PRODUCERS);
    /* Payloads are small against the bytes, or the messages: one of the two is what refused. The one in hand may have given its room back. */
    bool full = d.accepted >= BOUND - 1 || d.accepted_bytes + PAYLOAD > BYTES;
    assert_true(full);
    kit_gate_open(&d.gate);
    kit_finish(d.system);
    assert_int_equal(d.accepted, d.done);
    assert_int_equal(d.accepted_bytes, d.done_bytes);
}

static void bounds_hold_while_eight_threads_send_and_the_actor_takes_I7(void **state) {
    (void)state;
    depot d;
    producer producers[PRODUCERS];
    pthread_t threads[PRODUCERS];
    uint64_t seed = kit_seed();
    open_depot(&d, 2);
    d.wanted = 3000;
    start_hosts(&d, producers, threads, PRODUCERS, &seed);
    kit_wait(&d.refused, 100); /* it was at its bound */
    kit_gate_open(&d.gate);
    join_all(threads, PRODUCERS);
    kit_finish(d.system);
    assert_int_equal(d.done, PRODUCERS * d.wanted);
    assert_int_equal(d.accepted_bytes, d.done_bytes);
}

static void bounds_hold_while_eight_actors_send_I7(void **state) {
    (void)state;
    static producer producers[PRODUCERS];
    depot d;
    uint64_t seed = kit_seed();
    open_depot(&d, 4);
    d.wanted = 2000;
    start_actors(&d, producers, PRODUCERS, &seed);
    kit_wait(&d.refused, 100);
    kit_gate_open(&d.gate);
    kit_finish(d.system);
    assert_int_equal(d.done, PRODUCERS * d.wanted);
    assert_int_equal(d.accepted_bytes, d.done_bytes);
}

#define TESTS(X)                                                   \
    X(eight_producers_fill_a_mailbox_to_its_bound_I7)              \
    X(bounds_hold_while_eight_threads_send_and_the_actor_takes_I7) \
    X(bounds_hold_while_eight_actors_send_I7)

#define TEST(name) cmocka_unit_test(name),

int main(void) {
    const struct CMUnitTest tests[] = {TESTS(TEST)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
