/* What has ended leaves nothing behind, however many there were and however long they might have waited. AIRS_TEST_FULL=1: ten million of each. */
#include "kit.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define MANY 50000u
#define GROWTH_MAX SIZE_MAX /* a sanitizer keeps what was freed; it looks for leaks itself */
#else
#define MANY 500000u
#define GROWTH_MAX ((size_t)2 << 20)
#endif
#define FULL 10000000u
#define WARM_UP 20000u
#define HOUR_MS 3600000u

static size_t resident_bytes(void) {
    FILE *file = fopen("/proc/self/statm", "re");
    assert_non_null(file);
    unsigned long total = 0;
    unsigned long resident = 0;
    assert_int_equal(fscanf(file, "%lu %lu", &total, &resident), 2);
    fclose(file);
    return resident * (size_t)sysconf(_SC_PAGESIZE);
}

static uint64_t how_many(void) {
    const char *given = getenv("AIRS_TEST_FULL");
    return given != NULL && atoi(given) != 0 ? FULL : MANY;
}

/* Asks `number` times, one after the other. */
static airs_result asks(kit_actor *self, airs_context *context, const airs_message *message, airs_error *error) {
    (void)error;
    if (message->kind == AIRS_MESSAGE_REPLY) {
        assert_int_equal(message->status, AIRS_OK);
    }
    if (self->number > 0) {
        self->number--;
        assert_int_equal(airs_context_request(context, self->peer, "question", 8, HOUR_MS, &self->last_request), AIRS_OK);
    }
    return AIRS_HANDLED;
}

static airs_result sets_and_cancels(kit_actor *self, airs_context *context, const airs_message *message, airs_error *error) {
    (void)message;
    (void)error;
    for (; self->number > 0; self->number--) {
        airs_timer timer;
        uint64_t delay_ms = self->number % 2 == 0 ? HOUR_MS : 100;
        assert_int_equal(airs_context_send_after(context, delay_ms, airs_context_self(context), "x", 1, &timer), AIRS_OK);
        assert_true(airs_context_cancel_timer(context, timer));
    }
    return AIRS_HANDLED;
}

/* The actor does its work `count` times. */
static void run(airs_system *system, airs_component to, kit_actor *actor, uint64_t count) {
    actor->number = count;
    assert_int_equal(airs_send(system, to, "go", 2, AIRS_BLOCK_WHEN_FULL), AIRS_OK);
    assert_int_equal(airs_system_wait_quiescent(system, 300000), AIRS_OK);
    assert_int_equal(actor->number, 0);
}

static void check_growth(airs_system *system, airs_component to, kit_actor *actor) {
    run(system, to, actor, WARM_UP);
    size_t before = resident_bytes();
    run(system, to, actor, how_many());
    size_t after = resident_bytes();
    if (after > before && after - before > GROWTH_MAX) {
        fail_msg("resident memory grew from %zu to %zu bytes", before, after);
    }
}

static void requests_with_a_long_timeout_answered_at_once_leave_memory_flat(void **state) {
    (void)state;
    airs_system *system = kit_system(2);
    kit_actor server = {.handle = kit_echo};
    kit_actor client = {.handle = asks};
    client.peer = kit_spawn(system, "test/server/0", &server);
    airs_component to = kit_spawn(system, "test/client/0", &client);
    kit_start(system);
    check_growth(system, to, &client);
    kit_finish(system);
}

static void timers_cancelled_at_once_leave_memory_flat(void **state) {
    (void)state;
    airs_system *system = kit_system(2);
    kit_actor actor = {.handle = sets_and_cancels};
    airs_component to = kit_spawn(system, "test/actor/0", &actor);
    kit_start(system);
    check_growth(system, to, &actor);
    kit_finish(system);
}

/* Keeps every request open until it is told to answer; the names it is remembered by go when what they name has ended. */
static airs_result answers_the_last(kit_actor *self, airs_context *context, const airs_message *message, airs_error *error) {
    (void)error;
    airs_request before = self->last_request;
    self->last_request = message->request;
    if (before != AIRS_NO_REQUEST) {
        airs_context_reply(context, before, "late", 4);
    }
    if (message->data != NULL && ((const char *)message->data)[0] == 'l') {
        airs_context_reply(context, message->request, "last", 4);
        self->last_request = AIRS_NO_REQUEST;
    }
    return AIRS_HANDLED;
}

