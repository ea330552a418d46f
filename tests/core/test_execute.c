/* Operations asked from outside. */
#include "kit.h"

#include <stdlib.h>
#include <string.h>

#include <airs/message.h>

/* Executes "reverse"; fails whatever else it is asked. Messages of other kinds are counted in `number`. */
static airs_result executes(kit_actor *self, airs_context *context, const airs_message *message, airs_error *error) {
    if (message->kind != AIRS_MESSAGE_EXECUTE) {
        self->number++;
        return AIRS_HANDLED;
    }
    if (message->operation_length != 7 || memcmp(message->operation, "reverse", 7) != 0) {
        airs_error_set(error, AIRS_EHANDLER_FAILED, "no operation %.*s", (int)message->operation_length, message->operation);
        return AIRS_FAILED;
    }
    char out[16];
    for (size_t i = 0; i < message->length; i++) {
        out[i] = ((const char *)message->data)[message->length - 1 - i];
    }
    if (message->request != AIRS_NO_REQUEST && airs_context_reply(context, message->request, out, message->length) != AIRS_OK) {
        abort();
    }
    return AIRS_HANDLED;
}

static void an_operation_is_executed_and_its_result_comes_back(void **state) {
    (void)state;
    airs_system *system = kit_system(2);
    kit_actor actor = {.handle = executes};
    airs_component to = kit_spawn(system, "test/worker/0", &actor);
    kit_start(system);
    void *data = NULL;
    size_t length = 0;
    assert_int_equal(airs_execute(system, to, "reverse", "abc", 3, 0, &data, &length, NULL), AIRS_OK);
    assert_int_equal(length, 3);
    assert_string_equal(data, "cba");
    free(data);
    assert_int_equal(airs_execute(system, to, "reverse", NULL, 0, 0, &data, &length, NULL), AIRS_OK);
    assert_int_equal(length, 0);
    free(data);
    kit_finish(system);
    assert_int_equal(actor.number, 0);
}

static void show(void *user, const airs_dead_letter *letter) {
    assert_int_equal(letter->kind, AIRS_MESSAGE_EXECUTE);
    assert_int_equal(letter->operation_length, 4);
    assert_memory_equal(letter->operation, "sing", 4);
    assert_int_equal(letter->length, 2);
    assert_memory_equal(letter->data, "la", 2);
    ++*(int *)user;
}

static void an_operation_that_fails_says_why_and_leaves_a_letter_with_its_name(void **state) {
    (void)state;
    airs_system *system = kit_system(2);
    kit_actor actor = {.handle = executes};
    airs_component to = kit_spawn(system, "test/worker/0", &actor);
    kit_start(system);
    char untouched[] = "untouched";
    void *data = untouched;
    size_t length = 99;
    airs_error error = {0};
    assert_int_equal(airs_execute(system, to, "sing", "la", 2, 0, &data, &length, &error), AIRS_EHANDLER_FAILED);
    assert_string_equal(error.text, "no operation sing");
    assert_string_equal(data, "untouched");
    assert_int_equal(length, 99);
    assert_int_equal(airs_system_wait_quiescent(system, 20000), AIRS_OK);
    int shown = 0;
    assert_int_equal(airs_dead_letters_show(system, 1, show, &shown), AIRS_OK);
    assert_int_equal(shown, 1);
    /* Redelivered it is the same operation again, and fails again. */
    assert_int_equal(airs_dead_letters_redeliver(system, 1), AIRS_OK);
    assert_int_equal(airs_system_wait_quiescent(system, 20000), AIRS_OK);
    assert_int_equal(airs_dead_letters_show(system, 2, show, &shown), AIRS_OK);
    kit_finish(system);
}

