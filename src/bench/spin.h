/* A loop of arithmetic: work of a known size, and what a machine gives several threads of it. */
#ifndef AIRSI_BENCH_SPIN_H
#define AIRSI_BENCH_SPIN_H

#include <stdint.h>

#include <airs/status.h>

#include "base/atomic.h"

/* A chain of multiplications, each waiting for the one before; about 1 ns a step. The result depends on all of them. */
static inline uint64_t airsi_bench_spin(uint64_t seed, uint64_t steps) {
    for (uint64_t i = 0; i < steps; i++) {
        seed = seed * 6364136223846793005u + 1442695040888963407u;
    }
    return seed;
}

/* After a refusal, about as long as a receiver takes for some dozen messages: who asks more often takes its cache lines away. */
static inline void airsi_bench_give_way(void) {
    for (unsigned i = 0; i < 64; i++) {
        airsi_pause();
    }
}

/* How much more of it `threads` threads do than one, each pinned to a CPU of its own (in turn when there are too few).
 * Errors: AIRS_EUNAVAILABLE. */
airs_status airsi_bench_spin_ratio(unsigned threads, double *ret_ratio, airs_error *error);

#endif
