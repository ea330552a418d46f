#include "bench/drive.h"

#include "core/actor/delivery.h"
#include "core/mailbox/mailbox.h"
#include "core/scheduler/worker.h"
#include "core/system/system.h"

#define KEEP_TARGETS 7919 /* a prime: steps through the targets in an order no prefetcher guesses */

static airs_result driver_handle(void *state, airs_context *context, const airs_message *message, airs_error *error) {
    (void)error;
    airsi_drive *drive = state;
    airsi_bench_take(&drive->actor, message);
    drive->status = drive->body(drive, context, &drive->error);
    return AIRS_HANDLED;
}

/* Nobody calls it: targets are not started. */
static airs_result target_handle(void *state, airs_context *context, const airs_message *message, airs_error *error) {
    (void)context;
    (void)error;
    airsi_bench_take(state, message);
    return AIRS_HANDLED;
}

static const char *const nobody[] = {NULL};
static const char *const outside[] = {"", NULL};
static const char *const drivers[] = {"driver", NULL};
static const char *const targets_only[] = {"target", NULL};
static const airsi_bench_kind driver_kind = {
    .name = "driver", .behavior = {.kind = "native", .handle = driver_handle}, .sends_to = targets_only, .takes_from = outside};
static const airsi_bench_kind target_kind = {
    .name = "target", .behavior = {.kind = "native", .handle = target_handle}, .sends_to = nobody, .takes_from = drivers};

static airsi_worker *worker_of(airs_system *system) {
    return system->scheduler.threads[0];
}

/* With the calling thread online. */
static airs_status make_targets(airsi_drive *drive, unsigned count, airs_error *error) {
    airs_system *system = drive->run->system;
    for (unsigned i = 0; i < count; i++) {
        unsigned at = (unsigned)((uint64_t)i * KEEP_TARGETS % count);
        airsi_bench_actor *made = airsi_bench_spawn(drive->run, &target_kind, i, sizeof *made, error);
        if (made == NULL) {
            return error->status;
        }
        drive->handles[at] = made->component;
        airs_status status = airsi_registry_resolve(&system->registry, made->component, &drive->targets[at]);
        if (status != AIRS_OK) {
            return airs_error_set(error, status, "%s", airs_status_text(status));
        }
        airs_registry_id_of(&system->registry, made->component, &drive->ids[at]);
    }
    drive->target_count = count;
    return AIRS_OK;
}

/* The driver is started and handed one message, and the calling thread is the worker while it handles it. */
static airs_status drive_it(airsi_drive *drive, airs_error *error) {
    airs_system *system = drive->run->system;
    airsi_actor *driver = NULL;
    airs_status status = airsi_subscriber_start(&system->subscriber);
    if (status == AIRS_OK) {
        status = airsi_registry_resolve(&system->registry, drive->actor.component, &driver);
    }
    if (status != AIRS_OK) {
        return airs_error_set(error, status, "%s", airs_status_text(status));
    }
    airsi_fetch_add_acq_rel(&system->starting, 1);
    airsi_actor_signal(driver, AIRSI_SIGNAL_START);
    airsi_bench_post(drive->run, drive->actor.component, 0);
    airsi_worker_sweep(worker_of(system));
    airsi_subscriber_stop(&system->subscriber);
    if (drive->status != AIRS_OK) {
        return airs_error_set(error, drive->status, "%s", drive->error.text);
    }
    return airsi_bench_check(drive->run, error);
}

typedef struct plan {
    airsi_bench_task task;
    unsigned targets;
    airsi_drive_body body;
} plan;

static airs_status drive_run(airsi_bench_run *run, airsi_bench_round *round, airs_error *error) {
    /* The task is the first of the plan. */
    const plan *wanted = (const plan *)(const void *)run->task;
    airsi_drive *drive = airsi_bench_spawn(run, &driver_kind, 0, sizeof *drive, error);
    airsi_record *record = drive != NULL ? airsi_reclaim_enter(&run->system->reclaim) : NULL;
    if (record == NULL) {
        return drive != NULL ? airs_error_set(error, AIRS_ENOMEM, "no memory for a thread's record") : error->status;
    }
    drive->run = run;
    drive->body = wanted->body;
    airs_status status = make_targets(drive, wanted->targets, error);
    if (status == AIRS_OK) {
        status = drive_it(drive, error);
    }
    airsi_reclaim_leave(record);
    round->n = drive->operations;
    round->workers = 1;
    round->elapsed_ns = drive->elapsed_ns;
    return status;
}

