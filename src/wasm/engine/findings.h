/* Lines that a check of a module leaves behind: problems, for which it is refused, and warnings. */
#ifndef AIRSI_WASM_ENGINE_FINDINGS_H
#define AIRSI_WASM_ENGINE_FINDINGS_H

#include <stdbool.h>
#include <stddef.h>

#include <airs/export.h>
#include <airs/status.h>

#define AIRSI_FINDINGS_MAX 100u /* kept of each kind; more are counted */

typedef struct airsi_lines {
    char **lines;
    size_t count; /* kept */
    size_t total; /* found */
} airsi_lines;

typedef struct airsi_findings {
    airsi_lines problems;
    airsi_lines warnings;
    bool no_memory; /* a line could not be kept */
} airsi_findings;

/* Adds a line, escaped and cut as an airs_error is. */
void airsi_findings_problem(airsi_findings *findings, const char *format, ...) AIRS_PRINTF(2, 3);
void airsi_findings_warning(airsi_findings *findings, const char *format, ...) AIRS_PRINTF(2, 3);

/* AIRS_OK without problems; else AIRS_EBADMODULE with the first one, how many more there are, and `name` in front. AIRS_ENOMEM. */
airs_status airsi_findings_status(const airsi_findings *findings, const char *name, airs_error *error);

void airsi_findings_fini(airsi_findings *findings);

#endif
