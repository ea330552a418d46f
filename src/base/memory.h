/* All allocation goes through here, so that the allocator is one decision. */
#ifndef AIRSI_BASE_MEMORY_H
#define AIRSI_BASE_MEMORY_H

#include <stddef.h>
#include <stdlib.h>
#include <string.h>

/* NULL when there is no memory. Size 0 gives a pointer that may be freed. */
static inline void *airsi_malloc(size_t size) {
    return malloc(size != 0 ? size : 1);
}

/* Zeroed; NULL also when count * size overflows. */
static inline void *airsi_calloc(size_t count, size_t size) {
    return calloc(count != 0 ? count : 1, size != 0 ? size : 1);
}

/* The old block stays when it returns NULL. */
static inline void *airsi_realloc(void *old, size_t size) {
    return realloc(old, size != 0 ? size : 1);
}

static inline void airsi_free(void *block) {
    free(block);
}

/* A terminated copy of `length` bytes. */
static inline char *airsi_strndup(const char *text, size_t length) {
    char *copy = airsi_malloc(length + 1);
    if (copy != NULL) {
        if (length > 0) {
            memcpy(copy, text, length);
        }
        copy[length] = '\0';
    }
    return copy;
}

static inline char *airsi_strdup(const char *text) {
    return airsi_strndup(text, strlen(text));
}

#endif
