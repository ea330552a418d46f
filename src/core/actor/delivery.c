#include "core/actor/delivery.h"

#include "base/clock.h"
#include "core/system/system.h"

static airs_status finish(airsi_actor *target, airs_envelope *envelope, airsi_admission admission, airsi_acceptance acceptance,
                          airsi_record *record) {
    if (admission == AIRSI_FULL) {
        return AIRS_EMAILBOX_FULL;
    }
    if (admission == AIRSI_CLOSED) {
        return AIRS_ETARGET_STOPPED;
    }
    if (acceptance == AIRSI_ACCEPT_NEW) {
        airsi_count(&record->counters.accepted);
    }
    airsi_worker *worker = airsi_worker_current();
    envelope->enqueued_ms = worker != NULL ? (uint32_t)worker->now_ms : 0;
    airsi_mailbox_link(&target->mailbox, envelope);
    if (admission == AIRSI_ADMITTED_SCHEDULE) {
        airsi_runqueue_push(&target->system->runqueue, target);
    }
    return AIRS_OK;
}

airs_status airsi_actor_deliver(airsi_actor *target, airs_envelope *envelope, airsi_acceptance acceptance, airsi_record *record) {
    return finish(target, envelope, airsi_mailbox_admit(&target->mailbox, envelope->length), acceptance, record);
}

airs_status airsi_actor_deliver_end(airsi_actor *target, airs_envelope *end, airsi_record *record) {
    return finish(target, end, airsi_mailbox_admit_end(&target->mailbox), AIRSI_ACCEPT_NEW, record);
}
