/* The turn of an actor: signals before every user message, then the message; at most 64 messages or 1 ms. */

#include "base/clock.h"
#include "core/actor/actor.h"
#include "core/actor/hold.h"
#include "core/actor/lifecycle.h"
#include "core/deadletter/dead_letters.h"
#include "core/request/request.h"
#include "core/request/ties.h"
#include "core/scheduler/worker.h"
#include "core/system/system.h"

#define TURN_MESSAGES 64
#define TURN_MS 1
#define CLOCK_EVERY 8 /* messages between two looks at the clock, which costs as much as a small handler */

typedef enum next_step { GO_ON, END_TURN } next_step;

static void stop_now(airsi_worker *worker, airsi_actor *actor) {
    bool draining = airsi_load_acquire(&worker->system->closing) != 0;
    airsi_actor_close(worker, actor, draining ? AIRS_ESTOPPING : AIRS_ETARGET_STOPPED, AIRS_EVENT_STOPPED, NULL);
}

static next_step take_signals(airsi_worker *worker, airsi_actor *actor) {
    /* E21 acq_rel, pairs with E20. */
    uint32_t signals = airsi_exchange_acq_rel(&actor->signals, 0);
    if ((signals & AIRSI_SIGNAL_STOP) != 0) {
        if ((signals & AIRSI_SIGNAL_START) != 0) {
            airsi_fetch_sub_acq_rel(&worker->system->starting, 1);
        }
        stop_now(worker, actor);
        airsi_fetch_sub_acq_rel(&worker->system->starting, 1);
        return END_TURN;
    }
    if ((signals & AIRSI_SIGNAL_START) != 0) {
        airsi_actor_start(worker, actor);
    }
    if (actor->phase == AIRSI_PHASE_RUNNING) {
        airsi_hold_flush(worker, actor, (signals & AIRSI_SIGNAL_HOLD_CHECK) != 0);
    }
    return actor->phase == AIRSI_PHASE_RUNNING ? GO_ON : END_TURN;
}

/* The end of a request, before the handler sees it. true: it belongs to an incarnation that is gone. */
static bool is_late(airsi_actor *actor, airs_envelope *envelope) {
    if ((envelope->flags & AIRSI_ENVELOPE_REQUEST_END) == 0) {
        return false;
    }
    airsi_request_taken(actor, envelope);
    return envelope->incarnation != actor->incarnation;
}

static void release(airsi_worker *worker, airs_envelope *envelope) {
    if ((envelope->flags & AIRSI_ENVELOPE_REQUEST_END) != 0) {
        airsi_request_release(worker->system, envelope);
    } else {
        airs_envelope_free(envelope);
    }
}

static airs_result call_handler(airsi_worker *worker, airsi_actor *actor, airs_envelope *envelope, airs_error *error) {
    airs_context context = {.worker = worker, .actor = actor};
    airs_message message = airs_envelope_message(envelope);
    actor->current = envelope;
    airs_result result = actor->behavior->handle(actor->state, &context, &message, error);
    actor->current = NULL;
    bool lives = result == AIRS_HANDLED || result == AIRS_EXIT; /* else its dead letter ends the request */
    if (lives && airsi_envelope_asks(envelope) && (envelope->flags & AIRSI_ENVELOPE_ANSWERED) == 0) {
        airsi_ties_owe(actor, envelope->request);
    }
    return result;
}

static next_step finish(airsi_worker *worker, airsi_actor *actor, airs_envelope *envelope, airs_result result, const airs_error *error) {
    switch (result) {
    case AIRS_EXIT:
        /* First, since its stop may send: nobody may find the system quiet meanwhile. */
        airsi_actor_close(worker, actor, AIRS_ETARGET_STOPPED, AIRS_EVENT_STOPPED, NULL);
        release(worker, envelope);
        airsi_count_end(&worker->record->counters.delivered);
        return END_TURN;
    case AIRS_HANDLED:
        release(worker, envelope);
        airsi_count_end(&worker->record->counters.delivered);
        break;
    case AIRS_FAILED:
        airsi_system_log_failure(worker->system, actor, "handler-failed", error);
        airsi_dead_letter(worker->system, worker->record, envelope, error->status != AIRS_OK ? error->status : AIRS_EHANDLER_FAILED,
                          error->text);
        break;
    case AIRS_CRASHED:
    default:
        airsi_actor_crash(worker, actor, envelope, error);
        return END_TURN;
    }
    return GO_ON;
}

