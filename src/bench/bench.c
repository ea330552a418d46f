/* Rounds: each in a process of its own, the median told. */

#define _GNU_SOURCE
#include "bench/bench.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "bench/cases.h"
#include "core/system/cpus.h"

#define ROUND_SECONDS 600 /* after so long a round hangs */
#define VARIANTS_MAX 3
#define EACH_COUNT UINT32_MAX /* in workers: a line each for 1, 2, ... as many as there are CPUs */

typedef struct bench_case {
    const char *name;
    airsi_bench_function function;
    uint64_t n, brief_n;
    unsigned workers[VARIANTS_MAX];  /* what it runs with when none is asked, one line each; 0 ends; first 0: what the system chooses */
    unsigned variants[VARIANTS_MAX]; /* one line each; 0 ends */
    const char *summary;
} bench_case;

static const bench_case cases[] = {
    {"broker-publish", airsi_case_broker_publish, 10000000, 1000000, {1}, {0}, "a publish to an owner that only reads"},
    {"resolve", airsi_case_resolve, 20000000, 2000000, {1}, {0}, "a handle of 1,000 to its actor"},
    {"resolve-id", airsi_case_resolve_id, 5000000, 500000, {1}, {0}, "an id of 1,000 to its handle"},
    {"verdict", airsi_case_verdict, 20000000, 2000000, {1}, {0}, "whether one sender may send to one of 1,000 targets"},
    {"mailbox", airsi_case_mailbox, 5000000, 500000, {1}, {0}, "a message admitted, linked, taken and its room given back"},
    {"memory", airsi_case_memory, 5000000, 500000, {1}, {1, 64, 1024}, "a message's memory allocated and freed, so many at a time"},
    {"memory-pass", airsi_case_memory_pass, 2000000, 200000, {2}, {0}, "the same, allocated on one thread and freed on another"},
    {"subscriber-overhead", airsi_case_subscriber_overhead, 5000000, 500000, {1}, {0}, "resolve, verdict and mailbox send of a message"},
    {"route", airsi_case_route, 5000000, 500000, {1}, {1, 1000}, "a message from publish until it is read and freed, one at a time"},
    {"route-batch", airsi_case_route_batch, 5000000, 500000, {1}, {1, 1000}, "the same in batches of 64"},
    {"throughput-1w", airsi_case_throughput_1w, 2000000, 200000, {1}, {0}, "a message; the receiver's full mailbox holds the sender back"},
    {"throughput-2w", airsi_case_throughput_2w, 2000000, 200000, {2}, {0}, "a message, each from one thread to another"},
    {"send-drain", airsi_case_send_drain, 2000000, 200000, {1, 2}, {0}, "a message, one sender to one receiver, 1,000 at a time"},
    {"ping-pong", airsi_case_ping_pong, 1000000, 100000, {1, 2}, {0}, "a message between two actors, one at a time"},
    {"ring", airsi_case_ring, 1000000, 100000, {1, 2}, {0}, "a hop of one message round 503 actors"},
    {"fork-join", airsi_case_fork_join, 2000000, 200000, {1, 2}, {0}, "a message, one sender to 60 receivers in turn"},
    {"big", airsi_case_big, 1000000, 100000, {1, 2}, {0}, "a message; 120 actors ping random others and await the answer"},
    {"chameneos", airsi_case_chameneos, 500000, 50000, {1, 2}, {0}, "a meeting (four messages) of two of 100 actors through a broker"},
    {"request", airsi_case_request, 500000, 50000, {1, 2}, {0}, "a request and its reply, one at a time"},
    {"scale", airsi_case_scale, 2000000, 200000, {EACH_COUNT}, {0}, "a message of 64 pairs, beside one worker and beside pure arithmetic"},
    {"spawn", airsi_case_spawn, 300000, 30000, {1, 2}, {0}, "an actor: made, given one message, ended"},
    {"broadcast", airsi_case_broadcast, 2000000, 200000, {1, 2}, {0}, "a message of a broadcast to 64 that share one payload"},
    {"contended",
     airsi_case_contended,
     500000,
     50000,
     {1},
     {2, 4, 8},
     "a message of 2, 4, 8 threads that fill one mailbox, refusals tried again"},
    {"overload",
     airsi_case_overload,
     500000,
     50000,
     {1},
     {2, 10},
     "a message handled, of 2 and 10 times as many as can be, offered from outside"},
    {"latency", airsi_case_latency, 2000000, 200000, {2}, {0}, "a message at half of peak load, on time or counted as late"},
    {"latency-hostile", airsi_case_latency_hostile, 1000, 300, {2}, {0}, "a ping-pong a millisecond, among actors that hold their thread"},
    {"idle-memory", airsi_case_idle_memory, 1000000, 100000, {1}, {0}, "an actor made that stays, having handled one message"},
    {"idle", airsi_case_idle, 2000, 1000, {0}, {0}, "a millisecond of a system that has nothing to do"},
};

