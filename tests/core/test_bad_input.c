/* What a caller can get wrong: a status each, outputs untouched, ownership as documented. */
#include "kit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <airs/broker.h>
#include <airs/log.h>
#include <airs/simulation.h>
#include <airs/stats.h>
#include <airs/subscriber.h>

static airs_broker *broker_of(airs_system *system) {
    return airs_messaging_broker(airs_system_messaging(system));
}

static void never_called(void *user, airs_status status, const void *data, size_t length) {
    (void)user;
    (void)status;
    (void)data;
    (void)length;
    abort();
}

static void never_down(void *user, airs_component target, const airs_component_id *id, airs_status reason) {
    (void)user;
    (void)target;
    (void)id;
    (void)reason;
    abort();
}

/* --- NULL ------------------------------------------------------------------------------------------------------------- */

static void a_call_without_a_system_is_refused(void **state) {
    (void)state;
    airs_error error = {0};
    airs_spawn_options spawn = {.limits = AIRS_LIMITS_DEFAULT};
    airs_component component = 99;
    airs_balance balance = {.queued = 99};
    void *data = &component;
    size_t length = 99;
    assert_int_equal(airs_system_new(NULL, NULL, &error), AIRS_EINVAL);
    assert_int_equal(airs_system_start(NULL, &error), AIRS_EINVAL);
    assert_int_equal(airs_system_wait_started(NULL, 1), AIRS_EINVAL);
    assert_int_equal(airs_system_wait_quiescent(NULL, 1), AIRS_EINVAL);
    assert_int_equal(airs_system_drain(NULL, 1), AIRS_EINVAL);
    assert_int_equal(airs_system_stop(NULL), AIRS_EINVAL);
    assert_int_equal(airs_system_free(NULL), AIRS_OK);
    assert_int_equal(airs_system_step(NULL, 1, NULL), AIRS_EINVAL);
    airs_system_close_sources(NULL);
    airs_system_interrupt(NULL);
    airs_system_balance(NULL, &balance);
    assert_int_equal(balance.queued, 99);
    assert_null(airs_system_messaging(NULL));
    assert_null(airs_system_registry(NULL));
    assert_null(airs_system_log(NULL));
    assert_null(airs_system_subscriber(NULL));
    assert_int_equal(airs_system_workers(NULL), 0);
    assert_int_equal(airs_system_trace(NULL), 0);
    assert_int_equal(airs_system_virtual_ms(NULL), 0);
    assert_int_equal(airs_spawn(NULL, &spawn, &component, &error), AIRS_EINVAL);
    assert_int_equal(airs_stop(NULL, 1), AIRS_EINVAL);
    assert_int_equal(airs_send(NULL, 1, "x", 1, AIRS_REJECT_WHEN_FULL), AIRS_EINVAL);
    assert_int_equal(airs_request_async(NULL, 1, "x", 1, 0, AIRS_REJECT_WHEN_FULL, never_called, NULL), AIRS_EINVAL);
    assert_int_equal(airs_request_wait(NULL, 1, "x", 1, 0, &data, &length, &error), AIRS_EINVAL);
    assert_int_equal(airs_execute_async(NULL, 1, "op", "x", 1, 0, AIRS_REJECT_WHEN_FULL, never_called, NULL), AIRS_EINVAL);
    assert_int_equal(airs_execute(NULL, 1, "op", "x", 1, 0, &data, &length, &error), AIRS_EINVAL);
    assert_int_equal(airs_payload_limit(NULL, 1, &length), AIRS_EINVAL);
    assert_int_equal(airs_monitor_open(NULL, 1, never_down, NULL, NULL), AIRS_EINVAL);
    assert_int_equal(airs_monitor_close(NULL, 1), AIRS_EINVAL);
    assert_int_equal(airs_health_check(NULL, 1, 1, &error), AIRS_EINVAL);
    assert_int_equal(airs_dead_letters_count(NULL), 0);
    assert_int_equal(airs_dead_letters_show(NULL, 1, NULL, NULL), AIRS_EINVAL);
    assert_int_equal(airs_dead_letters_drop(NULL, 1), AIRS_EINVAL);
    assert_int_equal(airs_dead_letters_drop_all(NULL), 0);
    assert_int_equal(airs_dead_letters_redeliver(NULL, 1), AIRS_EINVAL);
    assert_int_equal(airs_dead_letters_redeliver_all(NULL), 0);
    airs_dead_letters_list(NULL, NULL, NULL);
    assert_int_equal(component, 99);
    assert_ptr_equal(data, &component);
    assert_int_equal(length, 99);
}

