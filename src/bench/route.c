/* The path of a message and its parts, on one thread, without the scheduler (drive.h). */

#include "base/clock.h"
#include "bench/drive.h"
#include "core/subscriber/subscriber.h"
#include "core/system/system.h"

#define BATCH 64

static airs_status refuse(airs_status status, const char *what, airs_error *error) {
    return airs_error_set(error, status, "%s: %s", what, airs_status_text(status));
}

static airs_status miscounted(const char *what, airs_error *error) {
    return airs_error_set(error, AIRS_EINTERNAL, "%s: the results don't add up to what was asked", what);
}

/* --- route, route-batch ---------------------------------------------------------------------------------------------------- */

/* `batch` messages to one target, then all of them taken; the next batch to the next target. */
static airs_status route(airsi_drive *drive, airs_context *context, unsigned batch, airs_error *error) {
    uint64_t batches = drive->run->task->n / batch > 0 ? drive->run->task->n / batch : 1;
    uint64_t began = airsi_clock_monotonic_ns();
    unsigned target = 0;
    for (uint64_t i = 0; i < batches; i++) {
        for (unsigned j = 0; j < batch; j++) {
            airs_status status = airsi_bench_try_send(&drive->actor, context, drive->handles[target], i);
            if (status != AIRS_OK) {
                return refuse(status, "send", error);
            }
        }
        if (airsi_drive_take(drive, context, drive->targets[target]) != batch) {
            return miscounted("take", error);
        }
        target = target + 1 < drive->target_count ? target + 1 : 0;
    }
    drive->elapsed_ns = airsi_clock_monotonic_ns() - began;
    drive->operations = batches * batch;
    return AIRS_OK;
}

static airs_status route_singly(airsi_drive *drive, airs_context *context, airs_error *error) {
    return route(drive, context, 1, error);
}

static airs_status route_batches(airsi_drive *drive, airs_context *context, airs_error *error) {
    return route(drive, context, BATCH, error);
}

/* The variant is how many targets there are. */
static airs_status to_targets(const airsi_bench_task *task, airsi_drive_body body, airsi_bench_round *ret_round, airs_error *error) {
    airs_status status = airsi_drive_run(task, task->variant, body, ret_round, error);
    if (status == AIRS_OK) {
        airsi_bench_add_figure(ret_round, "targets", (double)task->variant);
    }
    return status;
}

airs_status airsi_case_route(const airsi_bench_task *task, airsi_bench_round *ret_round, airs_error *error) {
    return to_targets(task, route_singly, ret_round, error);
}

airs_status airsi_case_route_batch(const airsi_bench_task *task, airsi_bench_round *ret_round, airs_error *error) {
    return to_targets(task, route_batches, ret_round, error);
}

/* --- broker-publish -------------------------------------------------------------------------------------------------------- */

typedef struct reader {
    uint64_t count, sum;
} reader;

/* Does nothing but read what it is handed. */
static airs_status only_read(void *user, airs_envelope *envelope) {
    reader *self = user;
    self->count++;
    self->sum += airsi_bench_sum(airsi_envelope_data(envelope), envelope->length);
    return AIRS_OK;
}

static airs_status publish(airsi_drive *drive, airs_context *context, airs_error *error) {
    (void)context;
    airsi_bench_run *run = drive->run;
    airs_broker *broker = &run->system->messaging.broker;
    airs_envelope *envelope = airsi_drive_envelope(drive, 0);
    reader owner = {0};
    airs_subscription subscription;
    airs_status status = envelope != NULL ? airsi_drive_own(drive, only_read, &owner, &subscription) : AIRS_ENOMEM;
    if (status == AIRS_OK) {
        uint64_t began = airsi_clock_monotonic_ns();
        for (uint64_t i = 0; i < run->task->n && status == AIRS_OK; i++) {
            status = airs_broker_publish(broker, envelope);
        }
        drive->elapsed_ns = airsi_clock_monotonic_ns() - began;
        drive->operations = run->task->n;
        airs_status after = airsi_drive_disown(drive, subscription);
        status = status == AIRS_OK ? after : status;
    }
    airs_envelope_free(envelope);
    if (status != AIRS_OK) {
        return refuse(status, "publish", error);
    }
    return owner.count == run->task->n && owner.sum == run->task->n * run->rest_sum ? AIRS_OK : miscounted("publish", error);
}

airs_status airsi_case_broker_publish(const airsi_bench_task *task, airsi_bench_round *ret_round, airs_error *error) {
    return airsi_drive_run(task, 1, publish, ret_round, error);
}

/* --- subscriber-overhead --------------------------------------------------------------------------------------------------- */

/* Messages are made before and taken after; what is timed is 64 calls of the broker's owner between two looks at the clock. */
static airs_status overhead(airsi_drive *drive, airs_context *context, airs_error *error) {
    airs_envelope *envelopes[BATCH] = {NULL};
    airs_status status = AIRS_OK;
    for (unsigned i = 0; i < BATCH && status == AIRS_OK; i++) {
        envelopes[i] = airsi_drive_envelope(drive, 0);
        status = envelopes[i] != NULL ? AIRS_OK : AIRS_ENOMEM;
    }
    uint64_t batches = drive->run->task->n / BATCH > 0 ? drive->run->task->n / BATCH : 1;
    for (uint64_t i = 0; i < batches && status == AIRS_OK; i++) {
        uint64_t began = airsi_clock_monotonic_ns();
        unsigned sent = 0;
        while (sent < BATCH && (status = airsi_drive_call_owner(drive, envelopes[sent])) == AIRS_OK) {
            sent++;
        }
        drive->elapsed_ns += airsi_clock_monotonic_ns() - began;
        drive->actor.ledger.sent += sent;
        if (airsi_drive_take_whole(drive, context, drive->targets[0], envelopes) != sent) {
            return miscounted("send", error); /* what is lost can't be freed */
        }
    }
    drive->operations = batches * BATCH;
    for (unsigned i = 0; i < BATCH; i++) {
        airs_envelope_free(envelopes[i]);
    }
    return status == AIRS_OK ? AIRS_OK : refuse(status, "send", error);
}

