/* Ids to handles, handles to actors. */
#include "kit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/actor/actor.h"
#include "core/registry/registry.h"

#define MANY 300000u

typedef struct fixture {
    airsi_reclaim reclaim;
    airs_registry registry;
} fixture;

static int make(void **state) {
    fixture *f = calloc(1, sizeof *f);
    *state = f;
    return f == NULL || airsi_reclaim_init(&f->reclaim, NULL) != AIRS_OK || airsi_registry_init(&f->registry, &f->reclaim) != AIRS_OK;
}

static int unmake(void **state) {
    fixture *f = *state;
    airsi_reclaim_fini(&f->reclaim);
    airsi_registry_fini(&f->registry);
    free(f);
    return 0;
}

static airs_component_id id_of(uint32_t number) {
    char text[32];
    int length = snprintf(text, sizeof text, "test/many/%u", number);
    airs_component_id id;
    assert_int_equal(airs_component_id_parse(text, (size_t)length, &id, NULL), AIRS_OK);
    return id;
}

static void add(fixture *f, airsi_actor *actor, uint32_t number) {
    memset(actor, 0, sizeof *actor);
    actor->id = id_of(number);
    assert_int_equal(airsi_registry_register(&f->registry, actor), AIRS_OK);
}

static void drop(fixture *f, airsi_actor *actor) {
    airsi_registry_unregister(&f->registry, actor);
    airsi_registry_release_slot(&f->registry, actor->handle);
}

static airs_status resolve(fixture *f, airs_component handle, airsi_actor **ret_actor) {
    return airsi_registry_resolve(&f->registry, handle, ret_actor);
}

static void a_handle_turns_stale_and_a_slot_is_used_again_the_longest_free_first_I5(void **state) {
    fixture *f = *state;
    airsi_actor actors[3];
    airsi_actor *found = NULL;
    for (uint32_t i = 0; i < 3; i++) {
        add(f, &actors[i], i);
        assert_int_equal(actors[i].handle, (airs_component)1 << 32 | i);
        assert_int_equal(resolve(f, actors[i].handle, &found), AIRS_OK);
        assert_ptr_equal(found, &actors[i]);
    }
    airs_component stale = actors[1].handle;
    airsi_registry_unregister(&f->registry, &actors[1]);
    assert_int_equal(resolve(f, stale, &found), AIRS_ETARGET_STOPPED);
    airsi_actor between;
    add(f, &between, 7); /* no grace period has passed: a slot of its own */
    assert_int_equal((uint32_t)between.handle, 3);
    airsi_registry_release_slot(&f->registry, stale);
    drop(f, &actors[0]);
    airsi_actor next[2];
    add(f, &next[0], 8);
    add(f, &next[1], 9);
    assert_int_equal(next[0].handle, (airs_component)2 << 32 | 1);
    assert_int_equal(next[1].handle, (airs_component)2 << 32 | 0);
    found = NULL;
    assert_int_equal(resolve(f, stale, &found), AIRS_ETARGET_STOPPED);
    assert_null(found);
}

static void a_handle_that_was_never_issued_is_not_found(void **state) {
    fixture *f = *state;
    airsi_actor actor;
    add(f, &actor, 0);
    airsi_actor *found = NULL;
    const airs_component foreign[] = {0,
                                      1,
                                      actor.handle + 1,
                                      actor.handle + (UINT64_C(1) << 32),
                                      UINT64_MAX,
                                      UINT32_MAX,
                                      UINT64_C(1) << 32 | (1u << 24),
                                      UINT64_C(1) << 32 | 5000};
    for (size_t i = 0; i < sizeof foreign / sizeof *foreign; i++) {
        assert_int_equal(resolve(f, foreign[i], &found), AIRS_ECOMPONENT_NOT_FOUND);
    }
    assert_null(found);
}

static void a_slot_whose_generations_are_used_up_is_retired_I5(void **state) {
    fixture *f = *state;
    airsi_actor actor;
    add(f, &actor, 0);
    drop(f, &actor);
    f->registry.pages[0][0].generation = UINT32_MAX - 1;
    add(f, &actor, 0);
    assert_int_equal(actor.handle, (airs_component)UINT32_MAX << 32);
    drop(f, &actor);
    add(f, &actor, 0);
    assert_int_equal(actor.handle, (airs_component)1 << 32 | 1);
}

