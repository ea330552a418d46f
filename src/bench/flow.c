/* Messages in one direction: one sender and one or many receivers. */

#include "bench/kit.h"
#include "bench/spin.h"

#define BURST 256
#define DRAIN_MESSAGES 1000u   /* what one mailbox takes by default, less a few */
#define DRAIN_BYTES (1u << 20) /* likewise */
#define JOIN_RECEIVERS 60
#define BROADCAST_RECEIVERS 64

static const char *const to_sink[] = {"sink", NULL};
static const char *const to_source[] = {"source", NULL};
static const char *const to_both[] = {"source", "sink", NULL};
static const char *const from_source[] = {"source", NULL};
static const char *const from_anyone[] = {"source", "sink", "", NULL};

/* Takes `expected` messages. */
typedef struct sink {
    airsi_bench_actor actor;
    uint64_t expected; /* const once the case runs */
} sink;

static airs_result sink_handle(void *state, airs_context *context, const airs_message *message, airs_error *error) {
    (void)context;
    (void)error;
    sink *self = state;
    airsi_bench_take(&self->actor, message);
    if (self->actor.ledger.handled == self->expected) {
        airsi_bench_finish(self->actor.run);
    }
    return AIRS_HANDLED;
}

static const airsi_bench_kind sink_kind = {
    .name = "sink", .behavior = {.kind = "native", .handle = sink_handle}, .sends_to = to_source, .takes_from = from_source};
static const airsi_bench_kind rejecting_sink_kind = {.name = "sink",
                                                     .behavior = {.kind = "native", .handle = sink_handle},
                                                     .sends_to = to_source,
                                                     .takes_from = from_source,
                                                     .rejects = true};

/* Sends `left` messages to each of `sink_count` sinks. */
typedef struct source {
    airsi_bench_actor actor;
    uint64_t left;                             /* own turn */
    uint64_t refused;                          /* own turn */
    uint64_t window;                           /* const once the case runs: messages that fit a mailbox */
    airs_component sinks[BROADCAST_RECEIVERS]; /* const once the case runs */
    airs_status outcomes[BROADCAST_RECEIVERS]; /* own turn */
    unsigned sink_count;                       /* const once the case runs */
} source;

/* Makes a source and its sinks, and lets it run. */
static airs_status flow(airsi_bench_run *run, const airsi_bench_kind *from, const airsi_bench_kind *to, unsigned sinks,
                        airsi_bench_round *round, airs_error *error) {
    uint64_t each = run->task->n / sinks > 0 ? run->task->n / sinks : 1;
    source *made = airsi_bench_spawn(run, from, 0, sizeof *made, error);
    for (unsigned i = 0; made != NULL && i < sinks; i++) {
        sink *target = airsi_bench_spawn(run, to, i, sizeof *target, error);
        if (target == NULL) {
            return error->status;
        }
        target->expected = each;
        made->sinks[i] = target->actor.component;
    }
    if (made == NULL) {
        return error->status;
    }
    made->sink_count = sinks;
    made->left = each;
    made->window = DRAIN_BYTES / run->task->payload < DRAIN_MESSAGES ? DRAIN_BYTES / run->task->payload : DRAIN_MESSAGES;
    airsi_bench_expect(run, sinks);
    airsi_bench_post(run, made->actor.component, 0);
    airs_status status = airsi_bench_conclude(run, each * sinks, round, error);
    if (to->rejects) {
        airsi_bench_add_figure(round, "refused", (double)made->refused / (double)(made->refused + each * sinks));
    }
    return status;
}

/* --- throughput-1w: sends as fast as it is let; the full sink holds it back ----------------------------------------- */

static airs_result steady_handle(void *state, airs_context *context, const airs_message *message, airs_error *error) {
    (void)error;
    source *self = state;
    airsi_bench_take(&self->actor, message);
    airsi_bench_begin(self->actor.run);
    for (unsigned i = 0; i < BURST && i < self->window && self->left > 0; i++, self->left--) {
        airsi_bench_send(&self->actor, context, self->sinks[0], self->left);
    }
    if (self->left > 0) {
        airsi_bench_send(&self->actor, context, self->actor.component, 0);
    }
    return AIRS_HANDLED;
}

static const airsi_bench_kind steady_kind = {
    .name = "source", .behavior = {.kind = "native", .handle = steady_handle}, .sends_to = to_both, .takes_from = from_anyone};

static airs_status steady(airsi_bench_run *run, airsi_bench_round *round, airs_error *error) {
    return flow(run, &steady_kind, &sink_kind, 1, round, error);
}

airs_status airsi_case_throughput_1w(const airsi_bench_task *task, airsi_bench_round *ret_round, airs_error *error) {
    airsi_bench_task own = *task;
    own.workers = 1;
    return airsi_bench_in_system(&own, steady, ret_round, error);
}

/* --- throughput-2w: a handler that doesn't end keeps its thread, so that every message crosses to another ------------ */

static airs_result endless_handle(void *state, airs_context *context, const airs_message *message, airs_error *error) {
    (void)error;
    source *self = state;
    airsi_bench_take(&self->actor, message);
    airsi_bench_begin(self->actor.run);
    while (self->left > 0) {
        airs_status status = airsi_bench_try_send(&self->actor, context, self->sinks[0], self->left);
        if (status == AIRS_OK) {
            self->left--;
        } else if (status != AIRS_EMAILBOX_FULL) {
            airsi_bench_fail(self->actor.run, status, "send");
            break;
        } else {
            self->refused++;
            airsi_bench_give_way();
        }
    }
    return AIRS_HANDLED;
}

