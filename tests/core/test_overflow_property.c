/* Actors with tiny mailboxes, one for each policy, and producers of both kinds that send to them at random, from a seed. The receivers keep a ledger
 * of their own: what was accepted was received or dropped by a policy that drops, once (I1), in order (I2), and every request ends once (I4). */
#include "kit.h"

#include <pthread.h>
#include <stdio.h>
#include <string.h>

#define POLICIES 5
#define HOSTS 3
#define ACTORS 3
#define PRODUCERS (HOSTS + ACTORS)
#define PAYLOAD 64
#define CRASHES 3 /* one more, and it is stopped */
#define A_GO 20   /* sends of an actor in one handler */
#ifndef SENDS
#define SENDS 3000 /* of each producer in each round */
#endif
#define ROUNDS 3
#define SMALL_BUDGET 3000

typedef struct note {
    uint64_t sequence; /* per producer and target */
    uint32_t producer;
} note;

typedef struct target {
    kit_actor actor;
    struct fair *fair;
    uint64_t seed;
    airs_component self;
    uint64_t seen[PRODUCERS]; /* the last sequence */
    uint64_t received;
    unsigned crashes;
    atomic_uint_fast64_t accepted, refused;
} target;

typedef struct producer {
    kit_actor actor;
    struct fair *fair;
    uint64_t seed;
    uint32_t index;
    uint64_t sent[POLICIES]; /* the last sequence that was accepted */
    uint64_t sends;
} producer;

typedef struct fair {
    airs_system *system;
    target targets[POLICIES];
    producer producers[PRODUCERS];
    atomic_uint_fast64_t requests, ends;
    bool harsh; /* targets are stopped in the middle of it, and the node's budget is small */
} fair;

static airs_result receive(kit_actor *self, airs_context *context, const airs_message *message, airs_error *error) {
    (void)error;
    target *t = self->user;
    note n;
    KIT_REQUIRE(message->length >= sizeof n);
    memcpy(&n, message->data, sizeof n);
    KIT_REQUIRE(n.sequence > t->seen[n.producer]);
    t->seen[n.producer] = n.sequence;
    t->received++;
    uint64_t dice = kit_random(&t->seed);
    if (message->request != AIRS_NO_REQUEST && dice % 4 != 0) {
        airs_context_reply(context, message->request, "", 0);
        return AIRS_HANDLED;
    }
    if (dice % 64 < 4) {
        kit_nap(); /* so that they run full */
    }
    if (dice % 512 == 7 && t->crashes < CRASHES) {
        t->crashes++;
        return AIRS_CRASHED;
    }
    return message->request != AIRS_NO_REQUEST || dice % 64 == 5 ? AIRS_FAILED : AIRS_HANDLED; /* a failure ends a request */
}

static void on_end(void *user, airs_status status, const void *data, size_t length) {
    (void)status;
    (void)data;
    (void)length;
    atomic_fetch_add(&((fair *)user)->ends, 1);
}

/* What came of one send. */
static void note_outcome(producer *p, unsigned policy, airs_status status, bool request) {
    target *t = &p->fair->targets[policy];
    if (status == AIRS_OK) {
        p->sent[policy]++;
        atomic_fetch_add(&t->accepted, 1);
        atomic_fetch_add(&p->fair->requests, request);
        return;
    }
    bool full = status == AIRS_EMAILBOX_FULL || (request && status == AIRS_ELIMIT_REACHED);
    KIT_REQUIRE(full || (p->fair->harsh && (status == AIRS_ETARGET_STOPPED || status == AIRS_EOVERLOADED)));
    atomic_fetch_add(&t->refused, status == AIRS_EMAILBOX_FULL);
}

static size_t make_note(producer *p, unsigned policy, uint8_t *bytes) {
    note n = {.sequence = p->sent[policy] + 1, .producer = p->index};
    memcpy(bytes, &n, sizeof n);
    return sizeof n + kit_random(&p->seed) % (PAYLOAD - sizeof n);
}

