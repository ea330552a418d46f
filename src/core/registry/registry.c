#include "core/registry/registry.h"

#include <string.h>

#include "base/memory.h"

#define LIST_BATCH 32 /* components copied at once for who lists them */

airs_status airsi_registry_init(airs_registry *registry, airsi_reclaim *reclaim) {
    memset(registry, 0, sizeof *registry);
    registry->reclaim = reclaim;
    airs_status status = airsi_names_init(&registry->names);
    if (status == AIRS_OK) {
        airsi_spin_init(&registry->lock, AIRSI_RANK_REGISTRY);
    }
    return status;
}

void airsi_registry_fini(airs_registry *registry) {
    if (registry->names.newest == NULL) {
        return;
    }
    for (size_t i = 0; i < AIRSI_REGISTRY_PAGES; i++) {
        airsi_free(airsi_load_relaxed(&registry->pages[i]));
    }
    airsi_names_fini(&registry->names);
}

static airsi_slot *slot_at(airs_registry *registry, uint32_t index) {
    airsi_slot *page = airsi_load_acquire(&registry->pages[index >> AIRSI_REGISTRY_PAGE_BITS]);
    return page != NULL ? &page[index & ((1u << AIRSI_REGISTRY_PAGE_BITS) - 1)] : NULL;
}

/* An index whose slot is free, the longest free first. */
static airs_status take_slot(airs_registry *registry, uint32_t *ret_index) {
    if (registry->first_free != 0) {
        uint32_t index = registry->first_free - 1;
        airsi_slot *slot = slot_at(registry, index);
        registry->first_free = slot->next_free;
        if (registry->first_free == 0) {
            registry->last_free = 0;
        }
        *ret_index = index;
        return AIRS_OK;
    }
    uint32_t index = airsi_load_relaxed(&registry->used);
    uint32_t page = index >> AIRSI_REGISTRY_PAGE_BITS;
    if (page >= AIRSI_REGISTRY_PAGES) {
        return AIRS_ELIMIT_REACHED;
    }
    if (airsi_load_relaxed(&registry->pages[page]) == NULL) {
        airsi_slot *slots = airsi_calloc((size_t)1 << AIRSI_REGISTRY_PAGE_BITS, sizeof *slots);
        if (slots == NULL) {
            return AIRS_ENOMEM;
        }
        /* E15 release, pairs with E14. */
        airsi_store_release(&registry->pages[page], slots);
    }
    airsi_store_relaxed(&registry->used, index + 1);
    *ret_index = index;
    return AIRS_OK;
}

static void give_slot(airs_registry *registry, uint32_t index) {
    slot_at(registry, index)->next_free = 0;
    if (registry->last_free != 0) {
        slot_at(registry, registry->last_free - 1)->next_free = index + 1;
    } else {
        registry->first_free = index + 1;
    }
    registry->last_free = index + 1;
}

static void add_to_count(airs_registry *registry, int32_t difference) {
    airsi_store_relaxed(&registry->count, airsi_load_relaxed(&registry->count) + (uint32_t)difference);
}

/* Under the lock. The id is not registered. */
static airs_status put_in(airs_registry *registry, airsi_actor *actor) {
    uint32_t index = 0;
    airs_status status = airsi_names_reserve(&registry->names, registry->reclaim);
    if (status == AIRS_OK) {
        status = take_slot(registry, &index);
    }
    if (status != AIRS_OK) {
        return status;
    }
    airsi_slot *slot = slot_at(registry, index);
    uint32_t generation = airsi_load_relaxed(&slot->generation) + 1;
    actor->handle = (airs_component)generation << 32 | index;
    airsi_store_relaxed(&slot->generation, generation);
    /* E17 release, pairs with E16. From here on nothing may fail: a guessed handle finds the actor. */
    airsi_store_release(&slot->actor, actor);
    airsi_names_add(&registry->names, registry->reclaim, actor->id.hash, index);
    add_to_count(registry, 1);
    return AIRS_OK;
}