static void a_call_without_a_broker_a_registry_or_a_subscriber_is_refused(void **state) {
    (void)state;
    airs_component_id id;
    airs_component component;
    airs_subscription subscription;
    airs_stream *stream = NULL;
    airs_envelope *envelope = NULL;
    airs_routing_stats stats;
    assert_null(airs_messaging_broker(NULL));
    airs_messaging_stats(NULL, &stats);
    assert_int_equal(airs_broker_publish(NULL, NULL), AIRS_EINVAL);
    assert_int_equal(airs_broker_subscriber_count(NULL), 0);
    assert_int_equal(airs_broker_observe(NULL, NULL, &subscription), AIRS_EINVAL);
    assert_int_equal(airs_broker_unsubscribe(NULL, 1), AIRS_EINVAL);
    assert_int_equal(airs_broker_subscribe(NULL, 0, &stream), AIRS_EINVAL);
    assert_int_equal(airs_stream_next(NULL, 0, NULL), AIRS_EINVAL);
    assert_int_equal(airs_stream_lag(NULL), 0);
    airs_stream_close(NULL);
    airs_envelope_free(NULL);
    assert_int_equal(airs_envelope_new(1, NULL, 1, &envelope), AIRS_EINVAL);
    assert_int_equal(airs_envelope_new(1, "x", 1, NULL), AIRS_EINVAL);
    assert_null(envelope);
    assert_int_equal(airs_component_id_parse("a/b/c", 5, &id, NULL), AIRS_OK);
    assert_int_equal(airs_registry_find(NULL, &id, &component), AIRS_EINVAL);
    assert_int_equal(airs_registry_id_of(NULL, 1, &id), AIRS_EINVAL);
    assert_int_equal(airs_registry_count(NULL), 0);
    assert_int_equal(airs_registry_list(NULL, NULL, NULL), AIRS_EINVAL);
    assert_false(airs_actor_system_subscriber_running(NULL));
    assert_int_equal(airs_actor_system_subscriber_start(NULL), AIRS_EINVAL);
    assert_int_equal(airs_actor_system_subscriber_stop(NULL), AIRS_EINVAL);
    assert_int_equal(airs_actor_system_subscriber_resolve(NULL, &id, &component), AIRS_EINVAL);
    assert_int_equal(airs_actor_system_subscriber_resolve_actor(NULL, 1, NULL), AIRS_EINVAL);
    assert_int_equal(airs_component_id_parse(NULL, 1, &id, NULL), AIRS_EINVAL);
    assert_int_equal(airs_component_id_parse("a/b/c", 5, NULL, NULL), AIRS_EINVAL);
    assert_int_equal(airs_component_id_make("a", 1, NULL, 1, "c", 1, &id, NULL), AIRS_EINVAL);
    assert_false(airs_component_id_equal(&id, NULL));
    assert_int_equal(airs_limits_check(NULL, NULL), AIRS_EINVAL);
    assert_int_equal(airs_log_new(NULL, NULL, NULL), AIRS_EINVAL);
    assert_int_equal(airs_log_level_parse(NULL, NULL, NULL), AIRS_EINVAL);
}

