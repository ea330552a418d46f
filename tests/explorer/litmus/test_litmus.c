/* The explorer itself: small programs whose every outcome under C11 is known, how many executions that makes, and programs that are wrong. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "explorer/explorer.h"
#include "explorer/litmus/litmus.h"

static explorer_result result;

#define CORRECT(program, count)                                            \
    static void program(void **state) {                                    \
        (void)state;                                                       \
        litmus_clear();                                                    \
        explorer_run(&litmus_##program, 0, &result);                       \
        if (result.verdict != EXPLORER_CORRECT) {                          \
            print_error("%s", result.report);                              \
        }                                                                  \
        assert_int_equal(result.verdict, EXPLORER_CORRECT);                \
        assert_string_equal(litmus_outcomes(), litmus_expected_##program); \
        assert_int_equal(result.executions, count);                        \
    }

#define WRONG(program, expected)                            \
    static void program(void **state) {                     \
        (void)state;                                        \
        litmus_clear();                                     \
        explorer_run(&litmus_##program, 0, &result);        \
        assert_int_equal(result.verdict, expected);         \
        assert_non_null(strstr(result.report, "litmus.c")); \
    }

LITMUS_CORRECT(CORRECT)
LITMUS_WRONG(WRONG)

#define TEST(program, what) cmocka_unit_test(program),

int main(void) {
    const struct CMUnitTest tests[] = {LITMUS_CORRECT(TEST) LITMUS_WRONG(TEST)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
