#include "base/heap/depot.h"

#include <assert.h>

#include "base/atomic.h"
#include "base/heap/chunk.h"
#include "base/heap/pages.h"
#include "base/lock.h"
#include "base/memory.h"

#define KEPT_BYTES ((size_t)1 << 20)      /* of a class, in full magazines: the mailboxes of some pairs of actors */
#define MAGAZINE_BYTES ((size_t)16 << 10) /* so that a thread holds little of the larger classes */
#define KEPT_CHUNKS 16u                   /* for good, without blocks; what is beyond is the surplus */
#define TRIM_MS 20u                       /* a quarter of the surplus goes every so often, so load that swings faster maps little */

typedef struct class_depot {
    airsi_spinlock lock; /* guards all below */
    airsi_chunks chunks;
    airsi_magazine *full, *empty;
    uint32_t full_count;
} class_depot;

struct airsi_depot {
    AIRSI_ATOMIC(uint32_t) references; /* any thread, atomic */
    AIRSI_ATOMIC(uint32_t) surplus;    /* the mutex's holder writes, any thread reads: kept beyond KEPT_CHUNKS */
    airsi_mutex mutex;                 /* guards all below but the classes; never held together with a class's */
    airsi_chunk *kept;                 /* no blocks of theirs are out */
    uint32_t kept_count, mapped;
    uint64_t trimmed_ms;
    bool closed;
    class_depot classes[AIRSI_BLOCK_CLASSES];
};

airsi_magazine *airsi_magazine_none(void) {
    static const airsi_magazine none;
    return (airsi_magazine *)&none;
}

static bool is_none(const airsi_magazine *magazine) {
    return magazine->capacity == 0;
}

static airsi_magazine *new_magazine(unsigned block_class) {
    airsi_magazine *magazine = airsi_malloc(sizeof *magazine);
    if (magazine != NULL) {
        size_t capacity = MAGAZINE_BYTES / airsi_block_bytes(block_class);
        magazine->next = NULL;
        magazine->count = 0;
        magazine->capacity = (uint32_t)(capacity < AIRSI_MAGAZINE_BLOCKS ? capacity : AIRSI_MAGAZINE_BLOCKS);
    }
    return magazine;
}

static void push(airsi_magazine **list, airsi_magazine *magazine) {
    magazine->next = *list;
    *list = magazine;
}

static airsi_magazine *pop(airsi_magazine **list) {
    airsi_magazine *magazine = *list;
    if (magazine != NULL) {
        *list = magazine->next;
    }
    return magazine;
}

airsi_depot *airsi_depot_new(void) {
    airsi_depot *depot = airsi_calloc(1, sizeof *depot);
    if (depot != NULL) {
        atomic_init(&depot->references, 1);
        airsi_mutex_init(&depot->mutex, AIRSI_RANK_HEAP);
        for (unsigned i = 0; i < AIRSI_BLOCK_CLASSES; i++) {
            airsi_spin_init(&depot->classes[i].lock, AIRSI_RANK_HEAP);
        }
    }
    return depot;
}

/* Whether that was the last reference, and the depot is gone. */
static bool unref(airsi_depot *depot) {
    /* E70 acq_rel, pairs with itself: whatever others did with the depot happens before the last frees it. */
    if (airsi_fetch_sub_acq_rel(&depot->references, 1) > 1) {
        return false;
    }
    airsi_mutex_fini(&depot->mutex);
    airsi_free(depot);
    return true;
}

/* With the mutex held. */
static void note_surplus(airsi_depot *depot) {
    airsi_store_relaxed(&depot->surplus, depot->kept_count > KEPT_CHUNKS ? depot->kept_count - KEPT_CHUNKS : 0);
}

/* With the mutex held. NULL: none is kept. */
static airsi_chunk *take_kept(airsi_depot *depot) {
    airsi_chunk *chunk = depot->kept;
    if (chunk != NULL) {
        depot->kept = chunk->next;
        depot->kept_count--;
        note_surplus(depot);
    }
    return chunk;
}

static void *get_pages(airsi_depot *depot) {
    airsi_lock(&depot->mutex);
    void *pages = take_kept(depot);
    depot->mapped += pages == NULL;
    airsi_unlock(&depot->mutex);
    if (pages != NULL) {
        return pages;
    }
    pages = airsi_pages_map(AIRSI_CHUNK_BYTES);
    if (pages != NULL) {
        airsi_fetch_add_relaxed(&depot->references, 1); /* The system holds one meanwhile. */
        return pages;
    }
    airsi_lock(&depot->mutex);
    depot->mapped--;
    airsi_unlock(&depot->mutex);
    return NULL;
}

