/* The canonical ABI against guests that lie: cabi_realloc, results, post-return. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "support.h"
#include "wasm/component/outcome.h"

/* --- cabi_realloc -------------------------------------------------------------------------------------------------------------- */

static void payload_ends_it(void **state, const char *name, airsi_trap_kind kind, const char *part) {
    test_guest t;
    test_guest_open(&t, *state, name, NULL);
    assert_int_equal(test_guest_message(&t, "0123456789", 10, NULL), AIRS_ETRAP);
    assert_int_equal(t.trap.kind, kind);
    test_contains(t.trap.text, part);
    test_guest_close(&t);
}

static void room_outside_the_memory_is_a_trap(void **state) {
    payload_ends_it(state, "realloc_outside", AIRSI_TRAP_ABI,
                    "handle-message payload: 10 bytes at 65530 are outside the memory of 65536 bytes");
}

static void room_at_the_end_of_the_address_space_is_a_trap(void **state) {
    payload_ends_it(state, "realloc_wraps", AIRSI_TRAP_ABI, "10 bytes at 4294967295 are outside");
}

static void a_realloc_that_traps_is_told(void **state) {
    payload_ends_it(state, "realloc_traps", AIRSI_TRAP_UNREACHABLE, "unreachable executed at no_room");
}

static void a_realloc_that_loops_ends_with_the_budget(void **state) {
    payload_ends_it(state, "realloc_loops", AIRSI_TRAP_TIME, "handler-time limit of 100 ms used up");
}

static void a_realloc_that_calls_an_import_is_a_trap(void **state) {
    payload_ends_it(state, "realloc_imports", AIRSI_TRAP_ABI, "wall-clock was called from cabi_realloc or a post-return function");
}

static void misaligned_room_is_a_trap(void **state) {
    test_guest t;
    uint32_t at = 7;
    test_guest_open(&t, *state, "realloc_misaligned", NULL);
    assert_true(airsi_guest_allocate(t.guest, 10, 1, &at, "bytes"));
    assert_int_equal(at, 1025);
    assert_false(airsi_guest_allocate(t.guest, 8, 8, &at, "targets"));
    assert_int_equal(at, 1025);
    assert_true(airsi_guest_failed(t.guest, &t.trap));
    test_contains(t.trap.text, "targets: the address 1025 is not aligned to 8");
    test_guest_close(&t);
}

static void nothing_needs_no_room(void **state) {
    test_guest t;
    uint32_t at = 0;
    test_guest_open(&t, *state, "realloc_traps", NULL);
    assert_int_equal(test_guest_message(&t, "", 0, NULL), AIRS_OK);
    assert_true(airsi_guest_allocate(t.guest, 0, 8, &at, "nothing"));
    assert_int_equal(at, 8);
    test_guest_close(&t);
}

/* --- results ------------------------------------------------------------------------------------------------------------------- */

static void result_ends_it(void **state, const char *name, const char *part) {
    test_guest t;
    uint32_t at = 0;
    airsi_outcome outcome;
    test_guest_open(&t, *state, name, NULL);
    assert_int_equal(test_guest_message(&t, "", 0, &at), AIRS_OK);
    assert_false(airsi_outcome_lift_handled(t.guest, at, "handle-message", &outcome));
    assert_true(airsi_guest_failed(t.guest, &t.trap));
    assert_int_equal(t.trap.kind, AIRSI_TRAP_ABI);
    test_contains(t.trap.text, part);
    assert_int_equal(test_guest_message(&t, "", 0, &at), AIRS_ETRAP); /* not entered again */
    test_guest_close(&t);
}

static void a_result_outside_the_memory_is_a_trap(void **state) {
    result_ends_it(state, "result_outside", "handle-message: 16 bytes at 65532 are outside the memory");
}

static void a_misaligned_result_is_a_trap(void **state) {
    result_ends_it(state, "result_misaligned", "the address 2 is not aligned to 4");
}

static void a_result_that_is_no_result_is_a_trap(void **state) {
    result_ends_it(state, "result_discriminant", "discriminant 2, expected 0 or 1");
}

static void an_option_that_is_no_option_is_a_trap(void **state) {
    result_ends_it(state, "result_option_discriminant", "discriminant 255, expected 0 or 1");
}

static void a_reply_outside_the_memory_is_a_trap(void **state) {
    result_ends_it(state, "result_list_outside", "4294967295 bytes at 16 are outside the memory");
}

static void a_text_outside_the_memory_is_a_trap(void **state) {
    result_ends_it(state, "result_text_outside", "1 bytes at 131072 are outside the memory");
}

static void a_text_that_is_not_utf8_is_a_trap(void **state) {
    result_ends_it(state, "result_text_not_utf8", "not UTF-8");
}

