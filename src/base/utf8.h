/* UTF-8 as Unicode 15 table 3-7 defines it: no overlong forms, no surrogates, nothing above U+10FFFF. */
#ifndef AIRSI_BASE_UTF8_H
#define AIRSI_BASE_UTF8_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* `bytes` may be NULL when length is 0. */
bool airsi_utf8_valid(const uint8_t *bytes, size_t length);

/* The length of the well-formed sequence at the start, 1 to 4; 0 when there is none. */
size_t airsi_utf8_sequence(const uint8_t *bytes, size_t length);

#endif
