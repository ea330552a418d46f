#include "base/heap/chunk.h"

#include <assert.h>
#include <string.h>

_Static_assert(sizeof(airsi_chunk) % AIRSI_BLOCK_UNIT == 0, "blocks stand at multiples of the unit");

static void link_first(airsi_chunks *chunks, airsi_chunk *chunk) {
    chunk->previous = NULL;
    chunk->next = chunks->first;
    if (chunk->next != NULL) {
        chunk->next->previous = chunk;
    }
    chunks->first = chunk;
}

static void unlink_chunk(airsi_chunks *chunks, const airsi_chunk *chunk) {
    if (chunk->previous != NULL) {
        chunk->previous->next = chunk->next;
    } else {
        chunks->first = chunk->next;
    }
    if (chunk->next != NULL) {
        chunk->next->previous = chunk->previous;
    }
}

void airsi_chunks_add(airsi_chunks *chunks, void *pages, airsi_depot *depot, unsigned block_class) {
    airsi_chunk *chunk = pages;
    chunk->head.depot = depot;
    chunk->head.block_class = block_class;
    chunk->freed = NULL;
    chunk->used = 0;
    chunk->capacity = (uint32_t)((AIRSI_CHUNK_BYTES - sizeof *chunk) / airsi_block_bytes(block_class));
    chunk->untouched = chunk->capacity;
    chunks->capacity = chunk->capacity;
    link_first(chunks, chunk);
    chunks->count++;
}

static void *take(airsi_chunk *chunk, size_t block_bytes) {
    void *block = chunk->freed;
    if (block != NULL) {
        memcpy(&chunk->freed, block, sizeof chunk->freed);
    } else {
        block = (char *)chunk + sizeof *chunk + (chunk->capacity - chunk->untouched) * block_bytes;
        chunk->untouched--;
        airsi_heap_mark_free(block, chunk->head.block_class);
    }
    chunk->used++;
    return block;
}

void airsi_chunks_fill(airsi_chunks *chunks, airsi_magazine *magazine) {
    while (magazine->count < magazine->capacity && chunks->first != NULL) {
        airsi_chunk *chunk = chunks->first;
        size_t block_bytes = airsi_block_bytes(chunk->head.block_class);
        while (magazine->count < magazine->capacity && chunk->used < chunk->capacity) {
            magazine->blocks[magazine->count++] = take(chunk, block_bytes);
            chunks->out++;
        }
        if (chunk->used == chunk->capacity) {
            unlink_chunk(chunks, chunk);
        }
    }
}

airsi_chunk *airsi_chunks_return(airsi_chunks *chunks, void *block) {
    airsi_chunk *chunk = (airsi_chunk *)(void *)airsi_chunk_of(block);
    assert(chunk->used > 0 && chunks->out > 0);
    memcpy(block, &chunk->freed, sizeof chunk->freed);
    chunk->freed = block;
    if (chunk->used == chunk->capacity) {
        link_first(chunks, chunk);
    }
    chunk->used--;
    chunks->out--;
    if (chunk->used > 0) {
        return NULL;
    }
    unlink_chunk(chunks, chunk);
    chunks->count--;
    return chunk;
}

static uint32_t chain_length(const airsi_chunk *chunk) {
    uint32_t length = 0;
    for (const void *block = chunk->freed; block != NULL; length++) {
        memcpy(&block, block, sizeof block);
    }
    return length;
}

bool airsi_chunks_are_valid(const airsi_chunks *chunks) {
    uint64_t out = 0;
    uint32_t with_room = 0;
    const airsi_chunk *previous = NULL;
    for (const airsi_chunk *chunk = chunks->first; chunk != NULL; previous = chunk, chunk = chunk->next) {
        if (chunk->previous != previous || chunk->used >= chunk->capacity ||
            chunk->used + chain_length(chunk) + chunk->untouched != chunk->capacity) {
            return false;
        }
        out += chunk->used;
        with_room++;
    }
    return with_room <= chunks->count && chunks->out == out + (uint64_t)(chunks->count - with_room) * chunks->capacity;
}
