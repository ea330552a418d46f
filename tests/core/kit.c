#include "kit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static airs_status on_start(void *state, airs_context *context, airs_error *error) {
    kit_actor *self = state;
    airs_status status = self->start != NULL ? self->start(self, context, error) : AIRS_OK;
    atomic_fetch_add(&self->starts, 1);
    return status;
}

static airs_result on_message(void *state, airs_context *context, const airs_message *message, airs_error *error) {
    kit_actor *self = state;
    /* I3: nobody else is in here. */
    KIT_REQUIRE(atomic_fetch_add(&self->inside, 1) == 0);
    airs_result result = self->handle(self, context, message, error);
    atomic_fetch_sub(&self->inside, 1);
    atomic_fetch_add(&self->handled, 1);
    return result;
}

static void on_stop(void *state, airs_context *context, airs_stop_reason reason) {
    kit_actor *self = state;
    if (self->stop != NULL) {
        self->stop(self, context, reason);
    }
    atomic_fetch_add(reason == AIRS_STOP_NORMAL ? &self->stops : &self->crashes_seen, 1);
}

static void on_free(void *state) {
    kit_actor *self = state;
    atomic_fetch_add(&self->frees, 1);
}

static const airs_behavior behavior = {.kind = "native", .start = on_start, .handle = on_message, .stop = on_stop, .free = on_free};

kit_options kit_defaults(void) {
    kit_options options = {.limits = AIRS_LIMITS_DEFAULT, .send = {"*/*/*"}, .receive = {"*/*/*"}};
    return options;
}

static size_t count_of(const char *const *patterns) {
    size_t count = 0;
    while (count < 4 && patterns[count] != NULL) {
        count++;
    }
    return count;
}

airs_status kit_try_spawn(airs_system *system, const char *id, kit_actor *actor, const kit_options *options, airs_component *ret_component,
                          airs_error *error) {
    airs_spawn_options spawn = {
        .limits = options->limits,
        .capabilities = {.send = options->send,
                         .send_count = count_of(options->send),
                         .receive = options->receive,
                         .receive_count = count_of(options->receive)},
        .behavior = &behavior,
        .state = actor,
    };
    KIT_REQUIRE(airs_component_id_parse(id, strlen(id), &spawn.id, NULL) == AIRS_OK);
    return airs_spawn(system, &spawn, ret_component, error);
}

airs_component kit_spawn_with(airs_system *system, const char *id, kit_actor *actor, const kit_options *options) {
    airs_error error = {0};
    airs_component component = AIRS_OUTSIDE;
    if (kit_try_spawn(system, id, actor, options, &component, &error) != AIRS_OK) {
        fail_msg("spawn of %s: %s", id, error.text);
    }
    return component;
}

airs_component kit_spawn(airs_system *system, const char *id, kit_actor *actor) {
    kit_options options = kit_defaults();
    return kit_spawn_with(system, id, actor, &options);
}

airs_system *kit_system(unsigned workers) {
    airs_system_options options = {.workers = workers};
    airs_system *system = NULL;
    assert_int_equal(airs_system_new(&options, &system, NULL), AIRS_OK);
    return system;
}

void kit_start(airs_system *system) {
    airs_error error = {0};
    if (airs_system_start(system, &error) != AIRS_OK) {
        fail_msg("start: %s", error.text);
    }
    assert_int_equal(airs_system_wait_started(system, 20000), AIRS_OK);
}

void kit_check_balance(airs_system *system) {
    airs_balance balance;
    airs_system_balance(system, &balance);
    assert_int_equal(balance.queued, 0);
    assert_int_equal(balance.held, 0);
    assert_int_equal(balance.in_hand, 0);
    assert_int_equal(balance.open_requests, 0);
    assert_int_equal(balance.pending_timers, 0);
    assert_int_equal(balance.queued_bytes, 0);
    assert_int_equal(balance.accepted, balance.delivered + balance.dead + balance.dropped);
    assert_int_equal(airs_registry_count(airs_system_registry(system)), 0);
}

