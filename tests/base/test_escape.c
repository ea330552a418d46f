#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "base/escape.h"
#include "base/utf8.h"

static void assert_escape(size_t (*escape)(char *, size_t, const char *, size_t), const char *in, size_t length, const char *wanted) {
    char out[256];
    size_t used = escape(out, sizeof out, in, length);
    assert_string_equal(out, wanted);
    assert_int_equal(used, strlen(wanted));
}

#define ASSERT_ESCAPE(escape, in, wanted) assert_escape(escape, in, sizeof(in) - 1, wanted)

static void text_that_moves_nothing_stays_as_it_is(void **state) {
    (void)state;
    ASSERT_ESCAPE(airsi_escape, "", "");
    ASSERT_ESCAPE(airsi_escape, "a line with \"quotes\" and 20 %", "a line with \"quotes\" and 20 %");
    ASSERT_ESCAPE(airsi_escape, "gr\xC3\xBC\xC3\x9F \xE2\x82\xAC \xF0\x9F\x98\x80", "gr\xC3\xBC\xC3\x9F \xE2\x82\xAC \xF0\x9F\x98\x80");
}

static void control_characters_are_escaped(void **state) {
    (void)state;
    ASSERT_ESCAPE(airsi_escape, "a\nb\tc\rd\\e", "a\\nb\\tc\\rd\\\\e");
    ASSERT_ESCAPE(airsi_escape, "\x1b[2J\x7f\x00.", "\\x1b[2J\\x7f\\x00.");
    ASSERT_ESCAPE(airsi_escape, "\xC2\x9B", "\\xc2\\x9b");
    ASSERT_ESCAPE(airsi_escape, "\xE2\x80\xAE", "\\xe2\\x80\\xae");
    ASSERT_ESCAPE(airsi_escape, "\xE2\x80\x9C", "\xE2\x80\x9C");
}

static void bytes_that_are_no_utf8_are_escaped_one_by_one(void **state) {
    (void)state;
    ASSERT_ESCAPE(airsi_escape, "\xff\xfe", "\\xff\\xfe");
    ASSERT_ESCAPE(airsi_escape, "\xC3(", "\\xc3(");
    ASSERT_ESCAPE(airsi_escape, "a\xE2\x82", "a\\xe2\\x82");
}

static void a_line_escaped_twice_is_the_same(void **state) {
    (void)state;
    ASSERT_ESCAPE(airsi_escape_line, "a\nb\\c\x01", "a\\nb\\c\\x01");
    ASSERT_ESCAPE(airsi_escape_line, "a\\nb\\c\\x01", "a\\nb\\c\\x01");
}

static void json_text_is_escaped_as_json_asks(void **state) {
    (void)state;
    ASSERT_ESCAPE(airsi_escape_json, "say \"hi\"\\\n\x01\x7f", "say \\\"hi\\\"\\\\\\n\\u0001\\u007f");
    ASSERT_ESCAPE(airsi_escape_json, "\xff\xC2\x9B", "\\\\xff\xC2\x9B");
}

static void what_does_not_fit_is_cut_at_a_whole_character(void **state) {
    (void)state;
    char out[16];
    for (size_t capacity = 1; capacity <= sizeof out; capacity++) {
        memset(out, 'Z', sizeof out);
        size_t used = airsi_escape(out, capacity, "\xE2\x82\xAC\n\xE2\x82\xAC\x01\xE2\x82\xAC\xE2\x82\xAC", 14);
        assert_true(used < capacity);
        assert_int_equal(strlen(out), used);
        assert_true(airsi_utf8_valid((const uint8_t *)out, used));
        if (capacity >= 4) {
            assert_string_equal(out + used - 3, "...");
        }
    }
    assert_int_equal(airsi_escape(out, 0, "a", 1), 0);
    assert_int_equal(airsi_escape(out, 8, "1234567", 7), 7);
    assert_string_equal(out, "1234567");
    airsi_escape(out, 8, "12345678", 8);
    assert_string_equal(out, "1234...");
}

static void utf8_is_checked_at_its_edges(void **state) {
    (void)state;
    static const char *const good[] = {"",
                                       "abcdefghij",
                                       "\xC2\x80",
                                       "\xE0\xA0\x80",
                                       "\xED\x9F\xBF",
                                       "\xEE\x80\x80",
                                       "\xF0\x90\x80\x80",
                                       "\xF4\x8F\xBF\xBF",
                                       "12345678\xC3\xBC"};
    static const char *const bad[] = {
        "\x80", "\xC0\x80", "\xC1\xBF",     "\xE0\x9F\xBF", "\xED\xA0\x80", "\xF0\x8F\xBF\xBF", "\xF4\x90\x80\x80", "\xF5\x80\x80\x80",
        "\xC2", "\xE2\x82", "\xF0\x9F\x98", "12345678\xFF", "1234567\xC3"};
    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++) {
        assert_true(airsi_utf8_valid((const uint8_t *)good[i], strlen(good[i])));
    }
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        assert_false(airsi_utf8_valid((const uint8_t *)bad[i], strlen(bad[i])));
    }
    assert_true(airsi_utf8_valid(NULL, 0));
}

#define TESTS(X)                                     \
    X(text_that_moves_nothing_stays_as_it_is)        \
    X(control_characters_are_escaped)                \
    X(bytes_that_are_no_utf8_are_escaped_one_by_one) \
    X(a_line_escaped_twice_is_the_same)              \
    X(json_text_is_escaped_as_json_asks)             \
    X(what_does_not_fit_is_cut_at_a_whole_character) \
    X(utf8_is_checked_at_its_edges)

#define TEST(name) cmocka_unit_test(name),

int main(void) {
    const struct CMUnitTest tests[] = {TESTS(TEST)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
