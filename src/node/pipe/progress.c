#include "node/pipe/progress.h"

#include <inttypes.h>
#include <stdio.h>

#include "base/clock.h"

void airsi_progress_init(airsi_progress *progress) {
    *progress = (airsi_progress){.shown = false};
    pthread_mutex_init(&progress->lock, NULL);
}

void airsi_progress_fini(airsi_progress *progress) {
    pthread_mutex_destroy(&progress->lock);
}

void airsi_progress_start(airsi_progress *progress) {
    progress->start_ns = airsi_clock_monotonic_ns();
}

void airsi_progress_set(airsi_progress *progress, uint64_t lines, uint64_t bytes) {
    airsi_store_relaxed(&progress->lines, lines);
    airsi_store_relaxed(&progress->bytes, bytes);
}

double airsi_progress_seconds(const airsi_progress *progress) {
    return (double)(airsi_clock_monotonic_ns() - progress->start_ns) / 1e9;
}

void airsi_progress_show(airsi_progress *progress) {
    pthread_mutex_lock(&progress->lock);
    if (!progress->cleared) {
        uint64_t lines = airsi_load_relaxed(&progress->lines);
        double seconds = airsi_progress_seconds(progress);
        /* The cursor goes back to the first column, so that a log line writes over this one instead of behind it. */
        fprintf(stderr, "\r%" PRIu64 " lines, %.0f lines/s, %.1f MB\033[K\r", lines, seconds > 0 ? (double)lines / seconds : 0,
                (double)airsi_load_relaxed(&progress->bytes) / 1e6);
        progress->shown = true;
    }
    pthread_mutex_unlock(&progress->lock);
}

void airsi_progress_clear(airsi_progress *progress) {
    pthread_mutex_lock(&progress->lock);
    if (progress->shown) {
        fputs("\r\033[K", stderr);
    }
    progress->cleared = true;
    pthread_mutex_unlock(&progress->lock);
}
