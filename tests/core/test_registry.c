/* Ids to handles, handles to actors. */
#include "kit.h"

#include <malloc.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/actor/actor.h"
#include "core/registry/registry.h"

#define MANY 300000u
#define RENEWED 500u
#define CROWD 400u
#define CROWD_ROUNDS 40u
/* A sanitizer's malloc tells mallinfo nothing, so there it is only run. */
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define UNKNOWN 100000u
#else
#define UNKNOWN 10000000u
#endif

typedef struct fixture {
    airsi_reclaim reclaim;
    airs_registry registry;
    airsi_actor *made; /* all there are, chained */
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
    while (f->made != NULL) {
        airsi_actor *actor = f->made;
        f->made = actor->all_next;
        free(actor);
    }
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

/* One that is nothing but its id. */
static airsi_actor *new_actor(uint32_t number) {
    airs_component_id id = id_of(number);
    airsi_actor *actor = calloc(1, offsetof(airsi_actor, id.text) + airsi_id_text_bytes(&id));
    assert_non_null(actor);
    airsi_id_init(&actor->id, &id);
    return actor;
}

/* One that goes with the fixture. */
static airsi_actor *make_actor(fixture *f, uint32_t number) {
    airsi_actor *actor = new_actor(number);
    actor->all_next = f->made;
    f->made = actor;
    return actor;
}

static airsi_actor *add(fixture *f, uint32_t number) {
    airsi_actor *actor = make_actor(f, number);
    assert_int_equal(airsi_registry_register(&f->registry, actor), AIRS_OK);
    return actor;
}

static airs_status find(fixture *f, const airsi_actor *actor, airs_component *ret_component) {
    airs_component_id id = airsi_id_expand(&actor->id);
    return airs_registry_find(&f->registry, &id, ret_component);
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
    airsi_actor *actors[3];
    airsi_actor *found = NULL;
    for (uint32_t i = 0; i < 3; i++) {
        actors[i] = add(f, i);
        assert_int_equal(actors[i]->handle, (airs_component)1 << 32 | i);
        assert_int_equal(resolve(f, actors[i]->handle, &found), AIRS_OK);
        assert_ptr_equal(found, actors[i]);
    }
    airs_component stale = actors[1]->handle;
    airsi_registry_unregister(&f->registry, actors[1]);
    assert_int_equal(resolve(f, stale, &found), AIRS_ETARGET_STOPPED);
    /* No grace period has passed: a slot of its own. */
    assert_int_equal((uint32_t)add(f, 7)->handle, 3);
    airsi_registry_release_slot(&f->registry, stale);
    drop(f, actors[0]);
    assert_int_equal(add(f, 8)->handle, (airs_component)2 << 32 | 1);
    assert_int_equal(add(f, 9)->handle, (airs_component)2 << 32 | 0);
    found = NULL;
    assert_int_equal(resolve(f, stale, &found), AIRS_ETARGET_STOPPED);
    assert_null(found);
}

static void a_handle_that_was_never_issued_is_not_found(void **state) {
    fixture *f = *state;
    airs_component issued = add(f, 0)->handle;
    airsi_actor *found = NULL;
    const airs_component foreign[] = {
        0, 1, issued + 1, issued + (UINT64_C(1) << 32), UINT64_MAX, UINT32_MAX, UINT64_C(1) << 32 | (1u << 24), UINT64_C(1) << 32 | 5000};
    for (size_t i = 0; i < sizeof foreign / sizeof *foreign; i++) {
        assert_int_equal(resolve(f, foreign[i], &found), AIRS_ECOMPONENT_NOT_FOUND);
    }
    assert_null(found);
}

static void a_slot_whose_generations_are_used_up_is_retired_I5(void **state) {
    fixture *f = *state;
    drop(f, add(f, 0));
    f->registry.pages[0][0].generation = UINT32_MAX - 1;
    airsi_actor *last = add(f, 0);
    assert_int_equal(last->handle, (airs_component)UINT32_MAX << 32);
    drop(f, last);
    assert_int_equal(add(f, 0)->handle, (airs_component)1 << 32 | 1);
    airsi_actor *found = NULL;
    assert_int_equal(resolve(f, last->handle, &found), AIRS_ETARGET_STOPPED);
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

/* Written straight into the text, so that most of the time goes into the look-up. */
static void ten_million_unknown_names_leave_memory_as_it_was(void **state) {
    fixture *f = *state;
    for (uint32_t i = 0; i < 10; i++) {
        add(f, i);
    }
    airs_component handle = 99;
    char text[] = "none/such/00000000";
    struct mallinfo2 before = mallinfo2();
    for (uint32_t i = 0; i < UNKNOWN; i++) {
        for (uint32_t at = sizeof text - 2, rest = i; text[at] != '/'; at--, rest /= 10) {
            text[at] = (char)('0' + rest % 10);
        }
        airs_component_id id;
        airs_component_id_parse(text, sizeof text - 1, &id, NULL);
        if (airs_registry_find(&f->registry, &id, &handle) != AIRS_ECOMPONENT_NOT_FOUND) {
            fail_msg("%s was found", text);
        }
    }
    struct mallinfo2 after = mallinfo2();
    assert_true(after.uordblks <= before.uordblks + 4096); /* this thread's record */
    assert_int_equal(after.hblkhd, before.hblkhd);
    assert_int_equal(f->registry.used, 10);
    assert_int_equal(f->registry.names.count, 10);
}

static void ids_whose_hashes_are_the_same_are_told_apart(void **state) {
    fixture *f = *state;
    airsi_actor *actors[20];
    for (uint32_t i = 0; i < 20; i++) {
        actors[i] = make_actor(f, i);
        actors[i]->id.hash = 42;
        assert_int_equal(airsi_registry_register(&f->registry, actors[i]), AIRS_OK);
    }
    airs_component handle = 0;
    for (uint32_t i = 0; i < 20; i++) {
        assert_int_equal(find(f, actors[i], &handle), AIRS_OK);
        assert_int_equal(handle, actors[i]->handle);
    }
    airsi_registry_unregister(&f->registry, actors[7]);
    assert_int_equal(find(f, actors[7], &handle), AIRS_ECOMPONENT_NOT_FOUND);
    assert_int_equal(find(f, actors[8], &handle), AIRS_OK);
}

static void an_id_is_registered_once(void **state) {
    fixture *f = *state;
    airsi_actor *actor = add(f, 0);
    airsi_actor *twin = make_actor(f, 0);
    assert_int_equal(airsi_registry_register(&f->registry, twin), AIRS_EALREADY_EXISTS);
    assert_int_equal(twin->handle, 0);
    assert_int_equal(f->registry.used, 1);
    airs_component_id id;
    assert_int_equal(airs_registry_id_of(&f->registry, actor->handle, &id), AIRS_OK);
    airs_component_id zero = id_of(0);
    assert_memory_equal(&id, &zero, sizeof id);
    airs_component handle = 0;
    assert_int_equal(airs_registry_find(&f->registry, &id, &handle), AIRS_OK);
    assert_int_equal(handle, actor->handle);
    airsi_registry_unregister(&f->registry, actor);
    assert_int_equal(airs_registry_id_of(&f->registry, actor->handle, &id), AIRS_ETARGET_STOPPED);
    assert_int_equal(airsi_registry_register(&f->registry, twin), AIRS_OK);
}

typedef struct seen {
    airsi_actor **actors;
    uint32_t count, stop_at;
} seen;

static int note(void *user, airs_component component, const airs_component_id *id) {
    seen *seen = user;
    const airsi_actor *actor = seen->actors[(uint32_t)component];
    seen->count += actor->handle == component && airsi_id_equal(airsi_component_id_look(id), airsi_id_look(&actor->id));
    return seen->count == seen->stop_at;
}

static void hundreds_of_thousands_are_found_listed_and_gone_again(void **state) {
    fixture *f = *state;
    airsi_actor **actors = calloc(MANY, sizeof(airsi_actor *));
    assert_non_null(actors);
    for (uint32_t i = 0; i < MANY; i++) {
        actors[i] = add(f, i);
    }
    assert_int_equal(airs_registry_count(&f->registry), MANY);
    seen all = {.actors = actors};
    assert_int_equal(airs_registry_list(&f->registry, note, &all), AIRS_OK);
    assert_int_equal(all.count, MANY);
    seen some = {.actors = actors, .stop_at = 10};
    assert_int_equal(airs_registry_list(&f->registry, note, &some), AIRS_OK);
    assert_int_equal(some.count, 10);
    for (uint32_t i = 0; i < MANY; i++) {
        airs_component handle = 0;
        airsi_actor *found = NULL;
        assert_int_equal(find(f, actors[i], &handle), AIRS_OK);
        assert_int_equal(resolve(f, handle, &found), AIRS_OK);
        assert_ptr_equal(found, actors[i]);
    }
    for (uint32_t i = 0; i < MANY; i++) {
        drop(f, actors[i]);
    }
    assert_int_equal(airs_registry_count(&f->registry), 0);
    for (uint32_t i = 0; i < MANY; i++) {
        assert_int_equal(airsi_registry_register(&f->registry, actors[i]), AIRS_OK);
        assert_int_equal(actors[i]->handle, (airs_component)2 << 32 | i);
    }
    assert_int_equal(f->registry.used, MANY);
    free(actors);
}

/* Of the actors of a system: the visitor looks up, stops it, and spawns another. */
typedef struct renewal {
    airs_system *system;
    kit_actor *actors;
    uint32_t visited;
} renewal;

static int renew(void *user, airs_component component, const airs_component_id *id) {
    renewal *r = user;
    airs_component found = 0;
    if (id->name_at != sizeof "old/" - 1) {
        return 0; /* one of the new ones */
    }
    assert_int_equal(airs_registry_find(airs_system_registry(r->system), id, &found), AIRS_OK);
    assert_int_equal(found, component);
    assert_int_equal(airs_stop(r->system, component), AIRS_OK);
    char text[32];
    snprintf(text, sizeof text, "newer/actor/%u", r->visited);
    kit_spawn(r->system, text, &r->actors[RENEWED + r->visited]);
    r->visited++;
    return 0;
}

static void who_lists_may_look_up_stop_and_spawn(void **state) {
    (void)state;
    kit_actor *actors = calloc(2 * (size_t)RENEWED, sizeof *actors);
    assert_non_null(actors);
    renewal r = {.system = kit_system(2), .actors = actors};
    for (uint32_t i = 0; i < 2 * RENEWED; i++) {
        actors[i].handle = kit_count;
    }
    for (uint32_t i = 0; i < RENEWED; i++) {
        char text[32];
        snprintf(text, sizeof text, "old/actor/%u", i);
        kit_spawn(r.system, text, &actors[i]);
    }
    kit_start(r.system);
    assert_int_equal(airs_registry_list(airs_system_registry(r.system), renew, &r), AIRS_OK);
    assert_int_equal(r.visited, RENEWED);
    assert_int_equal(airs_system_wait_quiescent(r.system, 60000), AIRS_OK);
    for (uint32_t i = 0; i < RENEWED; i++) {
        assert_int_equal(actors[i].stops, 1);
    }
    assert_int_equal(airs_registry_count(airs_system_registry(r.system)), RENEWED);
    kit_finish(r.system);
    free(actors);
}

typedef struct crowd {
    fixture *f;
    atomic_int *stop;
    airsi_actor **resident;
    uint32_t first; /* of the ids that come and go by this thread's hand */
    uint64_t missed;
} crowd;

static void free_transient(airsi_garbage *garbage) {
    airsi_actor *actor = (airsi_actor *)(void *)((char *)garbage - offsetof(airsi_actor, garbage));
    airsi_registry_release_slot(&((fixture *)actor->state)->registry, actor->handle);
    free(actor);
}

static void come_and_go_once(crowd *c) {
    airs_registry *registry = &c->f->registry;
    airsi_actor *mine[CROWD];
    for (uint32_t i = 0; i < CROWD; i++) {
        mine[i] = new_actor(c->first + i);
        mine[i]->state = c->f;
        assert_int_equal(airsi_registry_register(registry, mine[i]), AIRS_OK);
    }
    for (uint32_t i = 0; i < CROWD; i++) {
        c->missed += airsi_registry_find(registry, airsi_id_look(&mine[i]->id)) != mine[i];
        airsi_registry_unregister(registry, mine[i]);
        c->missed += airsi_registry_find(registry, airsi_id_look(&mine[i]->id)) != NULL;
        mine[i]->garbage.free = free_transient;
        airsi_reclaim_retire(&c->f->reclaim, &mine[i]->garbage);
    }
}

/* Registers and unregisters ids of its own; all it has registered is found until it is not. */
static void *come_and_go(void *argument) {
    crowd *c = argument;
    airsi_record *record = airsi_record_new(&c->f->reclaim);
    for (uint32_t round = 0; round < CROWD_ROUNDS; round++) {
        airsi_record_online(record);
        come_and_go_once(c);
        airsi_record_offline(record);
        airsi_reclaim_collect(&c->f->reclaim);
    }
    airsi_record_free(record);
    return NULL;
}

/* Looks for what is there all the time, and for what may be there. */
static void *look_around(void *argument) {
    crowd *c = argument;
    airs_registry *registry = &c->f->registry;
    while (!atomic_load(c->stop)) {
        for (uint32_t i = 0; i < CROWD; i++) {
            airs_component handle = 0;
            airs_status status = find(c->f, c->resident[i], &handle);
            c->missed += status != AIRS_OK || handle != c->resident[i]->handle;
            airs_component_id other = id_of(c->first + i);
            if (airs_registry_find(registry, &other, &handle) == AIRS_OK) {
                airs_component_id again;
                c->missed += airs_registry_id_of(registry, handle, &again) == AIRS_OK && !airs_component_id_equal(&other, &again);
            }
        }
    }
    return NULL;
}

static void nobody_is_missed_while_others_come_and_go_I5(void **state) {
    fixture *f = *state;
    airsi_actor *resident[CROWD];
    for (uint32_t i = 0; i < CROWD; i++) {
        resident[i] = add(f, i);
    }
    atomic_int stop = 0;
    pthread_t threads[4];
    crowd crowds[4];
    for (uint32_t i = 0; i < 4; i++) {
        crowds[i] = (crowd){.f = f, .stop = &stop, .resident = resident, .first = (i % 2 + 1) * 100000};
        assert_int_equal(pthread_create(&threads[i], NULL, i < 2 ? come_and_go : look_around, &crowds[i]), 0);
    }
    for (uint32_t i = 0; i < 4; i++) {
        pthread_join(threads[i], NULL);
        atomic_store(&stop, i >= 1); /* both writers are done */
        assert_int_equal(crowds[i].missed, 0);
    }
    assert_int_equal(airs_registry_count(&f->registry), CROWD);
}

#define TESTS(X)                                                               \
    X(a_handle_turns_stale_and_a_slot_is_used_again_the_longest_free_first_I5) \
    X(a_handle_that_was_never_issued_is_not_found)                             \
    X(a_slot_whose_generations_are_used_up_is_retired_I5)                      \
    X(looking_a_name_up_remembers_nothing)                                     \
    X(ten_million_unknown_names_leave_memory_as_it_was)                        \
    X(ids_whose_hashes_are_the_same_are_told_apart)                            \
    X(an_id_is_registered_once)                                                \
    X(hundreds_of_thousands_are_found_listed_and_gone_again)                   \
    X(who_lists_may_look_up_stop_and_spawn)                                    \
    X(nobody_is_missed_while_others_come_and_go_I5)

#define TEST(name) cmocka_unit_test_setup_teardown(name, make, unmake),

int main(void) {
    const struct CMUnitTest tests[] = {TESTS(TEST)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