static const airsi_bench_kind endless_kind = {
    .name = "source", .behavior = {.kind = "native", .handle = endless_handle}, .sends_to = to_sink, .takes_from = from_anyone};

static airs_status endless(airsi_bench_run *run, airsi_bench_round *round, airs_error *error) {
    return flow(run, &endless_kind, &rejecting_sink_kind, 1, round, error);
}

airs_status airsi_case_throughput_2w(const airsi_bench_task *task, airsi_bench_round *ret_round, airs_error *error) {
    airsi_bench_task own = *task;
    own.workers = 2;
    return airsi_bench_in_system(&own, endless, ret_round, error);
}

/* --- send-drain: a mailbox full, then the sink says that it is empty -------------------------------------------------- */

static void send_window(source *self, airs_context *context) {
    uint64_t window = self->window < self->left ? self->window : self->left;
    self->left -= window;
    for (; window > 0; window--) {
        airsi_bench_send(&self->actor, context, self->sinks[0], window);
    }
}

static airs_result windowed_handle(void *state, airs_context *context, const airs_message *message, airs_error *error) {
    (void)error;
    source *self = state;
    airsi_bench_take(&self->actor, message);
    airsi_bench_begin(self->actor.run);
    send_window(self, context);
    return AIRS_HANDLED;
}

/* The last of a window has number 1. */
static airs_result draining_handle(void *state, airs_context *context, const airs_message *message, airs_error *error) {
    (void)error;
    sink *self = state;
    uint64_t number = airsi_bench_take(&self->actor, message);
    if (self->actor.ledger.handled == self->expected) {
        airsi_bench_finish(self->actor.run);
    } else if (number == 1) {
        airsi_bench_send(&self->actor, context, message->from, 0);
    }
    return AIRS_HANDLED;
}

static const airsi_bench_kind windowed_kind = {
    .name = "source", .behavior = {.kind = "native", .handle = windowed_handle}, .sends_to = to_sink, .takes_from = from_anyone};
static const airsi_bench_kind draining_kind = {
    .name = "sink", .behavior = {.kind = "native", .handle = draining_handle}, .sends_to = to_source, .takes_from = from_source};

static airs_status drain(airsi_bench_run *run, airsi_bench_round *round, airs_error *error) {
    return flow(run, &windowed_kind, &draining_kind, 1, round, error);
}

airs_status airsi_case_send_drain(const airsi_bench_task *task, airsi_bench_round *ret_round, airs_error *error) {
    return airsi_bench_in_system(task, drain, ret_round, error);
}

/* --- fork-join throughput (Savina): n messages to each of 60 ---------------------------------------------------------- */

static airs_result forking_handle(void *state, airs_context *context, const airs_message *message, airs_error *error) {
    (void)error;
    source *self = state;
    airsi_bench_take(&self->actor, message);
    airsi_bench_begin(self->actor.run);
    for (unsigned i = 0; i < self->sink_count; i++) {
        airsi_bench_send(&self->actor, context, self->sinks[i], self->left);
    }
    if (--self->left > 0) {
        airsi_bench_send(&self->actor, context, self->actor.component, 0);
    }
    return AIRS_HANDLED;
}

static const airsi_bench_kind forking_kind = {
    .name = "source", .behavior = {.kind = "native", .handle = forking_handle}, .sends_to = to_both, .takes_from = from_anyone};

static airs_status fork_and_join(airsi_bench_run *run, airsi_bench_round *round, airs_error *error) {
    return flow(run, &forking_kind, &sink_kind, JOIN_RECEIVERS, round, error);
}

airs_status airsi_case_fork_join(const airsi_bench_task *task, airsi_bench_round *ret_round, airs_error *error) {
    return airsi_bench_in_system(task, fork_and_join, ret_round, error);
}

/* --- broadcast: one payload shared by 64 ------------------------------------------------------------------------------ */

static airs_result broadcasting_handle(void *state, airs_context *context, const airs_message *message, airs_error *error) {
    (void)error;
    source *self = state;
    airsi_bench_actor *actor = &self->actor;
    airsi_bench_take(actor, message);
    airsi_bench_begin(actor->run);
    memcpy(actor->payload, &self->left, 8);
    airs_status status =
        airs_context_broadcast(context, self->sinks, self->sink_count, actor->payload, actor->run->task->payload, self->outcomes);
    for (unsigned i = 0; i < self->sink_count; i++) {
        if (status == AIRS_OK && self->outcomes[i] == AIRS_OK) {
            airsi_bench_count_sent(&actor->ledger, self->left);
        } else {
            airsi_bench_fail(actor->run, status != AIRS_OK ? status : self->outcomes[i], "broadcast");
        }
    }
    if (--self->left > 0) {
        airsi_bench_send(actor, context, actor->component, 0);
    }
    return AIRS_HANDLED;
}

static const airsi_bench_kind broadcasting_kind = {
    .name = "source", .behavior = {.kind = "native", .handle = broadcasting_handle}, .sends_to = to_both, .takes_from = from_anyone};

static airs_status broadcast(airsi_bench_run *run, airsi_bench_round *round, airs_error *error) {
    return flow(run, &broadcasting_kind, &sink_kind, BROADCAST_RECEIVERS, round, error);
}

airs_status airsi_case_broadcast(const airsi_bench_task *task, airsi_bench_round *ret_round, airs_error *error) {
    return airsi_bench_in_system(task, broadcast, ret_round, error);
}
