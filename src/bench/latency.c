/* How long a message takes at half of what the system can carry. The load is open: each message has a time at which it should be sent, kept to
 * whether or not those before have arrived, and its latency counts from that time. So a stall shows in every message it delays, not in one. */

#include <assert.h>
#include <string.h>

#include "base/clock.h"
#include "bench/kit.h"
#include "bench/times.h"

#define SOURCES_MAX 16
#define SINKS 4 /* a source */
#define BURST 64

typedef struct sink {
    airsi_bench_actor actor;
    uint64_t left;           /* own turn; the bench thread between phases */
    airsi_bench_times times; /* own turn; the bench thread between phases */
} sink;

static airs_result sink_handle(void *state, airs_context *context, const airs_message *message, airs_error *error) {
    (void)context;
    (void)error;
    sink *self = state;
    uint64_t due_ns = airsi_bench_take(&self->actor, message);
    uint64_t now = airsi_clock_monotonic_ns(); /* while the peak is looked for, too: reading the clock is half of the work */
    airsi_bench_times_add(&self->times, now > due_ns ? now - due_ns : 0);
    if (--self->left == 0) {
        airsi_bench_finish(self->actor.run);
    }
    return AIRS_HANDLED;
}

typedef struct source {
    airsi_bench_actor actor;
    airs_component sinks[SINKS]; /* const once the case runs */
    uint64_t count, sent;        /* own turn; the bench thread between phases */
    uint64_t start_ns;           /* own turn */
    uint64_t interval_ps;        /* the bench thread between phases; 0: as fast as it goes */
} source;

/* Sends what is due, then looks again: it never sleeps, so no message waits for a worker to wake. */
static airs_result source_handle(void *state, airs_context *context, const airs_message *message, airs_error *error) {
    (void)error;
    source *self = state;
    airsi_bench_take(&self->actor, message);
    airsi_bench_begin(self->actor.run);
    uint64_t now = airsi_clock_monotonic_ns();
    if (self->sent == 0) {
        self->start_ns = now;
    }
    for (unsigned i = 0; i < BURST && self->sent < self->count; i++) {
        uint64_t due_ns = self->start_ns + self->sent * self->interval_ps / 1000;
        if (due_ns > now) {
            break;
        }
        airsi_bench_send(&self->actor, context, self->sinks[self->sent++ % SINKS], due_ns);
    }
    if (self->sent < self->count) {
        airsi_bench_send(&self->actor, context, self->actor.component, 0);
    }
    return AIRS_HANDLED;
}

static const char *const to_nobody[] = {NULL};
static const char *const from_sources[] = {"source", NULL};
static const char *const to_sources_and_sinks[] = {"source", "sink", NULL};
static const char *const from_sources_and_outside[] = {"source", "", NULL};
static const airsi_bench_kind sink_kind = {
    .name = "sink", .behavior = {.kind = "native", .handle = sink_handle}, .sends_to = to_nobody, .takes_from = from_sources};
static const airsi_bench_kind source_kind = {.name = "source",
                                             .behavior = {.kind = "native", .handle = source_handle},
                                             .sends_to = to_sources_and_sinks,
                                             .takes_from = from_sources_and_outside};

typedef struct load {
    source *sources[SOURCES_MAX];
    sink *sinks[SOURCES_MAX * SINKS];
    unsigned source_count;
} load;

static airs_status make_load(airsi_bench_run *run, load *made, airs_error *error) {
    unsigned workers = airs_system_workers(run->system);
    made->source_count = workers < SOURCES_MAX ? workers : SOURCES_MAX;
    for (unsigned i = 0; i < made->source_count; i++) {
        made->sources[i] = airsi_bench_spawn(run, &source_kind, i, sizeof(source), error);
        for (unsigned j = i * SINKS; made->sources[i] != NULL && j < (i + 1) * SINKS; j++) {
            made->sinks[j] = airsi_bench_spawn(run, &sink_kind, j, sizeof(sink), error);
            if (made->sinks[j] == NULL) {
                assert(error->status != AIRS_OK);
                return error->status;
            }
            made->sources[i]->sinks[j % SINKS] = made->sinks[j]->actor.component;
        }
        if (made->sources[i] == NULL) {
            assert(error->status != AIRS_OK);
            return error->status;
        }
    }
    return AIRS_OK;
}

/* `each` messages to every sink, at this interval a source; everything is quiet before and after. */
static airs_status run_phase(airsi_bench_run *run, load *made, uint64_t each, uint64_t interval_ps, airsi_bench_round *round,
                             airs_error *error) {
    airsi_bench_expect(run, made->source_count * SINKS);
    for (unsigned i = 0; i < made->source_count * SINKS; i++) {
        made->sinks[i]->left = each;
        memset(&made->sinks[i]->times, 0, sizeof made->sinks[i]->times);
    }
    for (unsigned i = 0; i < made->source_count; i++) {
        made->sources[i]->count = each * SINKS;
        made->sources[i]->sent = 0;
        made->sources[i]->interval_ps = interval_ps;
        airsi_bench_post(run, made->sources[i]->actor.component, 0);
    }
    return airsi_bench_conclude(run, each * SINKS * made->source_count, round, error);
}

static airs_status half_load(airsi_bench_run *run, airsi_bench_round *round, airs_error *error) {
    load made;
    airsi_bench_round peak = {0};
    airs_status status = make_load(run, &made, error);
    if (status != AIRS_OK) {
        return status;
    }
    uint64_t each = run->task->n / (made.source_count * SINKS) > 0 ? run->task->n / (made.source_count * SINKS) : 1;
    status = run_phase(run, &made, each, 0, &peak, error);
    if (status != AIRS_OK) {
        return status;
    }
    double interval_ps = 2000.0 * (double)peak.elapsed_ns / (double)peak.n * made.source_count;
    status = run_phase(run, &made, each, (uint64_t)interval_ps + 1, round, error);
    airsi_bench_times total = {0};
    for (unsigned i = 0; i < made.source_count * SINKS; i++) {
        airsi_bench_times_merge(&total, &made.sinks[i]->times);
    }
    airsi_bench_times_add_figures(&total, round);
    airsi_bench_add_figure(round, "peak_per_s", (double)peak.n * 1e9 / (double)peak.elapsed_ns);
    return status;
}

airs_status airsi_case_latency(const airsi_bench_task *task, airsi_bench_round *ret_round, airs_error *error) {
    return airsi_bench_in_system(task, half_load, ret_round, error);
}
