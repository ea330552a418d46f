/* What a handler may learn about others, what the dead letters keep, and the defaults of a system. */
#include "kit.h"

#include <string.h>

static airs_component_id id_from(const char *text) {
    airs_component_id id;
    assert_int_equal(airs_component_id_parse(text, strlen(text), &id, NULL), AIRS_OK);
    return id;
}

typedef struct world {
    airs_component asker, allowed, forbidden, sender;
} world;

static airs_result looks_around(kit_actor *self, airs_context *context, const airs_message *message, airs_error *error) {
    (void)error;
    const world *w = self->user;
    airs_component found = 99;
    airs_component_id id = id_from("test/forbidden/0");
    assert_int_equal(airs_context_lookup(context, &id, &found), AIRS_EPERMISSION_DENIED);
    id = id_from("test/nobody/0");
    assert_int_equal(airs_context_lookup(context, &id, &found), AIRS_EPERMISSION_DENIED); /* whether it exists is not told */
    id = id_from("test/allowed/1");
    assert_int_equal(airs_context_lookup(context, &id, &found), AIRS_ECOMPONENT_NOT_FOUND);
    assert_int_equal(found, 99);
    id = id_from("test/allowed/0");
    assert_int_equal(airs_context_lookup(context, &id, &found), AIRS_OK);
    assert_int_equal(found, w->allowed);
    assert_int_equal(airs_context_lookup(context, airs_context_id(context), &found), AIRS_OK);
    assert_int_equal(found, w->asker);
    assert_int_equal(airs_context_self(context), w->asker);
    assert_int_equal(airs_context_limits(context)->timers, 7);

    assert_int_equal(airs_context_id_of(context, w->forbidden, &id), AIRS_ECOMPONENT_NOT_FOUND);
    assert_int_equal(airs_context_id_of(context, 12345, &id), AIRS_ECOMPONENT_NOT_FOUND);
    assert_int_equal(airs_context_id_of(context, w->asker, &id), AIRS_OK);
    assert_string_equal(id.text, "test/asker/0");
    assert_int_equal(airs_context_id_of(context, w->allowed, &id), AIRS_OK);
    assert_string_equal(id.text, "test/allowed/0");
    /* The sender of the message in hand is known, whoever it is. */
    assert_int_equal(airs_context_id_of(context, w->sender, &id), message->from == w->sender ? AIRS_OK : AIRS_ECOMPONENT_NOT_FOUND);
    return AIRS_HANDLED;
}

static airs_result passes_on(kit_actor *self, airs_context *context, const airs_message *message, airs_error *error) {
    (void)error;
    assert_int_equal(airs_context_send(context, self->peer, message->data, message->length), AIRS_OK);
    return AIRS_HANDLED;
}

static void a_handler_learns_only_of_whom_it_may_send_to_or_hears_from(void **state) {
    (void)state;
    airs_system *system = kit_system(2);
    world w;
    kit_actor asker = {.handle = looks_around, .user = &w};
    kit_actor others[2] = {{.handle = kit_count}, {.handle = kit_count}};
    kit_actor sender = {.handle = passes_on};
    kit_options options = kit_defaults();
    options.limits.timers = 7;
    options.send[0] = "test/allowed/*";
    w.asker = sender.peer = kit_spawn_with(system, "test/asker/0", &asker, &options);
    w.allowed = kit_spawn(system, "test/allowed/0", &others[0]);
    w.forbidden = kit_spawn(system, "test/forbidden/0", &others[1]);
    w.sender = kit_spawn(system, "test/sender/0", &sender);
    kit_start(system);
    assert_int_equal(airs_send(system, w.asker, "x", 1, AIRS_BLOCK_WHEN_FULL), AIRS_OK);
    assert_int_equal(airs_send(system, w.sender, "x", 1, AIRS_BLOCK_WHEN_FULL), AIRS_OK);
    kit_finish(system);
    assert_int_equal(asker.handled, 2);
}

