#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include <airs/id.h>
#include <airs/limits.h>

#define S63 "0123456789-abcdefghijklmnopqrstuvwxyz0123456789-abcdefghijklmno"

static airs_status parse(const char *text, airs_component_id *id, airs_error *error) {
    return airs_component_id_parse(text, strlen(text), id, error);
}

static void an_id_is_read_into_its_segments(void **state) {
    (void)state;
    airs_component_id id;
    assert_int_equal(parse("demo/counter/0", &id, NULL), AIRS_OK);
    assert_string_equal(id.text, "demo/counter/0");
    assert_int_equal(id.length, 14);
    assert_string_equal(id.text + id.name_at, "counter/0");
    assert_string_equal(id.text + id.instance_at, "0");
    assert_int_equal(parse(S63 "/" S63 "/" S63, &id, NULL), AIRS_OK);
    assert_int_equal(id.length, AIRS_ID_TEXT_MAX);
}

static void ids_compare_by_text(void **state) {
    (void)state;
    airs_component_id a, b, c;
    parse("a/b/c", &a, NULL);
    airs_component_id_make("aXX", 1, "b", 1, "cYY", 1, &b, NULL);
    parse("a/b/d", &c, NULL);
    assert_true(airs_component_id_equal(&a, &b));
    assert_memory_equal(&a, &b, sizeof a);
    assert_false(airs_component_id_equal(&a, &c));
}

static void a_bad_id_is_refused_and_the_output_stays(void **state) {
    (void)state;
    static const struct {
        const char *text, *says;
    } cases[] = {
        {"", "1 segment;"},
        {"a/b", "2 segments"},
        {"a/b/c/d", "4 segments"},
        {"/b/c", "namespace of the id is empty"},
        {"a//c", "name of the id is empty"},
        {"a/b/", "instance of the id is empty"},
        {"a/B/c", "name of the id has 'B' at position 1"},
        {"a/b/c d", "instance of the id has ' ' at position 2"},
        {"a/b_c/d", "'_'"},
        {"a/b/\xC3\xBC", "instance"},
        {"a/b/\n", "\\n"},
        {S63 "x/b/c", "has 64 characters"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        airs_component_id id, before;
        memset(&id, 0x5a, sizeof id);
        before = id;
        airs_error error = {0};
        assert_int_equal(parse(cases[i].text, &id, &error), AIRS_EINVALID_ID);
        assert_non_null(strstr(error.text, cases[i].says));
        assert_null(strchr(error.text, '\n'));
        assert_memory_equal(&id, &before, sizeof id);
    }
    airs_component_id id;
    assert_int_equal(airs_component_id_parse("a/b/c\0", 6, &id, NULL), AIRS_EINVALID_ID);
    assert_int_equal(airs_component_id_parse(NULL, 0, &id, NULL), AIRS_EINVALID_ID);
}

static void the_default_limits_are_right(void **state) {
    (void)state;
    const airs_limits limits = AIRS_LIMITS_DEFAULT;
    assert_int_equal(airs_limits_check(&limits, NULL), AIRS_OK);
}

static void a_limit_out_of_range_is_named(void **state) {
    (void)state;
    airs_error error;
    airs_limits limits = AIRS_LIMITS_DEFAULT;
    limits.mailbox_messages = 0;
    assert_int_equal(airs_limits_check(&limits, &error), AIRS_EINVAL);
    assert_non_null(strstr(error.text, "limit mailbox-messages is 0; 1 to "));

    limits = (airs_limits)AIRS_LIMITS_DEFAULT;
    limits.in_flight = AIRS_IN_FLIGHT_MAX + 1;
    assert_int_equal(airs_limits_check(&limits, &error), AIRS_EINVAL);
    assert_non_null(strstr(error.text, "limit in-flight is"));

    limits = (airs_limits)AIRS_LIMITS_DEFAULT;
    limits.payload_bytes = limits.mailbox_bytes + 1;
    assert_int_equal(airs_limits_check(&limits, &error), AIRS_EINVAL);
    assert_non_null(strstr(error.text, "less than one payload"));

    limits = (airs_limits)AIRS_LIMITS_DEFAULT;
    limits.overflow = (airs_overflow)7;
    assert_int_equal(airs_limits_check(&limits, &error), AIRS_EINVAL);
    assert_non_null(strstr(error.text, "overflow"));
}

#define TESTS(X)                                \
    X(an_id_is_read_into_its_segments)          \
    X(ids_compare_by_text)                      \
    X(a_bad_id_is_refused_and_the_output_stays) \
    X(the_default_limits_are_right)             \
    X(a_limit_out_of_range_is_named)

#define TEST(name) cmocka_unit_test(name),

int main(void) {
    const struct CMUnitTest tests[] = {TESTS(TEST)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
