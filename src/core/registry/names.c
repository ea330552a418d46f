#include "core/registry/names.h"

#include <assert.h>

#include "base/memory.h"
#include "base/random.h"

#define FIRST_BITS 6
#define MOVED_AT_ONCE 1024 /* places a change moves: two microseconds or so, and a large table is left after few changes */

static airsi_names_table *new_table(unsigned bits) {
    size_t places = (size_t)1 << bits;
    airsi_names_table *table = airsi_calloc(1, sizeof *table + places * sizeof table->words[0]);
    if (table != NULL) {
        table->shift = 64 - bits;
        table->mask = places - 1;
    }
    return table;
}

airs_status airsi_names_init(airsi_names *names) {
    if (airsi_random_bytes(names->secret, sizeof names->secret) != 0) {
        return AIRS_EUNAVAILABLE;
    }
    names->secret[1] |= 1;
    airsi_names_table *table = new_table(FIRST_BITS);
    if (table == NULL) {
        return AIRS_ENOMEM;
    }
    names->newest = table;
    airsi_store_relaxed(&names->oldest, table);
    return AIRS_OK;
}

void airsi_names_fini(airsi_names *names) {
    airsi_names_table *table = airsi_load_relaxed(&names->oldest);
    while (table != NULL) {
        airsi_names_table *larger = airsi_load_relaxed(&table->larger);
        airsi_free(table);
        table = larger;
    }
}

static bool is_name(uint64_t word) {
    return word != AIRSI_NAMES_NEVER && word != AIRSI_NAMES_GONE;
}

/* There is a place that is 0: a table is left before it is full. */
static void put(airsi_names_table *table, uint64_t word) {
    size_t at = word >> table->shift;
    uint64_t found;
    while (is_name(found = airsi_load_relaxed(&table->words[at]))) {
        at = (at + 1) & table->mask;
    }
    table->taken += found == AIRSI_NAMES_NEVER;
    /* E60 release, pairs with E61: slot and actor are complete before the name is found. */
    airsi_store_release(&table->words[at], word);
}

static void free_table(airsi_garbage *garbage) {
    airsi_free((char *)garbage - offsetof(airsi_names_table, garbage));
}

/* Moves the words of the next places, if there is a larger table. */
static void move_some(airsi_names *names, airsi_reclaim *reclaim, size_t places) {
    airsi_names_table *table = airsi_load_relaxed(&names->oldest);
    if (table == names->newest) {
        return;
    }
    for (; places > 0 && table->moved <= table->mask; places--, table->moved++) {
        uint64_t word = airsi_load_relaxed(&table->words[table->moved]);
        if (is_name(word)) {
            put(names->newest, word);
            /* E64 release, pairs with E61: who finds it given up finds the copy. */
            airsi_store_release(&table->words[table->moved], AIRSI_NAMES_GONE);
        }
    }
    if (table->moved > table->mask) {
        /* E65 release, pairs with E66. Who began at the old table before still gets here over its link. */
        airsi_store_release(&names->oldest, names->newest);
        table->garbage.free = free_table;
        airsi_reclaim_retire(reclaim, &table->garbage);
    }
}

/* When the table is too full, by names or by what they left, it is left for one that is at most a quarter full with what there is now. */
airs_status airsi_names_reserve(airsi_names *names, airsi_reclaim *reclaim) {
    airsi_names_table *full = names->newest;
    if (full->taken < full->mask / 2) {
        return AIRS_OK;
    }
    move_some(names, reclaim, SIZE_MAX); /* what is left of the table before, if anything */
    unsigned bits = 64 - full->shift;
    while (names->count > (size_t)1 << (bits - 2)) {
        bits++;
    }
    airsi_names_table *larger = new_table(bits);
    if (larger == NULL) {
        /* It may become fuller, but for the one place that ends all probing. */
        return full->taken < full->mask ? AIRS_OK : AIRS_ENOMEM;
    }
    names->newest = larger;
    /* E62 release, pairs with E63: the table is zeroed before it is found. */
    airsi_store_release(&full->larger, larger);
    return AIRS_OK;
}

void airsi_names_add(airsi_names *names, airsi_reclaim *reclaim, uint64_t hash, uint32_t index) {
    put(names->newest, airsi_names_tag(names, hash) | index);
    names->count++;
    move_some(names, reclaim, MOVED_AT_ONCE);
}

/* Its place becomes 0 if the next one is, and then those before it that are gone. */
static void give_up(airsi_names_table *table, size_t at) {
    airsi_store_relaxed(&table->words[at], AIRSI_NAMES_GONE);
    if (airsi_load_relaxed(&table->larger) != NULL || airsi_load_relaxed(&table->words[(at + 1) & table->mask]) != AIRSI_NAMES_NEVER) {
        return;
    }
    while (airsi_load_relaxed(&table->words[at]) == AIRSI_NAMES_GONE) {
        airsi_store_relaxed(&table->words[at], AIRSI_NAMES_NEVER);
        table->taken--;
        at = (at - 1) & table->mask;
    }
}

static bool remove_from(airsi_names_table *table, uint64_t word) {
    size_t at = word >> table->shift;
    uint64_t found;
    while ((found = airsi_load_relaxed(&table->words[at])) != AIRSI_NAMES_NEVER) {
        if (found == word) {
            give_up(table, at);
            return true;
        }
        at = (at + 1) & table->mask;
    }
    return false;
}

void airsi_names_remove(airsi_names *names, airsi_reclaim *reclaim, uint64_t hash, uint32_t index) {
    uint64_t word = airsi_names_tag(names, hash) | index;
    airsi_names_table *oldest = airsi_load_relaxed(&names->oldest);
    bool found = remove_from(oldest, word);
    if (!found && oldest != names->newest) {
        found = remove_from(names->newest, word);
    }
    assert(found);
    (void)found;
    names->count--;
    move_some(names, reclaim, MOVED_AT_ONCE);
}