static void looking_a_name_up_remembers_nothing(void **state) {
    fixture *f = *state;
    airs_component handle = 99;
    for (uint32_t i = 0; i < 1000; i++) {
        airs_component_id id = id_of(i);
        assert_int_equal(airs_registry_find(&f->registry, &id, &handle), AIRS_ECOMPONENT_NOT_FOUND);
    }
    assert_int_equal(handle, 99);
    assert_int_equal(airs_registry_count(&f->registry), 0);
    assert_int_equal(f->registry.used, 0);
    assert_null(f->registry.pages[0]);
}

static void an_id_is_registered_once(void **state) {
    fixture *f = *state;
    airsi_actor actor;
    add(f, &actor, 0);
    airsi_actor twin = {.id = actor.id};
    assert_int_equal(airsi_registry_register(&f->registry, &twin), AIRS_EALREADY_EXISTS);
    assert_int_equal(twin.handle, 0);
    assert_int_equal(f->registry.used, 1);
    airs_component_id id;
    assert_int_equal(airs_registry_id_of(&f->registry, actor.handle, &id), AIRS_OK);
    assert_true(airs_component_id_equal(&id, &actor.id));
    airs_component handle = 0;
    assert_int_equal(airs_registry_find(&f->registry, &id, &handle), AIRS_OK);
    assert_int_equal(handle, actor.handle);
    airsi_registry_unregister(&f->registry, &actor);
    assert_int_equal(airs_registry_id_of(&f->registry, actor.handle, &id), AIRS_ETARGET_STOPPED);
    assert_int_equal(airsi_registry_register(&f->registry, &twin), AIRS_OK);
}

typedef struct seen {
    const airsi_actor *actors;
    uint32_t count, stop_at;
} seen;

static int note(void *user, airs_component component, const airs_component_id *id) {
    seen *seen = user;
    const airsi_actor *actor = &seen->actors[(uint32_t)component];
    seen->count += actor->handle == component && airs_component_id_equal(id, &actor->id);
    return seen->count == seen->stop_at;
}

static void hundreds_of_thousands_are_found_listed_and_gone_again(void **state) {
    fixture *f = *state;
    airsi_actor *actors = calloc(MANY, sizeof *actors);
    assert_non_null(actors);
    for (uint32_t i = 0; i < MANY; i++) {
        add(f, &actors[i], i);
    }
    assert_int_equal(airs_registry_count(&f->registry), MANY);
    seen all = {.actors = actors};
    airs_registry_list(&f->registry, note, &all);
    assert_int_equal(all.count, MANY);
    seen some = {.actors = actors, .stop_at = 10};
    airs_registry_list(&f->registry, note, &some);
    assert_int_equal(some.count, 10);
    for (uint32_t i = 0; i < MANY; i++) {
        airs_component handle = 0;
        airsi_actor *found = NULL;
        assert_int_equal(airs_registry_find(&f->registry, &actors[i].id, &handle), AIRS_OK);
        assert_int_equal(resolve(f, handle, &found), AIRS_OK);
        assert_ptr_equal(found, &actors[i]);
    }
    for (uint32_t i = 0; i < MANY; i++) {
        drop(f, &actors[i]);
    }
    assert_int_equal(airs_registry_count(&f->registry), 0);
    for (uint32_t i = 0; i < MANY; i++) {
        add(f, &actors[i], i);
        assert_int_equal(actors[i].handle, (airs_component)2 << 32 | i);
    }
    assert_int_equal(f->registry.used, MANY);
    free(actors);
}

#define TESTS(X)                                                               \
    X(a_handle_turns_stale_and_a_slot_is_used_again_the_longest_free_first_I5) \
    X(a_handle_that_was_never_issued_is_not_found)                             \
    X(a_slot_whose_generations_are_used_up_is_retired_I5)                      \
    X(looking_a_name_up_remembers_nothing)                                     \
    X(an_id_is_registered_once)                                                \
    X(hundreds_of_thousands_are_found_listed_and_gone_again)

#define TEST(name) cmocka_unit_test_setup_teardown(name, make, unmake),

int main(void) {
    const struct CMUnitTest tests[] = {TESTS(TEST)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
