/* The budget of the whole node: what waits anywhere is charged, to the byte; beyond the budget sends end with overloaded; all of it comes back. */
#include "kit.h"

#include <pthread.h>
#include <stdio.h>
#include <string.h>

#include "core/system/memory_allowed.h"

#define HEADER 64 /* charged beside the payload */
#define BUDGET (64u << 10)
#define CHUNK (BUDGET / 64)
#define SHELVES 24
#define HOSTS 4
#define WORKERS 6
#define PAYLOAD 700
/* What threads may have put by: two chunks each, and no more of a third than a message is long. */
#define IDLE_CREDIT ((HOSTS + WORKERS + 1) * 2 * CHUNK + PAYLOAD + HEADER)

typedef struct store {
    airs_system *system;
    kit_gate gate; /* handlers of the shelves wait at it */
    kit_actor shelves[SHELVES];
    airs_component ids[SHELVES];
    atomic_uint_fast64_t accepted, overloaded; /* bytes; sends */
    atomic_uint_fast64_t done;                 /* bytes, counted before they are returned */
} store;

static airs_result shelve(kit_actor *self, airs_context *context, const airs_message *message, airs_error *error) {
    (void)context;
    (void)error;
    store *s = self->user;
    kit_gate_wait(&s->gate);
    atomic_fetch_add(&s->done, HEADER + message->length);
    return message->length % 8 == 3 ? AIRS_FAILED : AIRS_HANDLED;
}

static airs_system *system_with(uint64_t budget) {
    airs_system_options options = {.workers = WORKERS, .queued_bytes = budget};
    airs_system *system = NULL;
    assert_int_equal(airs_system_new(&options, &system, NULL), AIRS_OK);
    return system;
}

static void open_store(store *s) {
    memset(s, 0, sizeof *s);
    s->system = system_with(BUDGET);
    for (int i = 0; i < SHELVES; i++) {
        char id[32];
        snprintf(id, sizeof id, "budget/shelf/%d", i);
        s->shelves[i].handle = shelve;
        s->shelves[i].user = s;
        kit_options options = kit_defaults();
        options.limits.overflow = (airs_overflow)(i % 5);
        s->ids[i] = kit_spawn_with(s->system, id, &s->shelves[i], &options);
    }
    kit_start(s->system);
}

static uint64_t charged(airs_system *system) {
    airs_balance balance;
    airs_system_balance(system, &balance);
    return balance.queued_bytes;
}

typedef struct carrier {
    store *store;
    uint64_t seed;
} carrier;

/* Until it has been told a few times that there is too much. */
static void *carry(void *argument) {
    static const char bytes[PAYLOAD];
    carrier *c = argument;
    for (int refused = 0; refused < 20;) {
        size_t length = kit_random(&c->seed) % PAYLOAD;
        airs_component to = c->store->ids[(kit_random(&c->seed) >> 32) % SHELVES];
        airs_status status = airs_send(c->store->system, to, bytes, length, AIRS_REJECT_WHEN_FULL);
        KIT_REQUIRE(status == AIRS_OK || status == AIRS_EOVERLOADED);
        if (status == AIRS_OK) {
            uint64_t accepted = atomic_fetch_add(&c->store->accepted, HEADER + length) + HEADER + length;
            KIT_REQUIRE(accepted <= atomic_load(&c->store->done) + BUDGET);
        } else {
            atomic_fetch_add(&c->store->overloaded, 1);
            refused++;
        }
    }
    return NULL;
}

static void fill(store *s, uint64_t *seed) {
    pthread_t threads[HOSTS];
    carrier carriers[HOSTS];
    for (int i = 0; i < HOSTS; i++) {
        carriers[i] = (carrier){.store = s, .seed = kit_random(seed) | 1};
        assert_int_equal(pthread_create(&threads[i], NULL, carry, &carriers[i]), 0);
    }
    for (int i = 0; i < HOSTS; i++) {
        pthread_join(threads[i], NULL);
    }
}

static void many_mailboxes_fill_up_to_the_budget_and_all_of_it_comes_back(void **state) {
    (void)state;
    store s;
    uint64_t seed = kit_seed();
    open_store(&s);
    for (int round = 0; round < 3; round++) {
        uint64_t before = s.accepted;
        fill(&s, &seed);
        uint64_t waiting = s.accepted - before;
        assert_true(waiting <= BUDGET);
        assert_true(waiting + IDLE_CREDIT >= BUDGET);
        assert_int_equal(charged(s.system), waiting);
        kit_gate_open(&s.gate);
        assert_int_equal(airs_system_wait_quiescent(s.system, 20000), AIRS_OK);
        assert_int_equal(charged(s.system), 0);
        atomic_store(&s.gate.open, 0);
    }
    assert_int_equal(kit_stats(s.system).failures[AIRS_EOVERLOADED], s.overloaded);
    kit_gate_open(&s.gate);
    kit_finish(s.system);
}

