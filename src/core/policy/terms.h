/* The terms an actor is spawned on: its limits and its capabilities. Actors on the same terms share them, so that a million of a kind have
 * one; they are gone with the last of them.
 *
 * Where no pattern names an instance (its last segment is a star), actors of the same terms and the same namespace and name are alike to
 * every such pattern: they are of one class, and one verdict serves all pairs of two classes. */
#ifndef AIRSI_CORE_POLICY_TERMS_H
#define AIRSI_CORE_POLICY_TERMS_H

#include <stddef.h>
#include <stdint.h>

#include <airs/actor.h>
#include <airs/limits.h>
#include <airs/status.h>

#include "base/atomic.h"
#include "base/lock.h"
#include "core/policy/policy.h"

typedef struct airsi_terms {
    airs_limits limits;  /* const */
    airsi_policy policy; /* const */
    uint64_t
        class_number; /* const: of the class these terms stand for, never given again in this system; 0: none, a pattern names an instance */
    AIRSI_ATOMIC(uint32_t) refs; /* any thread, atomic; from 0 and to 0 under the lock */
    struct airsi_terms *next;    /* under the lock */
    uint64_t hash;               /* const */
    uint8_t name_length;         /* const; 0 without a class */
    char name[];                 /* const: "namespace/name/" of the class */
} airsi_terms;

typedef struct airsi_terms_table {
    airsi_spinlock lock; /* guards all below */
    airsi_terms *recent; /* most spawns ask for what the last one asked for */
    airsi_terms **buckets;
    size_t bucket_count, count;
    uint32_t classes; /* numbers given so far */
    uint8_t key[16];  /* const after init */
} airsi_terms_table;

/* Errors: AIRS_ENOMEM, AIRS_EUNAVAILABLE (no random bytes). */
airs_status airsi_terms_table_init(airsi_terms_table *table);
/* No terms are in use any more. Fine for zeroed memory. */
void airsi_terms_table_fini(airsi_terms_table *table);

/* A reference to the terms of `options`. Errors: AIRS_EINVAL (a limit or a pattern), AIRS_ENOMEM. */
airs_status airsi_terms_get(airsi_terms_table *table, const airs_spawn_options *options, airsi_terms **ret_terms, airs_error *error);
void airsi_terms_unref(airsi_terms_table *table, airsi_terms *terms);

#endif
