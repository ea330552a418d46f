#include "wasm/engine/findings.h"

#include <stdarg.h>
#include <stdio.h>

#include "base/memory.h"

static AIRS_PRINTF(3, 0) void add(airsi_findings *findings, airsi_lines *to, const char *format, va_list arguments) {
    to->total++;
    if (to->count == AIRSI_FINDINGS_MAX) {
        return;
    }
    char raw[2 * AIRS_ERROR_TEXT_MAX];
    vsnprintf(raw, sizeof raw, format, arguments);
    airs_error line;
    airs_error_set(&line, AIRS_EBADMODULE, "%s", raw);
    if (to->lines == NULL) {
        to->lines = airsi_calloc(AIRSI_FINDINGS_MAX, sizeof *to->lines);
    }
    char *copy = to->lines != NULL ? airsi_strdup(line.text) : NULL;
    if (copy == NULL) {
        findings->no_memory = true;
        return;
    }
    to->lines[to->count++] = copy;
}

void airsi_findings_problem(airsi_findings *findings, const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    add(findings, &findings->problems, format, arguments);
    va_end(arguments);
}

void airsi_findings_warning(airsi_findings *findings, const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    add(findings, &findings->warnings, format, arguments);
    va_end(arguments);
}

airs_status airsi_findings_status(const airsi_findings *findings, const char *name, airs_error *error) {
    const airsi_lines *problems = &findings->problems;
    if (findings->no_memory) {
        return airs_error_set(error, AIRS_ENOMEM, "%s: no memory to check it", name);
    }
    if (problems->total == 0) {
        return AIRS_OK;
    }
    if (problems->total == 1) {
        return airs_error_set(error, AIRS_EBADMODULE, "%s: %s", name, problems->lines[0]);
    }
    return airs_error_set(error, AIRS_EBADMODULE, "%s: %s (and %zu more: `airs inspect` lists them)", name, problems->lines[0],
                          problems->total - 1);
}

static void lines_fini(airsi_lines *lines) {
    for (size_t i = 0; i < lines->count; i++) {
        airsi_free(lines->lines[i]);
    }
    airsi_free(lines->lines);
}

void airsi_findings_fini(airsi_findings *findings) {
    lines_fini(&findings->problems);
    lines_fini(&findings->warnings);
    *findings = (airsi_findings){0};
}
