/* Patterns: which ids they match, and which are refused. */
#include "kit.h"

#include <string.h>

#include "core/policy/policy.h"

static airs_component_id id(const char *text) {
    airs_component_id made;
    assert_int_equal(airs_component_id_parse(text, strlen(text), &made, NULL), AIRS_OK);
    return made;
}

static bool sends(const char *pattern, const char *target) {
    airs_capabilities capabilities = {.send = &pattern, .send_count = 1};
    airsi_policy policy;
    assert_int_equal(airsi_policy_init(&policy, &capabilities, NULL), AIRS_OK);
    airs_component_id to = id(target);
    bool may = airsi_policy_sends_to(&policy, airsi_component_id_look(&to));
    assert_false(airsi_policy_receives_from(&policy, airsi_component_id_look(&to)));
    airsi_policy_fini(&policy);
    return may;
}

static void a_pattern_matches_whole_segments(void **state) {
    (void)state;
    assert_true(sends("demo/counter/0", "demo/counter/0"));
    assert_true(sends("demo/counter/*", "demo/counter/17"));
    assert_true(sends("*/*/*", "a/b/c"));
    assert_true(sends("*/counter/*", "demo/counter/0"));
    assert_false(sends("demo/counter/0", "demo/counter/1"));
    assert_false(sends("demo/counter/0", "demo/counter/00"));
    assert_false(sends("demo/counter/00", "demo/counter/0"));
    assert_false(sends("demo/count/0", "demo/counter/0"));
    assert_false(sends("*/count/*", "demo/counter/0"));
}

static void nothing_is_allowed_by_default(void **state) {
    (void)state;
    airs_capabilities none = {0};
    airsi_policy policy;
    assert_int_equal(airsi_policy_init(&policy, &none, NULL), AIRS_OK);
    airs_component_id somebody = id("demo/counter/0");
    assert_false(airsi_policy_sends_to(&policy, airsi_component_id_look(&somebody)));
    assert_false(airsi_policy_receives_from(&policy, airsi_component_id_look(&somebody)));
    assert_false(policy.from_outside);
    airsi_policy_fini(&policy);
}

static void send_and_receive_are_told_apart_and_outside_is_known(void **state) {
    (void)state;
    const char *send[] = {"a/b/c", "d/*/f"};
    const char *receive[] = {"x/y/z", "airs/outside/*"};
    airs_capabilities capabilities = {.send = send, .send_count = 2, .receive = receive, .receive_count = 2};
    airsi_policy policy;
    assert_int_equal(airsi_policy_init(&policy, &capabilities, NULL), AIRS_OK);
    airs_component_id target = id("d/e/f");
    airs_component_id sender = id("x/y/z");
    assert_true(airsi_policy_sends_to(&policy, airsi_component_id_look(&target)));
    assert_false(airsi_policy_receives_from(&policy, airsi_component_id_look(&target)));
    assert_true(airsi_policy_receives_from(&policy, airsi_component_id_look(&sender)));
    assert_false(airsi_policy_sends_to(&policy, airsi_component_id_look(&sender)));
    assert_true(policy.from_outside);
    airsi_policy_fini(&policy);
    airs_component_id outside = id("airs/outside/0");
    assert_memory_equal(&outside, airsi_outside_id(), sizeof outside);
}

static void a_bad_pattern_is_refused_by_name_I12(void **state) {
    (void)state;
    const char *const bad[] = {"",
                               "a",
                               "a/b",
                               "a/b/",
                               "/b/c",
                               "a//c",
                               "a/b/c/d",
                               "A/b/c",
                               "a/b*/c",
                               "a/**/c",
                               "a/b/c ",
                               "a/b_c/d",
                               "a/b/0123456789012345678901234567890123456789012345678901234567890123"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        const char *patterns[] = {"a/b/c", bad[i]};
        airs_capabilities capabilities = {.receive = patterns, .receive_count = 2};
        airsi_policy policy;
        memset(&policy, 0x5a, sizeof policy);
        airsi_policy before = policy;
        airs_error error = {0};
        assert_int_equal(airsi_policy_init(&policy, &capabilities, &error), AIRS_EINVAL);
        assert_memory_equal(&policy, &before, sizeof policy);
        assert_non_null(strstr(error.text, "receive pattern"));
        assert_non_null(strstr(error.text, bad[i]));
    }
}

#define TESTS(X)                                            \
    X(a_pattern_matches_whole_segments)                     \
    X(nothing_is_allowed_by_default)                        \
    X(send_and_receive_are_told_apart_and_outside_is_known) \
    X(a_bad_pattern_is_refused_by_name_I12)

#define TEST(name) cmocka_unit_test(name),

int main(void) {
    const struct CMUnitTest tests[] = {TESTS(TEST)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
