#define _GNU_SOURCE
#include "bench/spin.h"

#include <pthread.h>
#include <sched.h>

#include "base/atomic.h"
#include "base/clock.h"
#include "base/memory.h"

#define STEPS 50000000u

enum { WAIT, SPIN, END };

typedef struct spinner {
    pthread_t thread;
    AIRSI_ATOMIC(uint32_t) * go; /* any thread, atomic */
    int cpu;
    uint64_t result;
    uint64_t elapsed_ns;
} spinner;

/* The index-th CPU of the affinity mask, in turn. */
static int cpu_at(const cpu_set_t *allowed, unsigned index) {
    int count = CPU_COUNT(allowed);
    unsigned skip = count > 0 ? index % (unsigned)count : 0;
    for (int cpu = 0; cpu < CPU_SETSIZE; cpu++) {
        if (CPU_ISSET(cpu, allowed) && skip-- == 0) {
            return cpu;
        }
    }
    return 0;
}

static void *spin(void *argument) {
    spinner *self = argument;
    cpu_set_t own;
    CPU_ZERO(&own);
    CPU_SET(self->cpu, &own);
    pthread_setaffinity_np(pthread_self(), sizeof own, &own);
    uint32_t go;
    while ((go = airsi_load_relaxed(self->go)) == WAIT) {
        sched_yield();
    }
    uint64_t began = airsi_clock_monotonic_ns();
    self->result = airsi_bench_spin((uint64_t)self->cpu, go == SPIN ? STEPS : 0);
    self->elapsed_ns = airsi_clock_monotonic_ns() - began;
    return NULL;
}

static unsigned start_threads(unsigned threads, spinner *spinners, AIRSI_ATOMIC(uint32_t) * go) {
    cpu_set_t allowed;
    CPU_ZERO(&allowed);
    sched_getaffinity(0, sizeof allowed, &allowed);
    unsigned made = 0;
    for (; made < threads; made++) {
        spinners[made] = (spinner){.go = go, .cpu = cpu_at(&allowed, made)};
        if (pthread_create(&spinners[made].thread, NULL, spin, &spinners[made]) != 0) {
            break;
        }
    }
    return made;
}

/* Steps a nanosecond of all threads together. */
static airs_status measure(unsigned threads, spinner *spinners, double *ret_rate, airs_error *error) {
    AIRSI_ATOMIC(uint32_t) go = WAIT;
    unsigned made = start_threads(threads, spinners, &go);
    airsi_store_relaxed(&go, made == threads ? SPIN : END);
    double rate = 0;
    for (unsigned i = 0; i < made; i++) {
        pthread_join(spinners[i].thread, NULL);
        rate += (double)STEPS / (double)spinners[i].elapsed_ns;
    }
    if (made < threads) {
        return airs_error_set(error, AIRS_EUNAVAILABLE, "thread %u of %u could not be started", made + 1, threads);
    }
    *ret_rate = rate;
    return AIRS_OK;
}

airs_status airsi_bench_spin_ratio(unsigned threads, double *ret_ratio, airs_error *error) {
    spinner *spinners = airsi_calloc(threads, sizeof *spinners);
    if (spinners == NULL) {
        return airs_error_set(error, AIRS_ENOMEM, "no memory for %u threads", threads);
    }
    double alone = 0;
    double together = 0;
    airs_status status = measure(1, spinners, &alone, error);
    if (status == AIRS_OK) {
        status = measure(threads, spinners, &together, error);
    }
    if (status == AIRS_OK) {
        *ret_ratio = together / alone;
    }
    airsi_free(spinners);
    return status;
}
