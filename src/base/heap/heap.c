#include "base/heap/heap.h"

#include <assert.h>
#include <string.h>

#include "base/heap/depot.h"
#include "base/memory.h"

__thread airsi_heap *airsi_heap_current __attribute__((tls_model("initial-exec")));

void airsi_heap_init(airsi_heap *heap, airsi_depot *depot) {
    heap->depot = depot;
    for (unsigned i = 0; i < AIRSI_BLOCK_CLASSES; i++) {
        heap->loaded[i] = heap->spare[i] = airsi_magazine_none();
    }
}

void airsi_heap_fini(airsi_heap *heap) {
    airsi_heap_detach(heap);
    for (unsigned i = 0; i < AIRSI_BLOCK_CLASSES; i++) {
        airsi_depot_retire(heap->depot, i, heap->loaded[i]);
        airsi_depot_retire(heap->depot, i, heap->spare[i]);
        heap->loaded[i] = heap->spare[i] = airsi_magazine_none();
    }
}

static void swap(airsi_heap *heap, unsigned block_class) {
    airsi_magazine *loaded = heap->loaded[block_class];
    heap->loaded[block_class] = heap->spare[block_class];
    heap->spare[block_class] = loaded;
}

/* The loaded magazine is empty. */
void *airsi_heap_refill(airsi_heap *heap, unsigned block_class) {
    assert(heap->spare[block_class]->count == 0 || heap->spare[block_class]->count == heap->spare[block_class]->capacity);
    if (heap->spare[block_class]->count > 0) {
        swap(heap, block_class);
    } else {
        airsi_magazine *filled = airsi_depot_take(heap->depot, block_class, heap->loaded[block_class]);
        if (filled == NULL) {
            return NULL;
        }
        heap->loaded[block_class] = filled;
    }
    airsi_magazine *magazine = heap->loaded[block_class];
    void *block = magazine->blocks[--magazine->count];
    airsi_heap_check_free(block, block_class);
    return block;
}

/* The loaded magazine is full. */
void airsi_heap_make_room(airsi_heap *heap, unsigned block_class, void *block) {
    const airsi_magazine *spare = heap->spare[block_class];
    assert(spare->count == 0 || spare->count == spare->capacity);
    if (spare->count < spare->capacity) {
        swap(heap, block_class);
    } else {
        airsi_magazine *emptied = airsi_depot_give(heap->depot, block_class, heap->spare[block_class]);
        if (emptied == NULL) {
            airsi_depot_give_block(block);
            return;
        }
        heap->spare[block_class] = heap->loaded[block_class];
        heap->loaded[block_class] = emptied;
    }
    airsi_magazine *magazine = heap->loaded[block_class];
    magazine->blocks[magazine->count++] = block;
}

void airsi_heap_free_elsewhere(void *block) {
    airsi_depot_give_block(block);
}

/* Room for a pointer to what malloc gave stands before the block, which is moved on if it would stand where a chunk's may. */
#define BEFORE 16u

void *airsi_heap_plain_alloc(size_t size) {
    if (size > SIZE_MAX - 2 * BEFORE) {
        return NULL;
    }
    char *given = airsi_malloc(size + 2 * (size_t)BEFORE);
    if (given == NULL) {
        return NULL;
    }
    char *block = given + BEFORE;
    if ((uintptr_t)block % AIRSI_BLOCK_UNIT == 0) {
        block += BEFORE;
    }
    memcpy(block - sizeof given, &given, sizeof given);
    return block;
}

void airsi_heap_plain_free(void *block) {
    char *given;
    memcpy(&given, (char *)block - sizeof given, sizeof given);
    airsi_free(given);
}

#ifndef NDEBUG
#define FREE_BYTE 0xdb
#define LINK_BYTES sizeof(void *) /* the first bytes, which chain what is free in a chunk */

void airsi_heap_mark_free(void *block, unsigned block_class) {
    memset(block, FREE_BYTE, airsi_block_bytes(block_class));
}

void airsi_heap_check_free(const void *block, unsigned block_class) {
    const unsigned char *bytes = block;
    for (size_t i = LINK_BYTES; i < airsi_block_bytes(block_class); i++) {
        assert(bytes[i] == FREE_BYTE); /* else it was written to after it was freed */
    }
}
#endif