static void *host_produces(void *argument) {
    producer *p = argument;
    uint8_t bytes[PAYLOAD] = {0};
    for (unsigned i = 0; i < SENDS; i++) {
        unsigned policy = (unsigned)(kit_random(&p->seed) >> 32) % POLICIES;
        airs_component to = p->fair->targets[policy].self;
        size_t length = make_note(p, policy, bytes);
        uint64_t dice = kit_random(&p->seed);
        airs_when_full when_full = dice % 2 == 0 ? AIRS_REJECT_WHEN_FULL : AIRS_BLOCK_WHEN_FULL;
        bool request = (dice >> 8) % 4 == 0;
        airs_status status = request ? airs_request_async(p->fair->system, to, bytes, length, 0, when_full, on_end, p->fair)
                                     : airs_send(p->fair->system, to, bytes, length, when_full);
        KIT_REQUIRE(status != AIRS_EMAILBOX_FULL || when_full == AIRS_REJECT_WHEN_FULL);
        KIT_REQUIRE(status != AIRS_EMAILBOX_FULL || policy != AIRS_OVERFLOW_BLOCK);
        note_outcome(p, policy, status, request);
    }
    return NULL;
}

static airs_result actor_produces(kit_actor *self, airs_context *context, const airs_message *message, airs_error *error) {
    (void)error;
    producer *p = self->user;
    if (message->kind == AIRS_MESSAGE_REPLY) {
        atomic_fetch_add(&p->fair->ends, 1);
        return AIRS_HANDLED;
    }
    uint8_t bytes[PAYLOAD] = {0};
    for (unsigned i = 0; i < A_GO && p->sends < SENDS; i++, p->sends++) {
        unsigned policy = (unsigned)(kit_random(&p->seed) >> 32) % POLICIES;
        airs_component to = p->fair->targets[policy].self;
        size_t length = make_note(p, policy, bytes);
        bool request = kit_random(&p->seed) % 4 == 0;
        airs_request name;
        airs_status status =
            request ? airs_context_request(context, to, bytes, length, 0, &name) : airs_context_send(context, to, bytes, length);
        note_outcome(p, policy, status, request);
    }
    if (p->sends < SENDS) {
        airs_status status = airs_context_send(context, airs_context_self(context), "", 0);
        KIT_REQUIRE(status == AIRS_OK || (p->fair->harsh && status == AIRS_EOVERLOADED));
    }
    return AIRS_HANDLED;
}

static void open_fair(fair *f, uint64_t *seed, unsigned workers, uint64_t budget) {
    memset(f, 0, sizeof *f);
    f->harsh = budget != 0;
    airs_system_options system_options = {.workers = workers, .queued_bytes = budget};
    assert_int_equal(airs_system_new(&system_options, &f->system, NULL), AIRS_OK);
    for (unsigned i = 0; i < POLICIES; i++) {
        target *t = &f->targets[i];
        t->fair = f;
        t->seed = kit_random(seed) | 1;
        t->actor.handle = receive;
        t->actor.user = t;
        kit_options options = kit_defaults();
        options.limits.mailbox_messages = 1 + (uint32_t)(kit_random(seed) >> 32) % 8;
        options.limits.payload_bytes = PAYLOAD;
        options.limits.mailbox_bytes = PAYLOAD * (1 + (uint32_t)(kit_random(seed) >> 32) % 4);
        options.limits.overflow = (airs_overflow)i;
        char id[32];
        snprintf(id, sizeof id, "overflow/target/%u", i);
        t->self = kit_spawn_with(f->system, id, &t->actor, &options);
    }
    for (unsigned i = 0; i < PRODUCERS; i++) {
        producer *p = &f->producers[i];
        p->fair = f;
        p->seed = kit_random(seed) | 1;
        p->index = i;
        p->actor.handle = actor_produces;
        p->actor.user = p;
    }
    kit_start(f->system);
}

