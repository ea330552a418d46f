#include "core/budget/budget.h"

#include <assert.h>

#define CHUNK_MAX (64u << 10)
#define CHUNK_MIN 256u
#define SHARE 64 /* of the total that a chunk may be */

void airsi_budget_init(airsi_budget *budget, uint64_t total) {
    uint64_t chunk = total / SHARE;
    atomic_init(&budget->free, total);
    budget->total = total;
    budget->chunk = chunk > CHUNK_MAX ? CHUNK_MAX : chunk < CHUNK_MIN ? CHUNK_MIN : (uint32_t)chunk;
}

void airsi_credit_init(airsi_credit *credit, airsi_budget *budget) {
    atomic_init(&credit->bytes, 0);
    credit->budget = budget;
}

void airsi_credit_fini(airsi_credit *credit) {
    airsi_fetch_add_relaxed(&credit->budget->free, airsi_load_relaxed(&credit->bytes));
    airsi_store_relaxed(&credit->bytes, 0);
}

bool airsi_credit_refill(airsi_credit *credit, uint64_t bytes) {
    airsi_budget *budget = credit->budget;
    uint64_t had = airsi_load_relaxed(&credit->bytes);
    uint64_t missing = bytes - had;
    uint64_t wanted = missing > budget->chunk ? missing : budget->chunk;
    uint64_t free = airsi_load_relaxed(&budget->free);
    uint64_t taken;
    do {
        if (free < missing) {
            return false;
        }
        taken = free < wanted ? free : wanted;
        /* Relaxed, as all of it: these are numbers, nothing is handed over by them. */
    } while (!airsi_cas_relaxed(&budget->free, &free, free - taken));
    airsi_store_relaxed(&credit->bytes, had + taken - bytes);
    return true;
}

void airsi_credit_drain(airsi_credit *credit) {
    airsi_budget *budget = credit->budget;
    uint64_t excess = airsi_load_relaxed(&credit->bytes) - budget->chunk;
    airsi_store_relaxed(&credit->bytes, budget->chunk);
    airsi_fetch_add_relaxed(&budget->free, excess);
    assert(airsi_load_relaxed(&budget->free) <= budget->total);
}
