/* A ping-pong among actors that hold their thread to the limit: half of them loop, half sleep. Pings leave at fixed times, whatever became of
 * those before, and count from the time they should have left. */

#define _GNU_SOURCE
#include <errno.h>
#include <time.h>

#include "base/clock.h"
#include "bench/kit.h"
#include "bench/spin.h"
#include "bench/times.h"
#include "core/system/cpus.h"

#define HOSTILE_A_CPU 4
#define PING_NS 1000000u

typedef struct hostile {
    airsi_bench_actor actor;
    const struct player *ping; /* const once the case runs: tells when it is enough */
    uint64_t hold_ns;          /* const once the case runs */
    bool sleeps;               /* const once the case runs */
    uint64_t spun;             /* own turn */
} hostile;

static void wait_until(uint64_t until_ns) {
    struct timespec until = {(time_t)(until_ns / 1000000000u), (long)(until_ns % 1000000000u)};
    while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &until, NULL) == EINTR) {
    }
}

typedef struct player {
    airsi_bench_actor actor;
    airs_component peer;       /* const once the case runs */
    AIRSI_ATOMIC(bool) enough; /* any thread, atomic */
    uint64_t left;             /* own turn */
    airsi_bench_times times;   /* own turn */
} player;

static airs_result hostile_handle(void *state, airs_context *context, const airs_message *message, airs_error *error) {
    (void)error;
    hostile *self = state;
    airsi_bench_take(&self->actor, message);
    uint64_t until_ns = airsi_clock_monotonic_ns() + self->hold_ns;
    if (self->sleeps) {
        wait_until(until_ns);
    }
    while (airsi_clock_monotonic_ns() < until_ns) {
        self->spun = airsi_bench_spin(self->spun, 1000);
    }
    if (!airsi_load_relaxed(&self->ping->enough)) {
        airsi_bench_send(&self->actor, context, self->actor.component, self->spun & 1);
    }
    return AIRS_HANDLED;
}

static airs_result ping_handle(void *state, airs_context *context, const airs_message *message, airs_error *error) {
    (void)error;
    player *self = state;
    uint64_t due_ns = airsi_bench_take(&self->actor, message);
    if (message->from == AIRS_OUTSIDE) {
        airsi_bench_begin(self->actor.run);
        airsi_bench_send(&self->actor, context, self->peer, due_ns);
        return AIRS_HANDLED;
    }
    airsi_bench_times_add(&self->times, airsi_clock_monotonic_ns() - due_ns);
    if (--self->left == 0) {
        airsi_bench_finish(self->actor.run);
    }
    return AIRS_HANDLED;
}

static airs_result pong_handle(void *state, airs_context *context, const airs_message *message, airs_error *error) {
    (void)error;
    player *self = state;
    airsi_bench_send(&self->actor, context, message->from, airsi_bench_take(&self->actor, message));
    return AIRS_HANDLED;
}

static const char *const hostiles[] = {"hostile", NULL};
static const char *const hostiles_and_outside[] = {"hostile", "", NULL};
static const char *const pongs[] = {"pong", NULL};
static const char *const pings[] = {"ping", NULL};
static const char *const pongs_and_outside[] = {"pong", "", NULL};
static const airsi_bench_kind hostile_kind = {
    .name = "hostile", .behavior = {.kind = "native", .handle = hostile_handle}, .sends_to = hostiles, .takes_from = hostiles_and_outside};
static const airsi_bench_kind ping_kind = {
    .name = "ping", .behavior = {.kind = "native", .handle = ping_handle}, .sends_to = pongs, .takes_from = pongs_and_outside};
static const airsi_bench_kind pong_kind = {
    .name = "pong", .behavior = {.kind = "native", .handle = pong_handle}, .sends_to = pings, .takes_from = pings};

static airs_status let_loose(airsi_bench_run *run, const player *ping, airs_error *error) {
    const airs_limits limits = AIRS_LIMITS_DEFAULT;
    for (unsigned i = 0; i < HOSTILE_A_CPU * airsi_cpus_allowed(); i++) {
        hostile *made = airsi_bench_spawn(run, &hostile_kind, i, sizeof *made, error);
        if (made == NULL) {
            return error->status;
        }
        made->ping = ping;
        made->hold_ns = (uint64_t)limits.handler_ms * 1000000u;
        made->sleeps = i % 2 == 1;
        airsi_bench_post(run, made->actor.component, 0);
    }
    return AIRS_OK;
}

static airs_status play(airsi_bench_run *run, airsi_bench_round *round, airs_error *error) {
    player *ping = airsi_bench_spawn(run, &ping_kind, 0, sizeof *ping, error);
    player *pong = ping != NULL ? airsi_bench_spawn(run, &pong_kind, 0, sizeof *pong, error) : NULL;
    if (pong == NULL) {
        return error->status;
    }
    ping->peer = pong->actor.component;
    ping->left = run->task->n;
    airs_status status = let_loose(run, ping, error);
    airsi_bench_expect(run, 1);
    uint64_t due_ns = airsi_clock_monotonic_ns();
    for (uint64_t i = 0; status == AIRS_OK && i < run->task->n; i++) {
        due_ns += PING_NS;
        wait_until(due_ns);
        airsi_bench_post(run, ping->actor.component, due_ns);
    }
    if (status == AIRS_OK) {
        status = airsi_bench_wait(run, error);
    }
    airsi_store_relaxed(&ping->enough, true);
    if (status == AIRS_OK) {
        status = airsi_bench_conclude(run, run->task->n, round, error);
    }
    airsi_bench_times_add_figures(&ping->times, round);
    return status;
}

airs_status airsi_case_latency_hostile(const airsi_bench_task *task, airsi_bench_round *ret_round, airs_error *error) {
    return airsi_bench_in_system(task, play, ret_round, error);
}
