/* Sending, receiving, capabilities, back-pressure, broker: through a real system. */
#include "kit.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include <airs/subscriber.h>

static airs_status send_number(airs_system *system, airs_component to, uint64_t number, airs_when_full when_full) {
    return airs_send(system, to, &number, sizeof number, when_full);
}

/* Checks that numbers come in order; `number` is the next one expected. */
static airs_result in_order(kit_actor *self, airs_context *context, const airs_message *message, airs_error *error) {
    (void)context;
    (void)error;
    uint64_t number;
    memcpy(&number, message->data, sizeof number);
    if (number != self->number) {
        abort();
    }
    self->number++;
    return AIRS_HANDLED;
}

/* Passes every message on to the peer. */
static airs_result forward(kit_actor *self, airs_context *context, const airs_message *message, airs_error *error) {
    airs_status status = airs_context_send(context, self->peer, message->data, message->length);
    return status == AIRS_OK ? AIRS_HANDLED : (airs_error_set(error, status, "could not forward"), AIRS_FAILED);
}

static void a_message_reaches_its_target_with_its_bytes(void **state) {
    (void)state;
    airs_system *system = kit_system(2);
    kit_actor sink = {.handle = in_order};
    airs_component to = kit_spawn(system, "test/sink/0", &sink);
    assert_int_equal(send_number(system, to, 0, AIRS_REJECT_WHEN_FULL), AIRS_ENOSUBSCRIBER);
    kit_start(system);
    for (uint64_t i = 0; i < 1000; i++) {
        assert_int_equal(send_number(system, to, i, AIRS_BLOCK_WHEN_FULL), AIRS_OK);
    }
    kit_wait(&sink.handled, 1000);
    assert_int_equal(airs_system_wait_quiescent(system, 20000), AIRS_OK);
    assert_int_equal(kit_stats(system).delivered, 1000);
    assert_int_equal(kit_stats(system).messages_routed, 1000);
    kit_finish(system);
    assert_int_equal(sink.starts, 1);
    assert_int_equal(sink.stops, 1);
    assert_int_equal(sink.frees, 1);
}

static void refusals_say_why_and_leave_the_envelope_with_the_caller_I12(void **state) {
    (void)state;
    airs_system *system = kit_system(2);
    kit_actor sink = {.handle = kit_count};
    kit_options options = kit_defaults();
    options.limits.payload_bytes = 16;
    airs_component open = kit_spawn_with(system, "test/open/0", &sink, &options);
    options.receive[0] = "test/*/*";
    kit_actor closed_sink = {.handle = kit_count};
    airs_component closed = kit_spawn_with(system, "test/closed/0", &closed_sink, &options);
    kit_start(system);
    airs_broker *broker = airs_messaging_broker(airs_system_messaging(system));
    airs_envelope *envelope = NULL;
    assert_int_equal(airs_envelope_new(closed, "x", 1, &envelope), AIRS_OK);
    assert_int_equal(airs_broker_publish(broker, envelope), AIRS_EPERMISSION_DENIED);
    airs_envelope_free(envelope);
    assert_int_equal(airs_send(system, open, "12345678901234567", 17, AIRS_REJECT_WHEN_FULL), AIRS_EPAYLOAD_TOO_LARGE);
    assert_int_equal(airs_send(system, 12345, "x", 1, AIRS_REJECT_WHEN_FULL), AIRS_ECOMPONENT_NOT_FOUND);
    assert_int_equal(airs_send(system, AIRS_OUTSIDE, "x", 1, AIRS_REJECT_WHEN_FULL), AIRS_ECOMPONENT_NOT_FOUND);
    assert_int_equal(airs_send(system, open, NULL, 1, AIRS_REJECT_WHEN_FULL), AIRS_EINVAL);
    assert_int_equal(airs_send(NULL, open, "x", 1, AIRS_REJECT_WHEN_FULL), AIRS_EINVAL);
    assert_int_equal(airs_broker_publish(broker, NULL), AIRS_EINVAL);
    airs_routing_stats stats = kit_stats(system);
    assert_int_equal(stats.failures[AIRS_EPERMISSION_DENIED], 1);
    assert_int_equal(stats.failures[AIRS_EPAYLOAD_TOO_LARGE], 1);
    assert_int_equal(stats.components_not_found, 2);
    assert_int_equal(stats.routing_failures, 4);
    kit_finish(system);
    assert_int_equal(sink.handled + closed_sink.handled, 0);
}