airs_status airsi_case_subscriber_overhead(const airsi_bench_task *task, airsi_bench_round *ret_round, airs_error *error) {
    return airsi_drive_run(task, 1, overhead, ret_round, error);
}

/* --- mailbox --------------------------------------------------------------------------------------------------------------- */

static airs_status mailbox(airsi_drive *drive, airs_context *context, airs_error *error) {
    (void)context;
    uint64_t n = drive->run->task->n;
    uint64_t sum = 0;
    airs_envelope *envelope = airsi_drive_envelope(drive, 0);
    if (envelope == NULL) {
        return refuse(AIRS_ENOMEM, "message", error);
    }
    bool admitted = true;
    uint64_t began = airsi_clock_monotonic_ns();
    for (uint64_t i = 0; i < n && admitted; i++) {
        admitted = airsi_drive_put(drive->targets[0], envelope);
        sum += admitted ? airsi_drive_take_one(drive->targets[0]) : 0;
    }
    drive->elapsed_ns = airsi_clock_monotonic_ns() - began;
    drive->operations = n;
    airs_envelope_free(envelope);
    return admitted && sum == n * drive->run->rest_sum ? AIRS_OK : miscounted("mailbox", error);
}

airs_status airsi_case_mailbox(const airsi_bench_task *task, airsi_bench_round *ret_round, airs_error *error) {
    return airsi_drive_run(task, 1, mailbox, ret_round, error);
}

/* --- resolve, resolve-id, verdict: each of 1,000 targets in turn ------------------------------------------------------------ */

static airs_status resolve(airsi_drive *drive, airs_context *context, airs_error *error) {
    (void)context;
    airs_registry *registry = &drive->run->system->registry;
    uint64_t n = drive->run->task->n;
    uint64_t right = 0;
    unsigned at = 0;
    uint64_t began = airsi_clock_monotonic_ns();
    for (uint64_t i = 0; i < n; i++) {
        airsi_actor *actor = NULL;
        if (airsi_registry_resolve(registry, drive->handles[at], &actor) == AIRS_OK) {
            right += actor == drive->targets[at];
        }
        at = at + 1 < AIRSI_DRIVE_TARGETS ? at + 1 : 0;
    }
    drive->elapsed_ns = airsi_clock_monotonic_ns() - began;
    drive->operations = n;
    return right == n ? AIRS_OK : miscounted("resolve", error);
}

airs_status airsi_case_resolve(const airsi_bench_task *task, airsi_bench_round *ret_round, airs_error *error) {
    return airsi_drive_run(task, AIRSI_DRIVE_TARGETS, resolve, ret_round, error);
}

static airs_status resolve_id(airsi_drive *drive, airs_context *context, airs_error *error) {
    (void)context;
    airs_registry *registry = &drive->run->system->registry;
    uint64_t n = drive->run->task->n;
    uint64_t right = 0;
    unsigned at = 0;
    uint64_t began = airsi_clock_monotonic_ns();
    for (uint64_t i = 0; i < n; i++) {
        airs_component found = AIRS_OUTSIDE;
        if (airs_registry_find(registry, &drive->ids[at], &found) == AIRS_OK) {
            right += found == drive->handles[at];
        }
        at = at + 1 < AIRSI_DRIVE_TARGETS ? at + 1 : 0;
    }
    drive->elapsed_ns = airsi_clock_monotonic_ns() - began;
    drive->operations = n;
    return right == n ? AIRS_OK : miscounted("resolve-id", error);
}

airs_status airsi_case_resolve_id(const airsi_bench_task *task, airsi_bench_round *ret_round, airs_error *error) {
    return airsi_drive_run(task, AIRSI_DRIVE_TARGETS, resolve_id, ret_round, error);
}

static airs_status verdict(airsi_drive *drive, airs_context *context, airs_error *error) {
    uint64_t n = drive->run->task->n;
    uint64_t allowed = 0;
    unsigned at = 0;
    uint64_t began = airsi_clock_monotonic_ns();
    for (uint64_t i = 0; i < n; i++) {
        allowed += airsi_subscriber_allows(context->worker->record, context->actor, drive->targets[at]);
        at = at + 1 < AIRSI_DRIVE_TARGETS ? at + 1 : 0;
    }
    drive->elapsed_ns = airsi_clock_monotonic_ns() - began;
    drive->operations = n;
    return allowed == n ? AIRS_OK : miscounted("verdict", error);
}

airs_status airsi_case_verdict(const airsi_bench_task *task, airsi_bench_round *ret_round, airs_error *error) {
    return airsi_drive_run(task, AIRSI_DRIVE_TARGETS, verdict, ret_round, error);
}
