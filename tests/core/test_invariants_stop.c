/* What a stop or a crash does to messages that wait, are in hand or are being sent: each ends once (I1), and after a stop nothing is handled (I10). */
#include "kit.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define IN_HAND 64 /* what a turn handles at most */

/* --- an actor with 64 messages in hand -------------------------------------------------------------------------------- */

typedef struct slow {
    kit_actor actor;
    kit_gate gate;
    uint64_t crash_at; /* the number it crashes at; 0: never */
    uint64_t last;     /* number handled */
    atomic_uint_fast64_t in_order;
} slow;

static airs_result handle_slowly(kit_actor *self, airs_context *context, const airs_message *message, airs_error *error) {
    (void)context;
    slow *s = self->user;
    uint64_t number = kit_number(message);
    kit_gate_wait(&s->gate);
    KIT_REQUIRE(number == s->last + 1);
    s->last = number;
    if (number == s->crash_at) {
        airs_error_set(error, AIRS_ETRAP, "at %d", (int)number);
        return AIRS_CRASHED;
    }
    atomic_fetch_add(&s->in_order, 1);
    return AIRS_HANDLED;
}

static airs_result wait_at_gate(kit_actor *self, airs_context *context, const airs_message *message, airs_error *error) {
    (void)context;
    (void)message;
    (void)error;
    kit_gate_wait(self->user);
    return AIRS_HANDLED;
}

/* With one worker that another actor keeps busy until all messages wait, so that one turn begins with all of them. Numbers are 1 to 64. */
static airs_system *with_all_in_hand(slow *s, uint64_t crash_at) {
    static kit_actor keeper; /* of the worker */
    static kit_gate gate;
    memset(s, 0, sizeof *s);
    memset(&keeper, 0, sizeof keeper);
    memset(&gate, 0, sizeof gate);
    s->actor.handle = handle_slowly;
    s->actor.user = s;
    s->crash_at = crash_at;
    keeper.handle = wait_at_gate;
    keeper.user = &gate;
    airs_system *system = kit_system(1);
    s->actor.peer = kit_spawn(system, "stop/slow/0", &s->actor);
    airs_component busy = kit_spawn(system, "stop/keeper/0", &keeper);
    kit_start(system);
    kit_send_number(system, busy, 0, AIRS_REJECT_WHEN_FULL);
    kit_gate_reached(&gate, 1);
    for (uint64_t i = 1; i <= IN_HAND; i++) {
        assert_int_equal(kit_send_number(system, s->actor.peer, i, AIRS_REJECT_WHEN_FULL), AIRS_OK);
    }
    kit_gate_open(&gate);
    kit_gate_reached(&s->gate, 1);
    return system;
}

static void a_stop_with_64_slow_messages_in_hand_takes_effect_after_the_current_one_I1_I10(void **state) {
    (void)state;
    slow s;
    airs_system *system = with_all_in_hand(&s, 0);
    assert_int_equal(airs_stop(system, s.actor.peer), AIRS_OK);
    kit_gate_open(&s.gate);
    kit_wait(&s.actor.frees, 1);
    assert_int_equal(s.actor.handled, 1);
    assert_int_equal(kit_dead(system, AIRS_ETARGET_STOPPED), IN_HAND - 1);
    kit_finish(system);
}

static void a_crash_at_the_third_of_64_keeps_61_in_order_I1_I2(void **state) {
    (void)state;
    slow s;
    airs_system *system = with_all_in_hand(&s, 3);
    kit_gate_open(&s.gate);
    kit_wait(&s.in_order, IN_HAND - 1);
    assert_int_equal(airs_system_wait_quiescent(system, 20000), AIRS_OK);
    assert_int_equal(s.actor.starts, 2);
    assert_int_equal(s.last, IN_HAND);
    assert_int_equal(kit_dead(system, AIRS_ETRAP), 1);
    assert_int_equal(kit_stats(system).dead, 1);
    kit_finish(system);
    assert_int_equal(s.actor.handled, IN_HAND);
}

/* --- a stop while the mailbox is full --------------------------------------------------------------------------------- */

typedef struct pusher {
    pthread_t thread;
    airs_system *system;
    airs_component to;
    atomic_uint_fast64_t sent; /* accepted */
    airs_status last;
} pusher;