static void a_stale_handle_never_reaches_the_next_occupant_I5(void **state) {
    (void)state;
    airs_system *system = kit_system(2);
    kit_actor first = {.handle = kit_count};
    airs_component stale = kit_spawn(system, "test/a/0", &first);
    kit_start(system);
    assert_int_equal(airs_stop(system, stale), AIRS_OK);
    kit_wait(&first.frees, 1); /* its slot is free again */
    kit_actor second = {.handle = kit_count};
    airs_component fresh = kit_spawn(system, "test/b/0", &second);
    assert_int_equal((uint32_t)fresh, (uint32_t)stale);
    assert_int_not_equal(fresh, stale);
    assert_int_equal(airs_send(system, stale, "x", 1, AIRS_REJECT_WHEN_FULL), AIRS_ETARGET_STOPPED);
    assert_int_equal(airs_stop(system, stale), AIRS_ETARGET_STOPPED);
    airs_component_id id;
    assert_int_equal(airs_registry_id_of(airs_system_registry(system), stale, &id), AIRS_ETARGET_STOPPED);
    assert_int_equal(airs_registry_id_of(airs_system_registry(system), fresh, &id), AIRS_OK);
    assert_string_equal(id.text, "test/b/0");
    kit_finish(system);
    assert_int_equal(second.handled, 0);
}

static airs_result count_only(void *state, airs_context *context, const airs_message *message, airs_error *error) {
    (void)state;
    (void)context;
    (void)message;
    (void)error;
    return AIRS_HANDLED;
}
static const airs_behavior counting = {.kind = "native", .handle = count_only};

static void an_id_is_taken_once_and_airs_is_reserved(void **state) {
    (void)state;
    airs_system *system = kit_system(2);
    kit_actor actor = {.handle = kit_count};
    kit_spawn(system, "test/a/0", &actor);
    const airs_behavior behavior = {.handle = NULL};
    airs_spawn_options options = {.limits = AIRS_LIMITS_DEFAULT, .behavior = &behavior};
    airs_error error = {0};
    airs_component_id_parse("test/a/0", 8, &options.id, NULL);
    assert_int_equal(airs_spawn(system, &options, NULL, &error), AIRS_EINVAL);
    options.behavior = &counting;
    assert_int_equal(airs_spawn(system, &options, NULL, &error), AIRS_EALREADY_EXISTS);
    assert_non_null(strstr(error.text, "test/a/0"));
    airs_component_id_parse("airs/a/0", 8, &options.id, NULL);
    assert_int_equal(airs_spawn(system, &options, NULL, &error), AIRS_EINVALID_ID);
    airs_component_id_parse("test/b/0", 8, &options.id, NULL);
    const char *bad[] = {"test/b"};
    options.capabilities.send = bad;
    options.capabilities.send_count = 1;
    assert_int_equal(airs_spawn(system, &options, NULL, &error), AIRS_EINVAL);
    assert_non_null(strstr(error.text, "\"test/b\""));
    airs_component found;
    airs_component_id_parse("test/b/0", 8, &options.id, NULL);
    assert_int_equal(airs_registry_find(airs_system_registry(system), &options.id, &found), AIRS_ECOMPONENT_NOT_FOUND);
    airs_system_free(system);
    assert_int_equal(actor.frees, 1);
}

static airs_result slow_in_order(kit_actor *self, airs_context *context, const airs_message *message, airs_error *error) {
    if (self->number % 16 == 0) {
        kit_gate_wait(self->user);
    }
    return in_order(self, context, message, error);
}