void kit_finish(airs_system *system) {
    assert_int_equal(airs_system_wait_quiescent(system, 60000), AIRS_OK);
    assert_int_equal(airs_system_stop(system), AIRS_OK);
    kit_check_balance(system);
    airs_system_free(system);
}

airs_routing_stats kit_stats(airs_system *system) {
    airs_routing_stats stats;
    airs_messaging_stats(airs_system_messaging(system), &stats);
    return stats;
}

uint64_t kit_dead(airs_system *system, airs_status reason) {
    return kit_stats(system).dead_by_reason[reason];
}

void kit_nap(void) {
    struct timespec t = {.tv_nsec = 200000};
    nanosleep(&t, NULL);
}

void kit_does_not_hold(const char *file, int line, const char *what) {
    fprintf(stderr, "%s:%d: does not hold: %s\n", file, line, what);
    abort();
}

airs_status kit_send_number(airs_system *system, airs_component to, uint64_t number, airs_when_full when_full) {
    airs_status status = airs_send(system, to, &number, sizeof number, when_full);
    KIT_REQUIRE(status == AIRS_OK || status == AIRS_EMAILBOX_FULL || status == AIRS_ETARGET_STOPPED || status == AIRS_ESTOPPING ||
                status == AIRS_ENOSUBSCRIBER);
    return status;
}

uint64_t kit_number(const airs_message *message) {
    uint64_t number = 0;
    KIT_REQUIRE(message->length >= sizeof number);
    memcpy(&number, message->data, sizeof number);
    return number;
}

void kit_wait(atomic_uint_fast64_t *value, uint64_t least) {
    for (int i = 0; i < 100000; i++) {
        if (atomic_load(value) >= least) {
            return;
        }
        kit_nap();
    }
    fail_msg("waited for %llu, have %llu", (unsigned long long)least, (unsigned long long)atomic_load(value));
}

airs_result kit_count(kit_actor *self, airs_context *context, const airs_message *message, airs_error *error) {
    (void)self;
    (void)context;
    (void)message;
    (void)error;
    return AIRS_HANDLED;
}

airs_result kit_echo(kit_actor *self, airs_context *context, const airs_message *message, airs_error *error) {
    (void)self;
    (void)error;
    if (message->kind == AIRS_MESSAGE_INTER_COMPONENT && message->request != AIRS_NO_REQUEST) {
        airs_context_reply(context, message->request, message->data, message->length);
    }
    return AIRS_HANDLED;
}

void kit_gate_wait(kit_gate *gate) {
    atomic_fetch_add(&gate->waiting, 1);
    while (atomic_load(&gate->open) == 0) {
        kit_nap();
    }
    atomic_fetch_sub(&gate->waiting, 1);
}

void kit_gate_open(kit_gate *gate) {
    atomic_store(&gate->open, 1);
}

void kit_gate_reached(kit_gate *gate, int waiting) {
    for (int i = 0; i < 100000 && atomic_load(&gate->waiting) < waiting; i++) {
        kit_nap();
    }
    assert_true(atomic_load(&gate->waiting) >= waiting);
}

uint64_t kit_random(uint64_t *state) {
    *state ^= *state >> 12;
    *state ^= *state << 25;
    *state ^= *state >> 27;
    return *state * UINT64_C(2685821657736338717);
}

uint64_t kit_seed(void) {
    const char *given = getenv("AIRS_TEST_SEED");
    uint64_t seed = given != NULL ? strtoull(given, NULL, 0) : (uint64_t)time(NULL) * 2654435761u + (uint64_t)clock();
    seed |= 1;
    fprintf(stderr, "seed: AIRS_TEST_SEED=%llu\n", (unsigned long long)seed);
    return seed;
}

airs_result kit_loop(kit_actor *self, airs_context *context, const airs_message *message, airs_error *error) {
    (void)context;
    (void)message;
    (void)error;
    kit_gate *gate = self->user;
    atomic_fetch_add(&gate->waiting, 1);
    while (atomic_load(&gate->open) == 0) {
    }
    return AIRS_HANDLED;
}
