/* Actors by the million: made, given one message, and gone (spawn), or there to stay (idle-memory). */

#include <stdio.h>
#include <unistd.h>

#include "bench/kit.h"

#define BURST 32
#define NUMBER_DIGITS 20

/* What all children share; they have no state of their own. */
typedef struct nursery {
    airsi_bench_run *run;           /* const once the case runs */
    AIRSI_ATOMIC(uint64_t) handled; /* any thread, atomic */
    AIRSI_ATOMIC(uint64_t) sum;     /* any thread, atomic: of their payloads */
    AIRSI_ATOMIC(uint64_t) gone;    /* any thread, atomic */
    uint64_t expected;              /* const once the case runs */
    uint64_t id_bytes;              /* who spawns: of all ids */
} nursery;

static void take_as_child(nursery *own, const airs_message *message) {
    airsi_fetch_add_relaxed(&own->sum, airsi_bench_sum(message->data, message->length));
    airsi_fetch_add_relaxed(&own->handled, 1);
}

/* Into the ledger, once all is quiet. */
static void enter_children(airsi_bench_run *run, const nursery *own) {
    run->outside.handled += airsi_load_relaxed(&own->handled);
    run->outside.handled_sum += airsi_load_relaxed(&own->sum);
}

static const char *const to_parents[] = {"ops/audit/*", "bench/parent/*"};
static const char *const from_parents[] = {"ops/audit/*", "bench/parent/*", "airs/outside/*"};

static airs_status spawn_child(airs_system *system, nursery *own, const airs_behavior *behavior, uint64_t number, airs_component *ret_child,
                               airs_error *error) {
    char digits[NUMBER_DIGITS];
    size_t at = sizeof digits;
    for (uint64_t rest = number; at == sizeof digits || rest > 0; rest /= 10) {
        digits[--at] = (char)('0' + rest % 10);
    }
    airs_spawn_options options = {.limits = AIRS_LIMITS_DEFAULT, .behavior = behavior, .state = own};
    options.capabilities = (airs_capabilities){to_parents, 2, from_parents, 3};
    airs_status status = airs_component_id_make("bench", 5, "child", 5, digits + at, sizeof digits - at, &options.id, error);
    if (status == AIRS_OK) {
        status = airs_spawn(system, &options, ret_child, error);
    }
    own->id_bytes += status == AIRS_OK ? options.id.length : 0;
    return status;
}

/* --- spawn: create, one message, finish ---------------------------------------------------------------------------------- */

typedef struct parent {
    airsi_bench_actor actor;
    nursery nursery;
    uint64_t left; /* own turn */
} parent;

static airs_result short_life(void *state, airs_context *context, const airs_message *message, airs_error *error) {
    (void)context;
    (void)error;
    take_as_child(state, message);
    return AIRS_EXIT;
}

static void child_stop(void *state, airs_context *context, airs_stop_reason reason) {
    (void)context;
    (void)reason;
    nursery *own = state;
    if (airsi_fetch_add_relaxed(&own->gone, 1) + 1 == own->expected) {
        airsi_bench_finish(own->run);
    }
}

static const airs_behavior short_lived = {.kind = "native", .handle = short_life, .stop = child_stop};

static airs_result parent_handle(void *state, airs_context *context, const airs_message *message, airs_error *error) {
    parent *self = state;
    airsi_bench_take(&self->actor, message);
    airsi_bench_begin(self->actor.run);
    for (unsigned i = 0; i < BURST && self->left > 0; i++, self->left--) {
        airs_component child;
        airs_status status = spawn_child(airs_context_system(context), &self->nursery, &short_lived, self->left, &child, error);
        if (status != AIRS_OK) {
            airsi_bench_fail(self->actor.run, status, "spawn");
            return AIRS_HANDLED;
        }
        airsi_bench_send(&self->actor, context, child, self->left);
    }
    if (self->left > 0) {
        airsi_bench_send(&self->actor, context, self->actor.component, 0);
    }
    return AIRS_HANDLED;
}

