/* Into a mailbox: admission, accounting, link, schedule, in this order. */
#ifndef AIRSI_CORE_ACTOR_DELIVERY_H
#define AIRSI_CORE_ACTOR_DELIVERY_H

#include <stdbool.h>

#include <airs/status.h>

#include "core/actor/actor.h"
#include "core/budget/budget.h"
#include "core/message/envelope.h"

typedef enum airsi_acceptance {
    AIRSI_ACCEPT_NEW,      /* counted as accepted here */
    AIRSI_ACCEPTED_BEFORE, /* it comes from a hold-back list */
} airsi_acceptance;

/* Takes `envelope` on AIRS_OK. Errors: AIRS_EMAILBOX_FULL, AIRS_ETARGET_STOPPED, AIRS_EOVERLOADED. Thread: any, online. */
airs_status airsi_actor_deliver(airsi_actor *target, airs_envelope *envelope, airsi_acceptance acceptance, airsi_record *record);

/* The end of a request: never refused for want of room. Errors: AIRS_ETARGET_STOPPED. */
airs_status airsi_actor_deliver_end(airsi_actor *target, airs_envelope *end, airsi_record *record);

/* A message was handled: counted, and no longer charged. Thread: the record's. */
static inline void airsi_message_delivered(airsi_record *record, airs_envelope *envelope) {
    airsi_uncharge(&record->credit, envelope);
    airsi_count_end(&record->counters.delivered);
}

/* A message that has ended and is out of its mailbox: freed, or, the end of a request, given back to its slab. */
void airsi_message_release(struct airs_system *system, airs_envelope *envelope);

#endif
