/* A system that has nothing to do: how often its threads wake, and what they burn. */

#define _GNU_SOURCE
#include <errno.h>
#include <sys/resource.h>
#include <time.h>

#include "base/clock.h"
#include "bench/kit.h"

#define ACTORS 1000
#define SETTLE_MS 200

/* All threads but the calling one. */
typedef struct usage {
    uint64_t wakes; /* times a thread went to sleep again, or was put aside */
    int64_t cpu_ns; /* the two clocks are not read at once: a few too many or too few */
} usage;

static usage read_usage(void) {
    struct rusage all;
    struct rusage own;
    getrusage(RUSAGE_SELF, &all);
    getrusage(RUSAGE_THREAD, &own);
    return (usage){
        .wakes = (uint64_t)(all.ru_nvcsw + all.ru_nivcsw - own.ru_nvcsw - own.ru_nivcsw),
        .cpu_ns = (int64_t)(airsi_clock_read_ns(CLOCK_PROCESS_CPUTIME_ID) - airsi_clock_thread_cpu_ns()),
    };
}

static void sleep_ms(uint64_t ms) {
    struct timespec left = {(time_t)(ms / 1000), (long)(ms % 1000) * 1000000};
    while (nanosleep(&left, &left) != 0 && errno == EINTR) {
    }
}

static airs_result resting_handle(void *state, airs_context *context, const airs_message *message, airs_error *error) {
    (void)context;
    (void)error;
    airsi_bench_take(state, message);
    return AIRS_HANDLED;
}

static const char *const nobody[] = {NULL};
static const char *const outside[] = {"", NULL};
static const airsi_bench_kind resting_kind = {
    .name = "resting", .behavior = {.kind = "native", .handle = resting_handle}, .sends_to = nobody, .takes_from = outside};

static airs_status rest(airsi_bench_run *run, airsi_bench_round *round, airs_error *error) {
    for (unsigned i = 0; i < ACTORS; i++) {
        airsi_bench_actor *actor = airsi_bench_spawn(run, &resting_kind, i, sizeof *actor, error);
        if (actor == NULL) {
            return error->status;
        }
        airsi_bench_post(run, actor->component, i);
    }
    airs_status status = airsi_bench_balance(run, error);
    if (status != AIRS_OK) {
        return status;
    }
    sleep_ms(SETTLE_MS);
    airsi_bench_expect(run, 1);
    airsi_bench_begin(run);
    usage before = read_usage();
    sleep_ms(run->task->n);
    usage after = read_usage();
    airsi_bench_finish(run);
    status = airsi_bench_conclude(run, run->task->n, round, error);
    airsi_bench_add_figure(round, "wakes_per_s", (double)(after.wakes - before.wakes) * 1e9 / (double)round->elapsed_ns);
    int64_t burnt_ns = after.cpu_ns > before.cpu_ns ? after.cpu_ns - before.cpu_ns : 0;
    airsi_bench_add_figure(round, "cpu_share", (double)burnt_ns / (double)round->elapsed_ns);
    return status;
}

airs_status airsi_case_idle(const airsi_bench_task *task, airsi_bench_round *ret_round, airs_error *error) {
    return airsi_bench_in_system(task, rest, ret_round, error);
}
