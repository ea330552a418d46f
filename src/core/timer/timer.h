/* send-after: messages a component sends later. */
#ifndef AIRSI_CORE_TIMER_H
#define AIRSI_CORE_TIMER_H

#include <stdbool.h>
#include <stdint.h>

#include <airs/component.h>
#include <airs/status.h>

#include "core/message/envelope.h"
#include "core/request/slab.h"
#include "core/timer/wheel.h"

struct airs_system;
struct airsi_actor;

typedef struct airsi_timer_entry {
    airsi_slab_head head;
    bool armed;                               /* shard lock: in the wheel */
    bool due;                                 /* shard lock: its time has come; the shard counts it as firing until it is over */
    uint32_t incarnation;                     /* const while in use: of who set it */
    airs_component owner;                     /* const while in use */
    airs_envelope *message;                   /* who fires or cancels it takes it */
    uint64_t target_progress, stuck_since_ms; /* who fires: while the target is full */
    airsi_wheel_node wait;                    /* shard lock */
} airsi_timer_entry;

/* Takes `message` on AIRS_OK. Errors: AIRS_ENOMEM, AIRS_ELIMIT_REACHED, AIRS_ESTOPPING. Thread: in a turn of `owner`. */
airs_status airsi_timer_set(struct airsi_actor *owner, uint64_t delay_ms, airs_envelope *message, airs_timer *ret_timer);
bool airsi_timer_cancel(struct airsi_actor *owner, airs_timer timer);

void airsi_timer_cancel_all(struct airs_system *system, struct airsi_actor *owner);

/* Those of all actors: not yet due (those that wait for room at a full target go on), or, once no worker runs, what is left. */
typedef enum airsi_timers { AIRSI_TIMERS_NOT_DUE, AIRSI_TIMERS_LEFT } airsi_timers;
void airsi_timer_cancel_system(struct airs_system *system, airsi_timers which);

/* From the wheel, under the lock. true: it has become due; false: it was before. */
bool airsi_timer_claim(airsi_wheel_node *node);
/* And after it. false: its target is full, it will be tried again. */
bool airsi_timer_fire(struct airs_system *system, airsi_wheel_node *node);

#endif
