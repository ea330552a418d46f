/* The terms an actor is spawned on: its limits and its capabilities. Actors on the same terms share them, so that a million of a kind have
 * one; they are gone with the last of them. */
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
    airs_limits limits;          /* const */
    airsi_policy policy;         /* const */
    AIRSI_ATOMIC(uint32_t) refs; /* any thread, atomic; from 0 and to 0 under the lock */
    struct airsi_terms *next;    /* under the lock */
    uint64_t hash;               /* const */
} airsi_terms;

typedef struct airsi_terms_table {
    airsi_spinlock lock; /* guards all below */
    airsi_terms *recent; /* most spawns ask for what the last one asked for */
    airsi_terms **buckets;
    size_t bucket_count, count;
    uint8_t key[16]; /* const after init */
} airsi_terms_table;

/* Errors: AIRS_ENOMEM, AIRS_EUNAVAILABLE (no random bytes). */
airs_status airsi_terms_table_init(airsi_terms_table *table);
/* No terms are in use any more. Fine for zeroed memory. */
void airsi_terms_table_fini(airsi_terms_table *table);

/* A reference to the terms with these limits and capabilities. Errors: AIRS_EINVAL (a limit or a pattern), AIRS_ENOMEM. */
airs_status airsi_terms_get(airsi_terms_table *table, const airs_limits *limits, const airs_capabilities *capabilities,
                            airsi_terms **ret_terms, airs_error *error);
void airsi_terms_unref(airsi_terms_table *table, airsi_terms *terms);

#endif
