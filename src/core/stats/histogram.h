/* A log-linear histogram of times: eight buckets an octave, so that what is read from it is at most an eighth too high. One thread writes, any
 * thread reads.
 *
 * After: G. Tene's HdrHistogram (hdrhistogram.org), with fixed precision. */
#ifndef AIRSI_CORE_HISTOGRAM_H
#define AIRSI_CORE_HISTOGRAM_H

#include <stdint.h>

#include "base/atomic.h"

#define AIRSI_HISTOGRAM_OCTAVES 40 /* up to 2^40 ns, 18 minutes; what is longer counts as that */
#define AIRSI_HISTOGRAM_BUCKETS ((AIRSI_HISTOGRAM_OCTAVES - 2) * 8)

typedef struct airsi_histogram {
    AIRSI_ATOMIC(uint64_t) counts[AIRSI_HISTOGRAM_BUCKETS]; /* owner thread writes, any thread reads */
    AIRSI_ATOMIC(uint64_t) total_ns;                        /* likewise: sum of all values */
    AIRSI_ATOMIC(uint64_t) max_ns;                          /* likewise */
} airsi_histogram;

/* Several of them summed; plain memory of who sums. */
typedef struct airsi_histogram_sum {
    uint64_t counts[AIRSI_HISTOGRAM_BUCKETS];
    uint64_t samples, total_ns, max_ns;
} airsi_histogram_sum;

void airsi_histogram_add(airsi_histogram *histogram, uint64_t ns);

void airsi_histogram_sum_add(airsi_histogram_sum *sum, const airsi_histogram *histogram);

/* Adds what is in `from`, whose thread is gone, to `into`. */
void airsi_histogram_fold(airsi_histogram *into, const airsi_histogram *from);

/* The time that `permille` of all samples did not exceed; 0 without samples. */
uint64_t airsi_histogram_quantile(const airsi_histogram_sum *sum, unsigned permille);

#endif
