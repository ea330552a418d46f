/* Limits and capabilities that actors share. */
#include "kit.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/policy/terms.h"

#define MANY 20000u

static int make(void **state) {
    *state = calloc(1, sizeof(airsi_terms_table));
    return *state == NULL || airsi_terms_table_init(*state) != AIRS_OK;
}

static int unmake(void **state) {
    airsi_terms_table_fini(*state);
    free(*state);
    return 0;
}

static const airs_limits defaults = AIRS_LIMITS_DEFAULT;

static airs_status ask(airsi_terms_table *table, const airs_limits *limits, const airs_capabilities *capabilities, const char *id,
                       airsi_terms **ret_terms, airs_error *error) {
    airs_spawn_options options = {.limits = *limits, .capabilities = *capabilities};
    assert_int_equal(airs_component_id_parse(id, strlen(id), &options.id, NULL), AIRS_OK);
    return airsi_terms_get(table, &options, ret_terms, error);
}

static airsi_terms *get(airsi_terms_table *table, const airs_limits *limits, const char *send, const char *receive) {
    airs_capabilities capabilities = {.send = &send, .send_count = send != NULL, .receive = &receive, .receive_count = receive != NULL};
    airsi_terms *terms = NULL;
    assert_int_equal(ask(table, limits, &capabilities, "test/actor/0", &terms, NULL), AIRS_OK);
    return terms;
}

static void equal_terms_are_shared_and_gone_with_the_last(void **state) {
    airsi_terms_table *table = *state;
    char pattern[] = "a/b/c";
    airsi_terms *one = get(table, &defaults, pattern, "*/*/*");
    pattern[0] = 'x'; /* they are no longer needed */
    airsi_terms *two = get(table, &defaults, "a/b/c", "*/*/*");
    assert_ptr_equal(one, two);
    airsi_terms *none = get(table, &defaults, NULL, NULL);
    assert_ptr_equal(none, get(table, &defaults, NULL, NULL));
    assert_int_equal(table->count, 2);
    airsi_terms_unref(table, one);
    assert_int_equal(table->count, 2);
    airsi_terms_unref(table, two);
    assert_int_equal(table->count, 1);
    airsi_terms_unref(table, none);
    airsi_terms_unref(table, none);
    assert_int_equal(table->count, 0);
}

static void terms_that_differ_in_anything_are_not_the_same(void **state) {
    airsi_terms_table *table = *state;
    airs_limits small = defaults;
    small.init_ms--;
    const char *both[] = {"a/b/c", "d/e/f"};
    airs_capabilities two_sends = {.send = both, .send_count = 2};
    airs_capabilities one_of_each = {.send = both, .send_count = 1, .receive = both + 1, .receive_count = 1};
    airsi_terms *terms[7] = {
        get(table, &defaults, NULL, NULL),    get(table, &small, NULL, NULL),       get(table, &defaults, "a/b/c", NULL),
        get(table, &defaults, NULL, "a/b/c"), get(table, &defaults, "a/b/d", NULL),
    };
    assert_int_equal(ask(table, &defaults, &two_sends, "test/actor/0", &terms[5], NULL), AIRS_OK);
    assert_int_equal(ask(table, &defaults, &one_of_each, "test/actor/0", &terms[6], NULL), AIRS_OK);
    assert_int_equal(table->count, 7);
    assert_int_equal(terms[1]->limits.init_ms, defaults.init_ms - 1);
    assert_int_equal(terms[5]->policy.send_count, 2);
    for (int i = 0; i < 7; i++) {
        airsi_terms_unref(table, terms[i]);
    }
    assert_int_equal(table->count, 0);
}

static uint64_t class_of(airsi_terms_table *table, const char *send, const char *receive, const char *id, airsi_terms **ret_terms) {
    airs_capabilities capabilities = {.send = &send, .send_count = 1, .receive = &receive, .receive_count = 1};
    assert_int_equal(ask(table, &defaults, &capabilities, id, ret_terms, NULL), AIRS_OK);
    return (*ret_terms)->class_number;
}

