#define _GNU_SOURCE
#include "core/system/cpus.h"

#include <sched.h>
#include <stdio.h>

#include "core/system/cgroup.h"

static unsigned by_affinity(void) {
    cpu_set_t set;
    if (sched_getaffinity(0, sizeof set, &set) != 0) {
        return 1;
    }
    int count = CPU_COUNT(&set);
    return count > 0 ? (unsigned)count : 1;
}

/* "QUOTA PERIOD", or "max PERIOD". */
static uint64_t cpus_of(const char *line) {
    unsigned long long quota = 0;
    unsigned long long period = 0;
    int fields = sscanf(line, "%llu %llu", &quota, &period);
    return fields == 2 && quota > 0 && period > 0 ? (quota + period - 1) / period : AIRSI_UNBOUNDED;
}

unsigned airsi_cpus_allowed(void) {
    unsigned affinity = by_affinity();
    uint64_t bound = airsi_cgroup_bound("cpu.max", cpus_of);
    return bound < affinity ? (unsigned)bound : affinity;
}
