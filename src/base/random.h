/* Random bytes of the kernel. */
#ifndef AIRSI_BASE_RANDOM_H
#define AIRSI_BASE_RANDOM_H

#include <stddef.h>

/* 0, or -1 when the kernel has none to give (then `bytes` is partly written). */
int airsi_random_bytes(void *bytes, size_t length);

#endif
