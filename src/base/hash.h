/* A keyed hash for tables whose keys others choose. SipHash-1-3: Aumasson and Bernstein, "SipHash: a fast short-input PRF", 2012. */
#ifndef AIRSI_BASE_HASH_H
#define AIRSI_BASE_HASH_H

#include <stddef.h>
#include <stdint.h>

/* `data` may be NULL when length is 0. */
uint64_t airsi_siphash(const uint8_t key[16], const void *data, size_t length);

#endif