/* In a handler: calls everything without a context, without what it needs, and with what was never given out. */
static airs_result misuses(kit_actor *self, airs_context *context, const airs_message *message, airs_error *error) {
    (void)message;
    (void)error;
    airs_request request = 99;
    airs_timer timer = 99;
    airs_monitor monitor = 99;
    airs_component found = 99;
    airs_component_id id = *airs_context_id(context);
    airs_component self_handle = airs_context_self(context);
    airs_status outcome = AIRS_EINTERNAL;
    const size_t over = (size_t)AIRS_PAYLOAD_MAX + 1;
    const struct {
        int line;
        airs_status is, wanted;
    } calls[] = {
#define EXPECT(call, status) {__LINE__, (call), (status)}
        EXPECT(airs_context_send(NULL, self_handle, "x", 1), AIRS_EINVAL),
        EXPECT(airs_context_send(context, self_handle, NULL, 1), AIRS_EINVAL),
        EXPECT(airs_context_send(context, self_handle, "x", over), AIRS_EPAYLOAD_TOO_LARGE),
        EXPECT(airs_context_send(context, 4711, "x", 1), AIRS_ECOMPONENT_NOT_FOUND),
        EXPECT(airs_context_send(context, AIRS_OUTSIDE, "x", 1), AIRS_ECOMPONENT_NOT_FOUND),
        EXPECT(airs_context_send(context, self->peer, "x", 1), AIRS_ETARGET_STOPPED), /* stale */
        EXPECT(airs_context_broadcast(NULL, &self_handle, 1, "x", 1, &outcome), AIRS_EINVAL),
        EXPECT(airs_context_broadcast(context, NULL, 1, "x", 1, &outcome), AIRS_EINVAL),
        EXPECT(airs_context_broadcast(context, &self_handle, 1, NULL, 1, &outcome), AIRS_EINVAL),
        EXPECT(airs_context_broadcast(context, &self_handle, 1, "x", 1, NULL), AIRS_EINVAL),
        EXPECT(airs_context_broadcast(context, NULL, 0, NULL, 0, NULL), AIRS_OK),
        EXPECT(airs_context_request(NULL, self_handle, "x", 1, 0, &request), AIRS_EINVAL),
        EXPECT(airs_context_request(context, self_handle, NULL, 1, 0, &request), AIRS_EINVAL),
        EXPECT(airs_context_request(context, self_handle, "x", 1, 0, NULL), AIRS_EINVAL),
        EXPECT(airs_context_request(context, self_handle, "x", over, 0, &request), AIRS_EPAYLOAD_TOO_LARGE),
        EXPECT(airs_context_request(context, 4711, "x", 1, 0, &request), AIRS_ECOMPONENT_NOT_FOUND),
        EXPECT(airs_context_cancel_request(NULL, 1), AIRS_EINVAL),
        EXPECT(airs_context_cancel_request(context, UINT64_MAX), AIRS_EUNKNOWN_REQUEST),
        EXPECT(airs_context_cancel_request(context, AIRS_NO_REQUEST), AIRS_EUNKNOWN_REQUEST),
        EXPECT(airs_context_reply(NULL, 1, "x", 1), AIRS_EINVAL),
        EXPECT(airs_context_reply(context, 1, NULL, 1), AIRS_EINVAL),
        EXPECT(airs_context_reply(context, UINT64_MAX, "x", 1), AIRS_EUNKNOWN_REQUEST),
        EXPECT(airs_context_reply(context, AIRS_NO_REQUEST, "x", 1), AIRS_EUNKNOWN_REQUEST),
        EXPECT(airs_context_reply_failure(NULL, 1, "x", 1), AIRS_EINVAL),
        EXPECT(airs_context_reply_failure(context, 1, NULL, 1), AIRS_EINVAL),
        EXPECT(airs_context_reply_failure(context, UINT64_MAX, "x", 1), AIRS_EUNKNOWN_REQUEST),
        EXPECT(airs_context_send_after(NULL, 1, self_handle, "x", 1, &timer), AIRS_EINVAL),
        EXPECT(airs_context_send_after(context, 1, self_handle, NULL, 1, &timer), AIRS_EINVAL),
        EXPECT(airs_context_send_after(context, 1, self_handle, "x", 1, NULL), AIRS_EINVAL),
        EXPECT(airs_context_send_after(context, 1, 4711, "x", 1, &timer), AIRS_ECOMPONENT_NOT_FOUND),
        EXPECT(airs_context_monitor(NULL, self_handle, &monitor), AIRS_EINVAL),
        EXPECT(airs_context_monitor(context, self_handle, NULL), AIRS_EINVAL),
        EXPECT(airs_context_monitor(context, 4711, &monitor), AIRS_ECOMPONENT_NOT_FOUND),
        EXPECT(airs_context_lookup(NULL, &id, &found), AIRS_EINVAL),
        EXPECT(airs_context_lookup(context, NULL, &found), AIRS_EINVAL),
        EXPECT(airs_context_lookup(context, &id, NULL), AIRS_EINVAL),
        EXPECT(airs_context_id_of(NULL, self_handle, &id), AIRS_EINVAL),
        EXPECT(airs_context_id_of(context, self_handle, NULL), AIRS_EINVAL),
        EXPECT(airs_context_id_of(context, 4711, &id), AIRS_ECOMPONENT_NOT_FOUND),
#undef EXPECT
    };
    for (size_t i = 0; i < sizeof calls / sizeof calls[0]; i++) {
        if (calls[i].is != calls[i].wanted) {
            fprintf(stderr, "line %d: %s, not %s\n", calls[i].line, airs_status_name(calls[i].is), airs_status_name(calls[i].wanted));
            abort();
        }
    }
    bool untouched = request == 99 && timer == 99 && monitor == 99 && found == 99 && outcome == AIRS_EINTERNAL;
    bool nothing = airs_context_system(NULL) == NULL && airs_context_self(NULL) == AIRS_OUTSIDE && airs_context_id(NULL) == NULL &&
                   airs_context_limits(NULL) == NULL && !airs_context_cancel_timer(NULL, 1) && !airs_context_cancel_timer(context, 4711) &&
                   !airs_context_demonitor(NULL, 1) && !airs_context_demonitor(context, 4711);
    self->number = untouched && nothing;
    return AIRS_HANDLED;
}