/* Two at a time, so that each is answered in the handler of the next. */
static airs_result asks_two(kit_actor *self, airs_context *context, const airs_message *message, airs_error *error) {
    (void)error;
    unsigned begin = message->kind == AIRS_MESSAGE_REPLY ? 1 : 2;
    for (; begin > 0 && self->number > 0; begin--) {
        self->number--;
        const char *text = self->number == 0 ? "last" : "more";
        assert_int_equal(airs_context_request(context, self->peer, text, 4, HOUR_MS, &self->last_request), AIRS_OK);
    }
    return AIRS_HANDLED;
}

static void requests_answered_by_a_later_handler_leave_memory_flat(void **state) {
    (void)state;
    airs_system *system = kit_system(2);
    kit_actor server = {.handle = answers_the_last};
    kit_actor client = {.handle = asks_two};
    client.peer = kit_spawn(system, "test/server/0", &server);
    airs_component to = kit_spawn(system, "test/client/0", &client);
    kit_start(system);
    check_growth(system, to, &client);
    kit_finish(system);
}

/* --- actors with ids of their own: each is given a message, and ends ------------------------------------------------------- */

#define AT_ONCE 500u

typedef struct nursery {
    airs_system *system;
    atomic_uint_fast64_t made, handled, gone;
} nursery;

static airs_result live_shortly(void *state, airs_context *context, const airs_message *message, airs_error *error) {
    (void)context;
    (void)message;
    (void)error;
    atomic_fetch_add(&((nursery *)state)->handled, 1);
    return AIRS_EXIT;
}

static void be_gone(void *state) {
    atomic_fetch_add(&((nursery *)state)->gone, 1);
}

static const airs_behavior short_lived = {.kind = "native", .handle = live_shortly, .free = be_gone};

/* Every other one has capabilities of its own too. */
static void raise_one(nursery *n) {
    char text[48];
    uint64_t number = atomic_fetch_add(&n->made, 1);
    int length = snprintf(text, sizeof text, "test/child/%llu", (unsigned long long)number);
    const char *send = number % 2 == 0 ? "test/child/*" : text;
    const char *receive = "*/*/*";
    airs_spawn_options options = {.limits = AIRS_LIMITS_DEFAULT,
                                  .capabilities = {.send = &send, .send_count = 1, .receive = &receive, .receive_count = 1},
                                  .behavior = &short_lived,
                                  .state = n};
    assert_int_equal(airs_component_id_parse(text, (size_t)length, &options.id, NULL), AIRS_OK);
    airs_component child = AIRS_OUTSIDE;
    assert_int_equal(airs_spawn(n->system, &options, &child, NULL), AIRS_OK);
    assert_int_equal(airs_send(n->system, child, text, (size_t)length, AIRS_REJECT_WHEN_FULL), AIRS_OK);
}

static void raise_many(nursery *n, uint64_t count) {
    for (uint64_t i = 0; i < count; i++) {
        raise_one(n);
        if (i % AT_ONCE == 0) {
            kit_wait(&n->gone, atomic_load(&n->made));
        }
    }
    kit_wait(&n->gone, atomic_load(&n->made));
    assert_int_equal(n->handled, n->made);
}

static void actors_with_ids_of_their_own_leave_memory_flat(void **state) {
    (void)state;
    nursery n = {.system = kit_system(2)};
    kit_start(n.system);
    raise_many(&n, WARM_UP);
    size_t before = resident_bytes();
    raise_many(&n, how_many() / 2);
    size_t after = resident_bytes();
    if (after > before && after - before > GROWTH_MAX) {
        fail_msg("resident memory grew from %zu to %zu bytes", before, after);
    }
    assert_int_equal(airs_registry_count(airs_system_registry(n.system)), 0);
    kit_finish(n.system);
}

#define TESTS(X)                                                       \
    X(requests_with_a_long_timeout_answered_at_once_leave_memory_flat) \
    X(timers_cancelled_at_once_leave_memory_flat)                      \
    X(requests_answered_by_a_later_handler_leave_memory_flat)          \
    X(actors_with_ids_of_their_own_leave_memory_flat)

#define TEST(name) cmocka_unit_test(name),

int main(void) {
    const struct CMUnitTest tests[] = {TESTS(TEST)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
