#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include <airs/id.h>
#include <airs/limits.h>

#include "base/id.h"

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

static void an_id_in_as_many_bytes_as_it_has_is_the_same_id(void **state) {
    (void)state;
    const char *const texts[] = {"a/b/c", "aaa/bb/c", "demo/counter/0", "demo/counter/00", "demo/counter/000", S63 "/" S63 "/" S63};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        airs_component_id id, other, again;
        assert_int_equal(parse(texts[i], &id, NULL), AIRS_OK);
        assert_int_equal(parse(i == 0 ? "a/b/d" : texts[0], &other, NULL), AIRS_OK);
        airsi_id *compact = malloc(offsetof(airsi_id, text) + airsi_id_text_bytes(&id));
        assert_non_null(compact);
        airsi_id_init(compact, &id);
        assert_string_equal(compact->text, texts[i]);
        assert_true(airsi_id_equal(airsi_id_look(compact), airsi_component_id_look(&id)));
        assert_false(airsi_id_equal(airsi_id_look(compact), airsi_component_id_look(&other)));
        again = airsi_id_expand(compact);
        assert_memory_equal(&again, &id, sizeof id);
        /* Whole hashes may be the same; texts then decide. */
        other.hash = id.hash;
        assert_false(airs_component_id_equal(&id, &other));
        free(compact);
    }
}

static void an_id_filled_by_hand_is_known_as_such(void **state) {
    (void)state;
    airs_component_id good;
    assert_int_equal(parse("a/b/c", &good, NULL), AIRS_OK);
    assert_true(airsi_component_id_made(&good));
    airs_component_id bad[7];
    for (int i = 0; i < 7; i++) {
        bad[i] = good;
    }
    bad[0].hash++;
    bad[1].length = 255;
    bad[2].name_at = 3;
    bad[3].instance_at = 200;
    bad[4].text[0] = 'A';
    bad[5].text[bad[5].length + 1] = 'x';
    memset(&bad[6], 0, sizeof bad[6]);
    for (int i = 0; i < 7; i++) {
        assert_false(airsi_component_id_made(&bad[i]));
    }
}

#define TESTS(X)                                       \
    X(an_id_is_read_into_its_segments)                 \
    X(ids_compare_by_text)                             \
    X(an_id_in_as_many_bytes_as_it_has_is_the_same_id) \
    X(an_id_filled_by_hand_is_known_as_such)           \
    X(a_bad_id_is_refused_and_the_output_stays)        \
    X(the_default_limits_are_right)                    \
    X(a_limit_out_of_range_is_named)

#define TEST(name) cmocka_unit_test(name),

int main(void) {
    const struct CMUnitTest tests[] = {TESTS(TEST)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
