/* The broker's subscribers: what taps and observers are shown, and that they may come and go at any time. */
#include "kit.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include <airs/broker.h>

static airs_broker *broker_of(airs_system *system) {
    return airs_messaging_broker(airs_system_messaging(system));
}

static void all_taps_are_shown_one_copy_which_outlives_the_message(void **state) {
    (void)state;
    enum { TAPS = 3 };
    airs_system *system = kit_system(1);
    kit_actor sink = {.handle = kit_count};
    airs_component to = kit_spawn(system, "test/sink/0", &sink);
    kit_start(system);
    airs_stream *taps[TAPS];
    for (int i = 0; i < TAPS; i++) {
        assert_int_equal(airs_broker_subscribe(broker_of(system), 0, &taps[i]), AIRS_OK);
    }
    assert_int_equal(airs_send(system, to, "some bytes", 10, AIRS_REJECT_WHEN_FULL), AIRS_OK);
    assert_int_equal(airs_send(system, to, NULL, 0, AIRS_REJECT_WHEN_FULL), AIRS_OK);
    assert_int_equal(airs_system_wait_quiescent(system, 20000), AIRS_OK);
    const void *bytes = NULL;
    for (int i = 0; i < TAPS; i++) {
        airs_stream_entry entry;
        assert_int_equal(airs_stream_next(taps[i], 1000, &entry), AIRS_OK);
        assert_int_equal(entry.message.to, to);
        assert_int_equal(entry.message.length, 10);
        assert_memory_equal(entry.message.data, "some bytes", 10);
        assert_true(bytes == NULL || bytes == entry.message.data);
        bytes = entry.message.data;
    }
    for (int i = 0; i < TAPS; i++) {
        airs_stream_entry entry;
        assert_int_equal(airs_stream_next(taps[i], 1000, &entry), AIRS_OK);
        assert_int_equal(entry.message.length, 0);
        airs_stream_close(taps[i]);
    }
    kit_finish(system);
}

static airs_result broadcast_twice(kit_actor *self, airs_context *context, const airs_message *message, airs_error *error) {
    (void)error;
    airs_component targets[2] = {self->peer, self->peer};
    airs_status outcomes[2];
    KIT_REQUIRE(airs_context_broadcast(context, targets, 2, message->data, message->length, outcomes) == AIRS_OK);
    KIT_REQUIRE(outcomes[0] == AIRS_OK && outcomes[1] == AIRS_OK);
    return AIRS_HANDLED;
}

static void a_tap_copies_nothing_of_a_broadcast(void **state) {
    (void)state;
    airs_system *system = kit_system(1);
    kit_actor sink = {.handle = kit_count};
    kit_actor caster = {.handle = broadcast_twice, .peer = kit_spawn(system, "test/sink/0", &sink)};
    airs_component to = kit_spawn(system, "test/caster/0", &caster);
    kit_start(system);
    airs_stream *tap;
    assert_int_equal(airs_broker_subscribe(broker_of(system), 0, &tap), AIRS_OK);
    assert_int_equal(airs_send(system, to, "all of you", 10, AIRS_REJECT_WHEN_FULL), AIRS_OK);
    const void *bytes = NULL;
    for (int i = 0; i < 3; i++) { /* the one to the caster too, when it has been routed */
        airs_stream_entry entry;
        assert_int_equal(airs_stream_next(tap, 20000, &entry), AIRS_OK);
        assert_memory_equal(entry.message.data, "all of you", 10);
        if (entry.message.to == caster.peer) {
            assert_true(bytes == NULL || bytes == entry.message.data);
            bytes = entry.message.data;
        }
    }
    assert_non_null(bytes);
    airs_stream_close(tap);
    kit_finish(system);
}

/* What an observer looks at; freed by its release. */
typedef struct watcher {
    atomic_uint_fast64_t *released;
    atomic_uint_fast64_t seen;
} watcher;

static void on_envelope(void *user, const airs_envelope *envelope) {
    airs_message message = airs_envelope_message(envelope);
    KIT_REQUIRE(message.length == 64 && ((const char *)message.data)[63] == 'x');
    atomic_fetch_add(&((watcher *)user)->seen, 1);
}

static void on_release(void *user) {
    watcher *w = user;
    atomic_fetch_add(w->released, 1);
    free(w);
}

typedef struct publisher {
    airs_system *system;
    airs_component to;
    atomic_int *enough;
    uint64_t sent;
    pthread_t thread;
} publisher;

static void *publish(void *argument) {
    publisher *p = argument;
    char bytes[64];
    memset(bytes, 'x', sizeof bytes);
    while (atomic_load(p->enough) == 0) {
        KIT_REQUIRE(airs_send(p->system, p->to, bytes, sizeof bytes, AIRS_BLOCK_WHEN_FULL) == AIRS_OK);
        p->sent++;
    }
    return NULL;
}

static airs_result pass_on(kit_actor *self, airs_context *context, const airs_message *message, airs_error *error) {
    (void)error;
    KIT_REQUIRE(airs_context_send(context, self->peer, message->data, message->length) == AIRS_OK);
    return AIRS_HANDLED;
}

