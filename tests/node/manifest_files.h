/* Manifests in a folder of their own, for tests. */
#ifndef AIRS_TESTS_NODE_MANIFEST_FILES_H
#define AIRS_TESTS_NODE_MANIFEST_FILES_H

#include "node/manifest/manifest.h"

/* Writes `text` to a new file app.yaml and loads it. Free with close_loaded. */
typedef struct loaded {
    char folder[64];
    char path[96];
    airsi_problems problems;
    airsi_manifest *manifest;
    airs_status status;
} loaded;

loaded *load_bytes(const char *text, size_t length);
loaded *load_text(const char *text);
void close_loaded(loaded *l);

/* The text of a problem without the path before it; "" when there is no such problem. */
const char *problem_text(const loaded *l, size_t index);

#endif
