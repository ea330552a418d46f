#define _GNU_SOURCE
#include "core/system/cpus.h"

#include <sched.h>
#include <stdio.h>
#include <string.h>

#define PATH_BYTES 512

static unsigned by_affinity(void) {
    cpu_set_t set;
    if (sched_getaffinity(0, sizeof set, &set) != 0) {
        return 1;
    }
    int count = CPU_COUNT(&set);
    return count > 0 ? (unsigned)count : 1;
}

/* The path of this process in the unified hierarchy ("0::/path" in /proc/self/cgroup). */
static int own_cgroup(char *path, size_t capacity) {
    FILE *file = fopen("/proc/self/cgroup", "re");
    char line[PATH_BYTES];
    int found = 0;
    while (file != NULL && !found && fgets(line, sizeof line, file) != NULL) {
        if (strncmp(line, "0::", 3) == 0) {
            line[strcspn(line, "\n")] = '\0';
            found = snprintf(path, capacity, "%s", line + 3) < (int)capacity;
        }
    }
    if (file != NULL) {
        fclose(file);
    }
    return found;
}

/* CPUs that one cpu.max allows; 0: no bound. */
static unsigned read_cpu_max(const char *cgroup) {
    char path[2 * PATH_BYTES];
    snprintf(path, sizeof path, "/sys/fs/cgroup%s/cpu.max", cgroup);
    FILE *file = fopen(path, "re");
    if (file == NULL) {
        return 0;
    }
    unsigned long long quota = 0;
    unsigned long long period = 0;
    int fields = fscanf(file, "%llu %llu", &quota, &period);
    fclose(file);
    return fields == 2 && period > 0 ? (unsigned)((quota + period - 1) / period) : 0;
}

unsigned airsi_cpus_allowed(void) {
    unsigned allowed = by_affinity();
    char cgroup[PATH_BYTES];
    if (!own_cgroup(cgroup, sizeof cgroup)) {
        return allowed;
    }
    /* Each level up to the root may bound. */
    for (;;) {
        unsigned bound = read_cpu_max(cgroup);
        if (bound > 0 && bound < allowed) {
            allowed = bound;
        }
        char *slash = strrchr(cgroup, '/');
        if (slash == NULL) {
            break;
        }
        *slash = '\0';
    }
    return allowed > 0 ? allowed : 1;
}
