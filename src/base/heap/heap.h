/* The heap of a thread: small blocks that come and go with every message.
 *
 *   heap    of one thread: for each size class two magazines, arrays of free blocks. Allocating and freeing move one pointer; nothing is shared.
 *   depot   of one system (depot.h): full magazines that threads exchange under a lock, one change for up to 64 blocks.
 *   chunks  of 64 KiB and one class (chunk.h): they count the blocks that are out, and go back when none is.
 *
 * So a thread that only allocates and one that only frees pass each other whole magazines, and a block may be freed on any thread, outlive the
 * thread that allocated it, and even the system: its depot goes with the last block.
 *
 * A block stands at a multiple of 64 exactly if it is a chunk's. All others are malloc's: what is over AIRSI_BLOCK_MAX or 0, what a thread without a
 * heap allocates, and everything under the address sanitizer, so that it sees every block by itself.
 *
 * After: J. Bonwick, J. Adams, "Magazines and Vmem", USENIX 2001. Why so: docs/adr/0005. */
#ifndef AIRSI_BASE_HEAP_H
#define AIRSI_BASE_HEAP_H

#include <stddef.h>
#include <stdint.h>

#define AIRSI_BLOCK_UNIT 64u /* a cache line: no two blocks share one */
#define AIRSI_CHUNK_BYTES ((size_t)64 << 10)
#define AIRSI_BLOCK_CLASSES 20u
#define AIRSI_MAGAZINE_BLOCKS 64u

#if defined(__has_feature)
#if __has_feature(address_sanitizer)
#define AIRSI_BLOCK_MAX 0u
#endif
#endif
#if defined(__SANITIZE_ADDRESS__) && !defined(AIRSI_BLOCK_MAX)
#define AIRSI_BLOCK_MAX 0u
#endif
#if !defined(AIRSI_BLOCK_MAX)
#define AIRSI_BLOCK_MAX 4096u
#endif

typedef struct airsi_depot airsi_depot;

/* Invariant: count <= capacity; capacity is 0 for the one that stands where a heap has none yet. */
typedef struct airsi_magazine {
    struct airsi_magazine *next; /* its class's lock, while it is in the depot */
    uint32_t count;              /* whose heap it is in; likewise */
    uint32_t capacity;           /* const after new */
    void *blocks[AIRSI_MAGAZINE_BLOCKS];
} airsi_magazine;

/* What a free looks at, in a line that nobody writes. */
typedef struct airsi_chunk_head {
    airsi_depot *depot;   /* const while it has blocks */
    uint32_t block_class; /* const while it has blocks */
} airsi_chunk_head;

/* All fields: the thread it is attached to. Invariant: a spare magazine is full or empty. */
typedef struct airsi_heap {
    airsi_depot *depot; /* const after init */
    airsi_magazine *loaded[AIRSI_BLOCK_CLASSES];
    airsi_magazine *spare[AIRSI_BLOCK_CLASSES];
} airsi_heap;

/* The heap of the calling thread; NULL: none. Read directly, since a call through the dynamic linker would cost more than the allocation. */
extern __thread airsi_heap *airsi_heap_current __attribute__((tls_model("initial-exec")));

void airsi_heap_init(airsi_heap *heap, airsi_depot *depot);
/* What is in its magazines goes back; blocks that are out stay valid. No other thread may have it attached. */
void airsi_heap_fini(airsi_heap *heap);

/* `heap` is the calling thread's from here on; NULL: it has none. */
static inline void airsi_heap_attach(airsi_heap *heap) {
    airsi_heap_current = heap;
}

/* No longer, if it was. */
static inline void airsi_heap_detach(const airsi_heap *heap) {
    if (airsi_heap_current == heap) {
        airsi_heap_current = NULL;
    }
}

/* The slow paths. */
void *airsi_heap_refill(airsi_heap *heap, unsigned block_class);
void airsi_heap_make_room(airsi_heap *heap, unsigned block_class, void *block);
void airsi_heap_free_elsewhere(void *block);
void *airsi_heap_plain_alloc(size_t size);
void airsi_heap_plain_free(void *block);

/* Debug builds fill what is free and look at it again when it is allocated: a write after free is found by either. */
#ifndef NDEBUG
void airsi_heap_mark_free(void *block, unsigned block_class);
void airsi_heap_check_free(const void *block, unsigned block_class);
#else
#define airsi_heap_mark_free(block, block_class) ((void)0)
#define airsi_heap_check_free(block, block_class) ((void)0)
#endif

/* Of a size that isn't 0. Classes in units: 1 to 8, then four to each doubling: 10 12 14 16, 20 24 28 32, 40 48 56 64. */
static inline unsigned airsi_block_class(size_t size) {
    uint32_t last = (uint32_t)((size - 1) / AIRSI_BLOCK_UNIT);
    unsigned shift = 29u - (unsigned)__builtin_clz(last | 4u);
    return 4 * shift + (last >> shift);
}

static inline size_t airsi_block_bytes(unsigned block_class) {
    size_t units = block_class < 8 ? block_class + 1 : (size_t)(block_class % 4 + 5) << (block_class / 4 - 1);
    return units * AIRSI_BLOCK_UNIT;
}

static inline airsi_chunk_head *airsi_chunk_of(void *block) {
    return (airsi_chunk_head *)((char *)block - (uintptr_t)block % AIRSI_CHUNK_BYTES);
}

/* Not cleared. NULL: no memory. Cost: about as many loads and stores as moving a pointer takes; no read-modify-write, and a lock once in some
 * dozen calls at most. Thread: any. */
static inline void *airsi_heap_alloc(size_t size) {
    airsi_heap *heap = airsi_heap_current;
    if (heap == NULL || size == 0 || size > AIRSI_BLOCK_MAX) {
        return airsi_heap_plain_alloc(size);
    }
    unsigned block_class = airsi_block_class(size);
    airsi_magazine *magazine = heap->loaded[block_class];
    if (magazine->count == 0) {
        return airsi_heap_refill(heap, block_class);
    }
    void *block = magazine->blocks[--magazine->count];
    airsi_heap_check_free(block, block_class);
    return block;
}

/* What airsi_heap_alloc gave; NULL is fine. Thread: any. */
static inline void airsi_heap_free(void *block) {
    if ((uintptr_t)block % AIRSI_BLOCK_UNIT != 0) {
        airsi_heap_plain_free(block);
        return;
    }
    if (block == NULL) {
        return;
    }
    airsi_heap *heap = airsi_heap_current;
    const airsi_chunk_head *chunk = airsi_chunk_of(block);
    unsigned block_class = chunk->block_class;
    airsi_heap_mark_free(block, block_class);
    if (heap == NULL || heap->depot != chunk->depot) {
        airsi_heap_free_elsewhere(block);
        return;
    }
    airsi_magazine *magazine = heap->loaded[block_class];
    if (magazine->count == magazine->capacity) {
        airsi_heap_make_room(heap, block_class, block);
        return;
    }
    magazine->blocks[magazine->count++] = block;
}

#endif
