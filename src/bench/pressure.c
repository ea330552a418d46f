/* More than a mailbox takes: offered from outside at a multiple of what is handled at most (overload), or by many threads at once (contended).
 * The mailbox refuses, as it does for embedders that would rather lose load than wait. */

#define _GNU_SOURCE
#include <pthread.h>
#include <sched.h>

#include "base/clock.h"
#include "base/memory.h"
#include "bench/kit.h"
#include "bench/spin.h"

#define WORK_STEPS 2000 /* a message's work: about 2 us, so that offering costs less than handling */
#define PRODUCERS_MAX 8

typedef struct worker {
    airsi_bench_actor actor;
    unsigned steps;    /* const once the case runs: of work a message */
    uint64_t expected; /* const once the case runs; 0: the bench thread looks for itself when all is quiet */
    uint64_t result;   /* own turn */
    uint64_t last_ns;  /* own turn: when it had handled the last so far */
} worker;

static airs_result worker_handle(void *state, airs_context *context, const airs_message *message, airs_error *error) {
    (void)context;
    (void)error;
    worker *self = state;
    self->result = airsi_bench_spin(self->result + airsi_bench_take(&self->actor, message), self->steps);
    if (self->expected == 0) {
        self->last_ns = airsi_clock_monotonic_ns();
    } else if (self->actor.ledger.handled == self->expected) {
        airsi_bench_finish(self->actor.run);
    }
    return AIRS_HANDLED;
}

static const char *const nobody[] = {NULL};
static const char *const outside[] = {"", NULL};
static const airsi_bench_kind worker_kind = {
    .name = "worker", .behavior = {.kind = "native", .handle = worker_handle}, .sends_to = nobody, .takes_from = outside, .rejects = true};

/* Offers from one thread, entered into a ledger of its own. Anything but AIRS_OK and AIRS_EMAILBOX_FULL fails the round. */
static airs_status offer(airsi_bench_run *run, airsi_bench_ledger *ledger, uint8_t *payload, airs_component to, uint64_t number) {
    memcpy(payload, &number, 8);
    airs_status status = airs_send(run->system, to, payload, run->task->payload, AIRS_REJECT_WHEN_FULL);
    if (status == AIRS_OK) {
        airsi_bench_count_sent(ledger, number);
    } else if (status != AIRS_EMAILBOX_FULL) {
        airsi_bench_fail(run, status, "offer");
    }
    return status;
}

/* --- overload ------------------------------------------------------------------------------------------------------------- */

typedef struct offered {
    uint64_t count, refused;
    uint64_t began_ns, offered_ns, handled_ns; /* the first was offered, the last was, the last was handled */
} offered;

static airs_status wait_quiet(airsi_bench_run *run, airs_error *error) {
    airs_status status = airs_system_wait_quiescent(run->system, 0);
    return status == AIRS_OK ? AIRS_OK : airs_error_set(error, status, "%s", airs_status_text(status));
}

/* As fast as it is handled. The thread spins for room, so that it takes as much of the machine as when it offers too much. */
static airs_status find_peak(airsi_bench_run *run, const worker *target, double *ret_ns, airs_error *error) {
    uint64_t began = airsi_clock_monotonic_ns();
    for (uint64_t i = 0; i < run->task->n;) {
        airs_status answer = offer(run, &run->outside, run->payload, target->actor.component, i);
        if (answer == AIRS_OK) {
            i++;
        } else if (answer == AIRS_EMAILBOX_FULL) {
            airsi_bench_give_way();
        } else {
            return airs_error_set(error, answer, "offer: %s", airs_status_text(answer));
        }
    }
    airs_status status = wait_quiet(run, error);
    if (status == AIRS_OK) {
        *ret_ns = (double)(target->last_ns - began) / (double)run->task->n;
    }
    return status;
}

/* One every `interval_ns`, once each, whatever becomes of it. */
static airs_status offer_all(airsi_bench_run *run, const worker *target, double interval_ns, offered *told, airs_error *error) {
    told->began_ns = airsi_clock_monotonic_ns();
    for (uint64_t i = 0; i < told->count; i++) {
        uint64_t due_ns = told->began_ns + (uint64_t)((double)i * interval_ns);
        while (airsi_clock_monotonic_ns() < due_ns) {
            airsi_pause();
        }
        told->refused += offer(run, &run->outside, run->payload, target->actor.component, i) != AIRS_OK;
    }
    told->offered_ns = airsi_clock_monotonic_ns();
    airs_status status = wait_quiet(run, error);
    told->handled_ns = target->last_ns;
    return status;
}

