/* The ends of requests as handle-callback sees them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "support.h"
#include "wasm/component/incarnation.h"

/* A component whose guest fails with what handle-callback was told: the reason as a letter from 'a' on, then the detail. */
static void open_callback(test_guest *t, airs_wasm_engine *engine) {
    test_guest_open(t, engine, "callback_tells", NULL);
    t->owner.guest = t->guest;
}

static void close_callback(test_guest *t) {
    t->guest = t->owner.guest; /* NULL after a trap */
    test_guest_close(t);
}

static airs_message end_of(airs_status status, const char *data, size_t length) {
    return (airs_message){.kind = AIRS_MESSAGE_REPLY, .request = 7, .status = status, .data = data, .length = length};
}

static void told(test_guest *t, airs_status status, const char *data, size_t length, const char *expected) {
    airs_error error = {0};
    airs_message end = end_of(status, data, length);
    assert_int_equal(airsi_incarnation_callback(&t->owner, &end, &error), AIRS_FAILED);
    assert_int_equal(error.status, AIRS_EHANDLER_FAILED);
    assert_string_equal(error.text, expected);
}

static void every_reason_has_its_place_in_the_wit(void **state) {
    static const airs_status in_order[] = {
        AIRS_ETIMEOUT,
        AIRS_ECANCELLED,
        AIRS_ETARGET_STOPPED,
        AIRS_EHANDLER_FAILED,
        AIRS_ECOMPONENT_NOT_FOUND,
        AIRS_EPERMISSION_DENIED,
        AIRS_EMAILBOX_FULL,
        AIRS_EUNSUPPORTED_CODEC,
        AIRS_EPAYLOAD_TOO_LARGE,
        AIRS_EOVERLOADED,
        AIRS_ENOMEM,
    };
    test_guest t;
    open_callback(&t, *state);
    for (size_t i = 0; i < sizeof in_order / sizeof in_order[0]; i++) {
        const char expected[] = {(char)('a' + i), 'w', 'h', 'y', '\0'};
        told(&t, in_order[i], "why", 3, expected);
    }
    told(&t, AIRS_EINTERNAL, "", 0, "k"); /* what the WIT has no word for is `other` */
    close_callback(&t);
}

/* A text cut in the middle of a character, or from a native actor that never asked what UTF-8 is. */
static void a_detail_that_is_not_utf8_is_escaped(void **state) {
    test_guest t;
    open_callback(&t, *state);
    told(&t, AIRS_EHANDLER_FAILED, "gr\xC3\xBC", 4, "dgr\xC3\xBC");
    told(&t, AIRS_EHANDLER_FAILED, "gr\xC3", 3, "dgr\\\\xc3");
    close_callback(&t);
}

static void a_reply_is_handed_over_and_an_empty_one_too(void **state) {
    test_guest t;
    airs_error error = {0};
    airs_message full = end_of(AIRS_OK, "x", 1);
    airs_message empty = end_of(AIRS_OK, NULL, 0);
    open_callback(&t, *state);
    assert_int_equal(airsi_incarnation_callback(&t.owner, &full, &error), AIRS_HANDLED);
    assert_int_equal(airsi_incarnation_callback(&t.owner, &empty, &error), AIRS_CRASHED);
    test_contains(error.text, "unreachable executed at nothing_to_take");
    assert_null(t.owner.guest);
    close_callback(&t);
}

#define TESTS(X)                             \
    X(every_reason_has_its_place_in_the_wit) \
    X(a_detail_that_is_not_utf8_is_escaped)  \
    X(a_reply_is_handed_over_and_an_empty_one_too)

#define TEST(name) cmocka_unit_test(name),

int main(void) {
    const struct CMUnitTest tests[] = {TESTS(TEST)};
    return cmocka_run_group_tests(tests, test_engine_setup, test_engine_teardown);
}
