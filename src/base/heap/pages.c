#include "base/heap/pages.h"

#include <stdint.h>
#include <sys/mman.h>

static char *map(size_t size) {
    void *pages = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    return pages != MAP_FAILED ? pages : NULL;
}

/* Twice as much as is needed holds an aligned piece; the rest goes back. */
static void *map_and_trim(size_t size) {
    char *pages = map(2 * size);
    if (pages == NULL) {
        return NULL;
    }
    size_t before = (size - (uintptr_t)pages % size) % size;
    if (before > 0) {
        munmap(pages, before);
    }
    munmap(pages + before + size, size - before);
    return pages + before;
}

void *airsi_pages_map(size_t size) {
    char *pages = map(size);
    if (pages == NULL || (uintptr_t)pages % size == 0) {
        return pages; /* The usual case: the kernel puts one piece below the other, so all follow the first. */
    }
    munmap(pages, size);
    return map_and_trim(size);
}

void airsi_pages_unmap(void *pages, size_t size) {
    munmap(pages, size);
}