airs_status airsi_registry_register(airs_registry *registry, airsi_actor *actor) {
    airsi_spin_lock(&registry->lock);
    airs_status status = airsi_registry_find(registry, airsi_id_look(&actor->id)) != NULL ? AIRS_EALREADY_EXISTS : put_in(registry, actor);
    airsi_spin_unlock(&registry->lock);
    return status;
}

void airsi_registry_unregister(airs_registry *registry, airsi_actor *actor) {
    uint32_t index = (uint32_t)actor->handle;
    airsi_spin_lock(&registry->lock);
    airsi_names_remove(&registry->names, registry->reclaim, actor->id.hash, index);
    airsi_store_relaxed(&slot_at(registry, index)->actor, NULL);
    add_to_count(registry, -1);
    airsi_spin_unlock(&registry->lock);
}

void airsi_registry_release_slot(airs_registry *registry, airs_component handle) {
    if ((uint32_t)(handle >> 32) == UINT32_MAX) {
        return; /* Its generations are used up: the slot is retired. */
    }
    airsi_spin_lock(&registry->lock);
    give_slot(registry, (uint32_t)handle);
    airsi_spin_unlock(&registry->lock);
}

airs_status airs_registry_find(airs_registry *registry, const airs_component_id *id, airs_component *ret_component) {
    if (registry == NULL || id == NULL || ret_component == NULL) {
        return AIRS_EINVAL;
    }
    airsi_record *record = airsi_reclaim_enter(registry->reclaim);
    if (record == NULL) {
        return AIRS_ENOMEM;
    }
    const airsi_actor *actor = airsi_registry_find(registry, airsi_component_id_look(id));
    if (actor != NULL) {
        *ret_component = actor->handle;
    }
    airsi_reclaim_leave(record);
    return actor != NULL ? AIRS_OK : AIRS_ECOMPONENT_NOT_FOUND;
}

airs_status airs_registry_id_of(airs_registry *registry, airs_component component, airs_component_id *ret_id) {
    if (registry == NULL || ret_id == NULL) {
        return AIRS_EINVAL;
    }
    airsi_record *record = airsi_reclaim_enter(registry->reclaim);
    if (record == NULL) {
        return AIRS_ENOMEM;
    }
    airsi_actor *actor = NULL;
    airs_status status = airsi_registry_resolve(registry, component, &actor);
    if (status == AIRS_OK) {
        *ret_id = airsi_id_expand(&actor->id);
    }
    airsi_reclaim_leave(record);
    return status;
}

size_t airs_registry_count(airs_registry *registry) {
    return registry != NULL ? airsi_load_relaxed(&registry->count) : 0;
}

typedef struct entry {
    airs_component component;
    airs_component_id id;
} entry;

/* Copies what is registered in the slots from `*index` on, until the batch is full or there are no more. Thread: online. */
static size_t copy_batch(airs_registry *registry, uint32_t *index, entry *entries) {
    size_t count = 0;
    uint32_t used = airsi_load_relaxed(&registry->used);
    for (; *index < used && count < LIST_BATCH; ++*index) {
        const airsi_slot *slot = slot_at(registry, *index);
        const airsi_actor *actor = slot != NULL ? airsi_load_acquire(&slot->actor) : NULL; /* E16 */
        if (actor != NULL) {
            entries[count].component = actor->handle;
            entries[count].id = airsi_id_expand(&actor->id);
            count++;
        }
    }
    return count;
}

airs_status airs_registry_list(airs_registry *registry, int (*visit)(void *user, airs_component component, const airs_component_id *id),
                               void *user) {
    if (registry == NULL || visit == NULL) {
        return AIRS_EINVAL;
    }
    entry entries[LIST_BATCH];
    uint32_t index = 0;
    size_t count;
    do {
        airsi_record *record = airsi_reclaim_enter(registry->reclaim);
        if (record == NULL) {
            return AIRS_ENOMEM;
        }
        count = copy_batch(registry, &index, entries);
        airsi_reclaim_leave(record);
        for (size_t i = 0; i < count; i++) {
            if (visit(user, entries[i].component, &entries[i].id) != 0) {
                return AIRS_OK;
            }
        }
    } while (count == LIST_BATCH);
    return AIRS_OK;
}
