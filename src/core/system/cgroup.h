/* What the cgroup (version 2) of this process bounds. */
#ifndef AIRSI_CORE_SYSTEM_CGROUP_H
#define AIRSI_CORE_SYSTEM_CGROUP_H

#include <stdint.h>

#define AIRSI_UNBOUNDED UINT64_MAX

/* The least bound in the files of this name, of the process's own cgroup and of all above it, each of which bounds. `parse` makes a bound of a file's
 * first line. AIRSI_UNBOUNDED: none. */
uint64_t airsi_cgroup_bound(const char *file, uint64_t (*parse)(const char *line));

#endif
