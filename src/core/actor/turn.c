/* The turn of an actor: signals before every user message, then the message; at most 64 messages or 1 ms. */

#include "core/actor/actor.h"
#include "core/actor/delivery.h"
#include "core/actor/hold.h"
#include "core/actor/lifecycle.h"
#include "core/actor/overflow.h"
#include "core/deadletter/dead_letters.h"
#include "core/request/request.h"
#include "core/request/ties.h"
#include "core/scheduler/scheduler.h"
#include "core/scheduler/worker.h"
#include "core/system/system.h"
#include "core/watch/watch.h"

#define TURN_MS 1

/* What a turn has going. */
typedef struct turn_state {
    uint64_t started_ms;
    airsi_mailbox_debt debt; /* room of messages that have ended */
    airs_envelope *last;     /* ended, and still the first of its mailbox: nothing was linked behind it */
    unsigned handled;
    bool over; /* others first */
} turn_state;

static void stop_now(airsi_worker *worker, airsi_actor *actor) {
    bool draining = airsi_load_acquire(&worker->system->closing) != 0;
    airsi_actor_close(worker, actor, draining ? AIRS_ESTOPPING : AIRS_ETARGET_STOPPED, AIRS_EVENT_STOPPED, NULL);
}

static void take_signals(airsi_worker *worker, airsi_actor *actor) {
    /* E21 acq_rel, pairs with E20. */
    uint32_t signals = airsi_exchange_acq_rel(&actor->signals, 0);
    actor->watched |= (signals & AIRSI_SIGNAL_WATCHED) != 0;
    if ((signals & AIRSI_SIGNAL_STOP) != 0) {
        if ((signals & AIRSI_SIGNAL_START) != 0) {
            airsi_fetch_sub_acq_rel(&worker->system->starting, 1);
        }
        stop_now(worker, actor);
        airsi_fetch_sub_acq_rel(&worker->system->starting, 1);
        return;
    }
    if ((signals & AIRSI_SIGNAL_START) != 0) {
        airsi_actor_start(worker, actor);
    }
    if (actor->phase == AIRSI_PHASE_RUNNING) {
        if (actor->watched && (signals & (AIRSI_SIGNAL_WATCHED | AIRSI_SIGNAL_START)) != 0) {
            airsi_watch_answer(worker, actor);
        }
        airsi_hold_flush(worker, actor, (signals & AIRSI_SIGNAL_HOLD_CHECK) != 0);
    }
}

/* The end of a request or a monitor, before the handler sees it. true: it belongs to an incarnation that is gone. */
static bool is_late(airsi_actor *actor, airs_envelope *envelope) {
    if ((envelope->flags & AIRSI_ENVELOPE_END) == 0) {
        return false;
    }
    if ((envelope->flags & AIRSI_ENVELOPE_NOTICE) != 0) {
        actor->ties->in_flight--;
    } else {
        airsi_request_taken(actor, envelope);
    }
    return envelope->incarnation != actor->incarnation;
}

static airs_result call_handler(airsi_worker *worker, airsi_actor *actor, airs_envelope *envelope, airs_error *error) {
    airs_context context = {.worker = worker, .actor = actor};
    airs_message message = airs_envelope_message(envelope);
    actor->current = envelope;
    if (actor->behavior->blocks) {
        airsi_worker_begin_blocking(worker);
    }
    airs_result result = actor->behavior->handle(actor->state, &context, &message, error);
    if (actor->behavior->blocks) {
        airsi_worker_end_blocking(worker);
    }
    actor->current = NULL;
    bool lives = result == AIRS_HANDLED || result == AIRS_EXIT; /* else its dead letter ends the request */
    if (lives && airsi_envelope_asks(envelope) && (envelope->flags & AIRSI_ENVELOPE_ANSWERED) == 0) {
        airsi_ties_owe(actor, envelope->request);
    }
    return result;
}

/* The message in hand becomes a dead letter: out of the mailbox with it, or, while the one behind it is not linked, a copy of it. */
static void let_die(airsi_worker *worker, airsi_actor *actor, airs_envelope *envelope, airs_result result, const airs_error *error) {
    if (!actor->drops_oldest && !airsi_mailbox_unlink(&actor->mailbox, envelope)) {
        envelope->flags |= AIRSI_ENVELOPE_SPENT;
    }
    if (result == AIRS_FAILED) {
        airsi_system_log_failure(worker->system, actor, "handler-failed", error);
        airsi_dead_letter(worker->system, worker->record, envelope, error->status != AIRS_OK ? error->status : AIRS_EHANDLER_FAILED,
                          error->text);
    } else {
        airsi_actor_crash(worker, actor, envelope, error);
    }
}

