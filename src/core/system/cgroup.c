#include "core/system/cgroup.h"

#include <stdio.h>
#include <string.h>

#define PATH_BYTES 512

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

static uint64_t bound_of(const char *cgroup, const char *name, uint64_t (*parse)(const char *line)) {
    char path[2 * PATH_BYTES];
    char line[PATH_BYTES];
    snprintf(path, sizeof path, "/sys/fs/cgroup%s/%s", cgroup, name);
    FILE *file = fopen(path, "re");
    if (file == NULL) {
        return AIRSI_UNBOUNDED;
    }
    uint64_t bound = fgets(line, sizeof line, file) != NULL ? parse(line) : AIRSI_UNBOUNDED;
    fclose(file);
    return bound;
}

uint64_t airsi_cgroup_bound(const char *file, uint64_t (*parse)(const char *line)) {
    uint64_t least = AIRSI_UNBOUNDED;
    char cgroup[PATH_BYTES];
    if (!own_cgroup(cgroup, sizeof cgroup)) {
        return least;
    }
    for (;;) {
        uint64_t bound = bound_of(cgroup, file, parse);
        if (bound < least) {
            least = bound;
        }
        char *slash = strrchr(cgroup, '/');
        if (slash == NULL) {
            return least;
        }
        *slash = '\0';
    }
}
