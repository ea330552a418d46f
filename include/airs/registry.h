/* ComponentRegistry: which ids are registered. Spawning registers, stopping unregisters. */
#ifndef AIRS_REGISTRY_H
#define AIRS_REGISTRY_H

#include <stddef.h>

#include <airs/component.h>
#include <airs/export.h>
#include <airs/id.h>
#include <airs/status.h>

typedef struct airs_registry airs_registry;

#ifdef __cplusplus
extern "C" {
#endif

/* The handle of an id. Looking a name up never remembers it.
 * Errors: AIRS_EINVAL (NULL), AIRS_ECOMPONENT_NOT_FOUND, AIRS_ENOMEM (the thread's first call). Thread: any. Cost: no lock. */
AIRS_API airs_status airs_registry_find(airs_registry *registry, const airs_component_id *id, airs_component *ret_component);

/* The id of a handle.
 * Errors: AIRS_EINVAL (NULL), AIRS_ECOMPONENT_NOT_FOUND (never issued), AIRS_ETARGET_STOPPED (stale), AIRS_ENOMEM (the thread's first call).
 * Thread: any. Cost: no lock. */
AIRS_API airs_status airs_registry_id_of(airs_registry *registry, airs_component component, airs_component_id *ret_id);

/* 0 for NULL. Thread: any. */
AIRS_API size_t airs_registry_count(airs_registry *registry);

/* Calls `visit` for every registered component, in no particular order, until it returns non-zero. What is registered all the time is visited
 * once; what comes or goes meanwhile may be. No lock is held: `visit` may call airs, look up, spawn and stop. `id` is valid during the call.
 * Errors: AIRS_EINVAL (NULL), AIRS_ENOMEM (the thread's first call). Thread: any; `visit` runs on it. */
AIRS_API airs_status airs_registry_list(airs_registry *registry,
                                        int (*visit)(void *user, airs_component component, const airs_component_id *id), void *user);

#ifdef __cplusplus
}
#endif

#endif
