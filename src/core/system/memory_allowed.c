#include "core/system/memory_allowed.h"

#include <stdio.h>
#include <unistd.h>

#include "core/system/cgroup.h"

#define UNKNOWN (UINT64_C(1) << 30)

static uint64_t by_machine(void) {
    long pages = sysconf(_SC_PHYS_PAGES);
    long page = sysconf(_SC_PAGESIZE);
    return pages > 0 && page > 0 ? (uint64_t)pages * (uint64_t)page : UNKNOWN;
}

/* "BYTES", or "max". */
static uint64_t bytes_of(const char *line) {
    unsigned long long bytes = 0;
    return sscanf(line, "%llu", &bytes) == 1 ? bytes : AIRSI_UNBOUNDED;
}

uint64_t airsi_memory_allowed(void) {
    uint64_t machine = by_machine();
    uint64_t bound = airsi_cgroup_bound("memory.max", bytes_of);
    return bound < machine ? bound : machine;
}