static void back_pressure_reaches_a_host_thread_through_a_full_chain_I1_I2(void **state) {
    (void)state;
    airs_system *system = kit_system(2);
    kit_options options = kit_defaults();
    options.limits.mailbox_messages = 4;
    kit_actor sink = {.handle = in_order};
    kit_actor second = {.handle = forward};
    kit_actor first = {.handle = forward};
    second.peer = kit_spawn_with(system, "test/sink/0", &sink, &options);
    first.peer = kit_spawn_with(system, "test/second/0", &second, &options);
    airs_component to = kit_spawn_with(system, "test/first/0", &first, &options);
    kit_start(system);
    for (uint64_t i = 0; i < 20000; i++) {
        assert_int_equal(send_number(system, to, i, AIRS_BLOCK_WHEN_FULL), AIRS_OK);
    }
    assert_int_equal(kit_stats(system).routing_failures, 0); /* waiting for room is no failure */
    kit_finish(system);
    assert_int_equal(sink.number, 20000);
}

static void a_muted_sender_handles_nothing_more_until_its_target_has_room(void **state) {
    (void)state;
    airs_system *system = kit_system(2);
    kit_options options = kit_defaults();
    options.limits.mailbox_messages = 4;
    kit_gate gate = {0};
    kit_actor sink = {.handle = slow_in_order, .user = &gate};
    airs_component last = kit_spawn_with(system, "test/sink/0", &sink, &options);
    kit_actor relay = {.handle = forward, .peer = last};
    airs_component to = kit_spawn_with(system, "test/relay/0", &relay, &options);
    kit_start(system);
    /* 1 in the sink's hand and 3 in its mailbox (room is given back after the handler), 1 held, 4 in the relay's mailbox. */
    uint64_t sent = 0;
    for (; sent < 5; sent++) {
        assert_int_equal(send_number(system, to, sent, AIRS_BLOCK_WHEN_FULL), AIRS_OK);
    }
    kit_gate_reached(&gate, 1);
    kit_wait(&relay.handled, 5);
    airs_balance balance;
    do { /* until the relay's fifth message has given its room back */
        airs_system_balance(system, &balance);
    } while (balance.queued != 3);
    for (; sent < 9; sent++) {
        assert_int_equal(send_number(system, to, sent, AIRS_BLOCK_WHEN_FULL), AIRS_OK);
    }
    assert_int_equal(send_number(system, to, sent, AIRS_REJECT_WHEN_FULL), AIRS_EMAILBOX_FULL);
    airs_system_balance(system, &balance);
    assert_int_equal(balance.held, 1);
    assert_int_equal(balance.in_hand, 1);
    assert_int_equal(balance.queued, 3 + 4);
    assert_int_equal(relay.handled, 5);
    kit_gate_open(&gate);
    for (; sent < 1000; sent++) {
        assert_int_equal(send_number(system, to, sent, AIRS_BLOCK_WHEN_FULL), AIRS_OK);
    }
    kit_finish(system);
    assert_int_equal(sink.number, 1000);
}

static airs_status wait_at_start(kit_actor *self, airs_context *context, airs_error *error) {
    (void)context;
    (void)error;
    kit_gate_wait(self->user);
    return AIRS_OK;
}

static void what_is_held_by_the_last_message_of_a_turn_is_passed_on(void **state) {
    (void)state;
    airs_system *system = kit_system(2);
    kit_options options = kit_defaults();
    kit_gate sink_gate = {0};
    kit_gate start_gate = {0};
    kit_actor sink = {.handle = slow_in_order, .user = &sink_gate};
    options.limits.mailbox_messages = 7;
    airs_component last = kit_spawn_with(system, "test/sink/0", &sink, &options);
    kit_actor relay = {.handle = forward, .start = wait_at_start, .peer = last, .user = &start_gate};
    airs_component to = kit_spawn(system, "test/relay/0", &relay);
    assert_int_equal(airs_system_start(system, NULL), AIRS_OK);
    /* The turn that starts the relay has lasted too long when it looks at the clock, after its 8th message, the one that is held. */
    for (uint64_t i = 0; i < 8; i++) {
        assert_int_equal(send_number(system, to, i, AIRS_BLOCK_WHEN_FULL), AIRS_OK);
    }
    kit_gate_reached(&start_gate, 1);
    assert_int_equal(airs_system_wait_started(system, 5), AIRS_ETIMEOUT);
    kit_gate_open(&start_gate);
    kit_wait(&relay.handled, 8);
    kit_gate_open(&sink_gate);
    kit_finish(system);
    assert_int_equal(sink.number, 8);
}

