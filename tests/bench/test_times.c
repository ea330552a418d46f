/* Percentiles come out of buckets; they must be near what sorting gives, at every size of number. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>

#include "bench/times.h"

#define COUNT 100000

static int ascending(const void *a, const void *b) {
    uint64_t x = *(const uint64_t *)a;
    uint64_t y = *(const uint64_t *)b;
    return (x > y) - (x < y);
}

/* Numbers of every size: each has a random number of bits. */
static uint64_t next_number(uint64_t *random) {
    *random = *random * 6364136223846793005u + 1442695040888963407u;
    uint64_t bits = *random >> 58;
    *random = *random * 6364136223846793005u + 1442695040888963407u;
    return *random >> bits;
}

static airsi_bench_times times;
static uint64_t numbers[COUNT];

static void percentiles_are_those_of_sorted_numbers(void **state) {
    (void)state;
    static const double shares[] = {0, 0.01, 0.25, 0.5, 0.9, 0.99, 0.999, 0.99999, 1};
    uint64_t random = 20260101;
    for (size_t i = 0; i < COUNT; i++) {
        numbers[i] = next_number(&random);
        airsi_bench_times_add(&times, numbers[i]);
    }
    qsort(numbers, COUNT, sizeof numbers[0], ascending);
    for (size_t i = 0; i < sizeof shares / sizeof shares[0]; i++) {
        size_t at = (size_t)(shares[i] * COUNT);
        uint64_t exact = numbers[at < COUNT ? at : COUNT - 1];
        uint64_t told = airsi_bench_times_at(&times, shares[i]);
        assert_true(told >= exact);
        assert_true(told - exact <= exact / 64);
    }
    assert_true(times.most == numbers[COUNT - 1]);
}

static void small_numbers_are_exact_and_none_gives_0(void **state) {
    (void)state;
    static airsi_bench_times few;
    assert_true(airsi_bench_times_at(&few, 0.5) == 0);
    for (uint64_t i = 0; i < 128; i++) {
        airsi_bench_times_add(&few, i);
    }
    for (uint64_t i = 0; i < 128; i++) {
        assert_true(airsi_bench_times_at(&few, (double)i / 128) == i);
    }
}

static void merging_adds_counts_and_keeps_the_largest(void **state) {
    (void)state;
    static airsi_bench_times one, other;
    airsi_bench_times_add(&one, 5);
    airsi_bench_times_add(&other, 7);
    airsi_bench_times_add(&other, UINT64_MAX);
    airsi_bench_times_merge(&one, &other);
    assert_true(one.total == 3 && one.most == UINT64_MAX);
    assert_true(airsi_bench_times_at(&one, 0) == 5);
    assert_true(airsi_bench_times_at(&one, 0.5) == 7);
    assert_true(airsi_bench_times_at(&one, 1) == UINT64_MAX);
}

#define TESTS(X)                                \
    X(percentiles_are_those_of_sorted_numbers)  \
    X(small_numbers_are_exact_and_none_gives_0) \
    X(merging_adds_counts_and_keeps_the_largest)

#define TEST(name) cmocka_unit_test(name),
int main(void) {
    const struct CMUnitTest tests[] = {TESTS(TEST)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
