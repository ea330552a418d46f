/* Tokens that go round: ping-pong, ring, and many pairs at once. */

#define _GNU_SOURCE
#include "bench/kit.h"
#include "bench/spin.h"

#define RING_ACTORS 503
#define PAIRS 64

typedef struct relay {
    airsi_bench_actor actor;
    airs_component next; /* const once the case runs */
    uint64_t hops;       /* const once the case runs: of the token it begins with */
} relay;

/* The first message, from outside, makes a token; a token's number is how many hops it has left. */
static airs_result relay_handle(void *state, airs_context *context, const airs_message *message, airs_error *error) {
    (void)error;
    relay *self = state;
    uint64_t left = airsi_bench_take(&self->actor, message);
    if (message->from == AIRS_OUTSIDE) {
        airsi_bench_begin(self->actor.run);
        airsi_bench_send(&self->actor, context, self->next, self->hops - 1);
    } else if (left > 0) {
        airsi_bench_send(&self->actor, context, self->next, left - 1);
    } else {
        airsi_bench_finish(self->actor.run);
    }
    return AIRS_HANDLED;
}

static const char *const peers[] = {"relay", NULL};
static const char *const peers_and_outside[] = {"relay", "", NULL};
static const airsi_bench_kind relay_kind = {
    .name = "relay", .behavior = {.kind = "native", .handle = relay_handle}, .sends_to = peers, .takes_from = peers_and_outside};

/* `rings` rings of `size` actors with one token each; n hops together. */
static airs_status go_round(airsi_bench_run *run, unsigned rings, unsigned size, airsi_bench_round *round, airs_error *error) {
    relay *first[PAIRS];
    uint64_t hops = run->task->n / rings > 0 ? run->task->n / rings : 1;
    for (unsigned r = 0; r < rings; r++) {
        relay *before = NULL;
        for (unsigned i = 0; i < size; i++) {
            relay *made = airsi_bench_spawn(run, &relay_kind, r * size + i, sizeof *made, error);
            if (made == NULL) {
                return error->status;
            }
            if (before == NULL) {
                first[r] = made;
            } else {
                before->next = made->actor.component;
            }
            before = made;
        }
        before->next = first[r]->actor.component;
        first[r]->hops = hops;
    }
    airsi_bench_expect(run, rings);
    for (unsigned r = 0; r < rings; r++) {
        airsi_bench_post(run, first[r]->actor.component, 0);
    }
    return airsi_bench_conclude(run, hops * rings, round, error);
}

static airs_status two_relays(airsi_bench_run *run, airsi_bench_round *round, airs_error *error) {
    return go_round(run, 1, 2, round, error);
}

airs_status airsi_case_ping_pong(const airsi_bench_task *task, airsi_bench_round *ret_round, airs_error *error) {
    return airsi_bench_in_system(task, two_relays, ret_round, error);
}

static airs_status many_relays(airsi_bench_run *run, airsi_bench_round *round, airs_error *error) {
    return go_round(run, 1, RING_ACTORS, round, error);
}

airs_status airsi_case_ring(const airsi_bench_task *task, airsi_bench_round *ret_round, airs_error *error) {
    return airsi_bench_in_system(task, many_relays, ret_round, error);
}

static airs_status many_pairs(airsi_bench_run *run, airsi_bench_round *round, airs_error *error) {
    return go_round(run, PAIRS, 2, round, error);
}

/* The same work with one worker first, and a loop of arithmetic on one thread and on as many threads: what this machine gives at best. */
airs_status airsi_case_scale(const airsi_bench_task *task, airsi_bench_round *ret_round, airs_error *error) {
    airsi_bench_task alone_task = *task;
    alone_task.workers = 1;
    airsi_bench_round alone = {0};
    airsi_bench_round round = {0};
    double arithmetic = 0;
    airs_status status = airsi_bench_in_system(&alone_task, many_pairs, &alone, error);
    if (status == AIRS_OK) {
        status = airsi_bench_spin_ratio(task->workers, &arithmetic, error);
    }
    if (status == AIRS_OK) {
        status = airsi_bench_in_system(task, many_pairs, &round, error);
    }
    if (status != AIRS_OK) {
        return status;
    }
    airsi_bench_add_figure(&round, "ratio", (double)alone.elapsed_ns / (double)round.elapsed_ns);
    airsi_bench_add_figure(&round, "alu_ratio", arithmetic);
    *ret_round = round;
    return AIRS_OK;
}