size_t airsi_bench_count(void) {
    return sizeof cases / sizeof cases[0];
}

const char *airsi_bench_name(size_t index) {
    return cases[index].name;
}

const char *airsi_bench_summary(size_t index) {
    return cases[index].summary;
}

void airsi_bench_add_figure(airsi_bench_round *round, const char *name, double value) {
    if (round->figure_count < AIRSI_BENCH_FIGURES_MAX) {
        round->figures[round->figure_count++] = (airsi_bench_figure){name, value};
    }
}

/* --- one round, in a child ---------------------------------------------------------------------------------------------- */

/* What the child says. Names of figures are static strings, the same in both. */
typedef struct outcome {
    airs_status status;
    airs_error error;
    airsi_bench_round round;
} outcome;

static bool write_all(int fd, const void *data, size_t length) {
    const char *at = data;
    while (length > 0) {
        ssize_t written = write(fd, at, length);
        if (written < 0 && errno == EINTR) {
            continue;
        }
        if (written <= 0) {
            return false;
        }
        at += written;
        length -= (size_t)written;
    }
    return true;
}

static bool read_all(int fd, void *data, size_t length) {
    char *at = data;
    while (length > 0) {
        ssize_t got = read(fd, at, length);
        if (got < 0 && errno == EINTR) {
            continue;
        }
        if (got <= 0) {
            return false;
        }
        at += got;
        length -= (size_t)got;
    }
    return true;
}

static _Noreturn void be_child(int to_parent, const bench_case *which, const airsi_bench_task *task) {
    static outcome said;
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    alarm(ROUND_SECONDS);
    said.status = which->function(task, &said.round, &said.error);
    exit(write_all(to_parent, &said, sizeof said) ? 0 : 1);
}

/* Nothing came of a child: why. */
static airs_status tell_end(const bench_case *which, int ended, airs_error *error) {
    if (WIFSIGNALED(ended) && WTERMSIG(ended) == SIGALRM) {
        return airs_error_set(error, AIRS_ETIMEOUT, "%s: a round was not over after %d s", which->name, ROUND_SECONDS);
    }
    if (WIFSIGNALED(ended)) {
        return airs_error_set(error, AIRS_EINTERNAL, "%s: a round was ended by signal %d (%s)", which->name, WTERMSIG(ended),
                              strsignal(WTERMSIG(ended)));
    }
    return airs_error_set(error, AIRS_EINTERNAL, "%s: a round's process ended with %d", which->name, WEXITSTATUS(ended));
}

static airs_status hear(const bench_case *which, pid_t child, int from_child, airsi_bench_round *ret_round, airs_error *error) {
    outcome said;
    bool heard = read_all(from_child, &said, sizeof said);
    int ended = 0;
    while (waitpid(child, &ended, 0) < 0 && errno == EINTR) {
    }
    if (heard && said.status != AIRS_OK) {
        return airs_error_set(error, said.status, "%s: %s", which->name, said.error.text);
    }
    if (!heard || ended != 0) {
        return tell_end(which, ended, error);
    }
    *ret_round = said.round;
    return AIRS_OK;
}

