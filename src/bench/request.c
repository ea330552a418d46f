/* Ask: a request and its reply. */

#include "bench/kit.h"

typedef struct asker {
    airsi_bench_actor actor;
    airs_component answerer; /* const once the case runs */
    uint64_t left;           /* own turn */
} asker;

static void ask(asker *self, airs_context *context) {
    airsi_bench_actor *actor = &self->actor;
    airs_request request;
    memcpy(actor->payload, &self->left, 8);
    airs_status status = airs_context_request(context, self->answerer, actor->payload, actor->run->task->payload, 0, &request);
    if (status == AIRS_OK) {
        airsi_bench_count_sent(&actor->ledger, self->left);
    } else {
        airsi_bench_fail(actor->run, status, "request");
    }
}

static airs_result asker_handle(void *state, airs_context *context, const airs_message *message, airs_error *error) {
    (void)error;
    asker *self = state;
    if (message->kind == AIRS_MESSAGE_REPLY && message->status != AIRS_OK) {
        airsi_bench_fail(self->actor.run, message->status, "reply");
        return AIRS_HANDLED;
    }
    airsi_bench_take(&self->actor, message);
    if (message->kind == AIRS_MESSAGE_REPLY && --self->left == 0) {
        airsi_bench_finish(self->actor.run);
        return AIRS_HANDLED;
    }
    airsi_bench_begin(self->actor.run);
    ask(self, context);
    return AIRS_HANDLED;
}

static airs_result answerer_handle(void *state, airs_context *context, const airs_message *message, airs_error *error) {
    (void)error;
    airsi_bench_actor *self = state;
    uint64_t number = airsi_bench_take(self, message);
    memcpy(self->payload, &number, 8);
    airs_status status = airs_context_reply(context, message->request, self->payload, self->run->task->payload);
    if (status == AIRS_OK) {
        airsi_bench_count_sent(&self->ledger, number);
    } else {
        airsi_bench_fail(self->run, status, "reply");
    }
    return AIRS_HANDLED;
}

static const char *const asker_only[] = {"asker", NULL};
static const char *const answerer_only[] = {"answerer", NULL};
static const char *const answerer_and_outside[] = {"answerer", "", NULL};
static const airsi_bench_kind asker_kind = {
    .name = "asker", .behavior = {.kind = "native", .handle = asker_handle}, .sends_to = answerer_only, .takes_from = answerer_and_outside};
static const airsi_bench_kind answerer_kind = {
    .name = "answerer", .behavior = {.kind = "native", .handle = answerer_handle}, .sends_to = asker_only, .takes_from = asker_only};

static airs_status ask_all(airsi_bench_run *run, airsi_bench_round *round, airs_error *error) {
    asker *who = airsi_bench_spawn(run, &asker_kind, 0, sizeof *who, error);
    airsi_bench_actor *whom = who != NULL ? airsi_bench_spawn(run, &answerer_kind, 0, sizeof *whom, error) : NULL;
    if (whom == NULL) {
        return error->status;
    }
    who->answerer = whom->component;
    who->left = run->task->n;
    airsi_bench_expect(run, 1);
    airsi_bench_post(run, who->actor.component, 0);
    return airsi_bench_conclude(run, run->task->n, round, error);
}

airs_status airsi_case_request(const airsi_bench_task *task, airsi_bench_round *ret_round, airs_error *error) {
    return airsi_bench_in_system(task, ask_all, ret_round, error);
}
