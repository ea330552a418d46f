/* What the parts of one `airs pipe` share. */
#ifndef AIRSI_NODE_PIPE_PIPE_RUN_H
#define AIRSI_NODE_PIPE_PIPE_RUN_H

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <airs/component.h>
#include <airs/export.h>
#include <airs/status.h>
#include <airs/system.h>

#include "base/atomic.h"
#include "node/host/host.h"
#include "node/pipe/line_reader.h"
#include "node/pipe/output.h"
#include "node/pipe/pipe.h"
#include "node/pipe/progress.h"
#include "node/pipe/reply_window.h"

typedef struct airsi_pipe_run {
    const airsi_manifest *manifest;
    const airsi_pipe_options *options; /* const once started, as are the next four */
    airsi_host *host;
    airs_system *system;
    airs_component target;
    size_t payload_limit;
    airsi_line_reader *reader;  /* main thread */
    airsi_output *output;       /* any thread */
    airsi_reply_window *window; /* of lines; with --replies only */
    airsi_reply_window *asking; /* of --then: one at a time */
    size_t asked;               /* of --then: the one that is awaited, from 1; 0: none; main thread */
    size_t asked_count;         /* of --then: those that were asked; main thread */
    pthread_t printer;          /* takes from the window, writes to the output */
    bool printing;              /* the printer runs; main thread */
    airsi_progress progress;
    uint64_t taken;                /* lines that were sent, or failed; main thread */
    AIRSI_ATOMIC(uint64_t) failed; /* lines and closing requests; main thread and printer */
    airs_status refused;           /* why reading stopped before the end; main thread */
} airsi_pipe_run;

/* "airs: text" on stderr, one line, escaped. */
AIRS_PRINTF(1, 2) void airsi_pipe_tell(const char *format, ...);

/* airs_reply_callback: ends the slot it is given. */
void airsi_pipe_on_reply(void *slot, airs_status status, const void *data, size_t length);

/* With --replies: starts the thread that prints them. Errors: AIRS_ENOMEM, AIRS_EUNAVAILABLE. */
airs_status airsi_pipe_start_printing(airsi_pipe_run *run, airs_error *error);

/* Waits until every reply was printed; all requests must have ended or be about to. */
void airsi_pipe_finish_printing(airsi_pipe_run *run);

/* Sends every line, until the end, a stop, or a refusal that holds for every line. */
void airsi_pipe_feed(airsi_pipe_run *run);

/* Asks what --then says, one after the other; `since_ms` is when the input ended. A stop ends the wait. */
void airsi_pipe_ask_all(airsi_pipe_run *run, uint64_t since_ms);

/* After a drain: prints what was asked and not awaited to the end, or says that it did not end; says what was not asked. */
void airsi_pipe_ask_last(airsi_pipe_run *run);

/* Milliseconds left of --timeout, at least 1; 0: no limit. */
uint32_t airsi_pipe_time_left(const airsi_pipe_run *run, uint64_t since_ms);

#endif
