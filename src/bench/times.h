/* Times, counted in buckets that are at most 1.6 % wide: nothing is sampled away, and none allocates. */
#ifndef AIRSI_BENCH_TIMES_H
#define AIRSI_BENCH_TIMES_H

#include <stdint.h>

#include "bench/cases.h"

#define AIRSI_BENCH_TIMES_BITS 6 /* 64 buckets an octave */
#define AIRSI_BENCH_TIMES_BUCKETS ((65 - AIRSI_BENCH_TIMES_BITS) << AIRSI_BENCH_TIMES_BITS)

typedef struct airsi_bench_times {
    uint64_t counts[AIRSI_BENCH_TIMES_BUCKETS];
    uint64_t total, most;
} airsi_bench_times;

static inline void airsi_bench_times_add(airsi_bench_times *times, uint64_t value) {
    unsigned octave = value >> AIRSI_BENCH_TIMES_BITS == 0 ? 0 : 64 - AIRSI_BENCH_TIMES_BITS - (unsigned)__builtin_clzll(value);
    unsigned shift = octave == 0 ? 0 : octave - 1;
    uint64_t base = octave == 0 ? 0 : (uint64_t)shift << AIRSI_BENCH_TIMES_BITS;
    times->counts[base + (value >> shift)]++;
    times->total++;
    times->most = value > times->most ? value : times->most;
}

void airsi_bench_times_merge(airsi_bench_times *into, const airsi_bench_times *from);

/* The value that a share of all is at most, rounded up to its bucket's end; 0 when there is none. */
uint64_t airsi_bench_times_at(const airsi_bench_times *times, double share);

/* p50, p99, p999 and max. */
void airsi_bench_times_add_figures(const airsi_bench_times *times, airsi_bench_round *round);

#endif
