/* The core without its scheduler: the calling thread is the only worker of a system whose workers were never started, and stays in one actor's
 * handler, the driver's, while it sends to actors that were never started either, so that nobody is scheduled, and takes what it sent.
 *
 * All that looks inside the core to do so stands in drive.c. */
#ifndef AIRSI_BENCH_DRIVE_H
#define AIRSI_BENCH_DRIVE_H

#include "bench/kit.h"
#include "core/actor/actor.h"
#include "core/broker/broker.h"
#include "core/message/envelope.h"

#define AIRSI_DRIVE_TARGETS 1000

struct airsi_drive;

/* Runs in the driver's handler. */
typedef airs_status (*airsi_drive_body)(struct airsi_drive *drive, airs_context *context, airs_error *error);

typedef struct airsi_drive {
    airsi_bench_actor actor; /* the driver's, which is the sender */
    airsi_bench_run *run;
    airsi_actor *targets[AIRSI_DRIVE_TARGETS];   /* in no particular order */
    airs_component handles[AIRSI_DRIVE_TARGETS]; /* of these */
    airs_component_id ids[AIRSI_DRIVE_TARGETS];
    unsigned target_count;
    airsi_drive_body body;
    uint64_t operations, elapsed_ns; /* the body's: what it measured */
    airs_status status;              /* what it returned */
    airs_error error;
} airsi_drive;

/* Drives `body` in a system with so many targets; it says itself what it measured. */
airs_status airsi_drive_run(const airsi_bench_task *task, unsigned targets, airsi_drive_body body, airsi_bench_round *ret_round,
                            airs_error *error);

/* Takes every message of the target's mailbox as a turn does: reads the payload, enters it, frees the message, counts it as delivered, gives its
 * room back. How many they were. */
uint64_t airsi_drive_take(airsi_drive *drive, airs_context *context, airsi_actor *target);

/* The same, but the messages stay the caller's: they are put into `envelopes`, which has room for them. */
uint64_t airsi_drive_take_whole(airsi_drive *drive, airs_context *context, airsi_actor *target, airs_envelope **envelopes);

/* A message from the driver to a target, with the driver's payload as it is. NULL: no memory. */
airs_envelope *airsi_drive_envelope(airsi_drive *drive, unsigned target);

/* What the broker would call: the runtime's own subscription. On AIRS_OK the envelope is in the target's mailbox. */
airs_status airsi_drive_call_owner(airsi_drive *drive, airs_envelope *envelope);

/* Puts another owner in the place of the runtime's, and that back. */
airs_status airsi_drive_own(airsi_drive *drive, airsi_owner_function own, void *user, airs_subscription *ret_subscription);
airs_status airsi_drive_disown(airsi_drive *drive, airs_subscription subscription);

/* The mailbox alone: admission and link, into a target's. false: refused. */
bool airsi_drive_put(airsi_actor *target, airs_envelope *envelope);
/* What airsi_drive_put put there: takes it, reads it and gives its room back. */
uint64_t airsi_drive_take_one(airsi_actor *target);

#endif
