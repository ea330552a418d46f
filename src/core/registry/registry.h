/* ComponentRegistry: ids to handles, and handles to actors.
 *
 * Slots sit in pages that never move. A handle {generation, index} resolves by two dependent loads and a compare, without a lock, on a thread
 * that is online (reclaim.h). A slot goes back to its FIFO free list only after a grace period, so a reader that found its generation can't
 * meet the next occupant (I5); a generation that reaches its maximum retires the slot. Names lead to slots (names.h), without a lock too;
 * looking one up never stores it. */
#ifndef AIRSI_CORE_REGISTRY_H
#define AIRSI_CORE_REGISTRY_H

#include <stddef.h>
#include <stdint.h>

#include <airs/registry.h>

#include "base/atomic.h"
#include "base/lock.h"
#include "core/actor/actor.h"
#include "core/reclaim/reclaim.h"
#include "core/registry/names.h"

#define AIRSI_REGISTRY_PAGE_BITS 12
#define AIRSI_REGISTRY_PAGES 4096 /* of 4,096 slots: 16,777,216 components at once */

_Static_assert(AIRSI_REGISTRY_PAGES == 1 << (AIRSI_NAMES_INDEX_BITS - AIRSI_REGISTRY_PAGE_BITS), "a name's word holds any index");

typedef struct airsi_slot {
    AIRSI_ATOMIC(airsi_actor *) actor; /* any thread, atomic: NULL when unregistered */
    AIRSI_ATOMIC(uint32_t) generation; /* any thread reads; the lock's holder writes */
    uint32_t next_free;                /* under the lock: index + 1 */
} airsi_slot;

struct airs_registry {
    AIRSI_ATOMIC(airsi_slot *) pages[AIRSI_REGISTRY_PAGES]; /* any thread, atomic; written once each, under the lock */
    airsi_names names;                                      /* any thread reads; the lock's holder writes */
    airsi_reclaim *reclaim;                                 /* const after init */
    airsi_spinlock lock;                                    /* one writer at a time */
    AIRSI_ATOMIC(uint32_t) used;                            /* any thread reads; under the lock: slots ever used */
    AIRSI_ATOMIC(uint32_t) count;                           /* any thread reads; under the lock: registered */
    uint32_t first_free, last_free;                         /* under the lock: index + 1; FIFO */
};

airs_status airsi_registry_init(airs_registry *registry, airsi_reclaim *reclaim);
void airsi_registry_fini(airs_registry *registry);

/* Gives the actor's id a handle, written to actor->handle before anybody can find it. Errors: AIRS_EALREADY_EXISTS, AIRS_ELIMIT_REACHED, AIRS_ENOMEM. */
airs_status airsi_registry_register(airs_registry *registry, airsi_actor *actor);

/* Neither the id nor the handle finds the actor any more. The slot is reused after airsi_registry_release_slot. */
void airsi_registry_unregister(airs_registry *registry, airsi_actor *actor);

/* After a grace period. */
void airsi_registry_release_slot(airs_registry *registry, airs_component handle);

/* The actor of a handle. Thread: online. Errors: AIRS_ECOMPONENT_NOT_FOUND (never issued), AIRS_ETARGET_STOPPED (stale). */
static inline airs_status airsi_registry_resolve(airs_registry *registry, airs_component handle, airsi_actor **ret_actor) {
    uint32_t index = (uint32_t)handle;
    uint32_t generation = (uint32_t)(handle >> 32);
    if (generation == 0 || (index >> AIRSI_REGISTRY_PAGE_BITS) >= AIRSI_REGISTRY_PAGES) {
        return AIRS_ECOMPONENT_NOT_FOUND;
    }
    /* E14 acquire, pairs with E15 in register: the page is zeroed before it can be found. */
    airsi_slot *page = airsi_load_acquire(&registry->pages[index >> AIRSI_REGISTRY_PAGE_BITS]);
    if (page == NULL) {
        return AIRS_ECOMPONENT_NOT_FOUND;
    }
    airsi_slot *slot = &page[index & ((1u << AIRSI_REGISTRY_PAGE_BITS) - 1)];
    /* E16 acquire, pairs with E17 in register: the actor is complete before its handle resolves. */
    airsi_actor *actor = airsi_load_acquire(&slot->actor);
    uint32_t current = airsi_load_relaxed(&slot->generation);
    if (current == generation && actor != NULL) {
        *ret_actor = actor;
        return AIRS_OK;
    }
    return generation <= current ? AIRS_ETARGET_STOPPED : AIRS_ECOMPONENT_NOT_FOUND;
}

/* The actor in the slot of a name, if it has this id. NULL: it hasn't, or was unregistered this moment. */
static inline airsi_actor *airsi_registry_at(airs_registry *registry, uint32_t index, airsi_id_view id) {
    /* Names lead only to pages that are there. E14 and E16, as above. */
    airsi_slot *page = airsi_load_acquire(&registry->pages[index >> AIRSI_REGISTRY_PAGE_BITS]);
    airsi_actor *actor = airsi_load_acquire(&page[index & ((1u << AIRSI_REGISTRY_PAGE_BITS) - 1)].actor);
    return actor != NULL && airsi_id_equal(airsi_id_look(&actor->id), id) ? actor : NULL;
}

/* The actor that has this id; NULL: nobody has it. Thread: online, or under the lock. */
static inline airsi_actor *airsi_registry_find(airs_registry *registry, airsi_id_view id) {
    airsi_names_walk walk = airsi_names_begin(&registry->names, id.hash);
    uint32_t index = 0;
    airsi_actor *actor = airsi_names_guess(&walk, &index) ? airsi_registry_at(registry, index, id) : NULL;
    while (actor == NULL && airsi_names_next(&walk, &index)) {
        actor = airsi_registry_at(registry, index, id);
    }
    return actor;
}

#endif
