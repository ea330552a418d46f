/* How much memory this process may use. */
#ifndef AIRSI_CORE_SYSTEM_MEMORY_ALLOWED_H
#define AIRSI_CORE_SYSTEM_MEMORY_ALLOWED_H

#include <stdint.h>

/* Bytes: the machine's memory, or less when the cgroup's memory.max allows less. */
uint64_t airsi_memory_allowed(void);

#endif
