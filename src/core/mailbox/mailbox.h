/* The mailbox of an actor: an intrusive queue of many producers and one consumer, bounded in messages and bytes.
 *
 * Main invariant: admission, accounting and `scheduled` change in ONE compare-and-swap of `word`. So a message is either refused without a
 * trace or counted, and exactly one of all producers is told to put the actor on a run queue (I3, I7). There is no add-then-undo.
 *
 *   word = scheduled:1 | closed:1 | waiter:1 | muted:1 | ends:12 | count:17 | bytes:31
 *
 * `count` and `bytes` are user messages admitted and not yet given back, `ends` the request ends, which are never refused and have no bound but
 * the requester's in-flight limit. `muted` keeps producers from scheduling an actor that may not run (not started, or holding messages back);
 * only a signal does then. `waiter` says that somebody waits for room.
 *
 * The queue is Vyukov's intrusive MPSC node-based queue (1024cores.net): producers exchange `tail`, then link; the consumer follows the links.
 * Progress: producers are lock-free (the CAS) and wait-free (the exchange). A message counted but not linked yet looks like an empty queue with
 * count > 0: the consumer goes on with something else and comes back, it never spins. */
#ifndef AIRSI_CORE_MAILBOX_H
#define AIRSI_CORE_MAILBOX_H

#include <stdbool.h>
#include <stdint.h>

#include "base/atomic.h"
#include "core/message/envelope.h"

typedef struct airsi_mailbox {
    AIRSI_ATOMIC(uint64_t) word;      /* any thread, atomic */
    AIRSI_ATOMIC(airsi_link *) tail;  /* any thread, atomic: the last link */
    airsi_link *head;                 /* consumer: the next to take, or the stub */
    airsi_link stub;                  /* in the queue when it would be empty */
    uint32_t max_messages, max_bytes; /* const after init */
} airsi_mailbox;

typedef enum airsi_admission {
    AIRSI_ADMITTED,          /* counted: link it now */
    AIRSI_ADMITTED_SCHEDULE, /* counted: link it, then put the actor on a run queue */
    AIRSI_FULL,
    AIRSI_CLOSED,
} airsi_admission;

/* What is in a word. */
typedef struct airsi_mailbox_counts {
    uint32_t messages, ends, bytes;
    bool scheduled, closed, waiter, muted;
} airsi_mailbox_counts;

/* Starts muted: nothing is scheduled before the first signal. */
void airsi_mailbox_init(airsi_mailbox *mailbox, uint32_t max_messages, uint32_t max_bytes);

/* Producers, any thread. After ADMITTED the caller must link; nothing else may fail in between. */
airsi_admission airsi_mailbox_admit(airsi_mailbox *mailbox, uint32_t bytes);
airsi_admission airsi_mailbox_admit_end(airsi_mailbox *mailbox);
void airsi_mailbox_link(airsi_mailbox *mailbox, airs_envelope *envelope);

/* Under the room lock of the mailbox (core/actor/room.h): notes a waiter if a message of `bytes` would still be refused for want of room.
 * false: there is room now, or the mailbox is closed. */
bool airsi_mailbox_set_waiter(airsi_mailbox *mailbox, uint32_t bytes);
void airsi_mailbox_clear_waiter(airsi_mailbox *mailbox);

/* Any thread: schedules whatever is in the mailbox; true: the caller puts the actor on a run queue. */
bool airsi_mailbox_schedule(airsi_mailbox *mailbox);

/* Consumer. The next message, NULL when there is none, or the next is counted but not linked yet. */
airs_envelope *airsi_mailbox_take(airsi_mailbox *mailbox);

/* Consumer: what was taken has ended; gives its room back. true: there is a waiter and room enough to wake it (half of both bounds is free). */
bool airsi_mailbox_give_back(airsi_mailbox *mailbox, bool end, uint32_t bytes);

typedef enum airsi_rest { AIRSI_REST_IDLE, AIRSI_REST_AGAIN } airsi_rest;

/* Consumer, end of turn: lets go of the actor. IDLE: it is no longer scheduled (when `muted`, whatever is
 * queued); the caller must look at the signals once more. AGAIN: messages are left, the actor stays scheduled and goes to the back of a run queue. */
airsi_rest airsi_mailbox_rest(airsi_mailbox *mailbox, bool muted);

/* Consumer: nothing is admitted any more. What is inside stays to be taken. */
void airsi_mailbox_close(airsi_mailbox *mailbox);

airsi_mailbox_counts airsi_mailbox_look(const airsi_mailbox *mailbox);

#endif
