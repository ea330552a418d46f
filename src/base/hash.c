#include "base/hash.h"

#include <endian.h>
#include <string.h>

/* All of it is inlined: the state lives in registers. */
typedef struct sip {
    uint64_t v0, v1, v2, v3;
} sip;

static inline __attribute__((always_inline)) uint64_t rotate(uint64_t x, unsigned bits) {
    return (x << bits) | (x >> (64 - bits));
}

static inline __attribute__((always_inline)) uint64_t load(const uint8_t *bytes) {
    uint64_t word;
    memcpy(&word, bytes, sizeof word);
    return le64toh(word);
}

static inline __attribute__((always_inline)) void mix(sip *s) {
    s->v0 += s->v1;
    s->v1 = rotate(s->v1, 13) ^ s->v0;
    s->v0 = rotate(s->v0, 32);
    s->v2 += s->v3;
    s->v3 = rotate(s->v3, 16) ^ s->v2;
    s->v0 += s->v3;
    s->v3 = rotate(s->v3, 21) ^ s->v0;
    s->v2 += s->v1;
    s->v1 = rotate(s->v1, 17) ^ s->v2;
    s->v2 = rotate(s->v2, 32);
}

static inline __attribute__((always_inline)) void absorb(sip *s, uint64_t word) {
    s->v3 ^= word;
    mix(s);
    s->v0 ^= word;
}

uint64_t airsi_siphash(const uint8_t key[16], const void *data, size_t length) {
    uint64_t k0 = load(key);
    uint64_t k1 = load(key + 8);
    sip s = {k0 ^ 0x736f6d6570736575u, k1 ^ 0x646f72616e646f6du, k0 ^ 0x6c7967656e657261u, k1 ^ 0x7465646279746573u};

    const uint8_t *bytes = data;
    size_t at = 0;
    for (; length - at >= 8; at += 8) {
        absorb(&s, load(bytes + at));
    }
    uint8_t last[8] = {0};
    if (length > at) {
        memcpy(last, bytes + at, length - at);
    }
    last[7] = (uint8_t)length;
    absorb(&s, load(last));

    s.v2 ^= 0xFF;
    mix(&s);
    mix(&s);
    mix(&s);
    return s.v0 ^ s.v1 ^ s.v2 ^ s.v3;
}
