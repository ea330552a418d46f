/* I2: from one sender to one receiver messages arrive in the order they were sent, none missing, whoever runs the two and whatever is in between. */
#include "kit.h"

#include <pthread.h>
#include <stdio.h>
#include <string.h>

#define ACTORS_MAX 6 /* that send */
#define HOSTS 2
#define SENDERS (ACTORS_MAX + HOSTS)
#define RECEIVERS 10
#define BURST 24

typedef struct line {
    uint32_t sender;
    uint64_t number; /* 0, 1, ... from this sender to this receiver */
    uint8_t more[48];
} line;

typedef enum pace { BRISK, UNEVEN, SLEEPY } pace;

typedef struct receiver {
    kit_actor actor;
    pace pace;
    uint64_t seed;
    uint64_t next[SENDERS]; /* expected */
    pthread_t last;
    uint64_t moves; /* how often the thread was another than before */
} receiver;

typedef struct street {
    airs_system *system;
    receiver receivers[RECEIVERS];
    uint64_t each; /* messages from every sender to every receiver */
} street;

typedef struct sender {
    kit_actor actor;
    street *street;
    uint32_t index;
    uint64_t seed;
    uint64_t sent[RECEIVERS];
} sender;

static void take_time(receiver *self) {
    uint64_t dice = kit_random(&self->seed) % 1000;
    if (self->pace == SLEEPY && dice < 2) {
        for (int i = 0; i < 50; i++) { /* 10 ms: long enough to be relieved of the worker */
            kit_nap();
        }
    } else if (self->pace != BRISK && dice < 20) {
        kit_nap();
    }
}

static airs_result receive(kit_actor *self, airs_context *context, const airs_message *message, airs_error *error) {
    (void)context;
    (void)error;
    receiver *r = self->user;
    line l;
    KIT_REQUIRE(message->length >= offsetof(line, more) && message->length <= sizeof l);
    memcpy(&l, message->data, message->length);
    KIT_REQUIRE(l.sender < SENDERS && l.number == r->next[l.sender]);
    r->next[l.sender]++;
    r->moves += self->handled > 0 && !pthread_equal(r->last, pthread_self());
    r->last = pthread_self();
    take_time(r);
    return AIRS_HANDLED;
}

/* The next line to a receiver that has not had all, and how long it is; false: all have. */
static bool next_line(sender *s, line *l, uint32_t *to, size_t *length) {
    uint32_t first = (uint32_t)(kit_random(&s->seed) % RECEIVERS);
    for (uint32_t i = 0; i < RECEIVERS; i++) {
        *to = (first + i) % RECEIVERS;
        if (s->sent[*to] < s->street->each) {
            memset(l, 0, sizeof *l);
            l->sender = s->index;
            l->number = s->sent[*to]++;
            *length = offsetof(line, more) + kit_random(&s->seed) % sizeof l->more;
            return true;
        }
    }
    return false;
}

/* A burst, then a message to itself, until all is sent. */
static airs_result send_burst(kit_actor *self, airs_context *context, const airs_message *message, airs_error *error) {
    (void)message;
    (void)error;
    sender *s = self->user;
    line l;
    uint32_t to;
    size_t length;
    for (int i = 0; i < BURST; i++) {
        if (!next_line(s, &l, &to, &length)) {
            return AIRS_HANDLED;
        }
        KIT_REQUIRE(airs_context_send(context, s->street->receivers[to].actor.peer, &l, length) == AIRS_OK);
    }
    KIT_REQUIRE(airs_context_send(context, airs_context_self(context), "", 0) == AIRS_OK);
    return AIRS_HANDLED;
}

static void *send_from_host(void *argument) {
    sender *s = argument;
    line l;
    uint32_t to;
    size_t length;
    while (next_line(s, &l, &to, &length)) {
        KIT_REQUIRE(airs_send(s->street->system, s->street->receivers[to].actor.peer, &l, length, AIRS_BLOCK_WHEN_FULL) == AIRS_OK);
    }
    return NULL;
}