static airs_result burst(kit_actor *self, airs_context *context, const airs_message *message, airs_error *error) {
    (void)message;
    (void)error;
    for (uint64_t i = 0; i < 20; i++) {
        airs_status status = airs_context_send(context, self->peer, &i, sizeof i);
        self->number += status == AIRS_OK;
        if (status != AIRS_OK && status != AIRS_EMAILBOX_FULL) {
            abort();
        }
    }
    return AIRS_HANDLED;
}

static void a_hold_back_list_is_bounded_and_reject_refuses_at_once(void **state) {
    (void)state;
    airs_system *system = kit_system(2);
    kit_options options = kit_defaults();
    options.limits.mailbox_messages = 4;
    kit_gate gate = {0};
    kit_actor sink = {.handle = slow_in_order, .user = &gate};
    airs_component last = kit_spawn_with(system, "test/sink/0", &sink, &options);
    options.limits.hold_messages = 7;
    kit_actor sender = {.handle = burst, .peer = last};
    airs_component to = kit_spawn_with(system, "test/sender/0", &sender, &options);
    options.limits.overflow = AIRS_OVERFLOW_REJECT;
    kit_actor rejecting = {.handle = slow_in_order, .user = &gate};
    airs_component reject = kit_spawn_with(system, "test/rejecting/0", &rejecting, &options);
    kit_actor other = {.handle = burst, .peer = reject};
    airs_component second = kit_spawn_with(system, "test/sender/1", &other, &options);
    kit_start(system);
    assert_int_equal(airs_send(system, to, "", 0, AIRS_REJECT_WHEN_FULL), AIRS_OK);
    kit_wait(&sender.handled, 1);
    assert_int_equal(sender.number, 4 + 7);
    kit_gate_open(&gate);
    assert_int_equal(airs_system_wait_quiescent(system, 20000), AIRS_OK);
    assert_int_equal(sink.number, 11);
    atomic_store(&gate.open, 0);
    assert_int_equal(airs_send(system, second, "", 0, AIRS_REJECT_WHEN_FULL), AIRS_OK);
    kit_wait(&other.handled, 1);
    assert_int_equal(other.number, 4);
    kit_gate_open(&gate);
    kit_finish(system);
    assert_int_equal(rejecting.number, 4);
}

static airs_result hang(kit_actor *self, airs_context *context, const airs_message *message, airs_error *error) {
    kit_gate_wait(self->user);
    return kit_count(self, context, message, error);
}

static void what_is_held_for_a_target_that_stands_still_becomes_a_dead_letter(void **state) {
    (void)state;
    airs_system *system = kit_system(3);
    kit_options options = kit_defaults();
    options.limits.mailbox_messages = 1;
    kit_gate gate = {0};
    kit_actor sink = {.handle = hang, .user = &gate};
    airs_component last = kit_spawn_with(system, "test/sink/0", &sink, &options);
    kit_actor sender = {.handle = forward, .peer = last};
    options.limits.mailbox_messages = 100;
    airs_component to = kit_spawn_with(system, "test/sender/0", &sender, &options);
    kit_start(system);
    for (uint64_t i = 0; i < 3; i++) {
        assert_int_equal(send_number(system, to, i, AIRS_REJECT_WHEN_FULL), AIRS_OK);
    }
    kit_wait(&sender.handled, 3); /* 1 delivered, 1 held until it died, 1 held now */
    assert_int_equal(kit_dead(system, AIRS_EMAILBOX_FULL), 1);
    kit_gate_open(&gate);
    kit_finish(system);
    assert_int_equal(sink.handled, 2);
}