static airs_status run_round(const bench_case *which, const airsi_bench_task *task, airsi_bench_round *ret_round, airs_error *error) {
    int ends[2];
    if (pipe(ends) != 0) {
        return airs_error_set(error, AIRS_EUNAVAILABLE, "%s: no pipe: %s", which->name, strerror(errno));
    }
    fflush(NULL); /* else the child would write it again */
    pid_t child = fork();
    if (child == 0) {
        close(ends[0]);
        be_child(ends[1], which, task);
    }
    close(ends[1]);
    airs_status status = child < 0 ? airs_error_set(error, AIRS_EUNAVAILABLE, "%s: no process: %s", which->name, strerror(errno))
                                   : hear(which, child, ends[0], ret_round, error);
    close(ends[0]);
    return status;
}

/* --- rounds to a line --------------------------------------------------------------------------------------------------- */

static double ns_per_op(const airsi_bench_round *round) {
    return round->n > 0 ? (double)round->elapsed_ns / (double)round->n : 0;
}

static int by_ns_per_op(const void *a, const void *b) {
    double x = ns_per_op(a);
    double y = ns_per_op(b);
    return (x > y) - (x < y);
}

static void make_line(airsi_bench_line *line, airsi_bench_round *rounds, unsigned count) {
    qsort(rounds, count, sizeof *rounds, by_ns_per_op);
    const airsi_bench_round *median = &rounds[count / 2];
    line->n = median->n;
    line->workers = median->workers;
    line->rounds = count;
    line->ns_min = ns_per_op(&rounds[0]);
    line->ns_median = ns_per_op(median);
    line->ns_max = ns_per_op(&rounds[count - 1]);
    memcpy(line->figures, median->figures, sizeof line->figures);
    line->figure_count = median->figure_count;
}

static airs_status run_variant(const bench_case *which, const airsi_bench_task *task, unsigned count, airsi_bench_line *ret_line,
                               airs_error *error) {
    airsi_bench_round rounds[AIRSI_BENCH_ROUNDS_MAX];
    for (unsigned i = 0; i < count; i++) {
        airs_status status = run_round(which, task, &rounds[i], error);
        if (status != AIRS_OK) {
            return status;
        }
    }
    airsi_bench_line line = {.name = which->name, .payload = task->payload};
    make_line(&line, rounds, count);
    *ret_line = line;
    return AIRS_OK;
}

/* How many different numbers of workers a case runs with, and the i-th of them. */
static unsigned count_workers(const bench_case *which, const airsi_bench_options *options) {
    if (options->workers != 0 || which->workers[0] == 0) {
        return 1;
    }
    if (which->workers[0] == EACH_COUNT) {
        return airsi_cpus_allowed();
    }
    unsigned count = 0;
    while (count < VARIANTS_MAX && which->workers[count] != 0) {
        count++;
    }
    return count;
}

static unsigned workers_at(const bench_case *which, const airsi_bench_options *options, unsigned index) {
    if (options->workers != 0) {
        return options->workers;
    }
    return which->workers[0] == EACH_COUNT ? index + 1 : which->workers[index];
}

airs_status airsi_bench_measure(size_t index, const airsi_bench_options *options, void (*on_line)(void *user, const airsi_bench_line *line),
                                void *user, airs_error *error) {
    const bench_case *which = &cases[index];
    airsi_bench_task task = {.payload = options->payload};
    task.n = options->n != 0 ? options->n : options->brief ? which->brief_n : which->n;
    for (unsigned w = 0; w < count_workers(which, options); w++) {
        for (unsigned v = 0; v < VARIANTS_MAX && (v == 0 || which->variants[v] != 0); v++) {
            airsi_bench_line line;
            task.workers = workers_at(which, options, w);
            task.variant = which->variants[v];
            airs_status status = run_variant(which, &task, options->rounds, &line, error);
            if (status != AIRS_OK) {
                return status;
            }
            on_line(user, &line);
        }
    }
    return AIRS_OK;
}