static void *push_until_refused(void *argument) {
    pusher *p = argument;
    do {
        p->last = kit_send_number(p->system, p->to, p->sent, AIRS_BLOCK_WHEN_FULL);
        atomic_fetch_add(&p->sent, p->last == AIRS_OK);
    } while (p->last == AIRS_OK);
    return NULL;
}

/* Sends three to its peer for each message: what the peer has no room for is held back. */
static airs_result passes_on(kit_actor *self, airs_context *context, const airs_message *message, airs_error *error) {
    (void)error;
    for (int i = 0; i < 3; i++) {
        airs_status status = airs_context_send(context, self->peer, message->data, message->length);
        KIT_REQUIRE(status == AIRS_OK || status == AIRS_ETARGET_STOPPED || status == AIRS_ESTOPPING);
        self->number += status == AIRS_OK;
    }
    return AIRS_HANDLED;
}

typedef struct jam {
    airs_system *system;
    kit_gate gate;
    kit_actor full, holders[3];
    pusher pushers[5];
} jam;

/* Everything stands: the actor at the gate, its mailbox full, three actors holding messages back for it, and five threads waiting for room,
 * two at it and one at each of the three. */
static void make_jam(jam *j) {
    memset(j, 0, sizeof *j);
    j->system = kit_system(2);
    kit_options options = kit_defaults();
    options.limits.mailbox_messages = 4;
    j->full = (kit_actor){.handle = wait_at_gate, .user = &j->gate};
    airs_component full = kit_spawn_with(j->system, "stop/full/0", &j->full, &options);
    j->full.peer = full;
    for (int i = 0; i < 3; i++) {
        char id[32];
        snprintf(id, sizeof id, "stop/holder/%d", i);
        j->holders[i] = (kit_actor){.handle = passes_on, .peer = full};
        j->pushers[i].to = kit_spawn_with(j->system, id, &j->holders[i], &options);
    }
    j->pushers[3].to = j->pushers[4].to = full;
    kit_start(j->system);
    for (int i = 4; i >= 0; i--) {
        j->pushers[i].system = j->system;
        pthread_create(&j->pushers[i].thread, NULL, push_until_refused, &j->pushers[i]);
    }
    kit_gate_reached(&j->gate, 1);
    for (int i = 0; i < 3; i++) {
        kit_wait(&j->pushers[i].sent, 4);
    }
}

static void join_pushers(jam *j, int from, int to, airs_status expected) {
    for (int i = from; i < to; i++) {
        pthread_join(j->pushers[i].thread, NULL);
        assert_int_equal(j->pushers[i].last, expected);
    }
}

static uint64_t accepted_in_jam(const jam *j) {
    uint64_t accepted = 0;
    for (int i = 0; i < 5; i++) {
        accepted += j->pushers[i].sent;
    }
    for (int i = 0; i < 3; i++) {
        accepted += j->holders[i].number;
    }
    return accepted;
}

static void a_full_actor_may_be_stopped_and_wakes_who_waits_for_its_room_I1(void **state) {
    (void)state;
    jam j;
    make_jam(&j);
    assert_int_equal(airs_stop(j.system, j.full.peer), AIRS_OK);
    kit_gate_open(&j.gate);
    join_pushers(&j, 3, 5, AIRS_ETARGET_STOPPED);
    kit_wait(&j.full.frees, 1);
    assert_int_equal(j.full.handled, 1);
    /* The holders go on: nothing stops what is sent to them now, until the sources are closed. */
    assert_int_equal(airs_system_drain(j.system, 20000), AIRS_OK);
    join_pushers(&j, 0, 3, AIRS_ESTOPPING);
    airs_routing_stats stats = kit_stats(j.system);
    assert_int_equal(stats.accepted, accepted_in_jam(&j));
    assert_int_equal(stats.delivered, 1 + j.holders[0].handled + j.holders[1].handled + j.holders[2].handled);
    assert_int_equal(stats.dead, stats.accepted - stats.delivered);
    assert_int_equal(airs_system_stop(j.system), AIRS_OK);
    kit_check_balance(j.system);
    airs_system_free(j.system);
}

static void *stop_system(void *argument) {
    KIT_REQUIRE(airs_system_stop(argument) == AIRS_OK);
    return NULL;
}

