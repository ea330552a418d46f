/* The table of names against a model, and against readers while it changes. */
#include "kit.h"

#include <pthread.h>
#include <stdlib.h>

#include "core/registry/names.h"

#define NAMES 6000u

typedef struct fixture {
    airsi_reclaim reclaim;
    airsi_names names;
    uint64_t hashes[NAMES]; /* that of index i */
    bool in[NAMES];
} fixture;

static int make(void **state) {
    fixture *f = calloc(1, sizeof *f);
    *state = f;
    return f == NULL || airsi_reclaim_init(&f->reclaim, NULL) != AIRS_OK || airsi_names_init(&f->names) != AIRS_OK;
}

static int unmake(void **state) {
    fixture *f = *state;
    airsi_reclaim_fini(&f->reclaim);
    airsi_names_fini(&f->names);
    free(f);
    return 0;
}

static void add(fixture *f, uint32_t index) {
    assert_int_equal(airsi_names_reserve(&f->names, &f->reclaim), AIRS_OK);
    airsi_names_add(&f->names, &f->reclaim, f->hashes[index], index);
    f->in[index] = true;
}

static void take_out(fixture *f, uint32_t index) {
    airsi_names_remove(&f->names, &f->reclaim, f->hashes[index], index);
    f->in[index] = false;
}

static bool leads_to(fixture *f, uint32_t index) {
    airsi_names_walk walk = airsi_names_begin(&f->names, f->hashes[index]);
    uint32_t found = 0;
    while (airsi_names_next(&walk, &found)) {
        if (found == index) {
            return true;
        }
    }
    return false;
}

static void check_all(fixture *f) {
    for (uint32_t i = 0; i < NAMES; i++) {
        assert_int_equal(leads_to(f, i), f->in[i]);
    }
}

/* What the table says of itself: no more is taken than there are places, and one is left. */
static void check_taken(const fixture *f) {
    size_t taken = 0;
    for (size_t i = 0; i <= f->names.newest->mask; i++) {
        taken += airsi_load_relaxed(&f->names.newest->words[i]) != AIRSI_NAMES_NEVER;
    }
    assert_int_equal(taken, f->names.newest->taken);
    assert_true(taken <= f->names.newest->mask);
}

/* `same`: how many have the same hash. */
static void change_at_random(fixture *f, uint32_t same) {
    uint64_t seed = kit_seed();
    for (uint32_t i = 0; i < NAMES; i++) {
        f->hashes[i] = i % same == 0 ? kit_random(&seed) : f->hashes[i - 1];
    }
    /* In waves, so that it grows, empties, and is filled anew by others. */
    for (uint32_t change = 0; change < 60000; change++) {
        uint32_t most = change / 5000 % 2 == 0 ? NAMES : NAMES / 50;
        uint32_t index = (uint32_t)(kit_random(&seed) >> 32) % NAMES;
        if (f->in[index]) {
            take_out(f, index);
        } else if (f->names.count < most) {
            add(f, index);
        }
        if (change % 1000 == 0) {
            check_all(f);
            check_taken(f);
        }
    }
}

static void what_is_in_is_found_and_nothing_else(void **state) {
    change_at_random(*state, 1);
}

static void names_with_the_same_hash_stand_beside_each_other(void **state) {
    change_at_random(*state, 16);
}

static void coming_and_going_makes_no_table_larger(void **state) {
    fixture *f = *state;
    uint64_t seed = kit_seed();
    for (uint32_t round = 0; round < 100000; round++) {
        uint32_t index = round % 20;
        if (f->in[index]) {
            take_out(f, index);
        }
        f->hashes[index] = kit_random(&seed);
        add(f, index);
        check_taken(f);
    }
    assert_true(f->names.newest->mask <= 127);
}

typedef struct reader {
    fixture *f;
    atomic_int *stop;
    atomic_uint_fast64_t rounds;
    uint32_t missed;
} reader;

#define RESIDENT 700u
#define MOVES 5000u

static void *look(void *argument) {
    reader *r = argument;
    airsi_record *record = airsi_record_new(&r->f->reclaim);
    airsi_record_online(record);
    while (!atomic_load(r->stop)) {
        for (uint32_t i = 0; i < RESIDENT; i++) {
            r->missed += !leads_to(r->f, i);
        }
        atomic_fetch_add(&r->rounds, 1);
        airsi_record_quiescent(record);
    }
    airsi_record_offline(record);
    airsi_record_free(record);
    return NULL;
}

static void grow_and_empty(fixture *f, uint64_t *seed) {
    for (uint32_t i = RESIDENT; i < NAMES; i++) {
        f->hashes[i] = kit_random(seed);
        add(f, i);
    }
    for (uint32_t i = RESIDENT; i < NAMES; i++) {
        take_out(f, i);
    }
    airsi_reclaim_collect(&f->reclaim);
}

/* The table is made to think that it is full, so that every name moves to another one. */
static void move_all(fixture *f) {
    f->names.newest->taken = f->names.newest->mask;
    do {
        add(f, RESIDENT);
        take_out(f, RESIDENT);
    } while (airsi_load_relaxed(&f->names.oldest) != f->names.newest);
    airsi_reclaim_collect(&f->reclaim);
}

static void a_reader_never_misses_what_is_there_all_the_time(void **state) {
    fixture *f = *state;
    uint64_t seed = kit_seed();
    for (uint32_t i = 0; i < NAMES; i++) {
        f->hashes[i] = kit_random(&seed);
    }
    for (uint32_t i = 0; i < RESIDENT; i++) {
        add(f, i);
    }
    atomic_int stop = 0;
    reader readers[2] = {{.f = f, .stop = &stop}, {.f = f, .stop = &stop}};
    pthread_t threads[2];
    for (int i = 0; i < 2; i++) {
        assert_int_equal(pthread_create(&threads[i], NULL, look, &readers[i]), 0);
        kit_wait(&readers[i].rounds, 1);
    }
    for (uint32_t i = 0; i < MOVES; i++) {
        move_all(f);
    }
    for (uint32_t i = 0; i < 20; i++) {
        grow_and_empty(f, &seed);
    }
    atomic_store(&stop, 1);
    for (int i = 0; i < 2; i++) {
        pthread_join(threads[i], NULL);
        assert_int_equal(readers[i].missed, 0);
    }
}

#define TESTS(X)                                        \
    X(what_is_in_is_found_and_nothing_else)             \
    X(names_with_the_same_hash_stand_beside_each_other) \
    X(coming_and_going_makes_no_table_larger)           \
    X(a_reader_never_misses_what_is_there_all_the_time)

#define TEST(name) cmocka_unit_test_setup_teardown(name, make, unmake),

int main(void) {
    const struct CMUnitTest tests[] = {TESTS(TEST)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