/* Subscribes in every way, and leaves again in another order. */
static void come_and_go(airs_broker *broker, atomic_uint_fast64_t *released, uint64_t random) {
    airs_subscription first;
    airs_subscription second;
    airs_stream *tap;
    for (int i = 0; i < 2; i++) {
        watcher *w = calloc(1, sizeof *w);
        w->released = released;
        airs_observer observer = {on_envelope, on_release, w};
        KIT_REQUIRE(airs_broker_observe(broker, &observer, i == 0 ? &first : &second) == AIRS_OK);
    }
    KIT_REQUIRE(airs_broker_subscribe(broker, 1 + random % 8, &tap) == AIRS_OK);
    for (uint64_t i = 0; i < random % 5; i++) {
        airs_stream_entry entry;
        KIT_REQUIRE(airs_stream_next(tap, 20000, &entry) == AIRS_OK);
        KIT_REQUIRE(entry.message.length == 64 && ((const char *)entry.message.data)[63] == 'x');
    }
    KIT_REQUIRE(airs_broker_unsubscribe(broker, random % 2 == 0 ? first : second) == AIRS_OK);
    airs_stream_close(tap);
    KIT_REQUIRE(airs_broker_unsubscribe(broker, random % 2 == 0 ? second : first) == AIRS_OK);
}

static void who_unsubscribes_while_others_publish_is_not_called_after_its_release_I9(void **state) {
    (void)state;
    enum { PUBLISHERS = 2, TIMES = 200 };
    uint64_t seed = kit_seed();
    airs_system *system = kit_system(2);
    kit_actor sink = {.handle = kit_count};
    kit_actor relay = {.handle = pass_on, .peer = kit_spawn(system, "test/sink/0", &sink)};
    airs_component to = kit_spawn(system, "test/relay/0", &relay);
    publisher publishers[PUBLISHERS];
    atomic_int enough = 0;
    atomic_uint_fast64_t released = 0;
    kit_start(system);
    for (int i = 0; i < PUBLISHERS; i++) {
        publishers[i] = (publisher){.system = system, .to = to, .enough = &enough};
        assert_int_equal(pthread_create(&publishers[i].thread, NULL, publish, &publishers[i]), 0);
    }
    for (int i = 0; i < TIMES; i++) {
        come_and_go(broker_of(system), &released, kit_random(&seed));
    }
    atomic_store(&enough, 1);
    uint64_t sent = 0;
    for (int i = 0; i < PUBLISHERS; i++) {
        pthread_join(publishers[i].thread, NULL);
        sent += publishers[i].sent;
    }
    assert_int_equal(airs_broker_subscriber_count(broker_of(system)), 1);
    kit_finish(system);
    assert_int_equal(sink.handled, sent);
    assert_int_equal(released, 2 * TIMES);
}

static airs_result wait_at_gate(kit_actor *self, airs_context *context, const airs_message *message, airs_error *error) {
    (void)context;
    (void)message;
    (void)error;
    kit_gate_wait(self->user);
    return AIRS_HANDLED;
}

static airs_result publish_elsewhere(kit_actor *self, airs_context *context, const airs_message *message, airs_error *error) {
    (void)context;
    (void)error;
    airs_envelope *envelope = NULL;
    KIT_REQUIRE(airs_envelope_new(self->peer, message->data, message->length, &envelope) == AIRS_OK);
    KIT_REQUIRE(airs_broker_publish(self->user, envelope) == AIRS_OK);
    return AIRS_HANDLED;
}

static airs_result keep_number(kit_actor *self, airs_context *context, const airs_message *message, airs_error *error) {
    (void)context;
    (void)error;
    self->number = kit_number(message);
    return AIRS_HANDLED;
}

static void a_message_outlives_the_system_whose_worker_made_it_I9(void **state) {
    (void)state;
    airs_system *first = kit_system(1);
    airs_system *second = kit_system(1);
    kit_actor sink = {.handle = keep_number};
    kit_actor maker = {.handle = publish_elsewhere, .user = broker_of(second)};
    kit_gate gate = {0};
    kit_actor waiting = {.handle = wait_at_gate, .user = &gate};
    maker.peer = kit_spawn(second, "test/sink/0", &sink);
    airs_component holding = kit_spawn(second, "test/waiting/0", &waiting);
    airs_component to = kit_spawn(first, "test/maker/0", &maker);
    kit_start(first);
    kit_start(second);
    /* The only worker of the second waits, so the message stays in the mailbox until the first is gone. */
    assert_int_equal(airs_send(second, holding, "x", 1, AIRS_REJECT_WHEN_FULL), AIRS_OK);
    kit_gate_reached(&gate, 1);
    assert_int_equal(kit_send_number(first, to, 4711, AIRS_REJECT_WHEN_FULL), AIRS_OK);
    kit_finish(first);
    kit_gate_open(&gate);
    assert_int_equal(airs_system_wait_quiescent(second, 20000), AIRS_OK);
    assert_int_equal(sink.number, 4711);
    kit_finish(second);
}

#define TESTS(X)                                                                \
    X(all_taps_are_shown_one_copy_which_outlives_the_message)                   \
    X(a_tap_copies_nothing_of_a_broadcast)                                      \
    X(who_unsubscribes_while_others_publish_is_not_called_after_its_release_I9) \
    X(a_message_outlives_the_system_whose_worker_made_it_I9)

#define TEST(name) cmocka_unit_test(name),

int main(void) {
    const struct CMUnitTest tests[] = {TESTS(TEST)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