static void a_handler_that_gets_it_wrong_is_told_and_nothing_is_touched_I12(void **state) {
    (void)state;
    airs_system *system = kit_system(2);
    kit_actor gone = {.handle = kit_count};
    airs_component stale = kit_spawn(system, "test/gone/0", &gone);
    kit_actor actor = {.handle = misuses, .peer = stale};
    airs_component to = kit_spawn(system, "test/actor/0", &actor);
    kit_start(system);
    assert_int_equal(airs_stop(system, stale), AIRS_OK);
    kit_wait(&gone.frees, 1);
    assert_int_equal(airs_send(system, to, "x", 1, AIRS_BLOCK_WHEN_FULL), AIRS_OK);
    kit_wait(&actor.handled, 1);
    assert_int_equal(actor.number, 1);
    airs_routing_stats stats = kit_stats(system);
    assert_int_equal(stats.requests, 0);
    assert_int_equal(stats.timers_set, 0);
    assert_int_equal(stats.accepted, 1);
    kit_finish(system);
}

/* --- spawning --------------------------------------------------------------------------------------------------------- */

static airs_result count_only(void *state, airs_context *context, const airs_message *message, airs_error *error) {
    (void)context;
    (void)message;
    (void)error;
    ++*(int *)state;
    return AIRS_HANDLED;
}

static void must_not_free(void *state) {
    (void)state;
    abort();
}

static const airs_behavior kept = {.kind = "native", .handle = count_only, .free = must_not_free};

static void check_not_spawned(airs_system *system, const airs_spawn_options *options, airs_status wanted) {
    airs_component component = 99;
    airs_error error = {0};
    assert_int_equal(airs_spawn(system, options, &component, &error), wanted);
    assert_int_equal(error.status, wanted);
    assert_true(strlen(error.text) > 0);
    assert_int_equal(component, 99);
}

/* A refused state stays the caller's: its free callback would end the test. */
static void what_can_not_be_spawned_is_refused_with_a_line_and_left_alone_I12(void **state) {
    (void)state;
    airs_system *system = kit_system(2);
    kit_actor actor = {.handle = kit_count};
    kit_spawn(system, "test/taken/0", &actor);
    int handled = 0;
    airs_spawn_options good = {.limits = AIRS_LIMITS_DEFAULT, .behavior = &kept, .state = &handled};
    assert_int_equal(airs_component_id_parse("test/new/0", 10, &good.id, NULL), AIRS_OK);
    airs_spawn_options bad = good;
    check_not_spawned(system, NULL, AIRS_EINVAL);
    bad.behavior = NULL;
    check_not_spawned(system, &bad, AIRS_EINVAL);
    const airs_behavior no_handler = {.kind = "native", .free = must_not_free};
    bad.behavior = &no_handler;
    check_not_spawned(system, &bad, AIRS_EINVAL);
    bad = good;
    assert_int_equal(airs_component_id_parse("test/taken/0", 12, &bad.id, NULL), AIRS_OK);
    check_not_spawned(system, &bad, AIRS_EALREADY_EXISTS);
    assert_int_equal(airs_component_id_parse("airs/new/0", 10, &bad.id, NULL), AIRS_OK);
    check_not_spawned(system, &bad, AIRS_EINVALID_ID);
    memset(&bad.id, 0, sizeof bad.id);
    check_not_spawned(system, &bad, AIRS_EINVALID_ID);
    memset(&bad.id, 'x', sizeof bad.id); /* not even terminated */
    check_not_spawned(system, &bad, AIRS_EINVALID_ID);
    bad = good;
    bad.id.text[5] = 'N'; /* by hand */
    check_not_spawned(system, &bad, AIRS_EINVALID_ID);
    bad = good;
    bad.capabilities.send_count = 1;
    check_not_spawned(system, &bad, AIRS_EINVAL);
    const char *const hole[] = {"*/*/*", NULL};
    bad.capabilities.send = hole;
    bad.capabilities.send_count = 2;
    check_not_spawned(system, &bad, AIRS_EINVAL);
    const char *const patterns[] = {"", "*", "*/*", "*/*/*/*", "a//b", "A/b/c", "a/b*/c", "a/b/c "};
    for (size_t i = 0; i < sizeof patterns / sizeof patterns[0]; i++) {
        bad = good;
        bad.capabilities.receive = &patterns[i];
        bad.capabilities.receive_count = 1;
        check_not_spawned(system, &bad, AIRS_EINVAL);
    }
    assert_int_equal(airs_registry_count(airs_system_registry(system)), 1);
    kit_start(system);
    check_not_spawned(system, &bad, AIRS_EINVAL);
    assert_int_equal(airs_system_stop(system), AIRS_OK);
    check_not_spawned(system, &good, AIRS_ESTOPPING);
    airs_system_free(system);
    assert_int_equal(handled, 0);
}

