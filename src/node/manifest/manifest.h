/* The manifest: what a node runs (docs/MANIFEST.md). Read whole, strictly, before anything starts. */
#ifndef AIRSI_NODE_MANIFEST_MANIFEST_H
#define AIRSI_NODE_MANIFEST_MANIFEST_H

#include <stddef.h>

#include <airs/id.h>
#include <airs/limits.h>
#include <airs/status.h>

#include "node/text/problems.h"

#define AIRSI_MANIFEST_BYTES_MAX (1u << 20)
#define AIRSI_MANIFEST_COMPONENTS_MAX 100000u
#define AIRSI_MANIFEST_WORKERS_MAX 255u /* as many as airs_system_new takes */

typedef struct airsi_texts {
    char **items;
    size_t count;
} airsi_texts;

/* One item of `components`: one component, or several that differ in their id only. */
typedef struct airsi_manifest_entry {
    airs_component_id *ids; /* expanded; empty when the id was wrong */
    size_t id_count;
    size_t line, column; /* of the id */
    size_t file_line, file_column;
    char *file;        /* relative to the working folder, as the manifest's own path is; NULL when it was wrong */
    char *config_json; /* never NULL */
    airs_limits limits;
    airsi_texts send;
    airsi_texts receive;
} airsi_manifest_entry;

typedef struct airsi_manifest {
    char *path;
    char *name;
    unsigned workers; /* 0: auto */
    airsi_manifest_entry *entries;
    size_t entry_count;
    size_t component_count; /* ids of all entries */
} airsi_manifest;

/* Reads and checks `path`; every problem is added. The manifest may be used to start something only when none was.
 *
 * `ret_manifest` gets what could be read, so that more can be checked; NULL when nothing could.
 * Errors: AIRS_ENOINPUT (no such file, not a regular file), AIRS_ECONFIG, AIRS_ENOMEM. */
airs_status airsi_manifest_load(const char *path, airsi_problems *problems, airsi_manifest **ret_manifest);

void airsi_manifest_free(airsi_manifest *manifest); /* NULL is fine */

#endif
