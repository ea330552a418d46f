/* Chunks of one size class, under their class's lock.
 *
 * Invariants, checked by airsi_chunks_are_valid:
 *   of a chunk:  used + free blocks in its chain + blocks never given out = capacity
 *   of a class:  out = sum of used over all its chunks; the list holds exactly the chunks with used < capacity */
#ifndef AIRSI_BASE_HEAP_CHUNK_H
#define AIRSI_BASE_HEAP_CHUNK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/heap/heap.h"

/* At the start of its 64 KiB; the blocks follow. */
typedef struct airsi_chunk {
    _Alignas(AIRSI_BLOCK_UNIT) airsi_chunk_head head;
    /* The class's lock guards the rest, in a line of its own. */
    _Alignas(AIRSI_BLOCK_UNIT) struct airsi_chunk *next;
    struct airsi_chunk *previous;
    void *freed;        /* free blocks, chained through their first bytes */
    uint32_t used;      /* blocks that are out: allocated, or in a magazine */
    uint32_t untouched; /* blocks never given out, the last of the chunk */
    uint32_t capacity;
} airsi_chunk;

typedef struct airsi_chunks {
    airsi_chunk *first; /* those with used < capacity */
    uint32_t count;     /* of all of this class */
    uint32_t capacity;  /* of each of them */
    uint64_t out;       /* blocks */
} airsi_chunks;

/* `pages` of AIRSI_CHUNK_BYTES become a chunk of the class. */
void airsi_chunks_add(airsi_chunks *chunks, void *pages, airsi_depot *depot, unsigned block_class);

/* Moves blocks into the magazine until it is full or no chunk has any. */
void airsi_chunks_fill(airsi_chunks *chunks, airsi_magazine *magazine);

/* Takes a block back. Returns its chunk if none of its blocks is out any more: it is no longer in the class. Else NULL. */
airsi_chunk *airsi_chunks_return(airsi_chunks *chunks, void *block);

/* Slow: walks what is free. */
bool airsi_chunks_are_valid(const airsi_chunks *chunks);

#endif
