/* `airs pipe`: the lines of a stream to a component, until they and all they caused have ended. */
#ifndef AIRSI_NODE_PIPE_PIPE_H
#define AIRSI_NODE_PIPE_PIPE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <airs/id.h>
#include <airs/log.h>

#include "node/manifest/manifest.h"

#define AIRSI_PIPE_WINDOW_DEFAULT 256u
#define AIRSI_PIPE_WINDOW_MAX 4000u

/* One request when all is done. */
typedef struct airsi_pipe_then {
    airs_component_id id;
    const char *text;
} airsi_pipe_then;

typedef struct airsi_pipe_options {
    airs_component_id target;
    unsigned workers; /* 0: the manifest's */
    bool replies;
    bool stats;
    bool quiet;
    bool json;           /* the numbers at the end */
    size_t window;       /* requests in flight */
    uint32_t timeout_ms; /* from the end of the input until all has ended; 0: no limit */
    uint32_t drain_ms;   /* after a signal; 0: no limit */
    uint32_t request_ms; /* of one request; 0: 30 s */
    const airsi_pipe_then *thens;
    size_t then_count;
    airs_log *log;
} airsi_pipe_options;

/* Reads stdin, writes stdout and stderr; returns the exit code. Signals must be blocked already. */
int airsi_pipe(const airsi_manifest *manifest, const airsi_pipe_options *options);

#endif
