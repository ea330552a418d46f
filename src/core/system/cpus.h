/* How many CPUs this process may use. */
#ifndef AIRSI_CORE_SYSTEM_CPUS_H
#define AIRSI_CORE_SYSTEM_CPUS_H

/* The affinity mask's count, or less when the cgroup's cpu.max allows less (rounded up); at least 1. */
unsigned airsi_cpus_allowed(void);

#endif