static airs_result oversteps(kit_actor *self, airs_context *context, const airs_message *message, airs_error *error) {
    (void)error;
    airs_request request = 99;
    airs_timer timer = 99;
    airs_status outcomes[2];
    static const char large[32];
    assert_int_equal(airs_context_send(context, self->peer, large, (size_t)AIRS_PAYLOAD_MAX + 1), AIRS_EPAYLOAD_TOO_LARGE);
    airs_component both[2] = {self->peer, self->peer};
    assert_int_equal(airs_context_broadcast(context, both, 2, large, (size_t)AIRS_PAYLOAD_MAX + 1, outcomes), AIRS_OK);
    assert_int_equal(outcomes[1], AIRS_EPAYLOAD_TOO_LARGE);
    assert_int_equal(airs_context_request(context, 12345, "x", 1, 0, &request), AIRS_ECOMPONENT_NOT_FOUND);
    assert_int_equal(airs_context_request(context, self->peer, large, 17, 0, &request), AIRS_EPAYLOAD_TOO_LARGE);
    assert_int_equal(airs_context_request(context, airs_context_self(context), "x", 1, 0, &request), AIRS_EPERMISSION_DENIED);
    assert_int_equal(airs_context_send_after(context, 1, 12345, "x", 1, &timer), AIRS_ECOMPONENT_NOT_FOUND);
    assert_int_equal(airs_context_send_after(context, 1, self->peer, large, 17, &timer), AIRS_EPAYLOAD_TOO_LARGE);
    assert_int_equal(airs_context_cancel_request(context, UINT64_MAX), AIRS_EUNKNOWN_REQUEST);
    assert_int_equal(airs_context_reply(context, UINT64_MAX, "x", 1), AIRS_EUNKNOWN_REQUEST);
    assert_false(airs_context_cancel_timer(context, UINT64_MAX));
    assert_int_equal(request, 99);
    assert_int_equal(timer, 99);
    (void)message;
    return AIRS_HANDLED;
}

static void what_is_refused_leaves_the_outputs_alone_I12(void **state) {
    (void)state;
    airs_system *system = kit_system(2);
    kit_actor target = {.handle = kit_count};
    kit_actor actor = {.handle = oversteps};
    kit_options small = kit_defaults();
    small.limits.payload_bytes = 16;
    kit_options narrow = kit_defaults();
    narrow.send[0] = "test/target/*";
    actor.peer = kit_spawn_with(system, "test/target/0", &target, &small);
    airs_component to = kit_spawn_with(system, "test/actor/0", &actor, &narrow);
    kit_start(system);
    assert_int_equal(airs_send(system, to, "x", 1, AIRS_BLOCK_WHEN_FULL), AIRS_OK);
    kit_finish(system);
    assert_int_equal(actor.handled, 1);
    assert_int_equal(target.handled, 0);
}

static airs_result fails(kit_actor *self, airs_context *context, const airs_message *message, airs_error *error) {
    (void)self;
    (void)context;
    (void)message;
    airs_error_set(error, AIRS_EHANDLER_FAILED, "on purpose");
    return AIRS_FAILED;
}

static int newest_ones(void *user, const airs_dead_letter *letter) {
    uint64_t *expected = user;
    assert_int_equal(letter->number, (*expected)++);
    assert_string_equal(letter->detail, "on purpose");
    return 0;
}

static void kill_messages(const airs_system_options *options, size_t length, uint64_t count, size_t kept) {
    airs_system *system = NULL;
    assert_int_equal(airs_system_new(options, &system, NULL), AIRS_OK);
    kit_actor actor = {.handle = fails};
    airs_component to = kit_spawn(system, "test/actor/0", &actor);
    kit_start(system);
    static const char data[4096];
    for (uint64_t i = 0; i < count; i++) {
        assert_int_equal(airs_send(system, to, data, length, AIRS_BLOCK_WHEN_FULL), AIRS_OK);
    }
    assert_int_equal(airs_system_wait_quiescent(system, 20000), AIRS_OK);
    assert_int_equal(airs_dead_letters_count(system), kept);
    assert_int_equal(kit_dead(system, AIRS_EHANDLER_FAILED), count);
    uint64_t expected = count - kept + 1;
    airs_dead_letters_list(system, newest_ones, &expected);
    assert_int_equal(expected, count + 1);
    kit_finish(system);
}

static void dead_letters_are_bounded_and_keep_the_newest_I7(void **state) {
    (void)state;
    airs_system_options few = {.workers = 2, .dead_letters = 5};
    kill_messages(&few, 1, 12, 5);
    airs_system_options small = {.workers = 2, .dead_letter_bytes = 100};
    kill_messages(&small, 4096, 3, 1); /* one stays, however large */
}

static void a_system_chooses_its_workers_and_says_what_is_wrong(void **state) {
    (void)state;
    airs_system *system = NULL;
    assert_int_equal(airs_system_new(NULL, &system, NULL), AIRS_OK);
    assert_true(airs_system_workers(system) >= 2);
    kit_start(system);
    kit_finish(system);
    airs_system_options many = {.workers = 256};
    airs_error error = {0};
    airs_system *none = NULL;
    assert_int_equal(airs_system_new(&many, &none, &error), AIRS_EINVAL);
    assert_null(none);
    assert_non_null(strstr(error.text, "256"));
}

#define TESTS(X)                                                  \
    X(a_handler_learns_only_of_whom_it_may_send_to_or_hears_from) \
    X(what_is_refused_leaves_the_outputs_alone_I12)               \
    X(dead_letters_are_bounded_and_keep_the_newest_I7)            \
    X(a_system_chooses_its_workers_and_says_what_is_wrong)

#define TEST(name) cmocka_unit_test(name),

int main(void) {
    const struct CMUnitTest tests[] = {TESTS(TEST)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
