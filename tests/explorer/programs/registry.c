/* Handles and names: resolved and found without a lock, while one writer at a time registers and unregisters. */
#include "core/registry/registry.h"

#include <string.h>

#include "base/memory.h"
#include "explorer/programs/programs.h"

static airsi_reclaim reclaim;
static airsi_record *records[3];

static void make_records(void) {
    EXPLORER_CHECK(airsi_reclaim_init(&reclaim, NULL) == AIRS_OK);
    for (int i = 0; i < 3; i++) {
        records[i] = airsi_record_new(&reclaim);
    }
}

/* ---- names: the table is left for a larger one while somebody looks ---- */

#define BEFORE 31 /* names that fill the first table, but for the next */

static airsi_names names;
static int slots[64]; /* plain: what a name leads to */

static uint64_t hash_of(unsigned i) {
    return (i + 1) * 0x9E3779B97F4A7C15u;
}

static void add(unsigned i) {
    slots[i] = (int)i + 1;
    EXPLORER_CHECK(airsi_names_reserve(&names, &reclaim) == AIRS_OK);
    airsi_names_add(&names, &reclaim, hash_of(i), i);
}

/* The names that the reader looks for are all that matter; the others only fill the table. */
static void fill_names(void) {
    make_records();
    memset(slots, 0, sizeof slots);
    memset(&names, 0, sizeof names);
    EXPLORER_CHECK(airsi_names_init(&names) == AIRS_OK);
    add(0);
    add(1);
    names.newest->taken = BEFORE; /* as if thirty more had come and gone */
    explorer_name(&names.oldest, sizeof names.oldest, "names.oldest");
    explorer_name(&names.newest->larger, sizeof names.newest->larger, "names.table.larger");
    explorer_name(names.newest->words, (names.newest->mask + 1) * sizeof names.newest->words[0], "names.table.words");
}

static bool find(unsigned i) {
    airsi_names_walk walk = airsi_names_begin(&names, hash_of(i));
    uint32_t index = 0;
    while (airsi_names_next(&walk, &index)) {
        EXPLORER_CHECK(slots[index] == (int)index + 1);
        if (index == i) {
            return true;
        }
    }
    return false;
}

static void find_or_grow(unsigned index) {
    if (index == 0) {
        add(2);
        airsi_reclaim_collect(&reclaim);
        return;
    }
    airsi_record_online(records[index]);
    EXPLORER_CHECK(find(0)); /* it was there all the time */
    find(2);
    if (programs_depth > 0) {
        EXPLORER_CHECK(find(1));
    }
    airsi_record_offline(records[index]);
}

PROGRAM(names_find_while_growing, 2, fill_names, find_or_grow, NULL)

/* ---- handles ---- */

static airs_registry *registry;
static airsi_actor *actor;
static airs_component handle;

static void make_registry(void) {
    make_records();
    registry = airsi_malloc(sizeof *registry);
    EXPLORER_CHECK(airsi_registry_init(registry, &reclaim) == AIRS_OK);
    handle = (airs_component)1 << 32;
}

static void free_actor(airsi_garbage *garbage) {
    airsi_free((char *)garbage - offsetof(airsi_actor, garbage));
}

static void resolve_or_register(unsigned index) {
    if (index == 0) {
        actor = airsi_malloc(sizeof *actor);
        actor->id.length = 0;
        actor->id.hash = 7;
        actor->phase = AIRSI_PHASE_RUNNING;
        EXPLORER_CHECK(airsi_registry_register(registry, actor) == AIRS_OK);
        EXPLORER_CHECK(actor->handle == handle);
        if (programs_depth > 0) {
            airsi_registry_unregister(registry, actor);
            actor->garbage.free = free_actor;
            airsi_reclaim_retire(&reclaim, &actor->garbage);
            airsi_reclaim_collect(&reclaim);
        }
        return;
    }
    airsi_actor *found = NULL;
    airsi_record_online(records[index]);
    if (airsi_registry_resolve(registry, handle, &found) == AIRS_OK) {
        EXPLORER_CHECK(found->phase == AIRSI_PHASE_RUNNING && found->handle == handle);
    }
    airsi_record_offline(records[index]);
}

PROGRAM(registry_resolve_while_registering, 2, make_registry, resolve_or_register, NULL)

static void find_or_register(unsigned index) {
    if (index == 0) {
        resolve_or_register(index);
        return;
    }
    airsi_id_view id = {.hash = 7};
    airsi_record_online(records[index]);
    const airsi_actor *found = airsi_registry_find(registry, id);
    if (found != NULL) {
        EXPLORER_CHECK(found->phase == AIRSI_PHASE_RUNNING && found->handle == handle);
    }
    airsi_record_offline(records[index]);
}

PROGRAM(registry_find_while_registering, 2, make_registry, find_or_register, NULL)