static void limits_out_of_range_are_refused(void **state) {
    (void)state;
    airs_system *system = kit_system(2);
    int handled = 0;
    airs_spawn_options good = {.limits = AIRS_LIMITS_DEFAULT, .behavior = &kept, .state = &handled};
    assert_int_equal(airs_component_id_parse("test/new/0", 10, &good.id, NULL), AIRS_OK);
    airs_limits limits[12];
    for (size_t i = 0; i < 12; i++) {
        limits[i] = good.limits;
    }
    limits[0].mailbox_messages = 0;
    limits[1].mailbox_messages = AIRS_MAILBOX_MESSAGES_MAX + 1;
    limits[2].mailbox_bytes = 0;
    limits[3].mailbox_bytes = AIRS_MAILBOX_BYTES_MAX + 1;
    limits[4].payload_bytes = 0;
    limits[5].payload_bytes = AIRS_PAYLOAD_MAX + 1;
    limits[6].payload_bytes = limits[6].mailbox_bytes + 1;
    limits[7].in_flight = AIRS_IN_FLIGHT_MAX + 1;
    limits[8].overflow = (airs_overflow)99;
    limits[9].overflow = (airs_overflow)-1;
    limits[10].handler_ms = 0;
    memset(&limits[11], 0, sizeof limits[11]);
    for (size_t i = 0; i < 12; i++) {
        airs_spawn_options bad = good;
        bad.limits = limits[i];
        check_not_spawned(system, &bad, AIRS_EINVAL);
    }
    airs_system_free(system);
}

/* --- the life of a system --------------------------------------------------------------------------------------------- */

static void numbers_that_are_no_choice_are_refused(void **state) {
    (void)state;
    airs_system *system = kit_system(2);
    kit_actor actor = {.handle = kit_count};
    airs_component to = kit_spawn(system, "test/actor/0", &actor);
    kit_start(system);
    airs_error error = {0};
    airs_system *other = NULL;
    airs_system_options many = {.workers = 1000};
    assert_int_equal(airs_system_new(&many, &other, &error), AIRS_EINVAL);
    assert_non_null(strstr(error.text, "1000"));
    assert_null(other);
    assert_int_equal(airs_send(system, to, "x", 1, (airs_when_full)2), AIRS_EINVAL);
    assert_int_equal(airs_send(system, to, "x", 1, (airs_when_full)-1), AIRS_EINVAL);
    assert_int_equal(airs_request_async(system, to, "x", 1, 0, (airs_when_full)7, never_called, NULL), AIRS_EINVAL);
    assert_int_equal(airs_request_async(system, to, "x", 1, 0, AIRS_REJECT_WHEN_FULL, NULL, NULL), AIRS_EINVAL);
    airs_stream *stream = NULL;
    assert_int_equal(airs_broker_subscribe(broker_of(system), ((size_t)1 << 20) + 1, &stream), AIRS_EINVAL);
    assert_null(stream);
    uint64_t turns = 99;
    assert_int_equal(airs_system_step(system, 1, &turns), AIRS_EINVAL); /* not in the deterministic mode */
    assert_int_equal(turns, 99);
    assert_int_equal(airs_send(system, to, NULL, 0, AIRS_REJECT_WHEN_FULL), AIRS_OK); /* nothing is a fine payload */
    kit_finish(system);
    assert_int_equal(actor.handled, 1);
}

