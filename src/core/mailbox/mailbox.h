/* The mailbox of an actor: an intrusive queue with many producers and one consumer, bounded in messages and bytes.
 *
 * Main invariant: admission, accounting, the place in the queue and `scheduled` change in ONE 16-byte compare-and-swap on {tail, word}, so an actor
 * is scheduled by exactly one sender, and a mailbox never holds more than its bounds (I7). The message in hand stays the head of its queue until it
 * has ended: crash, stop and end of turn leave the rest behind it in order, and one more compare-and-swap at the end of a turn takes the last
 * message out, gives room back and lets go of the actor.
 *
 * word: scheduled:1 | closed:1 | waiter:1 | muted:1 | ends:12 | count:17 | bytes:31
 *   scheduled  the actor is on a run queue or in a worker; whoever set it puts the actor there.
 *   closed     nothing is admitted any more.
 *   waiter     somebody waits for room; the consumer wakes them when half of both bounds is free.
 *   muted      not started, or messages are held back: what comes in is kept, but schedules nobody; signals do.
 *   ends       request ends queued; outside the bounds, for each was counted when its request was made.
 *   count, bytes  of user messages queued or in hand.
 *
 * Source: the linking is D. Vyukov's intrusive MPSC queue (1024cores.net) without its stub: tail NULL is empty, and the producer that found it so
 * sets `head`. Progress: producers are lock-free. A message admitted but not linked yet looks like an empty queue with count > 0: the consumer goes
 * on with something else and comes back, it never spins. */
#ifndef AIRSI_CORE_MAILBOX_H
#define AIRSI_CORE_MAILBOX_H

#include <assert.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/atomic.h"
#include "core/message/envelope.h"

typedef struct airsi_mailbox {
    airsi_atomic_pair state;          /* any thread, atomic: {the last link or 0, word} */
    AIRSI_ATOMIC(airsi_link *) head;  /* the consumer, and the producer that found the queue empty: the first, NULL until that is linked */
    uint32_t max_messages, max_bytes; /* const after init */
} airsi_mailbox;

typedef enum airsi_admission {
    AIRSI_ADMITTED,          /* counted and placed: link it now */
    AIRSI_ADMITTED_SCHEDULE, /* counted and placed: link it, then schedule the actor */
    AIRSI_FULL,
    AIRSI_CLOSED,
} airsi_admission;

/* What is in a word. */
typedef struct airsi_mailbox_counts {
    uint32_t messages, ends, bytes;
    bool scheduled, closed, waiter, muted;
} airsi_mailbox_counts;

#define AIRSI_MAILBOX_BYTES_BITS 31
#define AIRSI_MAILBOX_COUNT_BITS 17
#define AIRSI_MAILBOX_ENDS_BITS 12
#define AIRSI_MAILBOX_ONE_MESSAGE (UINT64_C(1) << AIRSI_MAILBOX_BYTES_BITS)
#define AIRSI_MAILBOX_ONE_END (UINT64_C(1) << (AIRSI_MAILBOX_BYTES_BITS + AIRSI_MAILBOX_COUNT_BITS))

static inline uint32_t airsi_mailbox_bytes_of(uint64_t word) {
    return (uint32_t)(word & (AIRSI_MAILBOX_ONE_MESSAGE - 1));
}

static inline uint32_t airsi_mailbox_messages_of(uint64_t word) {
    return (uint32_t)(word >> AIRSI_MAILBOX_BYTES_BITS) & ((1u << AIRSI_MAILBOX_COUNT_BITS) - 1);
}

static inline uint32_t airsi_mailbox_ends_of(uint64_t word) {
    return (uint32_t)(word >> (AIRSI_MAILBOX_BYTES_BITS + AIRSI_MAILBOX_COUNT_BITS)) & ((1u << AIRSI_MAILBOX_ENDS_BITS) - 1);
}

/* Room that is owed to a mailbox: of messages that have ended and are not given back yet. */
typedef uint64_t airsi_mailbox_debt;

/* Starts muted: nothing is scheduled before the first signal. */
void airsi_mailbox_init(airsi_mailbox *mailbox, uint32_t max_messages, uint32_t max_bytes);

/* Producers, any thread. After ADMITTED the caller must link, with what stood in `ret_before`; nothing else may fail in between, and the message
 * can't be taken before. The end of something (AIRSI_ENVELOPE_END) is not measured against the bounds. */
