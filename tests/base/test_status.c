#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include <airs/status.h>
#include <airs/version.h>

static void every_status_has_its_name_and_exit_code(void **state) {
    (void)state;
    for (int i = 0; i < AIRS_STATUS_COUNT; i++) {
        assert_true(strlen(airs_status_name((airs_status)i)) > 0);
        assert_true(strlen(airs_status_text((airs_status)i)) > 0);
        for (int j = 0; j < i; j++) {
            assert_string_not_equal(airs_status_name((airs_status)i), airs_status_name((airs_status)j));
        }
    }
    assert_string_equal(airs_status_name(AIRS_EMAILBOX_FULL), "mailbox-full");
    assert_int_equal(airs_status_exit_code(AIRS_OK), 0);
    assert_int_equal(airs_status_exit_code(AIRS_ECONFIG), 78);
    assert_int_equal(airs_status_exit_code(AIRS_EBADMODULE), 65);
    assert_int_equal(airs_status_exit_code(AIRS_ENOINPUT), 66);
}

static void a_number_that_is_no_status_is_told_as_such(void **state) {
    (void)state;
    assert_string_equal(airs_status_name((airs_status)999), "unknown-status");
    assert_string_equal(airs_status_name((airs_status)-1), "unknown-status");
    assert_int_equal(airs_status_exit_code((airs_status)999), 70);
}

static void setting_an_error_returns_its_status(void **state) {
    (void)state;
    airs_error error = {0};
    assert_int_equal(airs_error_set(&error, AIRS_EINVAL, "%s is %d", "x", 3), AIRS_EINVAL);
    assert_int_equal(error.status, AIRS_EINVAL);
    assert_string_equal(error.text, "x is 3");
    assert_int_equal(airs_error_set(NULL, AIRS_ENOMEM, "none"), AIRS_ENOMEM);
}

static void text_in_an_error_can_forge_no_line(void **state) {
    (void)state;
    airs_error error = {0};
    airs_error_set(&error, AIRS_EINVAL, "got \"%s\"", "a\nerror: b\x1b[0m\xff");
    assert_string_equal(error.text, "got \"a\\nerror: b\\x1b[0m\\xff\"");
}

static void a_long_error_is_cut(void **state) {
    (void)state;
    char many[4 * AIRS_ERROR_TEXT_MAX];
    memset(many, 'a', sizeof many);
    many[sizeof many - 1] = '\0';
    airs_error error = {0};
    airs_error_set(&error, AIRS_EINVAL, "%s", many);
    assert_int_equal(strlen(error.text), AIRS_ERROR_TEXT_MAX - 1);
    assert_string_equal(error.text + AIRS_ERROR_TEXT_MAX - 4, "...");
}

static void an_error_may_quote_itself(void **state) {
    (void)state;
    airs_error error = {0};
    airs_error_set(&error, AIRS_EINVAL, "inner");
    airs_error_set(&error, AIRS_ECONFIG, "outer: %s", error.text);
    assert_string_equal(error.text, "outer: inner");
}

static void a_prefix_says_where(void **state) {
    (void)state;
    airs_error error = {0};
    airs_error_set(&error, AIRS_EBADMODULE, "no memory\n");
    assert_int_equal(airs_error_prefix(&error, "%s", "a\tb.wasm"), AIRS_EBADMODULE);
    assert_string_equal(error.text, "a\\tb.wasm: no memory\\n");
    assert_int_equal(airs_error_prefix(NULL, "x"), AIRS_EINTERNAL);
    for (int i = 0; i < 100; i++) {
        airs_error_prefix(&error, "prefix");
    }
    assert_int_equal(strlen(error.text), AIRS_ERROR_TEXT_MAX - 1);
}

static void the_library_says_its_version(void **state) {
    (void)state;
    assert_string_equal(airs_version(), AIRS_VERSION);
}

#define TESTS(X)                                  \
    X(every_status_has_its_name_and_exit_code)    \
    X(a_number_that_is_no_status_is_told_as_such) \
    X(setting_an_error_returns_its_status)        \
    X(text_in_an_error_can_forge_no_line)         \
    X(a_long_error_is_cut)                        \
    X(an_error_may_quote_itself)                  \
    X(a_prefix_says_where)                        \
    X(the_library_says_its_version)

#define TEST(name) cmocka_unit_test(name),

int main(void) {
    const struct CMUnitTest tests[] = {TESTS(TEST)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