static void before_start_and_after_stop_each_call_says_so(void **state) {
    (void)state;
    airs_system *system = kit_system(2);
    kit_actor actor = {.handle = kit_count};
    airs_component to = kit_spawn(system, "test/actor/0", &actor);
    void *data = NULL;
    size_t length = 0;
    airs_envelope *envelope = NULL;
    assert_int_equal(airs_envelope_new(to, "x", 1, &envelope), AIRS_OK);
    assert_int_equal(airs_broker_subscriber_count(broker_of(system)), 0);
    assert_int_equal(airs_broker_publish(broker_of(system), envelope), AIRS_ENOSUBSCRIBER); /* and it is still ours */
    assert_int_equal(airs_send(system, to, "x", 1, AIRS_BLOCK_WHEN_FULL), AIRS_ENOSUBSCRIBER);
    assert_int_equal(airs_request_wait(system, to, "x", 1, 0, &data, &length, NULL), AIRS_ENOSUBSCRIBER);
    assert_int_equal(airs_health_check(system, to, 0, NULL), AIRS_ENOTSTARTED);
    assert_int_equal(airs_actor_system_subscriber_start(airs_system_subscriber(system)), AIRS_ENOTSTARTED);
    kit_start(system);
    assert_int_equal(airs_system_start(system, NULL), AIRS_EBUSY);
    assert_int_equal(airs_actor_system_subscriber_start(airs_system_subscriber(system)), AIRS_EBUSY);
    assert_int_equal(airs_system_stop(system), AIRS_OK);
    assert_int_equal(airs_system_stop(system), AIRS_OK); /* there is nothing left to do */
    assert_int_equal(airs_system_start(system, NULL), AIRS_EBUSY);
    assert_int_equal(airs_broker_publish(broker_of(system), envelope), AIRS_ENOSUBSCRIBER);
    airs_envelope_free(envelope);
    assert_int_equal(airs_send(system, to, "x", 1, AIRS_REJECT_WHEN_FULL), AIRS_ESTOPPING);
    assert_int_equal(airs_send(system, to, "x", 1, AIRS_BLOCK_WHEN_FULL), AIRS_ESTOPPING);
    assert_int_equal(airs_request_wait(system, to, "x", 1, 0, &data, &length, NULL), AIRS_ETARGET_STOPPED);
    assert_int_equal(airs_health_check(system, to, 0, NULL), AIRS_ETARGET_STOPPED);
    assert_int_equal(airs_stop(system, to), AIRS_ETARGET_STOPPED);
    assert_int_equal(airs_actor_system_subscriber_start(airs_system_subscriber(system)), AIRS_ESTOPPING);
    assert_int_equal(airs_system_drain(system, 0), AIRS_OK);
    assert_int_equal(actor.handled, 0);
    airs_system_free(system);
}

/* --- subscribing ------------------------------------------------------------------------------------------------------ */

typedef struct eye {
    atomic_uint_fast64_t seen, released;
} eye;

static void look(void *user, const airs_envelope *envelope) {
    (void)envelope;
    atomic_fetch_add(&((eye *)user)->seen, 1);
}

static void close_eye(void *user) {
    atomic_fetch_add(&((eye *)user)->released, 1);
}

static void one_observer_may_subscribe_twice_and_leave_each_time_once(void **state) {
    (void)state;
    airs_system *system = kit_system(2);
    airs_system *other = kit_system(2);
    airs_broker *broker = broker_of(system);
    kit_actor actor = {.handle = kit_count};
    airs_component to = kit_spawn(system, "test/actor/0", &actor);
    kit_start(system);
    eye eye = {0};
    airs_observer observer = {.on_envelope = look, .release = close_eye, .user = &eye};
    airs_subscription first = 0;
    airs_subscription second = 0;
    assert_int_equal(airs_broker_observe(broker, &observer, &first), AIRS_OK);
    assert_int_equal(airs_broker_observe(broker, &observer, &second), AIRS_OK);
    assert_int_not_equal(first, second);
    assert_int_equal(airs_broker_subscriber_count(broker), 3);
    assert_int_equal(airs_send(system, to, "x", 1, AIRS_REJECT_WHEN_FULL), AIRS_OK);
    assert_int_equal(eye.seen, 2);
    assert_int_equal(airs_broker_unsubscribe(broker_of(other), first), AIRS_ENOTFOUND); /* of another system */
    assert_int_equal(airs_broker_unsubscribe(broker, first), AIRS_OK);
    assert_int_equal(airs_broker_unsubscribe(broker, first), AIRS_ENOTFOUND);
    assert_int_equal(airs_broker_unsubscribe(broker, 0), AIRS_ENOTFOUND);
    assert_int_equal(airs_send(system, to, "x", 1, AIRS_REJECT_WHEN_FULL), AIRS_OK);
    assert_int_equal(eye.seen, 3);
    assert_int_equal(airs_broker_unsubscribe(broker, second), AIRS_OK);
    airs_subscription third = 0;
    assert_int_equal(airs_broker_observe(broker, &observer, &third), AIRS_OK);
    assert_int_equal(airs_broker_unsubscribe(broker, second), AIRS_ENOTFOUND); /* even if it has the place of the second */
    airs_observer blind = {.on_envelope = NULL};
    assert_int_equal(airs_broker_observe(broker, &blind, &third), AIRS_EINVAL);
    assert_int_equal(airs_broker_observe(broker, NULL, &third), AIRS_EINVAL);
    assert_int_equal(airs_broker_observe(broker, &observer, NULL), AIRS_EINVAL);
    airs_system_free(other);
    kit_finish(system);
    assert_int_equal(eye.released, 3);
}

