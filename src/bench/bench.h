/* The benchmarks behind `airs bench`. They belong to the program, not to the library.
 *
 * Every case runs what an embedder runs: bounds, verdicts and statistics are on, every message carries a payload that its receiver reads, and
 * what was handled is compared with what was sent when a round ends. A round that doesn't balance has no figure. */
#ifndef AIRSI_BENCH_BENCH_H
#define AIRSI_BENCH_BENCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <airs/status.h>

#define AIRSI_BENCH_N_MAX 1000000000u
#define AIRSI_BENCH_WORKERS_MAX 255u
#define AIRSI_BENCH_PAYLOAD_MIN 16u    /* a number, and a time in some cases */
#define AIRSI_BENCH_PAYLOAD_MAX 16384u /* 64 of them fill a mailbox, and what a sender may hold back */
#define AIRSI_BENCH_PAYLOAD_DEFAULT 64u
#define AIRSI_BENCH_ROUNDS_MAX 99u
#define AIRSI_BENCH_FIGURES_MAX 8

typedef struct airsi_bench_options {
    uint64_t n;       /* operations a round; 0: the case's own */
    unsigned workers; /* 0: those the case is meant for */
    uint32_t payload; /* bytes a message */
    unsigned rounds;
    bool brief; /* the case's own n is the small one */
} airsi_bench_options;

/* What only some cases tell; names are static strings. */
typedef struct airsi_bench_figure {
    const char *name;
    double value;
} airsi_bench_figure;

typedef struct airsi_bench_line {
    const char *name;
    uint64_t n;
    unsigned workers;
    uint32_t payload;
    unsigned rounds;
    double ns_min, ns_median, ns_max;                    /* of an operation, over the rounds */
    airsi_bench_figure figures[AIRSI_BENCH_FIGURES_MAX]; /* of the median round */
    size_t figure_count;
} airsi_bench_line;

size_t airsi_bench_count(void);
const char *airsi_bench_name(size_t index);
/* What one operation is, in a line. */
const char *airsi_bench_summary(size_t index);

/* Runs one case, once for each number of workers (or producers) it is meant for, and tells a line each. Every round has a process of its own, so
 * that none finds the memory of another.
 * Errors: AIRS_EINTERNAL (messages are unaccounted for), AIRS_ETIMEOUT, and whatever a call of the library answered. */
airs_status airsi_bench_measure(size_t index, const airsi_bench_options *options, void (*on_line)(void *user, const airsi_bench_line *line),
                                void *user, airs_error *error);

#endif