static void a_system_may_be_stopped_while_everything_is_full_I1_I9(void **state) {
    (void)state;
    jam j;
    make_jam(&j);
    pthread_t stopper;
    pthread_create(&stopper, NULL, stop_system, j.system);
    join_pushers(&j, 0, 5, AIRS_ESTOPPING); /* all are woken before the handler at the gate ends */
    kit_gate_open(&j.gate);
    pthread_join(stopper, NULL);
    kit_check_balance(j.system);
    airs_routing_stats stats = kit_stats(j.system);
    assert_int_equal(stats.accepted, accepted_in_jam(&j));
    assert_int_equal(stats.delivered, j.full.handled + j.holders[0].handled + j.holders[1].handled + j.holders[2].handled);
    airs_system_free(j.system);
    assert_int_equal(j.full.frees, 1);
}

/* --- a stop while host threads do all they can ------------------------------------------------------------------------ */

typedef struct busy_host {
    pthread_t thread;
    airs_system *system;
    airs_component to;
    uint32_t index;
    uint64_t seed;
    uint64_t asked;            /* requests accepted */
    atomic_uint_fast64_t ends; /* told to the callback */
    kit_actor actors[64];      /* spawned by it */
    uint32_t actor_count;
} busy_host;

static void on_end(void *user, airs_status status, const void *data, size_t length) {
    (void)status;
    (void)data;
    (void)length;
    busy_host *h = user;
    atomic_fetch_add(&h->ends, 1);
}

static airs_status ask(busy_host *h) {
    airs_status status = airs_request_async(h->system, h->to, "?", 1, 1000, AIRS_BLOCK_WHEN_FULL, on_end, h);
    h->asked += status == AIRS_OK;
    return status;
}

static airs_status ask_and_wait(busy_host *h) {
    void *data = NULL;
    size_t length = 0;
    airs_status status = airs_request_wait(h->system, h->to, "?", 1, 1000, &data, &length, NULL);
    free(data);
    return status;
}

static airs_status spawn_one(busy_host *h) {
    kit_actor *actor = &h->actors[h->actor_count];
    kit_options options = kit_defaults();
    airs_component component = AIRS_OUTSIDE;
    char id[48];
    snprintf(id, sizeof id, "stop/host-%u/%u", h->index, h->actor_count);
    actor->handle = kit_count;
    airs_status status = kit_try_spawn(h->system, id, actor, &options, &component, NULL);
    h->actor_count += status == AIRS_OK;
    return status;
}

static void *do_all(void *argument) {
    busy_host *h = argument;
    airs_status status = AIRS_OK;
    while (status == AIRS_OK) {
        uint64_t dice = kit_random(&h->seed) % 16;
        if (dice == 0 && h->actor_count < 64) {
            status = spawn_one(h);
        } else if (dice == 1) {
            status = ask_and_wait(h);
        } else if (dice < 5) {
            status = ask(h);
        } else {
            status = kit_send_number(h->system, h->to, 0, AIRS_BLOCK_WHEN_FULL);
        }
    }
    KIT_REQUIRE(status == AIRS_ESTOPPING || status == AIRS_ETARGET_STOPPED || status == AIRS_ENOSUBSCRIBER);
    return NULL;
}

static void nothing_happens_after_a_system_was_stopped_under_busy_host_threads_I4_I9_I10(void **state) {
    (void)state;
    static busy_host hosts[4];
    uint64_t seed = kit_seed();
    for (int round = 0; round < 25; round++) {
        memset(hosts, 0, sizeof hosts);
        airs_system *system = kit_system(2);
        kit_actor target = {.handle = kit_echo};
        kit_options options = kit_defaults();
        options.limits.mailbox_messages = 8;
        airs_component to = kit_spawn_with(system, "stop/target/0", &target, &options);
        kit_start(system);
        for (uint32_t i = 0; i < 4; i++) {
            hosts[i].system = system;
            hosts[i].to = to;
            hosts[i].index = i;
            hosts[i].seed = kit_random(&seed) | 1;
            pthread_create(&hosts[i].thread, NULL, do_all, &hosts[i]);
        }
        kit_wait(&target.handled, 1 + kit_random(&seed) % 500);
        assert_int_equal(airs_system_stop(system), AIRS_OK);
        uint64_t handled = target.handled;
        for (int i = 0; i < 4; i++) {
            pthread_join(hosts[i].thread, NULL);
            assert_int_equal(hosts[i].ends, hosts[i].asked);
        }
        assert_int_equal(target.handled, handled);
        kit_check_balance(system);
        airs_system_free(system);
        assert_int_equal(target.frees, 1);
        for (int i = 0; i < 4; i++) {
            for (uint32_t k = 0; k < hosts[i].actor_count; k++) {
                assert_int_equal(hosts[i].actors[k].frees, 1);
            }
        }
    }
}

