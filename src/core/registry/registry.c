#include "core/registry/registry.h"

#include <string.h>

#include "base/hash.h"
#include "base/memory.h"
#include "base/random.h"
#include "core/actor/actor.h"

#define FIRST_BUCKETS 64

airs_status airsi_registry_init(airs_registry *registry, airsi_reclaim *reclaim) {
    memset(registry, 0, sizeof *registry);
    registry->reclaim = reclaim;
    if (airsi_random_bytes(registry->key, sizeof registry->key) != 0) {
        return AIRS_EUNAVAILABLE;
    }
    registry->buckets = airsi_calloc(FIRST_BUCKETS, sizeof *registry->buckets);
    if (registry->buckets == NULL) {
        return AIRS_ENOMEM;
    }
    registry->bucket_count = FIRST_BUCKETS;
    airsi_rwlock_init(&registry->lock, AIRSI_RANK_REGISTRY);
    return AIRS_OK;
}

void airsi_registry_fini(airs_registry *registry) {
    if (registry->buckets == NULL) {
        return;
    }
    for (size_t i = 0; i < AIRSI_REGISTRY_PAGES; i++) {
        airsi_free(airsi_load_relaxed(&registry->pages[i]));
    }
    airsi_free(registry->buckets);
    airsi_rwlock_fini(&registry->lock);
}

static airsi_slot *slot_at(airs_registry *registry, uint32_t index) {
    airsi_slot *page = airsi_load_acquire(&registry->pages[index >> AIRSI_REGISTRY_PAGE_BITS]);
    return page != NULL ? &page[index & ((1u << AIRSI_REGISTRY_PAGE_BITS) - 1)] : NULL;
}

static struct airsi_actor **bucket_of(airs_registry *registry, const airs_component_id *id) {
    uint64_t hash = airsi_siphash(registry->key, id->text, id->length);
    return &registry->buckets[hash & (registry->bucket_count - 1)];
}

static struct airsi_actor *find(airs_registry *registry, const airs_component_id *id) {
    for (struct airsi_actor *actor = *bucket_of(registry, id); actor != NULL; actor = actor->registry_next) {
        if (airs_component_id_equal(&actor->id, id)) {
            return actor;
        }
    }
    return NULL;
}

/* Twice the buckets; when there is no memory chains just get longer. */
static void grow(airs_registry *registry) {
    size_t old_count = registry->bucket_count;
    struct airsi_actor **old = registry->buckets;
    struct airsi_actor **larger = airsi_calloc(old_count * 2, sizeof *larger);
    if (larger == NULL) {
        return;
    }
    registry->buckets = larger;
    registry->bucket_count = old_count * 2;
    for (size_t i = 0; i < old_count; i++) {
        for (struct airsi_actor *actor = old[i]; actor != NULL;) {
            struct airsi_actor *next = actor->registry_next;
            struct airsi_actor **bucket = bucket_of(registry, &actor->id);
            actor->registry_next = *bucket;
            *bucket = actor;
            actor = next;
        }
    }
    airsi_free(old);
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
    uint32_t index = registry->used;
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
    registry->used++;
    *ret_index = index;
    return AIRS_OK;
}

airs_status airsi_registry_register(airs_registry *registry, struct airsi_actor *actor) {
    airsi_lock_exclusive(&registry->lock);
    uint32_t index = 0;
    airs_status status = find(registry, &actor->id) != NULL ? AIRS_EALREADY_EXISTS : take_slot(registry, &index);
    if (status == AIRS_OK) {
        if (registry->count >= registry->bucket_count) {
            grow(registry);
        }
        airsi_slot *slot = slot_at(registry, index);
        uint32_t generation = airsi_load_relaxed(&slot->generation) + 1;
        airsi_store_relaxed(&slot->generation, generation);
        actor->handle = (airs_component)generation << 32 | index;
        struct airsi_actor **bucket = bucket_of(registry, &actor->id);
        actor->registry_next = *bucket;
        *bucket = actor;
        registry->count++;
        /* E17 release, pairs with E16. */
        airsi_store_release(&slot->actor, actor);
    }
    airsi_unlock_rw(&registry->lock);
    return status;
}

void airsi_registry_unregister(airs_registry *registry, struct airsi_actor *actor) {
    airsi_lock_exclusive(&registry->lock);
    for (struct airsi_actor **at = bucket_of(registry, &actor->id); *at != NULL; at = &(*at)->registry_next) {
        if (*at == actor) {
            *at = actor->registry_next;
            registry->count--;
            break;
        }
    }
    airsi_store_release(&slot_at(registry, (uint32_t)actor->handle)->actor, NULL);
    airsi_unlock_rw(&registry->lock);
}

void airsi_registry_release_slot(airs_registry *registry, airs_component handle) {
    uint32_t index = (uint32_t)handle;
    if ((uint32_t)(handle >> 32) == UINT32_MAX) {
        return; /* Its generations are used up: the slot is retired. */
    }
    airsi_lock_exclusive(&registry->lock);
    slot_at(registry, index)->next_free = 0;
    if (registry->last_free != 0) {
        slot_at(registry, registry->last_free - 1)->next_free = index + 1;
    } else {
        registry->first_free = index + 1;
    }
    registry->last_free = index + 1;
    airsi_unlock_rw(&registry->lock);
}

airs_status airs_registry_find(airs_registry *registry, const airs_component_id *id, airs_component *ret_component) {
    airsi_lock_shared(&registry->lock);
    const struct airsi_actor *actor = find(registry, id);
    if (actor != NULL) {
        *ret_component = actor->handle;
    }
    airsi_unlock_rw(&registry->lock);
    return actor != NULL ? AIRS_OK : AIRS_ECOMPONENT_NOT_FOUND;
}

airs_status airs_registry_id_of(airs_registry *registry, airs_component component, airs_component_id *ret_id) {
    airsi_record *record = airsi_reclaim_enter(registry->reclaim);
    if (record == NULL) {
        return AIRS_ENOMEM;
    }
    struct airsi_actor *actor = NULL;
    airs_status status = airsi_registry_resolve(registry, component, &actor);
    if (status == AIRS_OK) {
        *ret_id = actor->id;
    }
    airsi_reclaim_leave(record);
    return status;
}

size_t airs_registry_count(airs_registry *registry) {
    airsi_lock_shared(&registry->lock);
    size_t count = registry->count;
    airsi_unlock_rw(&registry->lock);
    return count;
}

void airs_registry_list(airs_registry *registry, int (*visit)(void *user, airs_component component, const airs_component_id *id),
                        void *user) {
    airsi_lock_shared(&registry->lock);
    for (size_t i = 0; i < registry->bucket_count; i++) {
        for (const struct airsi_actor *actor = registry->buckets[i]; actor != NULL; actor = actor->registry_next) {
            if (visit(user, actor->handle, &actor->id) != 0) {
                goto out;
            }
        }
    }
out:
    airsi_unlock_rw(&registry->lock);
}