/* Chunks linked by next, no longer counted as mapped. The caller holds a reference of its own. */
static void unmap(airsi_depot *depot, airsi_chunk *chunks) {
    while (chunks != NULL) {
        airsi_chunk *chunk = chunks;
        chunks = chunk->next;
        airsi_pages_unmap(chunk, AIRSI_CHUNK_BYTES);
        bool gone = unref(depot);
        assert(!gone);
        (void)gone;
    }
}

/* Takes a list of chunks without blocks, linked by next. The caller holds a reference of its own. */
static void put_pages(airsi_depot *depot, airsi_chunk *chunks) {
    if (chunks == NULL) {
        return;
    }
    airsi_lock(&depot->mutex);
    airsi_chunk *leaving = NULL;
    while (chunks != NULL) {
        airsi_chunk *chunk = chunks;
        chunks = chunk->next;
        airsi_chunk **list = depot->closed ? &leaving : &depot->kept;
        chunk->next = *list;
        *list = chunk;
        depot->kept_count += !depot->closed;
        depot->mapped -= depot->closed;
    }
    note_surplus(depot);
    airsi_unlock(&depot->mutex);
    unmap(depot, leaving);
}

bool airsi_depot_has_surplus(const airsi_depot *depot) {
    return airsi_load_relaxed(&depot->surplus) > 0;
}

void airsi_depot_trim(airsi_depot *depot, uint64_t now_ms) {
    airsi_chunk *leaving = NULL;
    airsi_lock(&depot->mutex);
    if (now_ms - depot->trimmed_ms >= TRIM_MS) {
        depot->trimmed_ms = now_ms;
        for (uint32_t count = (airsi_load_relaxed(&depot->surplus) + 3) / 4; count > 0; count--) {
            airsi_chunk *chunk = take_kept(depot);
            chunk->next = leaving;
            leaving = chunk;
            depot->mapped--;
        }
    }
    airsi_unlock(&depot->mutex);
    unmap(depot, leaving);
}

/* With the class's lock held. Adds chunks that have no block out any more to `*ret_chunks`. */
static void empty(class_depot *in, airsi_magazine *magazine, airsi_chunk **ret_chunks) {
    while (magazine->count > 0) {
        airsi_chunk *chunk = airsi_chunks_return(&in->chunks, magazine->blocks[--magazine->count]);
        if (chunk != NULL) {
            chunk->next = *ret_chunks;
            *ret_chunks = chunk;
        }
    }
}

/* There is nothing to be had but from a new chunk. NULL: no memory, and `magazine` stays the caller's. */
static airsi_magazine *fill_from_new_chunk(airsi_depot *depot, unsigned block_class, airsi_magazine *magazine) {
    class_depot *in = &depot->classes[block_class];
    void *pages = get_pages(depot);
    if (pages == NULL) {
        return NULL;
    }
    airsi_spin_lock(&in->lock);
    airsi_chunks_add(&in->chunks, pages, depot, block_class);
    airsi_chunks_fill(&in->chunks, magazine);
    airsi_spin_unlock(&in->lock);
    return magazine;
}

airsi_magazine *airsi_depot_take(airsi_depot *depot, unsigned block_class, airsi_magazine *emptied) {
    class_depot *in = &depot->classes[block_class];
    assert(emptied->count == 0);
    airsi_spin_lock(&in->lock);
    airsi_magazine *magazine = pop(&in->full);
    if (magazine != NULL) {
        in->full_count--;
        if (!is_none(emptied)) {
            push(&in->empty, emptied);
        }
    } else {
        magazine = is_none(emptied) ? pop(&in->empty) : emptied;
        if (magazine != NULL) {
            airsi_chunks_fill(&in->chunks, magazine);
        }
    }
    airsi_spin_unlock(&in->lock);
    if (magazine != NULL && magazine->count > 0) {
        return magazine;
    }
    airsi_magazine *made = magazine == NULL ? new_magazine(block_class) : magazine;
    airsi_magazine *filled = made != NULL ? fill_from_new_chunk(depot, block_class, made) : NULL;
    if (filled == NULL && made != emptied) {
        airsi_free(made);
    }
    return filled;
}

/* With the class's lock held. */
static void keep_full(class_depot *in, airsi_magazine *full) {
    if (!is_none(full)) {
        push(&in->full, full);
        in->full_count++;
    }
}