static airs_result to_all(kit_actor *self, airs_context *context, const airs_message *message, airs_error *error) {
    (void)error;
    const airs_component *targets = self->user;
    airs_status outcomes[5];
    assert_int_equal(airs_context_broadcast(context, targets, 5, message->data, message->length, outcomes), AIRS_OK);
    assert_int_equal(outcomes[0], AIRS_OK);
    assert_int_equal(outcomes[1], AIRS_OK);
    assert_int_equal(outcomes[2], AIRS_ECOMPONENT_NOT_FOUND);
    assert_int_equal(outcomes[3], AIRS_EPERMISSION_DENIED);
    assert_int_equal(outcomes[4], AIRS_EPAYLOAD_TOO_LARGE);
    return AIRS_HANDLED;
}

static void a_broadcast_tells_the_outcome_of_each_target(void **state) {
    (void)state;
    airs_system *system = kit_system(2);
    airs_component targets[5];
    kit_actor sink = {.handle = in_order};
    kit_actor second = {.handle = in_order};
    kit_actor third = {.handle = kit_count};
    kit_actor fourth = {.handle = kit_count};
    kit_options options = kit_defaults();
    targets[0] = kit_spawn(system, "test/a/0", &sink);
    targets[1] = kit_spawn(system, "test/b/0", &second);
    targets[2] = UINT64_C(77) << 32 | 5;
    options.receive[0] = "nobody/*/*";
    targets[3] = kit_spawn_with(system, "test/c/0", &third, &options);
    options = kit_defaults();
    options.limits.payload_bytes = 7;
    targets[4] = kit_spawn_with(system, "test/d/0", &fourth, &options);
    kit_actor sender = {.handle = to_all, .user = targets};
    airs_component to = kit_spawn(system, "test/sender/0", &sender);
    kit_start(system);
    assert_int_equal(send_number(system, to, 0, AIRS_REJECT_WHEN_FULL), AIRS_OK);
    kit_finish(system);
    assert_int_equal(sink.handled + second.handled, 2);
    assert_int_equal(third.handled + fourth.handled, 0);
}

/* --- broker --------------------------------------------------------------------------------------------------------------- */

typedef struct watching {
    atomic_uint_fast64_t seen, released;
} watching;

static void on_envelope(void *user, const airs_envelope *envelope) {
    watching *watch = user;
    assert_int_equal(airs_envelope_message(envelope).length, sizeof(uint64_t));
    assert_int_equal(atomic_load(&watch->released), 0);
    atomic_fetch_add(&watch->seen, 1);
}

static void on_release(void *user) {
    atomic_fetch_add(&((watching *)user)->released, 1);
}

static void taps_and_observers_see_what_is_published(void **state) {
    (void)state;
    airs_system *system = kit_system(2);
    airs_broker *broker = airs_messaging_broker(airs_system_messaging(system));
    kit_actor sink = {.handle = in_order};
    airs_component to = kit_spawn(system, "test/sink/0", &sink);
    assert_int_equal(airs_broker_subscriber_count(broker), 0);
    kit_start(system);
    assert_int_equal(airs_broker_subscriber_count(broker), 1);
    assert_true(airs_actor_system_subscriber_running(airs_system_subscriber(system)));
    watching watch = {0};
    airs_subscription subscription = 0;
    airs_observer observer = {on_envelope, on_release, &watch};
    assert_int_equal(airs_broker_observe(broker, &observer, &subscription), AIRS_OK);
    airs_stream *stream = NULL;
    assert_int_equal(airs_broker_subscribe(broker, 4, &stream), AIRS_OK);
    assert_int_equal(airs_broker_subscriber_count(broker), 3);
    airs_stream_entry entry;
    assert_int_equal(airs_stream_next(stream, 0, &entry), AIRS_ETIMEOUT);
    for (uint64_t i = 0; i < 6; i++) {
        assert_int_equal(send_number(system, to, i, AIRS_REJECT_WHEN_FULL), AIRS_OK);
    }
    uint64_t number = 9;
    assert_int_equal(airs_send(system, 999, &number, sizeof number, AIRS_REJECT_WHEN_FULL), AIRS_ECOMPONENT_NOT_FOUND);
    assert_int_equal(airs_stream_lag(stream), 3);
    for (uint64_t i = 3; i < 6; i++) {
        assert_int_equal(airs_stream_next(stream, 1000, &entry), AIRS_OK);
        assert_int_equal(entry.status, AIRS_OK);
        assert_memory_equal(entry.message.data, &i, sizeof i);
    }
    assert_int_equal(airs_stream_next(stream, 1000, &entry), AIRS_OK);
    assert_int_equal(entry.status, AIRS_ECOMPONENT_NOT_FOUND);
    airs_stream_close(stream);
    airs_broker_unsubscribe(broker, subscription);
    assert_int_equal(airs_broker_subscriber_count(broker), 1);
    kit_finish(system);
    assert_int_equal(watch.seen, 7);
    assert_int_equal(watch.released, 1);
}

