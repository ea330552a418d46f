#include "core/actor/overflow.h"

#include <sched.h>
#include <time.h>

#include "core/actor/delivery.h"
#include "core/actor/hold.h"
#include "core/budget/budget.h"
#include "core/request/request.h"
#include "core/system/system.h"

#define YIELDS 100
#define NAP_NS 50000 /* who is to link may have a lower priority */

/* The end of an accepted message. Its request is told; so a callback may run here. */
static void drop(airs_system *system, airsi_record *record, airs_envelope *envelope) {
    if (airsi_envelope_asks(envelope)) {
        airsi_request_end end = {.status = AIRS_EMAILBOX_FULL};
        airsi_request_end_it(system, envelope->request, &end);
    }
    airsi_uncharge(&record->credit, envelope);
    airs_envelope_free(envelope);
    airsi_count_end(&record->counters.dropped);
}

static void chain(airsi_record *record, airs_envelope *envelope) {
    airsi_store_relaxed(&envelope->link.next, NULL);
    if (record->dropped_last != NULL) {
        airsi_store_relaxed(&record->dropped_last->link.next, &envelope->link);
    } else {
        record->dropped_first = envelope;
    }
    record->dropped_last = envelope;
}

static airs_envelope *unchain(airsi_record *record) {
    airs_envelope *first = record->dropped_first;
    airsi_link *next = airsi_load_relaxed(&first->link.next);
    record->dropped_first = (airs_envelope *)(void *)next; /* the link stands first in an envelope */
    if (next == NULL) {
        record->dropped_last = NULL;
    }
    return first;
}

/* Ends what this thread has chained. A callback that sends and has something dropped by that only chains it: so one that tries again each time it is
 * told mailbox-full goes round in circles, but never deeper. */
static void drop_chained(airs_system *system, airsi_record *record) {
    if (record->dropping) {
        return;
    }
    record->dropping = true;
    while (record->dropped_first != NULL) {
        drop(system, record, unchain(record));
    }
    record->dropping = false;
}

static void back_off(unsigned tries) {
    if (tries < YIELDS) {
        sched_yield();
    } else {
        struct timespec nap = {.tv_nsec = NAP_NS};
        nanosleep(&nap, NULL);
    }
}

static airs_envelope *take_oldest(airsi_actor *target, uint32_t bytes) {
    airsi_mutex *lock = airsi_room_lock_of(target->system, target);
    airsi_lock(lock);
    airs_envelope *oldest = airsi_mailbox_take_oldest(&target->mailbox, bytes);
    airsi_unlock(lock);
    return oldest;
}

/* Others may take the room that was made: then more is dropped, but never more than comes in. */
static airs_status drop_old(airsi_actor *target, airs_envelope *envelope, airsi_record *record) {
    uint32_t bytes = envelope->length;
    unsigned tries = 0;
    airs_status status;
    do {
        airs_envelope *oldest = take_oldest(target, bytes);
        if (oldest != NULL) {
            chain(record, oldest);
        }
        status = airsi_actor_deliver(target, envelope, AIRSI_ACCEPT_NEW, record);
        if (oldest == NULL && status == AIRS_EMAILBOX_FULL) {
            back_off(tries++);
        }
    } while (status == AIRS_EMAILBOX_FULL);
    /* Only now, since callbacks may send: what comes later goes behind. */
    drop_chained(target->system, record);
    return status;
}

static airs_status drop_new(airsi_actor *target, airs_envelope *envelope, airsi_record *record) {
    airsi_count(&record->counters.accepted);
    chain(record, envelope);
    drop_chained(target->system, record);
    return AIRS_OK;
}

airs_status airsi_overflow(airsi_worker *worker, airsi_actor *holder, airsi_actor *target, airs_envelope *envelope, airsi_record *record) {
    switch (target->terms->limits.overflow) {
    case AIRS_OVERFLOW_DROP_NEW:
        return drop_new(target, envelope, record);
    case AIRS_OVERFLOW_DROP_OLD:
        return drop_old(target, envelope, record);
    case AIRS_OVERFLOW_BLOCK:
        if ((envelope->flags & AIRSI_ENVELOPE_MAY_WAIT) != 0) {
            envelope->flags |= AIRSI_ENVELOPE_WAITS;
        }
        /* fallthrough */
    case AIRS_OVERFLOW_HOLD:
        return holder != NULL ? airsi_hold_add(worker, holder, target, envelope) : AIRS_EMAILBOX_FULL;
    case AIRS_OVERFLOW_REJECT:
    default:
        return AIRS_EMAILBOX_FULL;
    }
}

airs_envelope *airsi_overflow_take_first(airsi_actor *actor) {
    airsi_mutex *lock = airsi_room_lock_of(actor->system, actor);
    airsi_lock(lock);
    airs_envelope *first = airsi_mailbox_take_first(&actor->mailbox);
    airsi_unlock(lock);
    return first;
}
