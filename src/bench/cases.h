/* What a case is given and gives; and all cases. */
#ifndef AIRSI_BENCH_CASES_H
#define AIRSI_BENCH_CASES_H

#include <stdint.h>

#include <airs/status.h>

#include "bench/bench.h"

typedef struct airsi_bench_task {
    uint64_t n;
    unsigned workers; /* 0: as many as the system chooses */
    unsigned variant; /* one of the case's variants; 0 when it has none */
    uint32_t payload;
} airsi_bench_task;

/* What a round gives. */
typedef struct airsi_bench_round {
    uint64_t n;       /* operations done: a case may round what was asked */
    unsigned workers; /* that were there */
    uint64_t elapsed_ns;
    airsi_bench_figure figures[AIRSI_BENCH_FIGURES_MAX];
    size_t figure_count;
} airsi_bench_round;

/* The output is written on AIRS_OK only. */
typedef airs_status (*airsi_bench_function)(const airsi_bench_task *task, airsi_bench_round *ret_round, airs_error *error);

#define AIRSI_BENCH_CASE(function) \
    airs_status airsi_case_##function(const airsi_bench_task *task, airsi_bench_round *ret_round, airs_error *error)

AIRSI_BENCH_CASE(broker_publish);
AIRSI_BENCH_CASE(subscriber_overhead);
AIRSI_BENCH_CASE(resolve);
AIRSI_BENCH_CASE(resolve_id);
AIRSI_BENCH_CASE(verdict);
AIRSI_BENCH_CASE(mailbox);
AIRSI_BENCH_CASE(route);
AIRSI_BENCH_CASE(route_batch);
AIRSI_BENCH_CASE(throughput_1w);
AIRSI_BENCH_CASE(throughput_2w);
AIRSI_BENCH_CASE(send_drain);
AIRSI_BENCH_CASE(ping_pong);
AIRSI_BENCH_CASE(ring);
AIRSI_BENCH_CASE(scale);
AIRSI_BENCH_CASE(fork_join);
AIRSI_BENCH_CASE(broadcast);
AIRSI_BENCH_CASE(big);
AIRSI_BENCH_CASE(chameneos);
AIRSI_BENCH_CASE(request);
AIRSI_BENCH_CASE(spawn);
AIRSI_BENCH_CASE(memory);
AIRSI_BENCH_CASE(memory_pass);
AIRSI_BENCH_CASE(idle_memory);
AIRSI_BENCH_CASE(idle);
AIRSI_BENCH_CASE(latency);
AIRSI_BENCH_CASE(latency_hostile);
AIRSI_BENCH_CASE(overload);
AIRSI_BENCH_CASE(contended);

void airsi_bench_add_figure(airsi_bench_round *round, const char *name, double value);

#endif