static airs_status overload(airsi_bench_run *run, airsi_bench_round *round, airs_error *error) {
    double peak_ns = 0;
    worker *target = airsi_bench_spawn(run, &worker_kind, 0, sizeof *target, error);
    if (target == NULL) {
        return error->status;
    }
    target->steps = WORK_STEPS;
    airs_status status = find_peak(run, target, &peak_ns, error);
    offered told = {.count = run->task->n * run->task->variant};
    if (status == AIRS_OK) {
        status = offer_all(run, target, peak_ns / run->task->variant, &told, error);
    }
    if (status == AIRS_OK) {
        status = airsi_bench_balance(run, error);
    }
    if (status != AIRS_OK) {
        return status;
    }
    uint64_t handled = told.count - told.refused;
    round->n = handled;
    round->workers = airs_system_workers(run->system);
    round->elapsed_ns = told.handled_ns - told.began_ns;
    airsi_bench_add_figure(round, "load", (double)run->task->variant);
    airsi_bench_add_figure(round, "offered_load", (double)told.count * peak_ns / (double)(told.offered_ns - told.began_ns));
    airsi_bench_add_figure(round, "goodput", (double)handled * peak_ns / (double)round->elapsed_ns);
    airsi_bench_add_figure(round, "refused", (double)told.refused / (double)told.count);
    airsi_bench_add_figure(round, "peak_per_s", 1e9 / peak_ns);
    return AIRS_OK;
}

airs_status airsi_case_overload(const airsi_bench_task *task, airsi_bench_round *ret_round, airs_error *error) {
    return airsi_bench_in_system(task, overload, ret_round, error);
}

/* --- contended ------------------------------------------------------------------------------------------------------------ */

typedef struct producer {
    pthread_t thread;
    airsi_bench_run *run;
    airs_component to;
    AIRSI_ATOMIC(uint32_t) * go; /* any thread, atomic */
    uint64_t count;
    uint64_t refused; /* own thread; the bench thread once it is joined. The same for the next two */
    airsi_bench_ledger ledger;
    uint8_t *payload;
} producer;

static void *produce(void *argument) {
    producer *self = argument;
    while (airsi_load_relaxed(self->go) == 0) {
        sched_yield();
    }
    airsi_bench_begin(self->run);
    for (uint64_t i = 0; i < self->count;) {
        airs_status status = offer(self->run, &self->ledger, self->payload, self->to, i);
        if (status != AIRS_OK && status != AIRS_EMAILBOX_FULL) {
            break;
        }
        i += status == AIRS_OK;
        self->refused += status != AIRS_OK;
    }
    return NULL;
}

static airs_status start_producers(airsi_bench_run *run, const worker *target, producer *producers, AIRSI_ATOMIC(uint32_t) * go,
                                   unsigned *ret_made, airs_error *error) {
    for (unsigned i = 0; i < run->task->variant; i++) {
        producer *made = &producers[i];
        *made = (producer){.run = run, .to = target->actor.component, .go = go, .count = run->task->n / run->task->variant + 1};
        made->payload = airsi_malloc(run->task->payload);
        if (made->payload != NULL) {
            memcpy(made->payload, run->payload, run->task->payload);
        }
        if (made->payload == NULL || pthread_create(&made->thread, NULL, produce, made) != 0) {
            airsi_free(made->payload);
            return airs_error_set(error, AIRS_EUNAVAILABLE, "thread %u of %u could not be started", i + 1, run->task->variant);
        }
        ++*ret_made;
    }
    return AIRS_OK;
}

static airs_status contend(airsi_bench_run *run, airsi_bench_round *round, airs_error *error) {
    producer producers[PRODUCERS_MAX];
    AIRSI_ATOMIC(uint32_t) go = 0;
    unsigned made = 0;
    uint64_t refused = 0;
    uint64_t n = (run->task->n / run->task->variant + 1) * run->task->variant;
    worker *target = airsi_bench_spawn(run, &worker_kind, 0, sizeof *target, error);
    if (target == NULL) {
        return error->status;
    }
    target->expected = n;
    airsi_bench_expect(run, 1);
    airs_status status = start_producers(run, target, producers, &go, &made, error);
    airsi_store_relaxed(&go, 1);
    for (unsigned i = 0; i < made; i++) {
        pthread_join(producers[i].thread, NULL);
        airsi_free(producers[i].payload);
        run->outside.sent += producers[i].ledger.sent;
        run->outside.sent_sum += producers[i].ledger.sent_sum;
        refused += producers[i].refused;
    }
    if (status == AIRS_OK) {
        status = airsi_bench_conclude(run, n, round, error);
    }
    airsi_bench_add_figure(round, "producers", (double)run->task->variant);
    airsi_bench_add_figure(round, "refused", (double)refused / (double)(refused + n));
    return status;
}

airs_status airsi_case_contended(const airsi_bench_task *task, airsi_bench_round *ret_round, airs_error *error) {
    return airsi_bench_in_system(task, contend, ret_round, error);
}