/* --- subscribers that come and go while messages are published -------------------------------------------------------- */

#define PUBLISHERS 3

typedef struct publisher {
    pthread_t thread;
    airs_system *system;
    airs_component to;
    uint64_t index, sent;
    atomic_int *enough;
} publisher;

static void *publish(void *argument) {
    publisher *p = argument;
    while (atomic_load(p->enough) == 0) {
        KIT_REQUIRE(kit_send_number(p->system, p->to, p->index << 48 | p->sent, AIRS_BLOCK_WHEN_FULL) == AIRS_OK);
        p->sent++;
    }
    return NULL;
}

/* A tap's life: what it is shown of each publisher rises. */
static void tap_for_a_while(airs_broker *broker, uint64_t entries) {
    airs_stream *stream = NULL;
    KIT_REQUIRE(airs_broker_subscribe(broker, 1 + entries % 16, &stream) == AIRS_OK);
    uint64_t next[PUBLISHERS] = {0};
    uint64_t seen = 0;
    while (seen < entries) {
        airs_stream_entry entry;
        KIT_REQUIRE(airs_stream_next(stream, 20000, &entry) == AIRS_OK);
        KIT_REQUIRE(entry.status == AIRS_OK || entry.status == AIRS_EMAILBOX_FULL);
        uint64_t number = kit_number(&entry.message);
        /* A publisher that waits for room publishes the same again. */
        KIT_REQUIRE(number >> 48 < PUBLISHERS && (number & 0xffffffffffff) + 1 >= next[number >> 48]);
        next[number >> 48] = (number & 0xffffffffffff) + 1;
        seen++;
    }
    airs_stream_close(stream);
}

static void taps_come_and_go_while_messages_are_published_I2(void **state) {
    (void)state;
    uint64_t seed = kit_seed();
    airs_system *system = kit_system(2);
    airs_broker *broker = airs_messaging_broker(airs_system_messaging(system));
    kit_actor sink = {.handle = kit_count};
    airs_component to = kit_spawn(system, "stop/sink/0", &sink);
    publisher publishers[PUBLISHERS];
    atomic_int enough = 0;
    kit_start(system);
    size_t before = airs_broker_subscriber_count(broker);
    for (uint64_t i = 0; i < PUBLISHERS; i++) {
        publishers[i] = (publisher){.system = system, .to = to, .index = i, .enough = &enough};
        pthread_create(&publishers[i].thread, NULL, publish, &publishers[i]);
    }
    for (int i = 0; i < 200; i++) {
        tap_for_a_while(broker, kit_random(&seed) % 40);
    }
    atomic_store(&enough, 1);
    uint64_t sent = 0;
    for (int i = 0; i < PUBLISHERS; i++) {
        pthread_join(publishers[i].thread, NULL);
        sent += publishers[i].sent;
    }
    assert_int_equal(airs_broker_subscriber_count(broker), before);
    kit_finish(system);
    assert_int_equal(sink.handled, sent);
}

#define TESTS(X)                                                                      \
    X(a_stop_with_64_slow_messages_in_hand_takes_effect_after_the_current_one_I1_I10) \
    X(a_crash_at_the_third_of_64_keeps_61_in_order_I1_I2)                             \
    X(a_full_actor_may_be_stopped_and_wakes_who_waits_for_its_room_I1)                \
    X(a_system_may_be_stopped_while_everything_is_full_I1_I9)                         \
    X(nothing_happens_after_a_system_was_stopped_under_busy_host_threads_I4_I9_I10)   \
    X(taps_come_and_go_while_messages_are_published_I2)

#define TEST(name) cmocka_unit_test(name),

int main(void) {
    const struct CMUnitTest tests[] = {TESTS(TEST)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
