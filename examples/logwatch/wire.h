/* What the components of logwatch send each other. Numbers are little-endian, as WebAssembly's memory is; keys are bytes, any bytes.
 *
 *   parser -> counter   one line: its length (u32), then its key
 *   report -> counter   a request for a page: the index of the first key wanted (u32)
 *   counter -> report   the page: the index to ask for next (u32; 0: this was the last), then its rows
 *   a row               lines (u64), bytes (u64), length of the key (u32), the key */
#ifndef LOGWATCH_WIRE_H
#define LOGWATCH_WIRE_H

#include <airs.h>

#define KEY_MAX 255u             /* a longer key is cut */
#define PAGE_BYTES (32u * 1024u) /* room for more than a hundred of the longest rows */
#define ROW_HEAD 20u
#define ROW_MAX (ROW_HEAD + KEY_MAX)

static inline size_t wire_put(char *at, const void *value, size_t length) {
    memcpy(at, value, length);
    return length;
}

static inline uint32_t wire_u32(const char *at) {
    uint32_t value;
    memcpy(&value, at, sizeof value);
    return value;
}

static inline uint64_t wire_u64(const char *at) {
    uint64_t value;
    memcpy(&value, at, sizeof value);
    return value;
}

/* FNV-1a: parsers and counters hash the same way, but a counter's table uses other bits than the choice of the counter. */
static inline uint32_t wire_hash(const char *key, size_t length) {
    uint32_t hash = 2166136261u;
    for (size_t i = 0; i < length; i++) {
        hash = (hash ^ (unsigned char)key[i]) * 16777619u;
    }
    return hash;
}

#endif