airsi_magazine *airsi_depot_give(airsi_depot *depot, unsigned block_class, airsi_magazine *full) {
    class_depot *in = &depot->classes[block_class];
    airsi_chunk *chunks = NULL;
    assert(full->count == full->capacity);
    airsi_spin_lock(&in->lock);
    bool keep = is_none(full) || (in->full_count + 1) * full->capacity * airsi_block_bytes(block_class) <= KEPT_BYTES;
    airsi_magazine *emptied = keep ? pop(&in->empty) : full;
    if (!keep) {
        empty(in, full, &chunks);
    } else if (emptied != NULL) {
        keep_full(in, full);
    }
    airsi_spin_unlock(&in->lock);
    put_pages(depot, chunks);
    if (emptied == NULL && (emptied = new_magazine(block_class)) != NULL) {
        airsi_spin_lock(&in->lock);
        keep_full(in, full);
        airsi_spin_unlock(&in->lock);
    }
    return emptied;
}

void airsi_depot_retire(airsi_depot *depot, unsigned block_class, airsi_magazine *magazine) {
    class_depot *in = &depot->classes[block_class];
    airsi_chunk *chunks = NULL;
    if (is_none(magazine)) {
        return;
    }
    airsi_spin_lock(&in->lock);
    empty(in, magazine, &chunks);
    push(&in->empty, magazine);
    airsi_spin_unlock(&in->lock);
    put_pages(depot, chunks);
}

void airsi_depot_give_block(void *block) {
    const airsi_chunk_head *head = airsi_chunk_of(block);
    airsi_depot *depot = head->depot;
    class_depot *in = &depot->classes[head->block_class];
    /* The block's chunk holds a reference; with one more the depot outlives it. */
    airsi_fetch_add_relaxed(&depot->references, 1);
    airsi_spin_lock(&in->lock);
    airsi_chunk *chunk = airsi_chunks_return(&in->chunks, block);
    airsi_spin_unlock(&in->lock);
    if (chunk != NULL) {
        chunk->next = NULL;
        put_pages(depot, chunk);
    }
    unref(depot);
}

/* Nobody else takes from or gives to it, but blocks that are out may come back meanwhile. */
static void close_class(airsi_depot *depot, class_depot *in) {
    airsi_chunk *chunks = NULL;
    airsi_magazine *magazine;
    airsi_spin_lock(&in->lock);
    while ((magazine = pop(&in->full)) != NULL) {
        empty(in, magazine, &chunks);
        airsi_free(magazine);
    }
    while ((magazine = pop(&in->empty)) != NULL) {
        airsi_free(magazine);
    }
    in->full_count = 0;
    airsi_spin_unlock(&in->lock);
    put_pages(depot, chunks);
}

void airsi_depot_close(airsi_depot *depot) {
    if (depot == NULL) {
        return;
    }
    assert(airsi_depot_is_valid(depot));
    airsi_lock(&depot->mutex);
    depot->closed = true;
    airsi_chunk *kept = depot->kept;
    depot->kept = NULL;
    depot->mapped -= depot->kept_count;
    depot->kept_count = 0;
    note_surplus(depot);
    airsi_unlock(&depot->mutex);
    unmap(depot, kept);
    for (unsigned i = 0; i < AIRSI_BLOCK_CLASSES; i++) {
        close_class(depot, &depot->classes[i]);
    }
    unref(depot);
}

static uint32_t length_of(const airsi_magazine *magazine) {
    uint32_t length = 0;
    for (; magazine != NULL; magazine = magazine->next) {
        length++;
    }
    return length;
}

static bool class_is_valid(class_depot *in) {
    airsi_spin_lock(&in->lock);
    bool valid = airsi_chunks_are_valid(&in->chunks) && length_of(in->full) == in->full_count;
    uint64_t blocks = 0;
    for (const airsi_magazine *full = in->full; full != NULL; full = full->next) {
        valid = valid && full->count == full->capacity;
        blocks += full->count;
    }
    for (const airsi_magazine *emptied = in->empty; emptied != NULL; emptied = emptied->next) {
        valid = valid && emptied->count == 0;
    }
    valid = valid && blocks <= in->chunks.out;
    airsi_spin_unlock(&in->lock);
    return valid;
}

bool airsi_depot_is_valid(airsi_depot *depot) {
    for (unsigned i = 0; i < AIRSI_BLOCK_CLASSES; i++) {
        if (!class_is_valid(&depot->classes[i])) {
            return false;
        }
    }
    airsi_lock(&depot->mutex);
    uint32_t kept = 0;
    for (const airsi_chunk *chunk = depot->kept; chunk != NULL; chunk = chunk->next) {
        kept++;
    }
    bool valid = kept == depot->kept_count && kept <= depot->mapped;
    airsi_unlock(&depot->mutex);
    return valid;
}