/* --- two systems ------------------------------------------------------------------------------------------------------ */

/* A handler of one system that uses another: for that one it is a host thread. `user` is the other system, `peer` a component of it. */
static airs_result talks_to_another_system(kit_actor *self, airs_context *context, const airs_message *message, airs_error *error) {
    (void)message;
    (void)error;
    airs_system *other = self->user;
    void *data = NULL;
    size_t length = 0;
    bool blocking = airs_send(other, self->peer, "x", 1, AIRS_BLOCK_WHEN_FULL) == AIRS_EDEADLK &&
                    airs_request_wait(other, self->peer, "x", 1, 0, &data, &length, NULL) == AIRS_EDEADLK &&
                    airs_system_stop(other) == AIRS_EDEADLK;
    bool sent = airs_send(other, self->peer, "x", 1, AIRS_REJECT_WHEN_FULL) == AIRS_OK;
    /* Here its handle names nobody: this system never gave out so many. */
    bool refused = airs_context_send(context, self->peer, "x", 1) == AIRS_ECOMPONENT_NOT_FOUND;
    self->number = blocking && sent && refused;
    return AIRS_HANDLED;
}

static void a_handle_means_something_in_its_own_system_only(void **state) {
    (void)state;
    airs_system *one = kit_system(1);
    airs_system *two = kit_system(1);
    kit_actor actors[5];
    airs_component far = AIRS_OUTSIDE;
    for (int i = 0; i < 4; i++) {
        char id[] = "test/far/0";
        id[9] = (char)('0' + i);
        actors[i] = (kit_actor){.handle = kit_count};
        far = kit_spawn(two, id, &actors[i]);
    }
    actors[4] = (kit_actor){.handle = talks_to_another_system, .user = two, .peer = far};
    airs_component near = kit_spawn(one, "test/near/0", &actors[4]);
    kit_start(one);
    kit_start(two);
    assert_int_equal(airs_send(one, far, "x", 1, AIRS_REJECT_WHEN_FULL), AIRS_ECOMPONENT_NOT_FOUND);
    assert_int_equal(airs_stop(one, far), AIRS_ECOMPONENT_NOT_FOUND);
    assert_int_equal(airs_send(one, near, "x", 1, AIRS_BLOCK_WHEN_FULL), AIRS_OK);
    kit_wait(&actors[4].handled, 1);
    assert_int_equal(actors[4].number, 1);
    kit_wait(&actors[3].handled, 1);
    kit_finish(one);
    kit_finish(two);
}

/* --- inside a handler ------------------------------------------------------------------------------------------------- */

static airs_result blocks(kit_actor *self, airs_context *context, const airs_message *message, airs_error *error) {
    (void)message;
    (void)error;
    airs_system *system = airs_context_system(context);
    airs_component own = airs_context_self(context);
    airs_stream_entry entry;
    void *data = NULL;
    size_t length = 0;
    airs_balance balance;
    bool deadlocks = airs_send(system, own, "x", 1, AIRS_BLOCK_WHEN_FULL) == AIRS_EDEADLK &&
                     airs_request_async(system, own, "x", 1, 0, AIRS_BLOCK_WHEN_FULL, never_called, NULL) == AIRS_EDEADLK &&
                     airs_request_wait(system, own, "x", 1, 0, &data, &length, NULL) == AIRS_EDEADLK &&
                     airs_execute(system, own, "x", "", 0, 0, &data, &length, NULL) == AIRS_EDEADLK &&
                     airs_health_check(system, own, 0, NULL) == AIRS_EDEADLK && airs_system_wait_started(system, 0) == AIRS_EDEADLK &&
                     airs_system_wait_quiescent(system, 0) == AIRS_EDEADLK && airs_system_drain(system, 0) == AIRS_EDEADLK &&
                     airs_system_stop(system) == AIRS_EDEADLK && airs_system_free(system) == AIRS_EDEADLK &&
                     airs_stream_next(self->user, 1, &entry) == AIRS_EDEADLK;
    /* None of them began anything: sources are open, and a look at a tap is no wait. */
    airs_system_balance(system, &balance);
    bool goes_on = airs_context_send(context, own, "again", 5) == AIRS_OK && airs_stream_next(self->user, 0, &entry) != AIRS_EDEADLK;
    self->number = deadlocks && goes_on && balance.open_requests == 0;
    return AIRS_HANDLED;
}

