#include "core/request/slab.h"

#include <string.h>

#include "base/memory.h"

#define PAGE_BITS 8
#define PAGE_ENTRIES (1u << PAGE_BITS)
#define INDEX_MAX (1u << 24)

void airsi_slab_init(airsi_slab *slab, size_t entry_bytes, uint8_t shard) {
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
    char *page = slab->pages[index >> PAGE_BITS];
    return (airsi_slab_head *)(void *)(page + (size_t)(index & (PAGE_ENTRIES - 1)) * slab->entry_bytes);
}

static bool add_page(airsi_slab *slab) {
    char **pages = airsi_realloc(slab->pages, (slab->page_count + 1) * sizeof *pages);
    if (pages == NULL) {
        return false;
    }
    slab->pages = pages;
    pages[slab->page_count] = airsi_calloc(PAGE_ENTRIES, slab->entry_bytes);
    if (pages[slab->page_count] == NULL) {
        return false;
    }
    slab->page_count++;
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
    if (slab->first_free == 0) {
        slab->last_free = 0;
    }
    return head;
}

void *airsi_slab_take(airsi_slab *slab) {
    airsi_slab_head *head = slab->first_free != 0 ? take_freed(slab) : take_new(slab);
    if (head != NULL) {
        memset((char *)head + sizeof *head, 0, slab->entry_bytes - sizeof *head);
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
    if (slab->last_free != 0) {
        head_at(slab, slab->last_free - 1)->next_free = head->index + 1;
    } else {
        slab->first_free = head->index + 1;
    }
    slab->last_free = head->index + 1;
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
