/* Guest output: whole lines to the engine's on_output or the log, rate-limited and cut. */
#ifndef AIRSI_WASM_COMPONENT_OUTPUT_H
#define AIRSI_WASM_COMPONENT_OUTPUT_H

#include <stddef.h>

#include <airs/log.h>

#include "wasm/component/component.h"

#define AIRSI_OUTPUT_LINE_MAX (64u * 1024u)
#define AIRSI_GUEST_LOG_LINES_A_SECOND 1000u

/* Bytes written to fd 1 or 2: every line that ended goes out, the rest waits. */
void airsi_component_write(airsi_component *component, int fd, const char *bytes, size_t length);

/* The rest that has no LF, at the end of an incarnation. */
void airsi_component_flush_output(airsi_component *component);

/* A guest's log call. Over the rate lines are dropped and counted; the next second says how many. */
void airsi_component_log(airsi_component *component, airs_log_level level, const char *text, size_t length);

#endif