static void without_a_callback_nobody_awaits_the_result(void **state) {
    (void)state;
    airs_system *system = kit_system(2);
    kit_actor actor = {.handle = executes};
    airs_component to = kit_spawn(system, "test/worker/0", &actor);
    kit_start(system);
    assert_int_equal(airs_execute_async(system, to, "reverse", "ab", 2, 0, AIRS_REJECT_WHEN_FULL, NULL, NULL), AIRS_OK);
    kit_wait(&actor.handled, 1);
    assert_int_equal(kit_stats(system).requests, 0);
    kit_finish(system);
}

static void rights_and_bounds_hold_for_operations_too_I7(void **state) {
    (void)state;
    airs_system *system = kit_system(2);
    kit_options options = kit_defaults();
    options.limits.payload_bytes = 10;
    options.limits.mailbox_bytes = 10;
    kit_actor small = {.handle = executes};
    airs_component to = kit_spawn_with(system, "test/small/0", &small, &options);
    options.receive[0] = "test/*/*";
    kit_actor closed = {.handle = executes};
    airs_component shut = kit_spawn_with(system, "test/shut/0", &closed, &options);
    assert_int_equal(airs_execute_async(system, to, "x", NULL, 0, 0, AIRS_REJECT_WHEN_FULL, NULL, NULL), AIRS_ENOSUBSCRIBER);
    kit_start(system);
    void *data = NULL;
    size_t length = 0;
    assert_int_equal(airs_execute(system, to, "reverse", "abc", 3, 0, &data, &length, NULL), AIRS_OK); /* 10 bytes */
    free(data);
    assert_int_equal(airs_execute(system, to, "reverse", "abcd", 4, 0, &data, &length, NULL), AIRS_EPAYLOAD_TOO_LARGE);
    assert_int_equal(airs_execute(system, shut, "x", "", 0, 0, &data, &length, NULL), AIRS_EPERMISSION_DENIED);
    assert_int_equal(airs_execute(system, 4711, "x", "", 0, 0, &data, &length, NULL), AIRS_ECOMPONENT_NOT_FOUND);
    char longest[AIRS_OPERATION_MAX + 2];
    memset(longest, 'x', sizeof longest);
    longest[AIRS_OPERATION_MAX + 1] = '\0';
    const char *bad[] = {NULL, "", longest, "\xff"};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        assert_int_equal(airs_execute(system, to, bad[i], "", 0, 0, &data, &length, NULL), AIRS_EINVAL);
    }
    longest[AIRS_OPERATION_MAX] = '\0'; /* fine as an operation, too large for this target */
    assert_int_equal(airs_execute(system, to, longest, "", 0, 0, &data, &length, NULL), AIRS_EPAYLOAD_TOO_LARGE);
    kit_finish(system);
    assert_int_equal(closed.handled, 0);
}

static airs_result executes_within(kit_actor *self, airs_context *context, const airs_message *message, airs_error *error) {
    (void)message;
    (void)error;
    void *data = NULL;
    size_t length = 0;
    self->number = airs_execute(airs_context_system(context), airs_context_self(context), "x", "", 0, 0, &data, &length, NULL);
    return AIRS_HANDLED;
}

static void a_handler_can_not_wait_for_a_result(void **state) {
    (void)state;
    airs_system *system = kit_system(2);
    kit_actor actor = {.handle = executes_within};
    airs_component to = kit_spawn(system, "test/worker/0", &actor);
    kit_start(system);
    assert_int_equal(airs_send(system, to, "x", 1, AIRS_BLOCK_WHEN_FULL), AIRS_OK);
    kit_wait(&actor.handled, 1);
    kit_finish(system);
    assert_int_equal(actor.number, AIRS_EDEADLK);
}

#define TESTS(X)                                                          \
    X(an_operation_is_executed_and_its_result_comes_back)                 \
    X(an_operation_that_fails_says_why_and_leaves_a_letter_with_its_name) \
    X(without_a_callback_nobody_awaits_the_result)                        \
    X(rights_and_bounds_hold_for_operations_too_I7)                       \
    X(a_handler_can_not_wait_for_a_result)

#define TEST(name) cmocka_unit_test(name),

int main(void) {
    const struct CMUnitTest tests[] = {TESTS(TEST)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