typedef struct publisher {
    airs_system *system;
    airs_component to;
    atomic_int *stop;
    uint64_t sent;
} publisher;

static void *publish_on(void *argument) {
    publisher *self = argument;
    while (atomic_load(self->stop) == 0) {
        uint64_t number = 1;
        airs_status status = airs_send(self->system, self->to, &number, sizeof number, AIRS_BLOCK_WHEN_FULL);
        if (status == AIRS_OK) {
            self->sent++;
        } else if (status != AIRS_ESTOPPING && status != AIRS_ETARGET_STOPPED && status != AIRS_ENOSUBSCRIBER) {
            abort();
        }
    }
    return NULL;
}

static void an_observer_is_released_once_and_never_called_after(void **state) {
    (void)state;
    airs_system *system = kit_system(2);
    airs_broker *broker = airs_messaging_broker(airs_system_messaging(system));
    kit_actor sink = {.handle = kit_count};
    atomic_int stop = 0;
    publisher publishers[2];
    pthread_t threads[2];
    airs_component to = kit_spawn(system, "test/sink/0", &sink);
    kit_start(system);
    for (int i = 0; i < 2; i++) {
        publishers[i] = (publisher){system, to, &stop, 0};
        pthread_create(&threads[i], NULL, publish_on, &publishers[i]);
    }
    static watching watches[200];
    memset(watches, 0, sizeof watches);
    for (int i = 0; i < 200; i++) {
        airs_observer observer = {on_envelope, on_release, &watches[i]};
        airs_subscription subscription = 0;
        assert_int_equal(airs_broker_observe(broker, &observer, &subscription), AIRS_OK);
        if (i % 20 == 0) {
            kit_wait(&watches[i].seen, 1);
        }
        airs_broker_unsubscribe(broker, subscription);
    }
    atomic_store(&stop, 1);
    for (int i = 0; i < 2; i++) {
        pthread_join(threads[i], NULL);
    }
    kit_finish(system);
    for (int i = 0; i < 200; i++) {
        assert_int_equal(watches[i].released, 1);
    }
    assert_int_equal(sink.handled, publishers[0].sent + publishers[1].sent);
}

static void host_threads_may_publish_while_the_system_stops_I1_I10(void **state) {
    (void)state;
    for (int round = 0; round < 20; round++) {
        airs_system *system = kit_system(2);
        kit_actor sink = {.handle = kit_count};
        kit_options options = kit_defaults();
        options.limits.mailbox_messages = 8;
        airs_component to = kit_spawn_with(system, "test/sink/0", &sink, &options);
        kit_start(system);
        atomic_int stop = 0;
        publisher publishers[3];
        pthread_t threads[3];
        for (int i = 0; i < 3; i++) {
            publishers[i] = (publisher){system, to, &stop, 0};
            pthread_create(&threads[i], NULL, publish_on, &publishers[i]);
        }
        kit_wait(&sink.handled, 50);
        assert_int_equal(airs_system_stop(system), AIRS_OK);
        uint64_t handled = atomic_load(&sink.handled);
        assert_int_equal(atomic_load(&sink.frees) <= 1, 1);
        atomic_store(&stop, 1);
        uint64_t sent = 0;
        for (int i = 0; i < 3; i++) {
            pthread_join(threads[i], NULL);
            sent += publishers[i].sent;
        }
        kit_check_balance(system);
        airs_routing_stats stats = kit_stats(system);
        assert_int_equal(stats.accepted, sent);
        assert_int_equal(stats.delivered, handled);
        assert_int_equal(stats.dead, sent - handled);
        assert_int_equal(sink.handled, handled);
        airs_system_free(system);
    }
}