static airs_result blocks_once(kit_actor *self, airs_context *context, const airs_message *message, airs_error *error) {
    return message->from == AIRS_OUTSIDE ? blocks(self, context, message, error) : AIRS_HANDLED;
}

static void every_call_that_waits_is_refused_inside_a_handler(void **state) {
    (void)state;
    airs_system *system = kit_system(2);
    airs_stream *tap = NULL;
    assert_int_equal(airs_broker_subscribe(broker_of(system), 4, &tap), AIRS_OK);
    kit_actor actor = {.handle = blocks_once, .user = tap};
    airs_component to = kit_spawn(system, "test/actor/0", &actor);
    kit_start(system);
    assert_int_equal(airs_send(system, to, "x", 1, AIRS_BLOCK_WHEN_FULL), AIRS_OK);
    kit_wait(&actor.handled, 2);
    assert_int_equal(actor.number, 1);
    assert_int_equal(airs_send(system, to, "x", 1, AIRS_BLOCK_WHEN_FULL), AIRS_OK); /* it is not draining */
    assert_int_equal(airs_system_wait_quiescent(system, 20000), AIRS_OK);
    airs_stream_close(tap);
    kit_finish(system);
}

/* --- what a handler returns ------------------------------------------------------------------------------------------- */

static airs_result makes_things_up(kit_actor *self, airs_context *context, const airs_message *message, airs_error *error) {
    (void)self;
    (void)context;
    error->status = (airs_status)12345;
    memset(error->text, 'x', sizeof error->text - 1);
    error->text[sizeof error->text - 1] = '\0';
    return *(const char *)message->data == 'f' ? AIRS_FAILED : (airs_result)77;
}

static void a_result_or_a_status_that_is_none_counts_as_a_crash_or_a_failure(void **state) {
    (void)state;
    airs_system *system = kit_system(2);
    kit_actor actor = {.handle = makes_things_up};
    airs_component to = kit_spawn(system, "test/actor/0", &actor);
    kit_start(system);
    void *data = NULL;
    size_t length = 0;
    assert_int_equal(airs_request_wait(system, to, "f", 1, 0, &data, &length, NULL), AIRS_EHANDLER_FAILED);
    assert_int_equal(airs_send(system, to, "c", 1, AIRS_BLOCK_WHEN_FULL), AIRS_OK);
    assert_int_equal(airs_system_wait_quiescent(system, 20000), AIRS_OK);
    assert_int_equal(actor.starts, 2);
    assert_int_equal(kit_dead(system, AIRS_EHANDLER_FAILED), 2);
    kit_finish(system);
}

#define TESTS(X)                                                         \
    X(a_call_without_a_system_is_refused)                                \
    X(a_call_without_a_broker_a_registry_or_a_subscriber_is_refused)     \
    X(a_handler_that_gets_it_wrong_is_told_and_nothing_is_touched_I12)   \
    X(what_can_not_be_spawned_is_refused_with_a_line_and_left_alone_I12) \
    X(limits_out_of_range_are_refused)                                   \
    X(numbers_that_are_no_choice_are_refused)                            \
    X(before_start_and_after_stop_each_call_says_so)                     \
    X(one_observer_may_subscribe_twice_and_leave_each_time_once)         \
    X(a_handle_means_something_in_its_own_system_only)                   \
    X(every_call_that_waits_is_refused_inside_a_handler)                 \
    X(a_result_or_a_status_that_is_none_counts_as_a_crash_or_a_failure)

#define TEST(name) cmocka_unit_test(name),

int main(void) {
    const struct CMUnitTest tests[] = {TESTS(TEST)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
