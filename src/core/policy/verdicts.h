/* Verdicts a thread has given: whether one actor may send to another, by their handles, or by the numbers of their classes (terms.h), which are below
 * every handle.
 *
 * Never stale, so nothing is ever taken out: what an actor may do is fixed when its id is registered, and a handle is never given to another
 * actor (I5). Direct-mapped; a pair that shares its place with another just takes it over. */
#ifndef AIRSI_CORE_POLICY_VERDICTS_H
#define AIRSI_CORE_POLICY_VERDICTS_H

#include <stdbool.h>
#include <stdint.h>

#include <airs/component.h>

#define AIRSI_VERDICTS 4096

/* The index of a handle stays below 2^24 (registry.h), so its 32nd bit is free for the verdict. */
#define AIRSI_VERDICT_ALLOWED (UINT64_C(1) << 31)

typedef struct airsi_verdict {
    airs_component sender; /* 0: none yet */
    uint64_t target;       /* and the verdict */
} airsi_verdict;

typedef struct airsi_verdicts {
    airsi_verdict given[AIRSI_VERDICTS]; /* owner thread */
} airsi_verdicts;

/* Neighbouring targets of one sender, neighbouring senders to one target and the pairs of a ring each have places of their own: the factor,
 * about 4096 times the golden ratio, is odd, and so is half of its successor. */
static inline airsi_verdict *airsi_verdict_place(airsi_verdicts *verdicts, airs_component sender, airs_component target) {
    return &verdicts->given[((uint32_t)target + (uint32_t)sender * 2533u) % AIRSI_VERDICTS];
}

#endif