static void results_are_lifted(void **state) {
    test_guest t;
    uint32_t at = 0;
    airsi_outcome outcome;
    test_guest_open(&t, *state, "minimal", NULL);
    assert_int_equal(test_guest_message(&t, "", 0, &at), AIRS_OK);
    assert_true(airsi_outcome_lift_handled(t.guest, at, "handle-message", &outcome));
    assert_int_equal(outcome.kind, AIRSI_OUTCOME_DONE);
    assert_true(airsi_outcome_lift_plain(t.guest, at, "handle-callback", &outcome));
    assert_int_equal(outcome.kind, AIRSI_OUTCOME_DONE);
    test_guest_close(&t);

    test_guest_open(&t, *state, "realloc_grows", NULL);
    assert_int_equal(test_guest_message(&t, "payload", 7, &at), AIRS_OK);
    assert_true(airsi_outcome_lift_handled(t.guest, at, "handle-message", &outcome));
    assert_int_equal(outcome.kind, AIRSI_OUTCOME_REPLY);
    assert_int_equal(outcome.length, 7);
    assert_memory_equal(outcome.bytes, "payload", 7);
    test_guest_close(&t);

    test_guest_open(&t, *state, "result_error", NULL);
    assert_int_equal(test_guest_message(&t, "", 0, &at), AIRS_OK);
    assert_true(airsi_outcome_lift_handled(t.guest, at, "handle-message", &outcome));
    assert_int_equal(outcome.kind, AIRSI_OUTCOME_ERROR);
    assert_true(airsi_outcome_lift_plain(t.guest, at, "handle-callback", &outcome));
    assert_int_equal(outcome.kind, AIRSI_OUTCOME_ERROR);
    assert_int_equal(outcome.length, 14);
    assert_memory_equal(outcome.bytes, "no\nsuch\x1b[31mk", 13);
    test_guest_close(&t);
}

/* --- post-return --------------------------------------------------------------------------------------------------------------- */

static void post_return_ends_it(void **state, const char *name, airsi_trap_kind kind, const char *part) {
    test_guest t;
    airsi_value values[AIRSI_VALUES_MAX] = {0};
    test_guest_open(&t, *state, name, NULL);
    assert_int_equal(test_guest_message(&t, "", 0, &values[0].u32), AIRS_OK);
    assert_true(airsi_guest_has(t.guest, AIRSI_EXPORT_POST_HANDLE_MESSAGE));
    assert_int_equal(airsi_guest_call(t.guest, AIRSI_EXPORT_POST_HANDLE_MESSAGE, values, &t.trap), AIRS_ETRAP);
    assert_int_equal(t.trap.kind, kind);
    test_contains(t.trap.text, part);
    test_guest_close(&t);
}

static void a_post_return_that_calls_an_import_is_a_trap(void **state) {
    post_return_ends_it(state, "post_return_imports", AIRSI_TRAP_ABI, "wall-clock was called from cabi_realloc or a post-return function");
}

static void a_post_return_that_traps_is_told(void **state) {
    post_return_ends_it(state, "post_return_traps", AIRSI_TRAP_UNREACHABLE, "at clean_up");
}

static void a_post_return_that_loops_ends_with_the_message_s_budget(void **state) {
    post_return_ends_it(state, "post_return_loops", AIRSI_TRAP_TIME, "handler-time limit of 100 ms used up");
}

#define TESTS(X)                                      \
    X(room_outside_the_memory_is_a_trap)              \
    X(room_at_the_end_of_the_address_space_is_a_trap) \
    X(a_realloc_that_traps_is_told)                   \
    X(a_realloc_that_loops_ends_with_the_budget)      \
    X(a_realloc_that_calls_an_import_is_a_trap)       \
    X(misaligned_room_is_a_trap)                      \
    X(nothing_needs_no_room)                          \
    X(a_result_outside_the_memory_is_a_trap)          \
    X(a_misaligned_result_is_a_trap)                  \
    X(a_result_that_is_no_result_is_a_trap)           \
    X(an_option_that_is_no_option_is_a_trap)          \
    X(a_reply_outside_the_memory_is_a_trap)           \
    X(a_text_outside_the_memory_is_a_trap)            \
    X(a_text_that_is_not_utf8_is_a_trap)              \
    X(results_are_lifted)                             \
    X(a_post_return_that_calls_an_import_is_a_trap)   \
    X(a_post_return_that_traps_is_told)               \
    X(a_post_return_that_loops_ends_with_the_message_s_budget)

#define TEST(name) cmocka_unit_test(name),

int main(void) {
    const struct CMUnitTest tests[] = {TESTS(TEST)};
    return cmocka_run_group_tests(tests, test_engine_setup, test_engine_teardown);
}
