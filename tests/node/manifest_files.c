#include "node/manifest_files.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

loaded *load_bytes(const char *text, size_t length) {
    loaded *l = calloc(1, sizeof *l);
    strcpy(l->folder, "/tmp/airs-test-XXXXXX");
    if (mkdtemp(l->folder) == NULL) {
        abort();
    }
    snprintf(l->path, sizeof l->path, "%s/app.yaml", l->folder);
    FILE *file = fopen(l->path, "w");
    fwrite(text, 1, length, file);
    fclose(file);
    l->status = airsi_manifest_load(l->path, &l->problems, &l->manifest);
    return l;
}

loaded *load_text(const char *text) {
    return load_bytes(text, strlen(text));
}

void close_loaded(loaded *l) {
    unlink(l->path);
    rmdir(l->folder);
    airsi_problems_fini(&l->problems);
    airsi_manifest_free(l->manifest);
    free(l);
}

const char *problem_text(const loaded *l, size_t index) {
    if (index >= l->problems.count) {
        return "";
    }
    const char *text = l->problems.items[index].text;
    size_t length = strlen(l->path);
    return strncmp(text, l->path, length) == 0 ? text + length : text;
}