static void spawn_receivers(street *street, pace pace, uint32_t mailbox, uint64_t *seed) {
    for (uint32_t i = 0; i < RECEIVERS; i++) {
        receiver *r = &street->receivers[i];
        r->actor.handle = receive;
        r->actor.user = r;
        r->pace = pace;
        r->seed = kit_random(seed) | 1;
        kit_options options = kit_defaults();
        options.limits.mailbox_messages = mailbox + i % 3;
        char id[32];
        snprintf(id, sizeof id, "order/receiver/%u", i);
        r->actor.peer = kit_spawn_with(street->system, id, &r->actor, &options);
    }
}

static void send_all(street *street, uint64_t *seed) {
    static sender senders[SENDERS];
    memset(senders, 0, sizeof senders);
    pthread_t threads[HOSTS];
    for (uint32_t i = 0; i < SENDERS; i++) {
        senders[i].street = street;
        senders[i].index = i;
        senders[i].seed = kit_random(seed) | 1;
    }
    for (uint32_t i = 0; i < ACTORS_MAX; i++) {
        char id[32];
        snprintf(id, sizeof id, "order/sender/%u", i);
        senders[i].actor.handle = send_burst;
        senders[i].actor.user = &senders[i];
        KIT_REQUIRE(airs_send(street->system, kit_spawn(street->system, id, &senders[i].actor), "", 0, AIRS_BLOCK_WHEN_FULL) == AIRS_OK);
    }
    for (uint32_t i = 0; i < HOSTS; i++) {
        pthread_create(&threads[i], NULL, send_from_host, &senders[ACTORS_MAX + i]);
    }
    for (uint32_t i = 0; i < HOSTS; i++) {
        pthread_join(threads[i], NULL);
    }
    kit_finish(street->system);
}

/* Everything arrived, in order. Returns how often receivers went from one thread to another. */
static uint64_t run_street(unsigned workers, pace pace, uint32_t mailbox, uint64_t each) {
    static street street;
    memset(&street, 0, sizeof street);
    uint64_t seed = kit_seed();
    street.system = kit_system(workers);
    street.each = each;
    spawn_receivers(&street, pace, mailbox, &seed);
    kit_start(street.system);
    send_all(&street, &seed);
    uint64_t moves = 0;
    for (uint32_t i = 0; i < RECEIVERS; i++) {
        for (uint32_t s = 0; s < SENDERS; s++) {
            assert_int_equal(street.receivers[i].next[s], each);
        }
        moves += street.receivers[i].moves;
    }
    return moves;
}

static void order_holds_when_actors_go_from_worker_to_worker_I2(void **state) {
    (void)state;
    assert_true(run_street(4, UNEVEN, 1024, 500) > 0);
}

static void order_holds_on_a_single_worker_I2(void **state) {
    (void)state;
    run_street(1, BRISK, 1024, 1000);
}

static void order_holds_when_handlers_keep_their_workers_for_long_I2(void **state) {
    (void)state;
    run_street(1, SLEEPY, 256, 100);
    run_street(2, SLEEPY, 256, 100);
}

static void order_holds_through_hold_back_I2(void **state) {
    (void)state;
    run_street(2, UNEVEN, 1, 300);
    run_street(3, BRISK, 2, 2000);
    run_street(1, BRISK, 5, 2000);
}

#define TESTS(X)                                                \
    X(order_holds_when_actors_go_from_worker_to_worker_I2)      \
    X(order_holds_on_a_single_worker_I2)                        \
    X(order_holds_when_handlers_keep_their_workers_for_long_I2) \
    X(order_holds_through_hold_back_I2)

#define TEST(name) cmocka_unit_test(name),

int main(void) {
    const struct CMUnitTest tests[] = {TESTS(TEST)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
