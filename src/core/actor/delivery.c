#include "core/actor/delivery.h"

#include "core/request/request.h"
#include "core/scheduler/scheduler.h"
#include "core/system/system.h"

airs_status airsi_actor_deliver(airsi_actor *target, airs_envelope *envelope, airsi_acceptance acceptance, airsi_record *record) {
    airsi_link *before = NULL;
    airsi_admission admission = airsi_mailbox_admit(&target->mailbox, envelope, &before);
    if (admission == AIRSI_FULL) {
        return AIRS_EMAILBOX_FULL;
    }
    if (admission == AIRSI_CLOSED) {
        return AIRS_ETARGET_STOPPED;
    }
    if (acceptance == AIRSI_ACCEPT_NEW) {
        airsi_count(&record->counters.accepted);
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