static airs_result wait_and_echo(kit_actor *self, airs_context *context, const airs_message *message, airs_error *error) {
    kit_gate_wait(self->user);
    return kit_echo(self, context, message, error);
}

static airs_result ask_the_peer(kit_actor *self, airs_context *context, const airs_message *message, airs_error *error) {
    (void)error;
    if (message->kind == AIRS_MESSAGE_REPLY) {
        self->number = message->status == AIRS_OK ? message->length : 1;
        return AIRS_HANDLED;
    }
    static const char question[PAYLOAD];
    KIT_REQUIRE(airs_context_request(context, self->peer, question, sizeof question, 0, &self->last_request) == AIRS_OK);
    return AIRS_HANDLED;
}

static void ends_of_requests_come_while_the_node_is_overloaded(void **state) {
    (void)state;
    store s;
    uint64_t seed = kit_seed();
    kit_gate gate = {0};
    kit_actor echo = {.handle = wait_and_echo, .user = &gate};
    kit_actor asker = {.handle = ask_the_peer};
    open_store(&s);
    asker.peer = kit_spawn(s.system, "budget/echo/0", &echo);
    airs_component component = kit_spawn(s.system, "budget/asker/0", &asker);
    assert_int_equal(airs_send(s.system, component, "", 0, AIRS_REJECT_WHEN_FULL), AIRS_OK);
    kit_gate_reached(&gate, 1);
    fill(&s, &seed);
    kit_gate_open(&gate);
    kit_wait(&asker.handled, 2);
    assert_int_equal(asker.number, PAYLOAD);
    kit_gate_open(&s.gate);
    kit_finish(s.system);
}

/* --- what is charged, to the byte ------------------------------------------------------------------------------------- */

typedef struct clerk {
    kit_actor actor;
    airs_component targets[3];
    airs_timer timers[3];
    airs_status status;
} clerk;

static airs_result on_order(kit_actor *self, airs_context *context, const airs_message *message, airs_error *error) {
    (void)error;
    clerk *c = self->user;
    uint8_t bytes[100] = {0};
    switch (message->length > 0 ? *(const char *)message->data : 0) {
    case 't':
        for (int i = 0; i < 3; i++) {
            KIT_REQUIRE(airs_context_send_after(context, 3600000, c->targets[i], bytes, 10, &c->timers[i]) == AIRS_OK);
        }
        break;
    case 'c':
        KIT_REQUIRE(airs_context_cancel_timer(context, c->timers[1]));
        break;
    case 'h':
        for (int i = 0; i < 3; i++) { /* one in hand or queued there, the others held */
            KIT_REQUIRE(airs_context_send(context, c->targets[0], bytes, 20) == AIRS_OK);
        }
        break;
    case 'b': {
        airs_status outcomes[3];
        KIT_REQUIRE(airs_context_broadcast(context, c->targets, 3, bytes, 100, outcomes) == AIRS_OK);
        break;
    }
    case 'o': /* over the budget */
        c->status = airs_context_send_after(context, 1, c->targets[0], bytes, 100, &c->timers[0]);
        break;
    default:
        break;
    }
    return AIRS_HANDLED;
}

typedef struct office {
    store store;
    clerk clerk;
    airs_component self;
} office;

/* The first three shelves bound to one message; the gate is closed, so each of them keeps what it gets. */
static void open_office(office *o, uint64_t budget) {
    memset(o, 0, sizeof *o);
    o->store.system = system_with(budget);
    for (int i = 0; i < 3; i++) {
        char id[32];
        snprintf(id, sizeof id, "budget/shelf/%d", i);
        kit_options options = kit_defaults();
        options.limits.mailbox_messages = 1;
        o->store.shelves[i].handle = shelve;
        o->store.shelves[i].user = &o->store;
        o->clerk.targets[i] = kit_spawn_with(o->store.system, id, &o->store.shelves[i], &options);
    }
    o->clerk.actor.handle = on_order;
    o->clerk.actor.user = &o->clerk;
    o->self = kit_spawn(o->store.system, "budget/clerk/0", &o->clerk.actor);
    kit_start(o->store.system);
}

