/* The clocks. Nothing in the core reads one but through here. */
#ifndef AIRSI_BASE_CLOCK_H
#define AIRSI_BASE_CLOCK_H

#include <stdint.h>
#include <time.h>

static inline uint64_t airsi_clock_read_ns(clockid_t clock) {
    struct timespec t;
    clock_gettime(clock, &t);
    return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

/* Since an arbitrary start; never goes back. */
static inline uint64_t airsi_clock_monotonic_ns(void) {
    return airsi_clock_read_ns(CLOCK_MONOTONIC);
}

static inline uint64_t airsi_clock_monotonic_ms(void) {
    return airsi_clock_monotonic_ns() / 1000000u;
}

/* Since the Unix epoch. */
static inline uint64_t airsi_clock_wall_ns(void) {
    return airsi_clock_read_ns(CLOCK_REALTIME);
}

/* CPU time of the calling thread. */
static inline uint64_t airsi_clock_thread_cpu_ns(void) {
    return airsi_clock_read_ns(CLOCK_THREAD_CPUTIME_ID);
}

#endif
