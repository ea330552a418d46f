#include "core/actor/lifecycle.h"

#include <string.h>

#include "base/memory.h"
#include "core/actor/delivery.h"
#include "core/actor/hold.h"
#include "core/actor/overflow.h"
#include "core/deadletter/dead_letters.h"
#include "core/request/request.h"
#include "core/request/ties.h"
#include "core/system/system.h"
#include "core/timer/timer.h"
#include "core/watch/watch.h"

#define CRASH_WINDOW_MS 60000

_Static_assert(AIRSI_CRASHES_KEPT == 4, "the stop rule: the 4th crash within the window");

static airs_status call_start(airsi_worker *worker, airsi_actor *actor, airs_error *error) {
    airs_context context = {.worker = worker, .actor = actor};
    actor->incarnation++;
    if (actor->behavior->start == NULL) {
        return AIRS_OK;
    }
    airs_status status = actor->behavior->start(actor->state, &context, error);
    worker->now_ms = airsi_scheduler_read_clock(&worker->system->scheduler);
    return status;
}

static void call_stop(airsi_worker *worker, airsi_actor *actor, airs_stop_reason reason) {
    airs_context context = {.worker = worker, .actor = actor};
    if (actor->behavior->stop != NULL) {
        actor->behavior->stop(actor->state, &context, reason);
    }
}

/* What an incarnation had going: its timers, its requests, and the requests it was handed and has not answered. */
static void forget_incarnation(airsi_actor *actor) {
    airsi_timer_cancel_all(actor);
    airsi_request_drop_made(actor);
    airsi_watch_drop_made(actor);
    airsi_ties_fail_owed(actor, AIRS_EHANDLER_FAILED, "the component that had it crashed before it answered");
    /* What is still in flight are ends on their way to the mailbox or in it: they will be taken, and counted as late. */
}

void airsi_actor_start(airsi_worker *worker, airsi_actor *actor) {
    airs_error error = {0};
    airs_status status = call_start(worker, actor, &error);
    if (status == AIRS_OK) {
        actor->phase = AIRSI_PHASE_RUNNING;
        airsi_system_tell(worker->system, AIRS_EVENT_STARTED, actor, NULL);
    } else {
        forget_incarnation(actor);
        airsi_actor_close(worker, actor, AIRS_EINIT_FAILED, AIRS_EVENT_INIT_FAILED, &error);
    }
    airsi_fetch_sub_acq_rel(&worker->system->starting, 1);
    airsi_system_note_quiet(worker->system);
}

/* Notes a crash; true when it is the 4th within 60 s. */
static bool over_the_rule(airsi_actor *actor, uint64_t now_ms) {
    if (actor->crashes == NULL) {
        actor->crashes = airsi_calloc(1, sizeof *actor->crashes);
        if (actor->crashes == NULL) {
            return false; /* forgotten: it may crash once more than the rule says */
        }
    }
    airsi_crashes *crashes = actor->crashes;
    uint64_t fourth_last = crashes->times_ms[(crashes->count + 1) % AIRSI_CRASHES_KEPT];
    crashes->times_ms[crashes->count % AIRSI_CRASHES_KEPT] = now_ms;
    crashes->count++;
    return crashes->count >= AIRSI_CRASHES_KEPT && now_ms - fourth_last < CRASH_WINDOW_MS;
}

void airsi_actor_crash(airsi_worker *worker, airsi_actor *actor, airs_envelope *envelope, const airs_error *error) {
    airs_system *system = worker->system;
    /* A restart may take a while and send; nobody may find the system quiet meanwhile. */
    airsi_fetch_add_acq_rel(&system->starting, 1);
    airsi_count(&worker->record->counters.crashes);
    airsi_system_log_failure(system, actor, "crash", error);
    call_stop(worker, actor, AIRS_STOP_CRASHED);
    /* The dead letter first: what was in hand may have been a request, which ends with this reason's text. */
    airsi_dead_letter(system, worker->record, envelope, error->status != AIRS_OK ? error->status : AIRS_EHANDLER_FAILED, error->text);
    forget_incarnation(actor);
    worker->now_ms = airsi_scheduler_read_clock(&worker->system->scheduler);
    if (over_the_rule(actor, worker->now_ms)) {
        airsi_actor_close(worker, actor, AIRS_ETARGET_STOPPED, AIRS_EVENT_GAVE_UP, error);
    } else {
        airs_error start_error = {0};
        if (call_start(worker, actor, &start_error) == AIRS_OK) {
            airsi_count(&worker->record->counters.restarts);
            airsi_system_tell(system, AIRS_EVENT_RESTARTED, actor, error);
        } else {
            forget_incarnation(actor);
            airsi_actor_close(worker, actor, AIRS_EINIT_FAILED, AIRS_EVENT_INIT_FAILED, &start_error);
        }
    }
    airsi_fetch_sub_acq_rel(&system->starting, 1);
    airsi_system_note_quiet(system);
}

/* What those who monitor it are told. */
static airs_status down_reason(airs_event_kind event, const airs_error *error) {
    switch (event) {
    case AIRS_EVENT_INIT_FAILED:
        return AIRS_EINIT_FAILED;
    case AIRS_EVENT_GAVE_UP:
        return error->status != AIRS_OK && (unsigned)error->status < AIRS_STATUS_COUNT ? error->status : AIRS_EHANDLER_FAILED;
    default:
        return AIRS_OK;
    }
}