static void order(office *o, const char *what) {
    uint64_t handled = atomic_load(&o->clerk.actor.handled);
    assert_int_equal(airs_send(o->store.system, o->self, what, 1, AIRS_REJECT_WHEN_FULL), AIRS_OK);
    kit_wait(&o->clerk.actor.handled, handled + 1);
}

/* Once the clerk's own message is over. */
static void expect_charged(office *o, uint64_t bytes) {
    for (int i = 0; i < 50000 && charged(o->store.system) != bytes; i++) {
        kit_nap();
    }
    assert_int_equal(charged(o->store.system), bytes);
}

static void timers_are_charged_from_when_they_are_set(void **state) {
    (void)state;
    office o;
    open_office(&o, BUDGET);
    order(&o, "t");
    expect_charged(&o, 3 * (HEADER + 10));
    order(&o, "c");
    expect_charged(&o, 2 * (HEADER + 10));
    kit_gate_open(&o.store.gate);
    assert_int_equal(airs_stop(o.store.system, o.self), AIRS_OK);
    expect_charged(&o, 0);
    kit_finish(o.store.system);
}

static void what_is_held_back_is_charged_once(void **state) {
    (void)state;
    office o;
    open_office(&o, BUDGET);
    order(&o, "h");
    expect_charged(&o, 3 * (HEADER + 20));
    kit_gate_open(&o.store.gate);
    expect_charged(&o, 0);
    kit_finish(o.store.system);
}

static void a_broadcast_is_charged_for_each_target(void **state) {
    (void)state;
    office o;
    open_office(&o, BUDGET);
    kit_gate_open(&o.store.gate);
    order(&o, "b");
    assert_int_equal(airs_system_wait_quiescent(o.store.system, 20000), AIRS_OK);
    assert_int_equal(o.store.done, 3 * (HEADER + 100));
    expect_charged(&o, 0);
    kit_finish(o.store.system);
}

static void a_timer_over_the_budget_is_refused_and_counted(void **state) {
    (void)state;
    office o;
    open_office(&o, HEADER + 80);
    order(&o, "o");
    assert_int_equal(o.clerk.status, AIRS_EOVERLOADED);
    assert_int_equal(kit_stats(o.store.system).failures[AIRS_EOVERLOADED], 1);
    kit_gate_open(&o.store.gate);
    kit_finish(o.store.system);
}

static void *send_one(void *argument) {
    store *s = argument;
    KIT_REQUIRE(airs_send(s->system, s->ids[0], "", 0, AIRS_REJECT_WHEN_FULL) == AIRS_OK);
    return NULL;
}

/* Else each would take a chunk with it, more than there are. */
static void threads_that_end_give_their_credit_back(void **state) {
    (void)state;
    store s;
    open_store(&s);
    kit_gate_open(&s.gate);
    for (int i = 0; i < 200; i++) {
        pthread_t thread;
        assert_int_equal(pthread_create(&thread, NULL, send_one, &s), 0);
        pthread_join(thread, NULL);
    }
    kit_finish(s.system);
}

static void by_default_it_is_a_part_of_what_may_be_used(void **state) {
    (void)state;
    assert_true(airsi_memory_allowed() >= 1u << 20);
    store s = {.system = system_with(0)};
    s.shelves[0].handle = kit_count;
    s.ids[0] = kit_spawn(s.system, "budget/shelf/0", &s.shelves[0]);
    kit_start(s.system);
    assert_int_equal(airs_send(s.system, s.ids[0], "", 0, AIRS_REJECT_WHEN_FULL), AIRS_OK);
    kit_finish(s.system);
}

#define TESTS(X)                                                     \
    X(many_mailboxes_fill_up_to_the_budget_and_all_of_it_comes_back) \
    X(ends_of_requests_come_while_the_node_is_overloaded)            \
    X(timers_are_charged_from_when_they_are_set)                     \
    X(what_is_held_back_is_charged_once)                             \
    X(a_broadcast_is_charged_for_each_target)                        \
    X(a_timer_over_the_budget_is_refused_and_counted)                \
    X(threads_that_end_give_their_credit_back)                       \
    X(by_default_it_is_a_part_of_what_may_be_used)

#define TEST(name) cmocka_unit_test(name),

int main(void) {
    const struct CMUnitTest tests[] = {TESTS(TEST)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
