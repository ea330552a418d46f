/* The budget of a node's queued payload (docs/DESIGN.md 4.14): what all mailboxes, hold-back lists and timers hold together.
 *
 * Main invariant: free + the credit of all threads + what is charged = total. A message is charged when it is accepted, or its timer set, and its
 * charge is returned where its end is counted, on whatever thread that is. Threads take credit from what is free, and give it back, in chunks, so
 * that a message costs an addition and no atomic read-modify-write. So up to two chunks a thread, a 32nd of the total, may lie idle.
 * Never charged: the ends of requests and the notices of monitors, which are bounded by what is in flight, and signals. */
#ifndef AIRSI_CORE_BUDGET_H
#define AIRSI_CORE_BUDGET_H

#include <stdbool.h>
#include <stdint.h>

#include "base/atomic.h"
#include "core/message/envelope.h"

typedef struct airsi_budget {
    AIRSI_ATOMIC(uint64_t) free; /* any thread, atomic */
    uint64_t total;              /* const after init */
    uint32_t chunk;              /* const after init */
} airsi_budget;

/* Of one thread. */
typedef struct airsi_credit {
    AIRSI_ATOMIC(uint64_t) bytes; /* owner thread writes, any thread reads */
    airsi_budget *budget;         /* const after init */
} airsi_credit;

void airsi_budget_init(airsi_budget *budget, uint64_t total);
void airsi_credit_init(airsi_credit *credit, airsi_budget *budget);
/* Gives back all of it. */
void airsi_credit_fini(airsi_credit *credit);

/* The rare half of a charge: more credit. false: not so much is free. Here and below, thread: the credit's owner. */
bool airsi_credit_refill(airsi_credit *credit, uint64_t bytes);
/* The rare half of a return: too much credit. */
void airsi_credit_drain(airsi_credit *credit);

static inline uint64_t airsi_charge_of(const airs_envelope *envelope) {
    return sizeof *envelope + envelope->length;
}

/* Charges a message, unless it is charged already or never is. false: the node is over its budget. */
static inline bool airsi_charge(airsi_credit *credit, airs_envelope *envelope) {
    if ((envelope->flags & (AIRSI_ENVELOPE_CHARGED | AIRSI_ENVELOPE_END)) != 0) {
        return true;
    }
    uint64_t bytes = airsi_charge_of(envelope);
    uint64_t had = airsi_load_relaxed(&credit->bytes);
    if (had >= bytes) {
        airsi_store_relaxed(&credit->bytes, had - bytes);
    } else if (!airsi_credit_refill(credit, bytes)) {
        return false;
    }
    envelope->flags |= AIRSI_ENVELOPE_CHARGED;
    return true;
}

/* Returns what a message was charged, if it was. */
static inline void airsi_uncharge(airsi_credit *credit, airs_envelope *envelope) {
    if ((envelope->flags & AIRSI_ENVELOPE_CHARGED) == 0) {
        return;
    }
    envelope->flags &= (uint8_t)~AIRSI_ENVELOPE_CHARGED;
    uint64_t has = airsi_load_relaxed(&credit->bytes) + airsi_charge_of(envelope);
    airsi_store_relaxed(&credit->bytes, has);
    if (has > 2 * (uint64_t)credit->budget->chunk) {
        airsi_credit_drain(credit);
    }
}

#endif