static void instances_of_one_name_are_of_one_class_unless_a_pattern_tells_them_apart(void **state) {
    airsi_terms_table *table = *state;
    airsi_terms *terms[6];
    uint64_t first = class_of(table, "a/b/*", "*/*/*", "test/actor/0", &terms[0]);
    assert_true(first != 0);
    assert_int_equal(class_of(table, "a/b/*", "*/*/*", "test/actor/1", &terms[1]), first);
    assert_true(class_of(table, "a/b/*", "*/*/*", "test/other/0", &terms[2]) != first);
    assert_true(class_of(table, "a/c/*", "*/*/*", "test/actor/0", &terms[3]) != first);
    assert_int_equal(class_of(table, "a/b/0", "*/*/*", "test/actor/0", &terms[4]), 0);
    assert_int_equal(class_of(table, "a/b/*", "*/*/7", "test/actor/0", &terms[5]), 0);
    for (int i = 0; i < 6; i++) {
        airsi_terms_unref(table, terms[i]);
    }
    uint64_t again = class_of(table, "a/b/*", "*/*/*", "test/actor/0", &terms[0]);
    assert_true(again != first); /* a thread may still remember verdicts about the first */
    airsi_terms_unref(table, terms[0]);
}

static void bad_terms_are_refused_and_leave_nothing_I12(void **state) {
    airsi_terms_table *table = *state;
    airs_limits bad = defaults;
    bad.payload_bytes = 0;
    const char *pattern = "a/b";
    airs_capabilities none = {0};
    airs_capabilities wrong = {.send = &pattern, .send_count = 1};
    airsi_terms *terms = NULL;
    airs_error error = {0};
    assert_int_equal(ask(table, &bad, &none, "test/actor/0", &terms, &error), AIRS_EINVAL);
    assert_non_null(strstr(error.text, "payload"));
    assert_int_equal(ask(table, &defaults, &wrong, "test/actor/0", &terms, &error), AIRS_EINVAL);
    assert_non_null(strstr(error.text, "a/b"));
    assert_null(terms);
    assert_int_equal(table->count, 0);
}

static void many_different_terms_are_each_found_again(void **state) {
    airsi_terms_table *table = *state;
    airsi_terms **terms = calloc(MANY, sizeof(airsi_terms *));
    assert_non_null(terms);
    for (int round = 0; round < 2; round++) {
        for (uint32_t i = 0; i < MANY; i++) {
            char pattern[32];
            snprintf(pattern, sizeof pattern, "a/b/%u", i);
            airsi_terms *got = get(table, &defaults, pattern, NULL);
            assert_true(round == 0 || got == terms[i]);
            terms[i] = got;
        }
        assert_int_equal(table->count, MANY);
    }
    for (uint32_t i = 0; i < MANY; i++) {
        airsi_terms_unref(table, terms[i]);
        airsi_terms_unref(table, terms[i]);
    }
    assert_int_equal(table->count, 0);
    free(terms);
}

/* Takes and gives back three kinds, so that each is the last one's often. */
static void *take_and_give_back(void *table) {
    static const char *const patterns[] = {"a/b/c", "a/b/d", "a/b/e"};
    for (uint32_t i = 0; i < 30000; i++) {
        airsi_terms *terms = get(table, &defaults, patterns[i % 3], NULL);
        assert_string_equal(terms->policy.text, patterns[i % 3]);
        airsi_terms_unref(table, terms);
    }
    return NULL;
}

static void threads_share_them_too(void **state) {
    airsi_terms_table *table = *state;
    pthread_t threads[3];
    for (int i = 0; i < 3; i++) {
        assert_int_equal(pthread_create(&threads[i], NULL, take_and_give_back, table), 0);
    }
    for (int i = 0; i < 3; i++) {
        pthread_join(threads[i], NULL);
    }
    assert_int_equal(table->count, 0);
}

#define TESTS(X)                                                                \
    X(instances_of_one_name_are_of_one_class_unless_a_pattern_tells_them_apart) \
    X(equal_terms_are_shared_and_gone_with_the_last)                            \
    X(terms_that_differ_in_anything_are_not_the_same)                           \
    X(bad_terms_are_refused_and_leave_nothing_I12)                              \
    X(many_different_terms_are_each_found_again)                                \
    X(threads_share_them_too)

#define TEST(name) cmocka_unit_test_setup_teardown(name, make, unmake),

int main(void) {
    const struct CMUnitTest tests[] = {TESTS(TEST)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
