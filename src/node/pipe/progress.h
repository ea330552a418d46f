/* How far a stream has come: counted by the reader, shown on a terminal. */
#ifndef AIRSI_NODE_PIPE_PROGRESS_H
#define AIRSI_NODE_PIPE_PROGRESS_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/atomic.h"

#define AIRSI_PROGRESS_EVERY_MS 200u

typedef struct airsi_progress {
    AIRSI_ATOMIC(uint64_t) lines; /* the reader writes, any thread reads; the same for bytes */
    AIRSI_ATOMIC(uint64_t) bytes;
    uint64_t start_ns; /* const once started */
    pthread_mutex_t lock;
    bool shown; /* under lock, as is the next one */
    bool cleared;
} airsi_progress;

void airsi_progress_init(airsi_progress *progress);
void airsi_progress_fini(airsi_progress *progress);

/* The clock starts now. */
void airsi_progress_start(airsi_progress *progress);
void airsi_progress_set(airsi_progress *progress, uint64_t lines, uint64_t bytes);

/* Since start. */
double airsi_progress_seconds(const airsi_progress *progress);

/* Writes one line over the last one, to stderr. */
void airsi_progress_show(airsi_progress *progress);

/* Takes the line away, if one was shown; none is shown from now on. */
void airsi_progress_clear(airsi_progress *progress);

#endif