/* The message in hand was delivered: out of the mailbox with it, or, when it seems to be the last, at the end of the turn. */
static void let_go_of(airsi_worker *worker, airsi_actor *actor, airs_envelope *envelope, turn_state *turn) {
    if (actor->drops_oldest || airsi_mailbox_advance(&actor->mailbox, envelope)) {
        airsi_message_release(worker->system, envelope);
    } else {
        turn->last = envelope;
    }
}

static void finish(airsi_worker *worker, airsi_actor *actor, airs_envelope *envelope, turn_state *turn, airs_result result,
                   const airs_error *error) {
    switch (result) {
    case AIRS_EXIT:
        /* First, since its stop may send: nobody may find the system quiet meanwhile. */
        airsi_actor_close(worker, actor, AIRS_ETARGET_STOPPED, AIRS_EVENT_STOPPED, NULL);
        airsi_message_delivered(worker->record, envelope);
        let_go_of(worker, actor, envelope, turn);
        turn->over = true; /* a stop signal finds nobody to stop any more */
        break;
    case AIRS_HANDLED:
        airsi_message_delivered(worker->record, envelope);
        let_go_of(worker, actor, envelope, turn);
        break;
    case AIRS_FAILED:
        let_die(worker, actor, envelope, result, error);
        break;
    case AIRS_CRASHED:
    default:
        let_die(worker, actor, envelope, result, error);
        turn->over = true; /* a restart uses up the turn */
        break;
    }
}

static void handle(airsi_worker *worker, airsi_actor *actor, airs_envelope *envelope, turn_state *turn) {
    if (is_late(actor, envelope)) {
        airsi_count(&worker->record->counters.late_ends);
        airsi_count_end(&worker->record->counters.dropped);
        let_go_of(worker, actor, envelope, turn);
        return;
    }
    airs_error error;
    error.status = AIRS_OK;
    error.text[0] = '\0';
    if ((envelope->flags & AIRSI_ENVELOPE_SAMPLED) != 0) {
        airsi_histogram_add(&worker->record->counters.latency, airsi_scheduler_clock_ns(&worker->system->scheduler) - envelope->sampled_ns);
    }
    airsi_store_relaxed(&actor->in_hand, 1);
    airs_result result = call_handler(worker, actor, envelope, &error);
    finish(worker, actor, envelope, turn, result, &error);
    airsi_store_relaxed(&actor->in_hand, 0);
    airsi_store_relaxed(&actor->progress, airsi_load_relaxed(&actor->progress) + 1);
}

static void give_back(airsi_actor *actor, turn_state *turn) {
    airsi_mailbox_debt debt = turn->debt;
    turn->debt = 0;
    if (airsi_mailbox_give_back(&actor->mailbox, debt)) {
        airsi_room_wake(actor);
    }
}

/* By the clock that the monitor keeps, so that it costs a load. */
static void look_at_the_clock(airsi_worker *worker, turn_state *turn) {
    worker->now_ms = airsi_load_relaxed(&worker->system->scheduler.now_ms);
    turn->over |= worker->now_ms - turn->started_ms > TURN_MS;
}

/* The message behind the one in hand, so that its first lines are there when its turn comes. */
static void prefetch_next(const airs_envelope *first) {
    const airsi_link *next = airsi_load_relaxed(&first->link.next);
    if (next != NULL) {
        __builtin_prefetch(next);
        __builtin_prefetch((const char *)next + 64);
    }
}

/* Handles the first message of the mailbox. */
static void handle_first(airsi_worker *worker, airsi_actor *actor, airs_envelope *first, turn_state *turn) {
    prefetch_next(first);
    turn->handled++;
    worker->budget--;
    airsi_worker_beat(worker);
    handle(worker, actor, first, turn);
    if (actor->phase == AIRSI_PHASE_RUNNING && airsi_hold_any(actor)) {
        airsi_hold_flush(worker, actor, false);
    }
    if (turn->last == NULL && airsi_mailbox_owes_much(&actor->mailbox, turn->debt)) {
        give_back(actor, turn);
    }
    look_at_the_clock(worker, turn);
    turn->over |= worker->budget == 0 || airsi_worker_must_yield(worker);
}

