#include "core/request/slab.h"

#include <assert.h>
#include <string.h>

#include "base/memory.h"

#define LINE 64u /* a cache line; an entry begins at one */
#define PAGE_BITS 6
#define PAGE_ENTRIES (1u << PAGE_BITS)
#define INDEX_MAX (1u << 24)

void airsi_slab_init(airsi_slab *slab, size_t entry_bytes, uint8_t shard) {
    assert(entry_bytes % LINE == 0);
    memset(slab, 0, sizeof *slab);
    slab->entry_bytes = (uint32_t)entry_bytes;
    slab->shard = shard;
}

void airsi_slab_fini(airsi_slab *slab) {
    for (uint32_t i = 0; i < slab->page_count; i++) {
        airsi_free(slab->pages[i]);
    }
    airsi_free(slab->pages);
}

static airsi_slab_head *head_at(const airsi_slab *slab, uint32_t index) {
    uintptr_t page = (uintptr_t)slab->pages[index >> PAGE_BITS];
    uintptr_t first = (page + LINE - 1) & ~(uintptr_t)(LINE - 1);
    return (airsi_slab_head *)(first + (uintptr_t)(index & (PAGE_ENTRIES - 1)) * slab->entry_bytes);
}

static bool add_room(airsi_slab *slab) {
    uint32_t room = slab->pages_room != 0 ? 2 * slab->pages_room : 8;
    char **pages = airsi_realloc(slab->pages, room * sizeof *pages);
    if (pages == NULL) {
        return false;
    }
    slab->pages = pages;
    slab->pages_room = room;
    return true;
}

static bool add_page(airsi_slab *slab) {
    if (slab->page_count == slab->pages_room && !add_room(slab)) {
        return false;
    }
    char *page = airsi_calloc(1, (size_t)PAGE_ENTRIES * slab->entry_bytes + LINE - 1); /* room to begin at a line */
    if (page == NULL) {
        return false;
    }
    slab->pages[slab->page_count++] = page;
    return true;
}

static airsi_slab_head *take_new(airsi_slab *slab) {
    if (slab->used == INDEX_MAX || (slab->used == slab->page_count * PAGE_ENTRIES && !add_page(slab))) {
        return NULL;
    }
    uint32_t index = slab->used++;
    airsi_slab_head *head = head_at(slab, index);
    head->index = index;
    head->shard = slab->shard;
    return head;
}

static airsi_slab_head *take_freed(airsi_slab *slab) {
    airsi_slab_head *head = head_at(slab, slab->first_free - 1);
    slab->first_free = head->next_free;
    return head;
}

void *airsi_slab_take(airsi_slab *slab) {
    airsi_slab_head *head = slab->first_free != 0 ? take_freed(slab) : take_new(slab);
    if (head != NULL) {
        head->generation++;
        head->next_free = 0;
        slab->in_use++;
    }
    return head;
}

void airsi_slab_give(airsi_slab *slab, void *entry) {
    airsi_slab_head *head = entry;
    slab->in_use--;
    if (head->generation == UINT32_MAX) {
        head->generation = 0; /* Its names are used up: the entry is retired. */
        return;
    }
    head->generation++;
    head->next_free = slab->first_free;
    slab->first_free = head->index + 1;
}

bool airsi_slab_renew(airsi_slab *slab, void *entry) {
    airsi_slab_head *head = entry;
    if (head->generation == UINT32_MAX) {
        airsi_slab_give(slab, entry);
        return false;
    }
    head->generation += 2;
    return true;
}

void *airsi_slab_at(const airsi_slab *slab, uint32_t index) {
    airsi_slab_head *head = head_at(slab, index);
    return (head->generation & 1) != 0 ? head : NULL;
}

void *airsi_slab_find(const airsi_slab *slab, uint64_t name) {
    uint32_t index = (uint32_t)name & (INDEX_MAX - 1);
    if (index >= slab->used) {
        return NULL;
    }
    airsi_slab_head *head = head_at(slab, index);
    return head->generation == (uint32_t)(name >> 32) && (head->generation & 1) != 0 ? head : NULL;
}

bool airsi_slab_was_issued(const airsi_slab *slab, uint64_t name) {
    uint32_t index = (uint32_t)name & (INDEX_MAX - 1);
    uint32_t generation = (uint32_t)(name >> 32);
    return index < slab->used && (generation & 1) != 0 && generation < head_at(slab, index)->generation;
}
