#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/lock.h"

static airsi_mutex outer, inner;

static void init(void) {
    airsi_mutex_init(&outer, AIRSI_RANK_ACTORS);
    airsi_mutex_init(&inner, AIRSI_RANK_GATE);
}

static void locks_of_rising_rank_nest(void **state) {
    (void)state;
    init();
    for (int i = 0; i < 3; i++) {
        airsi_lock(&outer);
        airsi_lock(&inner);
        airsi_unlock(&outer); /* not the reverse order, and fine */
        airsi_unlock(&inner);
    }
    airsi_mutex_fini(&outer);
    airsi_mutex_fini(&inner);
}

static void a_debug_build_stops_at_locks_taken_out_of_order(void **state) {
    (void)state;
#ifdef NDEBUG
    skip(); /* release builds don't look */
#else
    init();
    fflush(NULL);
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        signal(SIGABRT, SIG_DFL);
        airsi_lock(&inner);
        airsi_lock(&outer);
        _exit(0);
    }
    int status = 0;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFSIGNALED(status));
    assert_int_equal(WTERMSIG(status), SIGABRT);
#endif
}

#define TESTS(X)                 \
    X(locks_of_rising_rank_nest) \
    X(a_debug_build_stops_at_locks_taken_out_of_order)

#define TEST(name) cmocka_unit_test(name),

int main(void) {
    const struct CMUnitTest tests[] = {TESTS(TEST)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