/* Takes out a message that ended in an earlier turn, or earlier in this one. */
static void clear_spent(airsi_worker *worker, airsi_actor *actor, airs_envelope *spent, turn_state *turn) {
    if (airsi_mailbox_unlink(&actor->mailbox, spent)) {
        airsi_message_release(worker->system, spent);
    } else {
        turn->over = true; /* who sends the one behind it is between two instructions */
    }
}

/* Only the system lane runs: not started, or something is held back. */
static bool is_muted(const airsi_actor *actor) {
    return actor->phase != AIRSI_PHASE_RUNNING || airsi_hold_any(actor);
}

/* The next message. It stays the first of its mailbox while it is handled, unless others may drop what is in there. */
static airs_envelope *first_of(airsi_actor *actor, turn_state *turn) {
    if (actor->drops_oldest) {
        return airsi_overflow_take_first(actor);
    }
    airs_envelope *first = airsi_mailbox_peek(&actor->mailbox);
    if (first != NULL && (first->flags & AIRSI_ENVELOPE_SPENT) == 0) {
        turn->debt += airsi_mailbox_cost(first);
    }
    return first;
}

/* Until there is nothing to handle, the turn is over, or the last message has ended. */
static void run(airsi_worker *worker, airsi_actor *actor, turn_state *turn) {
    while (turn->last == NULL && !turn->over) {
        if (airsi_load_relaxed(&actor->signals) != 0) {
            take_signals(worker, actor);
        }
        airs_envelope *first = is_muted(actor) ? NULL : first_of(actor, turn);
        if (first == NULL) {
            return;
        }
        if ((first->flags & AIRSI_ENVELOPE_SPENT) != 0) {
            clear_spent(worker, actor, first, turn);
        } else {
            handle_first(worker, actor, first, turn);
        }
    }
}

/* Lets go of the actor if nothing is left to do. true: another worker may run it now, or it may be gone: don't touch what is in it. */
static bool rest(airsi_worker *worker, airsi_actor *actor, turn_state *turn) {
    airs_system *system = worker->system;
    airs_envelope *last = turn->last;
    airsi_rest rest = airsi_mailbox_rest(&actor->mailbox, last, turn->debt, is_muted(actor));
    turn->debt = 0;
    turn->last = NULL;
    if (last != NULL && !rest.idle) {
        last->flags |= AIRSI_ENVELOPE_SPENT;
    } else if (last != NULL) {
        airsi_message_release(system, last);
    }
    /* This thread is online, so what follows is safe even if the actor has gone meanwhile. */
    if (rest.wake) {
        airsi_room_wake(actor);
    }
    /* A signal set before the actor was let go found it scheduled and left it to us. */
    if (rest.idle && airsi_load_acquire(&actor->signals) != 0 && airsi_mailbox_schedule(&actor->mailbox)) {
        airsi_schedule(system, actor);
    }
    return rest.idle;
}

/* Closing: what is left in the mailbox dies. true: the actor is gone. */
static bool close_down(airsi_worker *worker, airsi_actor *actor, turn_state *turn) {
    if (turn->last != NULL) {
        turn->last->flags |= AIRSI_ENVELOPE_SPENT;
    }
    airsi_mailbox_give_back(&actor->mailbox, turn->debt);
    return airsi_actor_empty(worker, actor);
}

void airsi_actor_turn(airsi_worker *worker, airsi_actor *actor) {
    turn_state turn = {.started_ms = worker->now_ms};
    worker->actor = actor;
    bool left = false;
    unsigned handled_before;
    do {
        handled_before = turn.handled;
        if (actor->phase != AIRSI_PHASE_CLOSING) {
            run(worker, actor, &turn);
        }
        if (actor->phase == AIRSI_PHASE_CLOSING) {
            left = close_down(worker, actor, &turn);
            break;
        }
        left = rest(worker, actor, &turn);
        /* What came meanwhile is handled in this turn too; what is counted and can't be seen yet is not waited for. */
    } while (!left && !turn.over && turn.handled > handled_before);
    if (!left) {
        airsi_worker_requeue(worker, actor);
    }
    worker->actor = NULL;
}
