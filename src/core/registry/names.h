/* Names to slots: a hash table that is read without a lock, while one writer at a time changes it.
 *
 * A word of the table is {part of the mixed hash:40, index of the slot:24}; 0 is a place never used, 1 one whose name is gone. Linear probing
 * starts at the top bits of the word, so a word knows its own place in a table of any size. A word matches 39 bits of a hash at best: who finds
 * one compares the whole hash and the text, in the slot's actor.
 *
 * Invariant: between the place where a name's probing starts and the place where its word stands no place is 0, as long as the name is in the
 * table. So a reader, who goes on until it meets 0, never misses a name that was there all the time:
 * - A word never moves within a table, and is written (E60) after all places before it were found taken.
 * - A place becomes 0 again only when the next one is 0: then no name's probing passes it.
 * - To grow, a larger table is linked behind the old one (E62), and every change moves some words over: each is written to the larger table
 *   first and given up in the old one then (E64). Readers walk the tables from the oldest to the newest, so who finds a word given up finds it
 *   further on. In a table that is being left no place becomes 0 any more. When all is moved readers begin at the larger table (E65), and the
 *   old one, which still leads to it, is freed after a grace period.
 *
 * What an attacker may choose are names. The hash an id carries has a key everybody knows, so places are taken from that hash mixed with a
 * secret of the table: who doesn't know it can't make names whose places collide, unless all 64 bits of the hash do. A pair of such names
 * costs 2^32 hashes, three 2^43, a chain of 16 already 2^60: no more than a few compares can be won that way, and never a mistake. */
#ifndef AIRSI_CORE_REGISTRY_NAMES_H
#define AIRSI_CORE_REGISTRY_NAMES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <airs/status.h>

#include "base/atomic.h"
#include "core/reclaim/reclaim.h"

#define AIRSI_NAMES_INDEX_BITS 24
#define AIRSI_NAMES_NEVER 0 /* no word */
#define AIRSI_NAMES_GONE 1

typedef struct airsi_names_table {
    AIRSI_ATOMIC(struct airsi_names_table *) larger; /* any thread, atomic; written once, by the writer */
    unsigned shift;                                  /* const: a word's first place is word >> shift */
    size_t mask;                                     /* const: places - 1 */
    size_t taken;                                    /* writer: places that are not 0 */
    size_t moved;                                    /* writer: places whose words stand in the larger table */
    airsi_garbage garbage;
    AIRSI_ATOMIC(uint64_t) words[]; /* any thread, atomic; the writer writes */
} airsi_names_table;

typedef struct airsi_names {
    AIRSI_ATOMIC(airsi_names_table *) oldest; /* any thread, atomic: where readers begin */
    uint64_t secret[2];                       /* const after init */
    airsi_names_table *newest;                /* writer */
    size_t count;                             /* writer: names in it */
} airsi_names;

/* Errors: AIRS_ENOMEM, AIRS_EUNAVAILABLE (no random bytes). */
airs_status airsi_names_init(airsi_names *names);
/* Nobody may be reading any more. Fine after a failed init of zeroed memory. */
void airsi_names_fini(airsi_names *names);

/* The words of all indices with this hash, but for the index. */
static inline uint64_t airsi_names_tag(const airsi_names *names, uint64_t hash) {
    __extension__ typedef unsigned __int128 wide;
    wide product = (wide)(hash ^ names->secret[0]) * names->secret[1];
    uint64_t mixed = (uint64_t)product ^ (uint64_t)(product >> 64);
    /* The lowest bit of the hash part is always set: no word is NEVER or GONE. */
    return (mixed | (1u << AIRSI_NAMES_INDEX_BITS)) & ~(uint64_t)((1u << AIRSI_NAMES_INDEX_BITS) - 1);
}

/* Where a reader stands. Thread: online, or the writer. */
typedef struct airsi_names_walk {
    const airsi_names_table *table;
    size_t place;
    uint64_t tag;
} airsi_names_walk;

static inline airsi_names_walk airsi_names_begin(airsi_names *names, uint64_t hash) {
    /* E66 acquire, pairs with E65: the table is complete, and so is what was moved to it. */
    const airsi_names_table *table = airsi_load_acquire(&names->oldest);
    uint64_t tag = airsi_names_tag(names, hash);
    airsi_names_walk walk = {.table = table, .place = tag >> table->shift, .tag = tag};
    return walk;
}

static inline bool airsi_names_matches(uint64_t word, uint64_t tag) {
    return (word ^ tag) >> AIRSI_NAMES_INDEX_BITS == 0;
}

static inline uint32_t airsi_names_index(uint64_t word) {
    return (uint32_t)(word & ((1u << AIRSI_NAMES_INDEX_BITS) - 1));
}

/* A slot whose name may have the hash, looked for in the first two places, where most names stand, without a branch that depends on which; a
 * walk step by step mispredicts every third time, which costs as much as all the rest. false: walk. */
static inline bool airsi_names_guess(const airsi_names_walk *walk, uint32_t *ret_index) {
    const airsi_names_table *table = walk->table;
    uint64_t found = 0;
    for (size_t i = 2; i-- > 0;) {
        /* E61, as below. */
        uint64_t word = airsi_load_acquire(&table->words[(walk->place + i) & table->mask]);
        found = airsi_names_matches(word, walk->tag) ? word : found;
    }
    *ret_index = airsi_names_index(found);
    return found != 0;
}

/* The next slot whose name may have the hash. false: there is none. */
static inline bool airsi_names_next(airsi_names_walk *walk, uint32_t *ret_index) {
    for (;;) {
        /* E61 acquire, pairs with E60: the slot and its actor; and with E64: the copy in the larger table. */
        uint64_t word = airsi_load_acquire(&walk->table->words[walk->place]);
        if (word == AIRSI_NAMES_NEVER) {
            /* E63 acquire, pairs with E62. */
            walk->table = airsi_load_acquire(&walk->table->larger);
            if (walk->table == NULL) {
                return false;
            }
            walk->place = walk->tag >> walk->table->shift;
            continue;
        }
        walk->place = (walk->place + 1) & walk->table->mask;
        if (airsi_names_matches(word, walk->tag)) {
            *ret_index = airsi_names_index(word);
            return true;
        }
    }
}

/* The writer, before an add: makes place for one more. Errors: AIRS_ENOMEM. */
airs_status airsi_names_reserve(airsi_names *names, airsi_reclaim *reclaim);
/* The writer: a name that is not there. */
void airsi_names_add(airsi_names *names, airsi_reclaim *reclaim, uint64_t hash, uint32_t index);
/* The writer: a name that is there. */
void airsi_names_remove(airsi_names *names, airsi_reclaim *reclaim, uint64_t hash, uint32_t index);

#endif
