#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "base/hash.h"
#include "base/random.h"

/* The figures are CPython 3.11's for bytes under PYTHONHASHSEED=0, whose key is all zero: an implementation of others. */
static void the_hash_is_siphash_1_3(void **state) {
    (void)state;
    static const struct {
        const char *text;
        uint64_t hash;
    } cases[] = {{"a", 0x407448d2b89b1813u},
                 {"abcdefg", 0x6db12aae9070f506u},
                 {"abcdefgh", 0x3f7b849c0b8e35eau},
                 {"abcdefghijklmnopq", 0x61c47e6da27eacccu}};
    const uint8_t key[16] = {0};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        assert_true(airsi_siphash(key, cases[i].text, strlen(cases[i].text)) == cases[i].hash);
    }
}

static void another_key_gives_another_hash(void **state) {
    (void)state;
    uint8_t key[16] = {0};
    uint64_t before = airsi_siphash(key, "text", 4);
    for (size_t bit = 0; bit < 128; bit++) {
        key[bit / 8] ^= (uint8_t)(1u << (bit % 8));
        assert_true(airsi_siphash(key, "text", 4) != before);
        key[bit / 8] ^= (uint8_t)(1u << (bit % 8));
    }
    assert_true(airsi_siphash(key, NULL, 0) == airsi_siphash(key, "", 0));
}

static void random_bytes_differ(void **state) {
    (void)state;
    uint8_t a[300] = {0};
    uint8_t b[300] = {0};
    assert_int_equal(airsi_random_bytes(a, sizeof a), 0);
    assert_int_equal(airsi_random_bytes(b, sizeof b), 0);
    assert_memory_not_equal(a, b, sizeof a);
}

#define TESTS(X)                      \
    X(the_hash_is_siphash_1_3)        \
    X(another_key_gives_another_hash) \
    X(random_bytes_differ)

#define TEST(name) cmocka_unit_test(name),

int main(void) {
    const struct CMUnitTest tests[] = {TESTS(TEST)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