static const char *const children_and_parents[] = {"child", "parent", NULL};
static const char *const parents_and_outside[] = {"parent", "", NULL};
static const airsi_bench_kind parent_kind = {.name = "parent",
                                             .behavior = {.kind = "native", .handle = parent_handle},
                                             .sends_to = children_and_parents,
                                             .takes_from = parents_and_outside};

static airs_status raise_children(airsi_bench_run *run, airsi_bench_round *round, airs_error *error) {
    parent *self = airsi_bench_spawn(run, &parent_kind, 0, sizeof *self, error);
    if (self == NULL) {
        return error->status;
    }
    self->left = run->task->n;
    self->nursery.run = run;
    self->nursery.expected = run->task->n;
    airsi_bench_expect(run, 1);
    airsi_bench_post(run, self->actor.component, 0);
    airs_status status = airsi_bench_wait(run, error);
    if (status == AIRS_OK) {
        enter_children(run, &self->nursery);
        status = airsi_bench_conclude(run, run->task->n, round, error);
    }
    return status;
}

airs_status airsi_case_spawn(const airsi_bench_task *task, airsi_bench_round *ret_round, airs_error *error) {
    return airsi_bench_in_system(task, raise_children, ret_round, error);
}

/* --- idle-memory: what an actor takes that has handled one message -------------------------------------------------------- */

static airs_result long_life(void *state, airs_context *context, const airs_message *message, airs_error *error) {
    (void)context;
    (void)error;
    take_as_child(state, message);
    return AIRS_HANDLED;
}

static const airs_behavior long_lived = {.kind = "native", .handle = long_life};

static uint64_t resident_bytes(void) {
    unsigned long long pages = 0;
    unsigned long long resident = 0;
    FILE *file = fopen("/proc/self/statm", "re");
    if (file != NULL) {
        if (fscanf(file, "%llu %llu", &pages, &resident) != 2) {
            resident = 0;
        }
        fclose(file);
    }
    return resident * (uint64_t)sysconf(_SC_PAGESIZE);
}

static airs_status make_long_lived(airsi_bench_run *run, nursery *own, uint64_t first, uint64_t count, airs_error *error) {
    for (uint64_t i = 0; i < count; i++) {
        airs_component child;
        airs_status status = spawn_child(run->system, own, &long_lived, first + i, &child, error);
        if (status != AIRS_OK) {
            return status;
        }
        airsi_bench_post(run, child, i);
    }
    airs_status status = airs_system_wait_quiescent(run->system, 0);
    return status == AIRS_OK ? AIRS_OK : airs_error_set(error, status, "%s", airs_status_text(status));
}

static airs_status settle(airsi_bench_run *run, airsi_bench_round *round, airs_error *error) {
    nursery *own = airsi_bench_keep(run, sizeof *own, error);
    if (own == NULL) {
        return error->status;
    }
    own->run = run;
    uint64_t n = run->task->n;
    /* One before, so that what is made once a system is there already. */
    airs_status status = make_long_lived(run, own, 0, 1, error);
    own->id_bytes = 0;
    uint64_t before = resident_bytes();
    airsi_bench_expect(run, 1);
    airsi_bench_begin(run);
    if (status == AIRS_OK) {
        status = make_long_lived(run, own, 1, n, error);
    }
    if (status != AIRS_OK) {
        return status;
    }
    airsi_bench_finish(run);
    uint64_t after = resident_bytes();
    enter_children(run, own);
    status = airsi_bench_conclude(run, n, round, error);
    airsi_bench_add_figure(round, "bytes_per_actor", after > before ? (double)(after - before) / (double)n : 0);
    airsi_bench_add_figure(round, "id_bytes", (double)own->id_bytes / (double)n);
    airsi_bench_add_figure(round, "resident_bytes", (double)after);
    return status;
}

airs_status airsi_case_idle_memory(const airsi_bench_task *task, airsi_bench_round *ret_round, airs_error *error) {
    return airsi_bench_in_system(task, settle, ret_round, error);
}
