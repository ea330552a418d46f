#include "core/stats/histogram.h"

#define LONGEST ((UINT64_C(1) << AIRSI_HISTOGRAM_OCTAVES) - 1)

/* Below 8 a bucket is one value; from there the highest bit chooses eight buckets, and the three behind it one of them. */
static unsigned bucket_of(uint64_t ns) {
    if (ns < 8) {
        return (unsigned)ns;
    }
    unsigned octave = 63 - (unsigned)__builtin_clzll(ns);
    return (octave - 2) * 8 + ((unsigned)(ns >> (octave - 3)) & 7);
}

/* The largest value of a bucket. */
static uint64_t top_of(unsigned bucket) {
    if (bucket < 8) {
        return bucket;
    }
    unsigned octave = bucket / 8 + 2;
    return (UINT64_C(1) << octave) + ((uint64_t)(bucket % 8 + 1) << (octave - 3)) - 1;
}

static void increase(AIRSI_ATOMIC(uint64_t) * value, uint64_t by) {
    airsi_store_relaxed(value, airsi_load_relaxed(value) + by);
}

void airsi_histogram_add(airsi_histogram *histogram, uint64_t ns) {
    ns = ns < LONGEST ? ns : LONGEST;
    increase(&histogram->counts[bucket_of(ns)], 1);
    increase(&histogram->total_ns, ns);
    if (ns > airsi_load_relaxed(&histogram->max_ns)) {
        airsi_store_relaxed(&histogram->max_ns, ns);
    }
}

void airsi_histogram_sum_add(airsi_histogram_sum *sum, const airsi_histogram *histogram) {
    for (unsigned i = 0; i < AIRSI_HISTOGRAM_BUCKETS; i++) {
        uint64_t count = airsi_load_relaxed(&histogram->counts[i]);
        sum->counts[i] += count;
        sum->samples += count;
    }
    sum->total_ns += airsi_load_relaxed(&histogram->total_ns);
    uint64_t max_ns = airsi_load_relaxed(&histogram->max_ns);
    sum->max_ns = max_ns > sum->max_ns ? max_ns : sum->max_ns;
}

void airsi_histogram_fold(airsi_histogram *into, const airsi_histogram *from) {
    for (unsigned i = 0; i < AIRSI_HISTOGRAM_BUCKETS; i++) {
        increase(&into->counts[i], airsi_load_relaxed(&from->counts[i]));
    }
    increase(&into->total_ns, airsi_load_relaxed(&from->total_ns));
    if (airsi_load_relaxed(&from->max_ns) > airsi_load_relaxed(&into->max_ns)) {
        airsi_store_relaxed(&into->max_ns, airsi_load_relaxed(&from->max_ns));
    }
}

uint64_t airsi_histogram_quantile(const airsi_histogram_sum *sum, unsigned permille) {
    if (sum->samples == 0) {
        return 0;
    }
    /* The rank, rounded up, so that it is never below what was asked for. Samples are far fewer than 2^54. */
    uint64_t rank = (sum->samples * permille + 999) / 1000;
    uint64_t seen = 0;
    for (unsigned i = 0; i < AIRSI_HISTOGRAM_BUCKETS; i++) {
        seen += sum->counts[i];
        if (sum->counts[i] > 0 && seen >= rank) {
            uint64_t top = top_of(i);
            return top < sum->max_ns ? top : sum->max_ns;
        }
    }
    return sum->max_ns; /* a sample was counted and not yet seen in its bucket */
}
