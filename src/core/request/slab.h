/* Entries of one size, a multiple of 64 bytes, at fixed places, named by {shard:8, index:24, generation:32}. Pages are kept until the end, so a stale name may be looked up
 * safely: its generation differs. Not thread-safe: a shard's lock guards it. */
#ifndef AIRSI_CORE_REQUEST_SLAB_H
#define AIRSI_CORE_REQUEST_SLAB_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* First in every entry. */
typedef struct airsi_slab_head {
    uint32_t generation; /* odd: in use */
    uint32_t index;
    uint32_t next_free; /* index + 1 */
    uint8_t shard;
} airsi_slab_head;

typedef struct airsi_slab {
    char **pages;
    uint32_t page_count, pages_room, used, in_use;
    uint32_t first_free; /* index + 1; last in, first out: what was used last is still in the cache */
    uint32_t entry_bytes;
    uint8_t shard;
} airsi_slab;

void airsi_slab_init(airsi_slab *slab, size_t entry_bytes, uint8_t shard);
void airsi_slab_fini(airsi_slab *slab);

/* An entry with its head set; the rest is zero the first time, and later what its last user left. NULL: no memory, or 16,777,216 in use. */
void *airsi_slab_take(airsi_slab *slab);
void airsi_slab_give(airsi_slab *slab, void *entry);

/* The same as to give an entry and to take it again: it gets a new name. false: its names are used up, and it is retired. */
bool airsi_slab_renew(airsi_slab *slab, void *entry);

/* The entry in use of this name; NULL for a stale or foreign one. */
void *airsi_slab_find(const airsi_slab *slab, uint64_t name);

/* Whether this name was given out before and its entry is free again, or another's. */
bool airsi_slab_was_issued(const airsi_slab *slab, uint64_t name);

/* The entry at an index below slab->used, in use or not; NULL if it isn't. */
void *airsi_slab_at(const airsi_slab *slab, uint32_t index);

static inline uint64_t airsi_slab_name(const airsi_slab_head *head) {
    return (uint64_t)head->generation << 32 | (uint64_t)head->shard << 24 | head->index;
}

static inline uint8_t airsi_slab_shard_of(uint64_t name) {
    return (uint8_t)(name >> 24);
}

#endif