static next_step handle(airsi_worker *worker, airsi_actor *actor, airs_envelope *envelope) {
    if (is_late(actor, envelope)) {
        airsi_count(&worker->record->counters.late_ends);
        airsi_request_release(worker->system, envelope);
        airsi_count_end(&worker->record->counters.dropped);
        return GO_ON;
    }
    airs_error error;
    error.status = AIRS_OK;
    error.text[0] = '\0';
    airsi_store_relaxed(&actor->in_hand, 1);
    airs_result result = call_handler(worker, actor, envelope, &error);
    next_step step = finish(worker, actor, envelope, result, &error);
    airsi_store_relaxed(&actor->in_hand, 0);
    airsi_store_relaxed(&actor->progress, airsi_load_relaxed(&actor->progress) + 1);
    return step;
}

/* Takes and handles one message, and gives its room back. END_TURN: there is none, or the actor can't go on. */
static next_step handle_next(airsi_worker *worker, airsi_actor *actor) {
    airs_envelope *envelope = airsi_mailbox_take(&actor->mailbox);
    if (envelope == NULL) {
        return END_TURN;
    }
    bool end = (envelope->flags & AIRSI_ENVELOPE_REQUEST_END) != 0;
    uint32_t bytes = envelope->length;
    next_step step = handle(worker, actor, envelope);
    if (actor->phase == AIRSI_PHASE_RUNNING) {
        airsi_hold_flush(worker, actor, false);
    }
    if (airsi_mailbox_give_back(&actor->mailbox, end, bytes)) {
        airsi_room_wake(actor);
    }
    return step;
}

static bool turn_is_over(airsi_worker *worker, unsigned handled, uint64_t started_ms) {
    if (handled == TURN_MESSAGES) {
        return true;
    }
    if (handled % CLOCK_EVERY != 0) {
        return false;
    }
    worker->now_ms = airsi_clock_monotonic_ms();
    return worker->now_ms - started_ms > TURN_MS;
}

/* Only the system lane runs: not started, or something is held back. */
static bool is_muted(const airsi_actor *actor) {
    return actor->phase != AIRSI_PHASE_RUNNING || airsi_hold_any(actor);
}

static void run(airsi_worker *worker, airsi_actor *actor) {
    uint64_t started_ms = worker->now_ms;
    for (unsigned handled = 0;;) {
        if (airsi_load_relaxed(&actor->signals) != 0 && take_signals(worker, actor) == END_TURN) {
            return;
        }
        if (is_muted(actor)) {
            return;
        }
        if (handle_next(worker, actor) == END_TURN || turn_is_over(worker, ++handled, started_ms)) {
            return;
        }
    }
}

/* Lets go of the actor, or puts it at the back of the run queue. */
static void rest(airsi_actor *actor) {
    airsi_runqueue *queue = &actor->system->runqueue;
    if (airsi_mailbox_rest(&actor->mailbox, is_muted(actor)) == AIRSI_REST_AGAIN) {
        airsi_runqueue_push(queue, actor);
        return;
    }
    /* A signal set before the actor was let go found it scheduled and left it to us. */
    if (airsi_load_acquire(&actor->signals) != 0 && airsi_mailbox_schedule(&actor->mailbox)) {
        airsi_runqueue_push(queue, actor);
    }
}

void airsi_actor_turn(airsi_worker *worker, airsi_actor *actor) {
    worker->actor = actor;
    if (actor->phase != AIRSI_PHASE_CLOSING) {
        run(worker, actor);
    }
    if (actor->phase == AIRSI_PHASE_CLOSING) {
        if (!airsi_actor_empty(worker, actor)) {
            airsi_runqueue_push(&actor->system->runqueue, actor);
        }
    } else {
        rest(actor);
    }
    worker->actor = NULL;
}
