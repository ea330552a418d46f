#include "core/actor/delivery.h"

#include "core/request/request.h"
#include "core/scheduler/scheduler.h"
#include "core/system/system.h"

/* Messages a thread sends, of which one's way is timed: two looks at the clock, spread over them, cost nothing one can see. */
#define SAMPLE_EVERY 256

static void stamp(const airsi_actor *target, airs_envelope *envelope) {
    if ((envelope->flags & AIRSI_ENVELOPE_END) == 0) {
        envelope->flags |= AIRSI_ENVELOPE_SAMPLED;
        envelope->sampled_ns = airsi_scheduler_clock_ns(&target->system->scheduler);
    }
}

airs_status airsi_actor_deliver(airsi_actor *target, airs_envelope *envelope, airsi_acceptance acceptance, airsi_record *record) {
    airsi_link *before = NULL;
    uint8_t flags = envelope->flags;
    if (!airsi_charge(&record->credit, envelope)) {
        return AIRS_EOVERLOADED;
    }
    airsi_admission admission = airsi_mailbox_admit(&target->mailbox, envelope, &before);
    if (admission == AIRSI_FULL || admission == AIRSI_CLOSED) {
        if ((flags & AIRSI_ENVELOPE_CHARGED) == 0) {
            airsi_uncharge(&record->credit, envelope); /* what waits in a timer or a list stays charged */
        }
        return admission == AIRSI_FULL ? AIRS_EMAILBOX_FULL : AIRS_ETARGET_STOPPED;
    }
    if (acceptance == AIRSI_ACCEPT_NEW) {
        airsi_count(&record->counters.accepted);
        if (airsi_load_relaxed(&record->counters.accepted) % SAMPLE_EVERY == 0) {
            stamp(target, envelope);
        }
    }
    airsi_mailbox_link(&target->mailbox, envelope, before);
    if (admission == AIRSI_ADMITTED_SCHEDULE) {
        airsi_schedule(target->system, target);
    }
    return AIRS_OK;
}

airs_status airsi_actor_deliver_end(airsi_actor *target, airs_envelope *end, airsi_record *record) {
    return airsi_actor_deliver(target, end, AIRSI_ACCEPT_NEW, record);
}

void airsi_message_release(airs_system *system, airs_envelope *envelope) {
    if ((envelope->flags & AIRSI_ENVELOPE_REQUEST_END) != 0) {
        airsi_request_release(system, envelope);
    } else {
        airs_envelope_free(envelope);
    }
}
