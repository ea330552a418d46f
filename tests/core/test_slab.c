/* Entries with names that are never given out twice. */
#include "kit.h"

#include <string.h>

#include "core/request/slab.h"

typedef struct thing {
    airsi_slab_head head;
    uint64_t value;
    char rest[40];
} thing;

static airsi_slab make(void) {
    airsi_slab slab;
    airsi_slab_init(&slab, sizeof(thing), 7);
    return slab;
}

static thing *take(airsi_slab *slab, uint64_t value) {
    thing *made = airsi_slab_take(slab);
    assert_non_null(made);
    made->value = value;
    return made;
}

static void a_name_finds_its_entry_until_it_is_given_back_I5(void **state) {
    (void)state;
    airsi_slab slab = make();
    thing *first = take(&slab, 1);
    uint64_t name = airsi_slab_name(&first->head);
    assert_int_equal(airsi_slab_shard_of(name), 7);
    assert_ptr_equal(airsi_slab_find(&slab, name), first);
    assert_false(airsi_slab_was_issued(&slab, name));
    airsi_slab_give(&slab, first);
    assert_null(airsi_slab_find(&slab, name));
    assert_true(airsi_slab_was_issued(&slab, name));
    thing *second = take(&slab, 2);
    assert_ptr_equal(second, first);
    assert_null(airsi_slab_find(&slab, name));
    assert_true(airsi_slab_was_issued(&slab, name));
    assert_int_equal(slab.in_use, 1);
    airsi_slab_fini(&slab);
}

static void a_name_that_was_never_issued_finds_nothing(void **state) {
    (void)state;
    airsi_slab slab = make();
    uint64_t name = airsi_slab_name(&take(&slab, 1)->head);
    const uint64_t foreign[] = {0, name + 1, name + (UINT64_C(1) << 32), name + (UINT64_C(2) << 32), UINT64_MAX};
    for (size_t i = 0; i < sizeof foreign / sizeof *foreign; i++) {
        assert_null(airsi_slab_find(&slab, foreign[i]));
        assert_false(airsi_slab_was_issued(&slab, foreign[i]));
    }
    airsi_slab_fini(&slab);
}

static void entries_are_used_again_the_last_free_first_and_never_move(void **state) {
    (void)state;
    airsi_slab slab = make();
    thing *things[1000];
    for (uint64_t i = 0; i < 1000; i++) {
        things[i] = take(&slab, i);
    }
    for (uint64_t i = 0; i < 1000; i++) {
        assert_int_equal(things[i]->value, i);
        assert_int_equal((uintptr_t)things[i] % 64, 0);
        assert_ptr_equal(airsi_slab_at(&slab, (uint32_t)i), things[i]);
    }
    airsi_slab_give(&slab, things[500]);
    airsi_slab_give(&slab, things[3]);
    airsi_slab_give(&slab, things[999]);
    assert_null(airsi_slab_at(&slab, 3));
    assert_ptr_equal(take(&slab, 0), things[999]);
    assert_ptr_equal(take(&slab, 0), things[3]);
    assert_ptr_equal(take(&slab, 0), things[500]);
    assert_int_equal(slab.used, 1000);
    airsi_slab_fini(&slab);
}

static void an_entry_whose_generations_are_used_up_is_not_used_again(void **state) {
    (void)state;
    airsi_slab slab = make();
    thing *last = take(&slab, 1);
    last->head.generation = UINT32_MAX;
    uint64_t name = airsi_slab_name(&last->head);
    assert_ptr_equal(airsi_slab_find(&slab, name), last);
    airsi_slab_give(&slab, last);
    assert_null(airsi_slab_find(&slab, name));
    assert_ptr_not_equal(take(&slab, 2), last);
    airsi_slab_fini(&slab);
}

static void a_renewed_entry_has_another_name_I5(void **state) {
    (void)state;
    airsi_slab slab = make();
    thing *made = take(&slab, 1);
    uint64_t name = airsi_slab_name(&made->head);
    assert_true(airsi_slab_renew(&slab, made));
    assert_null(airsi_slab_find(&slab, name));
    assert_true(airsi_slab_was_issued(&slab, name));
    assert_ptr_equal(airsi_slab_find(&slab, airsi_slab_name(&made->head)), made);
    assert_int_equal(slab.in_use, 1);
    made->head.generation = UINT32_MAX;
    assert_false(airsi_slab_renew(&slab, made));
    assert_int_equal(slab.in_use, 0);
    assert_ptr_not_equal(take(&slab, 2), made);
    airsi_slab_fini(&slab);
}

#define TESTS(X)                                                 \
    X(a_name_finds_its_entry_until_it_is_given_back_I5)          \
    X(a_name_that_was_never_issued_finds_nothing)                \
    X(entries_are_used_again_the_last_free_first_and_never_move) \
    X(a_renewed_entry_has_another_name_I5)                       \
    X(an_entry_whose_generations_are_used_up_is_not_used_again)

#define TEST(name) cmocka_unit_test(name),

int main(void) {
    const struct CMUnitTest tests[] = {TESTS(TEST)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