static void start_producers(fair *f, pthread_t *threads) {
    for (unsigned i = 0; i < HOSTS; i++) {
        assert_int_equal(pthread_create(&threads[i], NULL, host_produces, &f->producers[i]), 0);
    }
    for (unsigned i = HOSTS; i < PRODUCERS; i++) {
        char id[32];
        snprintf(id, sizeof id, "overflow/producer/%u", i);
        airs_component component = kit_spawn(f->system, id, &f->producers[i].actor);
        airs_status status;
        do {
            status = airs_send(f->system, component, "", 0, AIRS_BLOCK_WHEN_FULL);
        } while (status == AIRS_EOVERLOADED);
        assert_int_equal(status, AIRS_OK);
    }
}

static void join_hosts(pthread_t *threads) {
    for (unsigned i = 0; i < HOSTS; i++) {
        pthread_join(threads[i], NULL);
    }
}

static void check_ledger(fair *f) {
    uint64_t missing = 0;
    for (unsigned i = 0; i < POLICIES; i++) {
        target *t = &f->targets[i];
        fprintf(stderr, "policy %u: %llu accepted, %llu received, %llu refused\n", i, (unsigned long long)t->accepted,
                (unsigned long long)t->received, (unsigned long long)t->refused);
        bool drops = i == AIRS_OVERFLOW_DROP_NEW || i == AIRS_OVERFLOW_DROP_OLD;
        if (drops) {
            assert_int_equal(t->refused, 0);
            assert_true(t->received <= t->accepted);
            missing += t->accepted - t->received;
        } else {
            assert_int_equal(t->received, t->accepted);
        }
    }
    assert_int_equal(kit_stats(f->system).dropped, missing);
    assert_int_equal(f->ends, f->requests);
}

static void every_message_is_received_once_or_dropped_by_its_policy_I1_I2_I4(void **state) {
    (void)state;
    static fair f;
    uint64_t seed = kit_seed();
    for (unsigned round = 0; round < ROUNDS; round++) {
        pthread_t threads[HOSTS];
        open_fair(&f, &seed, 1 + round % 3, 0);
        start_producers(&f, threads);
        join_hosts(threads);
        assert_int_equal(airs_system_wait_quiescent(f.system, 60000), AIRS_OK);
        check_ledger(&f);
        kit_finish(f.system);
    }
}

static void nothing_is_lost_when_full_mailboxes_of_a_full_node_are_stopped_I1_I4_I9(void **state) {
    (void)state;
    static fair f;
    uint64_t seed = kit_seed();
    for (unsigned round = 0; round < ROUNDS; round++) {
        pthread_t threads[HOSTS];
        open_fair(&f, &seed, 1 + round % 3, SMALL_BUDGET);
        start_producers(&f, threads);
        for (unsigned i = 0; i < POLICIES; i++) {
            target *t = &f.targets[(round + i) % POLICIES];
            for (uint64_t naps = kit_random(&seed) % 8; naps > 0; naps--) {
                kit_nap();
            }
            assert_int_equal(airs_stop(f.system, t->self), AIRS_OK);
        }
        join_hosts(threads);
        assert_int_equal(airs_system_wait_quiescent(f.system, 60000), AIRS_OK);
        assert_int_equal(f.ends, f.requests);
        fprintf(stderr, "%llu overloaded\n", (unsigned long long)kit_stats(f.system).failures[AIRS_EOVERLOADED]);
        kit_finish(f.system); /* checks the balance */
    }
}

#define TESTS(X)                                                        \
    X(every_message_is_received_once_or_dropped_by_its_policy_I1_I2_I4) \
    X(nothing_is_lost_when_full_mailboxes_of_a_full_node_are_stopped_I1_I4_I9)

#define TEST(name) cmocka_unit_test(name),

int main(void) {
    const struct CMUnitTest tests[] = {TESTS(TEST)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
