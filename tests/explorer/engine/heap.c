#define _GNU_SOURCE
#include "explorer/engine/heap.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#define AREA (1u << 22) /* for setup and finish, and for each thread */
#define AREAS (THREADS + 1)
#define BLOCKS 512
#define GAP 32

typedef struct block {
    uintptr_t address;
    size_t size;
    uintptr_t freed_at;
    int8_t freed_by;
    bool freed;
} block;

typedef struct area {
    block blocks[BLOCKS];
    unsigned count;
    size_t used;
} area;

static char *base;
static area areas[AREAS];

void heap_reset(void) {
    if (base == NULL) {
        base = mmap(NULL, (size_t)AREA * AREAS, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
        if (base == MAP_FAILED) {
            abort();
        }
    }
    for (unsigned i = 0; i < AREAS; i++) {
        areas[i].count = 0;
        areas[i].used = 0;
    }
}

void *heap_new(size_t size, size_t alignment) {
    area *a = &areas[E.current + 1];
    size_t at = (a->used + GAP + alignment - 1) / alignment * alignment;
    if (a->count == BLOCKS || at + size > AREA) {
        report(EXPLORER_ENDLESS, 0, "the program allocates more than there is room for");
    }
    a->used = at + size;
    block *b = &a->blocks[a->count++];
    *b = (block){.address = (uintptr_t)base + (size_t)(E.current + 1) * AREA + at, .size = size};
    memset((void *)b->address, 0xA5, size);
    return (void *)b->address;
}

static area *area_of(uintptr_t address) {
    uintptr_t low = (uintptr_t)base;
    return address >= low && address < low + (size_t)AREA * AREAS ? &areas[(address - low) / AREA] : NULL;
}

/* The last block that starts at or before `address`. */
static block *find(uintptr_t address) {
    area *a = area_of(address);
    if (a == NULL) {
        return NULL;
    }
    unsigned low = 0;
    unsigned high = a->count;
    while (low < high) {
        unsigned middle = (low + high) / 2;
        if (a->blocks[middle].address <= address) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low > 0 ? &a->blocks[low - 1] : NULL;
}

void heap_delete(void *address, uintptr_t pc) {
    block *b = find((uintptr_t)address);
    char name[96];
    if (b == NULL || b->address != (uintptr_t)address) {
        report(EXPLORER_FREED, pc, "what is freed is no block");
    }
    if (b->freed) {
        char where[256];
        report(EXPLORER_FREED, pc, "%s is freed twice, before by thread %d at %s", memory_name(b->address, name, sizeof name), b->freed_by,
               place_text(b->freed_at, where, sizeof where));
    }
    memory_freed(b->address, b->size, pc);
    b->freed = true;
    b->freed_by = (int8_t)E.current;
    b->freed_at = pc;
}

size_t heap_size(const void *address) {
    const block *b = find((uintptr_t)address);
    return b != NULL ? b->size : 0;
}

bool heap_is_freed(uintptr_t address) {
    const block *b = find(address);
    return b != NULL && b->freed;
}

void heap_check(uintptr_t address, size_t size, bool write, uintptr_t pc) {
    if (area_of(address) == NULL) {
        return;
    }
    const block *b = find(address);
    char name[96];
    if (b == NULL || address + size > b->address + b->size) {
        report(EXPLORER_FREED, pc, "%s outside any block, at %s", write ? "write" : "read", memory_name(address, name, sizeof name));
    }
    if (b->freed) {
        char where[256];
        report(EXPLORER_FREED, pc, "%s of %s, which thread %d freed at %s", write ? "write" : "read",
               memory_name(address, name, sizeof name), b->freed_by, place_text(b->freed_at, where, sizeof where));
    }
}

bool heap_name(uintptr_t address, char *buffer, size_t size) {
    const area *a = area_of(address);
    const block *b = find(address);
    if (a == NULL || b == NULL) {
        return false;
    }
    static const char *const owners[] = {"setup", "thread 0", "thread 1", "thread 2", "thread 3", "thread 4"};
    snprintf(buffer, size, "block %u of %s+%zu", (unsigned)(b - a->blocks), owners[a - areas], (size_t)(address - b->address));
    return true;
}

unsigned heap_live(void) {
    unsigned live = 0;
    for (unsigned i = 0; i < AREAS; i++) {
        for (unsigned k = 0; k < areas[i].count; k++) {
            live += !areas[i].blocks[k].freed;
        }
    }
    return live;
}

void *explorer_pages(size_t size) {
    void *pages = heap_new(size, size);
    memset(pages, 0, size);
    return pages;
}