airsi_admission airsi_mailbox_admit(airsi_mailbox *mailbox, airs_envelope *envelope, airsi_link **ret_before);
static inline void airsi_mailbox_link(airsi_mailbox *mailbox, airs_envelope *envelope, airsi_link *before) {
    if (before != NULL) {
        /* E4 release, pairs with E5 in advance: the message is complete before the consumer can follow the link. `before` is still there, since
         * the consumer takes it out only once it has found this link, or itself as the tail. */
        airsi_store_release(&before->next, &envelope->link);
    } else {
        /* E4, pairs with E5 in peek. */
        airsi_store_release(&mailbox->head, &envelope->link);
    }
}

/* Under the room lock of the mailbox (core/actor/room.h): notes a waiter if a message of `bytes` would still be refused for want of room.
 * false: there is room now, or the mailbox is closed. */
bool airsi_mailbox_set_waiter(airsi_mailbox *mailbox, uint32_t bytes);
void airsi_mailbox_clear_waiter(airsi_mailbox *mailbox);

/* Any thread: schedules whatever is in the mailbox; true: the caller schedules the actor. */
bool airsi_mailbox_schedule(airsi_mailbox *mailbox);

/* Consumer. The first message, which stays the first; NULL when there is none, or it is counted but not linked yet. */
static inline airs_envelope *airsi_mailbox_peek(airsi_mailbox *mailbox) {
    /* E5 acquire, pairs with E4. */
    airsi_link *head = airsi_load_acquire(&mailbox->head);
    return head != NULL ? (airs_envelope *)(void *)head : NULL;
}

/* Consumer: takes the first out if another is linked behind it. Costs no read-modify-write. */
static inline bool airsi_mailbox_advance(airsi_mailbox *mailbox, airs_envelope *first) {
    assert(airsi_load_relaxed(&mailbox->head) == &first->link);
    /* E5 acquire, pairs with E4. */
    airsi_link *next = airsi_load_acquire(&first->link.next);
    if (next == NULL) {
        return false;
    }
    airsi_store_relaxed(&mailbox->head, next);
    return true;
}

/* Consumer: takes the first out, be it the last. false: the one behind it is not linked yet; come back. */
bool airsi_mailbox_unlink(airsi_mailbox *mailbox, airs_envelope *first);

/* For a mailbox whose oldest messages are dropped when it is full (core/actor/overflow.h). There producers take messages out, too, so whoever takes
 * one out, by one of these two and nothing else, holds the mailbox's room lock, and its room is given back at once. NULL: there is none, or it is not
 * linked yet. */
airs_envelope *airsi_mailbox_take_first(airsi_mailbox *mailbox);
/* The first that is no end (AIRSI_ENVELOPE_END), if a message of `bytes` finds no room. NULL also when there is room. */
airs_envelope *airsi_mailbox_take_oldest(airsi_mailbox *mailbox, uint32_t bytes);

/* What a message of this kind and size takes. */
static inline airsi_mailbox_debt airsi_mailbox_cost(const airs_envelope *envelope) {
    return (envelope->flags & AIRSI_ENVELOPE_END) != 0 ? AIRSI_MAILBOX_ONE_END : AIRSI_MAILBOX_ONE_MESSAGE + envelope->length;
}
/* Whether so much is owed that it should be given back within the turn: over an eighth of either bound. */
static inline bool airsi_mailbox_owes_much(const airsi_mailbox *mailbox, airsi_mailbox_debt debt) {
    return airsi_mailbox_messages_of(debt) > mailbox->max_messages / 8 || airsi_mailbox_bytes_of(debt) > mailbox->max_bytes / 8;
}

/* Consumer: gives room back. true: there is a waiter and room enough to wake it (half of both bounds is free). */
bool airsi_mailbox_give_back(airsi_mailbox *mailbox, airsi_mailbox_debt debt);

typedef struct airsi_rest {
    bool idle; /* let go: no longer scheduled (when muted, whatever is queued); the caller must look at the signals once more */
    bool wake; /* as give_back */
} airsi_rest;

/* Consumer, end of turn, all in one step: gives `debt` back, takes `last` out (NULL, or the first, which has ended and seems to be the last), and lets go
 * of the actor. Not idle: something was admitted meanwhile; the actor stays scheduled, `last` is still the first, `debt` has been given back. */
airsi_rest airsi_mailbox_rest(airsi_mailbox *mailbox, airs_envelope *last, airsi_mailbox_debt debt, bool muted);

/* Consumer: nothing is admitted any more. What is inside stays to be taken. true: somebody waits for room and must be woken; nobody comes to wait
 * from here on. */
bool airsi_mailbox_close(airsi_mailbox *mailbox);

airsi_mailbox_counts airsi_mailbox_look(const airsi_mailbox *mailbox);

#endif
