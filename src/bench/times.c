#include "bench/times.h"

void airsi_bench_times_merge(airsi_bench_times *into, const airsi_bench_times *from) {
    for (unsigned i = 0; i < AIRSI_BENCH_TIMES_BUCKETS; i++) {
        into->counts[i] += from->counts[i];
    }
    into->total += from->total;
    into->most = from->most > into->most ? from->most : into->most;
}

/* The largest value of a bucket. Bucket b holds b itself up to 127; from there on each octave has 64 buckets, twice as wide as those before. */
static uint64_t bucket_end(unsigned bucket) {
    unsigned shift = bucket >> AIRSI_BENCH_TIMES_BITS;
    shift = shift > 0 ? shift - 1 : 0;
    uint64_t within = bucket - ((uint64_t)shift << AIRSI_BENCH_TIMES_BITS);
    return ((within + 1) << shift) - 1;
}

uint64_t airsi_bench_times_at(const airsi_bench_times *times, double share) {
    uint64_t wanted = (uint64_t)(share * (double)times->total);
    uint64_t seen = 0;
    for (unsigned i = 0; i < AIRSI_BENCH_TIMES_BUCKETS; i++) {
        seen += times->counts[i];
        if (seen > wanted || (seen == times->total && seen > 0)) {
            uint64_t end = bucket_end(i);
            return end < times->most ? end : times->most;
        }
    }
    return 0;
}

void airsi_bench_times_add_figures(const airsi_bench_times *times, airsi_bench_round *round) {
    airsi_bench_add_figure(round, "p50", (double)airsi_bench_times_at(times, 0.5));
    airsi_bench_add_figure(round, "p99", (double)airsi_bench_times_at(times, 0.99));
    airsi_bench_add_figure(round, "p999", (double)airsi_bench_times_at(times, 0.999));
    airsi_bench_add_figure(round, "max", (double)times->most);
}