static airs_result blocking_call(kit_actor *self, airs_context *context, const airs_message *message, airs_error *error) {
    (void)message;
    (void)error;
    airs_system *system = airs_context_system(context);
    void *data = NULL;
    size_t length = 0;
    assert_int_equal(airs_request_wait(system, self->peer, "", 0, 0, &data, &length, NULL), AIRS_EDEADLK);
    assert_int_equal(airs_send(system, self->peer, "", 0, AIRS_BLOCK_WHEN_FULL), AIRS_EDEADLK);
    assert_int_equal(airs_system_wait_quiescent(system, 0), AIRS_EDEADLK);
    assert_int_equal(airs_system_stop(system), AIRS_EDEADLK);
    assert_int_equal(airs_send(system, self->peer, "", 0, AIRS_REJECT_WHEN_FULL), AIRS_OK);
    return AIRS_HANDLED;
}

static void a_call_that_blocks_is_refused_inside_a_handler(void **state) {
    (void)state;
    airs_system *system = kit_system(2);
    kit_actor sink = {.handle = kit_count};
    kit_actor blocker = {.handle = blocking_call};
    blocker.peer = kit_spawn(system, "test/sink/0", &sink);
    airs_component to = kit_spawn(system, "test/blocker/0", &blocker);
    kit_start(system);
    assert_int_equal(airs_send(system, to, "", 0, AIRS_REJECT_WHEN_FULL), AIRS_OK);
    kit_finish(system);
    assert_int_equal(sink.handled, 1);
}

static void two_systems_live_in_one_process(void **state) {
    (void)state;
    airs_system *one = kit_system(2);
    airs_system *two = kit_system(1);
    kit_actor first = {.handle = in_order};
    kit_actor second = {.handle = in_order};
    airs_component a = kit_spawn(one, "test/sink/0", &first);
    airs_component b = kit_spawn(two, "test/sink/0", &second);
    kit_start(one);
    kit_start(two);
    for (uint64_t i = 0; i < 500; i++) {
        assert_int_equal(send_number(one, a, i, AIRS_BLOCK_WHEN_FULL), AIRS_OK);
        assert_int_equal(send_number(two, b, i, AIRS_BLOCK_WHEN_FULL), AIRS_OK);
    }
    kit_finish(one);
    assert_int_equal(kit_stats(two).accepted, 500);
    kit_finish(two);
    assert_int_equal(first.handled + second.handled, 1000);
}

#define TESTS(X)                                                         \
    X(a_message_reaches_its_target_with_its_bytes)                       \
    X(refusals_say_why_and_leave_the_envelope_with_the_caller_I12)       \
    X(a_stale_handle_never_reaches_the_next_occupant_I5)                 \
    X(an_id_is_taken_once_and_airs_is_reserved)                          \
    X(back_pressure_reaches_a_host_thread_through_a_full_chain_I1_I2)    \
    X(a_muted_sender_handles_nothing_more_until_its_target_has_room)     \
    X(what_is_held_by_the_last_message_of_a_turn_is_passed_on)           \
    X(a_hold_back_list_is_bounded_and_reject_refuses_at_once)            \
    X(what_is_held_for_a_target_that_stands_still_becomes_a_dead_letter) \
    X(a_broadcast_tells_the_outcome_of_each_target)                      \
    X(taps_and_observers_see_what_is_published)                          \
    X(an_observer_is_released_once_and_never_called_after)               \
    X(host_threads_may_publish_while_the_system_stops_I1_I10)            \
    X(a_call_that_blocks_is_refused_inside_a_handler)                    \
    X(two_systems_live_in_one_process)

#define TEST(name) cmocka_unit_test(name),

int main(void) {
    const struct CMUnitTest tests[] = {TESTS(TEST)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