airs_status airsi_drive_run(const airsi_bench_task *task, unsigned targets, airsi_drive_body body, airsi_bench_round *ret_round,
                            airs_error *error) {
    plan wanted = {.task = *task, .targets = targets, .body = body};
    wanted.task.workers = 1;
    return airsi_bench_in_still_system(&wanted.task, drive_run, ret_round, error);
}

/* A turn's end. Only this thread sends, so what seems to be the last is the last. Nobody scheduled the target, since it was never started; a build
 * that checks wants to see it scheduled, and the figures of such a build are none. */
static void rest(airsi_actor *target, airs_envelope *last, airsi_mailbox_debt debt) {
#ifndef NDEBUG
    airsi_mailbox_schedule(&target->mailbox);
#endif
    airsi_mailbox_rest(&target->mailbox, last, debt, true);
}

/* The first message, read. */
static airs_envelope *read_first(airsi_drive *drive, airsi_actor *target) {
    airs_envelope *envelope = airsi_mailbox_peek(&target->mailbox);
    if (envelope != NULL) {
        drive->actor.ledger.handled++;
        drive->actor.ledger.handled_sum += airsi_bench_sum(airsi_envelope_data(envelope), envelope->length);
    }
    return envelope;
}

uint64_t airsi_drive_take(airsi_drive *drive, airs_context *context, airsi_actor *target) {
    uint64_t taken = 0;
    airsi_mailbox_debt debt = 0;
    airs_envelope *envelope;
    while ((envelope = read_first(drive, target)) != NULL) {
        airsi_message_delivered(context->worker->record, envelope);
        debt += airsi_mailbox_cost(envelope);
        taken++;
        if (!airsi_mailbox_advance(&target->mailbox, envelope)) {
            rest(target, envelope, debt);
            airs_envelope_free(envelope);
            break;
        }
        airs_envelope_free(envelope);
    }
    return taken;
}

uint64_t airsi_drive_take_whole(airsi_drive *drive, airs_context *context, airsi_actor *target, airs_envelope **envelopes) {
    uint64_t taken = 0;
    airsi_mailbox_debt debt = 0;
    airs_envelope *envelope;
    while ((envelope = read_first(drive, target)) != NULL) {
        airsi_message_delivered(context->worker->record, envelope);
        debt += airsi_mailbox_cost(envelope);
        envelopes[taken++] = envelope;
        if (!airsi_mailbox_advance(&target->mailbox, envelope)) {
            rest(target, envelope, debt);
            break;
        }
    }
    return taken;
}

bool airsi_drive_put(airsi_actor *target, airs_envelope *envelope) {
    airsi_link *before = NULL;
    if (airsi_mailbox_admit(&target->mailbox, envelope, &before) != AIRSI_ADMITTED) {
        return false;
    }
    airsi_mailbox_link(&target->mailbox, envelope, before);
    return true;
}

uint64_t airsi_drive_take_one(airsi_actor *target) {
    airs_envelope *envelope = airsi_mailbox_peek(&target->mailbox);
    uint64_t sum = envelope != NULL ? airsi_bench_sum(airsi_envelope_data(envelope), envelope->length) : 0;
    if (envelope != NULL) {
        rest(target, envelope, airsi_mailbox_cost(envelope));
    }
    return sum;
}

airs_envelope *airsi_drive_envelope(airsi_drive *drive, unsigned target) {
    return airsi_envelope_new(AIRS_MESSAGE_INTER_COMPONENT, drive->actor.component, drive->handles[target], drive->actor.payload,
                              drive->run->task->payload);
}

airs_status airsi_drive_call_owner(airsi_drive *drive, airs_envelope *envelope) {
    const airsi_subscribers *list = airsi_load_acquire(&drive->run->system->messaging.broker.subscribers);
    return list->owner->own(list->owner->user, envelope);
}

airs_status airsi_drive_own(airsi_drive *drive, airsi_owner_function own, void *user, airs_subscription *ret_subscription) {
    airs_system *system = drive->run->system;
    airsi_subscriber_stop(&system->subscriber);
    return airsi_broker_own(&system->messaging.broker, own, user, ret_subscription);
}

airs_status airsi_drive_disown(airsi_drive *drive, airs_subscription subscription) {
    airs_system *system = drive->run->system;
    airs_broker_unsubscribe(&system->messaging.broker, subscription);
    return airsi_subscriber_start(&system->subscriber);
}