void airsi_actor_close(airsi_worker *worker, airsi_actor *actor, airs_status reason, airs_event_kind event, const airs_error *error) {
    airs_system *system = worker->system;
    if (event == AIRS_EVENT_STOPPED && actor->phase == AIRSI_PHASE_RUNNING) {
        call_stop(worker, actor, AIRS_STOP_NORMAL);
    }
    actor->phase = AIRSI_PHASE_CLOSING;
    actor->stop_reason = reason;
    actor->down_reason = down_reason(event, error);
    if (actor->watched) {
        airsi_fetch_add_acq_rel(&system->starting, 1); /* no quiet before they have been told */
    }
    /* Before nobody can reach it any more: an end that is refused frees its entry, and must find it given up. */
    airsi_request_drop_made(actor);
    airsi_watch_drop_made(actor);
    airsi_timer_cancel_all(actor);
    airsi_subscriber_unregister_actor(&system->subscriber, actor);
    if (airsi_mailbox_close(&actor->mailbox)) {
        airsi_room_wake(actor);
    }
    airsi_hold_abandon(worker, actor, reason);
    airsi_system_tell(system, event, actor, error);
}

static void free_actor(airsi_garbage *garbage) {
    airsi_actor *actor = (airsi_actor *)(void *)((char *)garbage - offsetof(airsi_actor, garbage));
    airsi_registry_release_slot(&actor->system->registry, actor->handle);
    if (actor->behavior->free != NULL) {
        actor->behavior->free(actor->state);
    }
    airsi_actor_discard(actor);
}

/* One message of a mailbox that is being emptied, taken out of it. */
static void end_left_over(airsi_worker *worker, const airsi_actor *actor, airs_envelope *envelope) {
    airs_system *system = worker->system;
    if ((envelope->flags & AIRSI_ENVELOPE_SPENT) != 0) {
        airsi_message_release(system, envelope);
    } else if ((envelope->flags & AIRSI_ENVELOPE_END) != 0) {
        airsi_count(&worker->record->counters.late_ends);
        airsi_message_release(system, envelope);
        airsi_count_end(&worker->record->counters.dropped);
    } else {
        airsi_dead_letter(system, worker->record, envelope, actor->stop_reason, "");
    }
}

void airsi_actor_ask_to_stop(airsi_actor *actor) {
    airs_system *system = actor->system;
    airsi_fetch_add_acq_rel(&system->starting, 1);
    uint32_t before = airsi_actor_signal(actor, AIRSI_SIGNAL_STOP);
    if ((before & (AIRSI_SIGNAL_STOP | AIRSI_SIGNAL_GONE)) != 0) {
        airsi_fetch_sub_acq_rel(&system->starting, 1);
        airsi_system_note_quiet(system);
    }
}

/* A start that a stop has overtaken, a stop that came again. */
static void uncount_signals(airsi_actor *actor, uint32_t signals) {
    uint32_t counted = ((signals & AIRSI_SIGNAL_START) != 0) + ((signals & AIRSI_SIGNAL_STOP) != 0);
    if (counted > 0) {
        airsi_fetch_sub_acq_rel(&actor->system->starting, counted);
    }
}

/* Takes the first message out of a mailbox that is being emptied, and gives its room back. NULL: there is none, or the one behind it is not linked. */
static airs_envelope *take_left_over(airsi_actor *actor) {
    if (actor->drops_oldest) {
        return airsi_overflow_take_first(actor); /* somebody who found it full may be taking out the oldest this moment */
    }
    airs_envelope *envelope = airsi_mailbox_peek(&actor->mailbox);
    if (envelope == NULL) {
        return NULL;
    }
    bool spent = (envelope->flags & AIRSI_ENVELOPE_SPENT) != 0;
    airsi_mailbox_debt cost = spent ? 0 : airsi_mailbox_cost(envelope);
    if (!airsi_mailbox_unlink(&actor->mailbox, envelope)) {
        return NULL;
    }
    airsi_mailbox_give_back(&actor->mailbox, cost);
    return envelope;
}

bool airsi_actor_empty(airsi_worker *worker, airsi_actor *actor) {
    airs_system *system = worker->system;
    airs_envelope *envelope;
    while ((envelope = take_left_over(actor)) != NULL) {
        end_left_over(worker, actor, envelope);
    }
    airsi_mailbox_counts left = airsi_mailbox_look(&actor->mailbox);
    if (left.messages > 0 || left.ends > 0) {
        return false; /* counted, not linked yet: come back */
    }
    airsi_ties_fail_owed(actor, AIRS_ETARGET_STOPPED, "the component stopped before it answered");
    actor->phase = AIRSI_PHASE_GONE;
    airsi_system_actor_gone(system, actor);
    /* E21, pairs with E20: who signals from here on sees GONE. */
    uint32_t signals = airsi_exchange_acq_rel(&actor->signals, AIRSI_SIGNAL_GONE);
    uncount_signals(actor, signals);
    if (actor->watched || (signals & AIRSI_SIGNAL_WATCHED) != 0) {
        airsi_watch_tell_gone(actor, (airs_status)actor->down_reason);
    }
    if (actor->watched) {
        airsi_fetch_sub_acq_rel(&system->starting, 1);
    }
    airsi_free(actor->crashes); /* here: the garbage lies over it */
    actor->garbage.free = free_actor;
    airsi_reclaim_retire(&system->reclaim, &actor->garbage);
    airsi_system_note_quiet(system);
    return true;
}
