#include "core/mailbox/mailbox.h"

#include <assert.h>

#include <airs/limits.h>

#define MUTED (UINT64_C(1) << 60)
#define WAITER (UINT64_C(1) << 61)
#define CLOSED (UINT64_C(1) << 62)
#define SCHEDULED (UINT64_C(1) << 63)

/* The halves of airsi_mailbox.state. */
enum { TAIL, WORD };

_Static_assert(AIRSI_MAILBOX_BYTES_BITS + AIRSI_MAILBOX_COUNT_BITS + AIRSI_MAILBOX_ENDS_BITS == 60,
               "the fields fill the word up to the flags");
_Static_assert(AIRS_MAILBOX_MESSAGES_MAX < (1u << AIRSI_MAILBOX_COUNT_BITS), "every allowed bound fits its field");
_Static_assert(AIRS_MAILBOX_BYTES_MAX < (1u << AIRSI_MAILBOX_BYTES_BITS), "every allowed bound fits its field");
_Static_assert(AIRS_IN_FLIGHT_MAX < (1u << AIRSI_MAILBOX_ENDS_BITS), "every request in flight may have its end queued");

void airsi_mailbox_init(airsi_mailbox *mailbox, uint32_t max_messages, uint32_t max_bytes) {
    atomic_init(&mailbox->state.half[TAIL], 0);
    atomic_init(&mailbox->state.half[WORD], MUTED);
    atomic_init(&mailbox->head, NULL);
    mailbox->max_messages = max_messages;
    mailbox->max_bytes = max_bytes;
}

static bool has_room(const airsi_mailbox *mailbox, uint64_t word, uint32_t bytes) {
    return airsi_mailbox_messages_of(word) < mailbox->max_messages && bytes <= mailbox->max_bytes - airsi_mailbox_bytes_of(word);
}

airsi_admission airsi_mailbox_admit(airsi_mailbox *mailbox, airs_envelope *envelope, airsi_link **ret_before) {
    bool bounded = (envelope->flags & AIRSI_ENVELOPE_END) == 0;
    airsi_mailbox_debt cost = airsi_mailbox_cost(envelope);
    airsi_pair state = airsi_pair_guess(&mailbox->state);
    airsi_store_relaxed(&envelope->link.next, NULL);
    for (;;) {
        uint64_t word = state.half[WORD];
        if ((word & CLOSED) != 0) {
            /* E2, a swap that changes nothing: who is refused sees what the owner did before it closed, such as letting go of this very end. */
            airsi_pair_cas_acq_rel(&mailbox->state, &state, state);
            return AIRSI_CLOSED;
        }
        if (bounded && !has_room(mailbox, word, envelope->length)) {
            return AIRSI_FULL;
        }
        assert(bounded || airsi_mailbox_ends_of(word) < (1u << AIRSI_MAILBOX_ENDS_BITS) - 1);
        bool schedule = (word & (SCHEDULED | MUTED)) == 0;
        airsi_pair next = {.half = {(uint64_t)(uintptr_t)&envelope->link, (word + cost) | (schedule ? SCHEDULED : 0)}};
        /* E2 acq_rel, pairs with itself in every change of the state: who schedules sees all the last turn did, who lets go sees this message
         * counted; and the link's NULL is written before a successor links behind it. */
        if (airsi_pair_cas_acq_rel(&mailbox->state, &state, next)) {
            *ret_before = (airsi_link *)(uintptr_t)state.half[TAIL];
            return schedule ? AIRSI_ADMITTED_SCHEDULE : AIRSI_ADMITTED;
        }
    }
}

/* Changes the word alone, by clearing and setting flags. Returns the word before. */
static uint64_t change_flags(airsi_mailbox *mailbox, uint64_t clear, uint64_t set) {
    airsi_pair state = airsi_pair_guess(&mailbox->state);
    airsi_pair next;
    do {
        next.half[TAIL] = state.half[TAIL];
        next.half[WORD] = (state.half[WORD] & ~clear) | set;
        /* E2. */
    } while (!airsi_pair_cas_acq_rel(&mailbox->state, &state, next));
    return state.half[WORD];
}

bool airsi_mailbox_set_waiter(airsi_mailbox *mailbox, uint32_t bytes) {
    airsi_pair state = airsi_pair_guess(&mailbox->state);
    for (;;) {
        uint64_t word = state.half[WORD];
        if ((word & CLOSED) != 0 || has_room(mailbox, word, bytes)) {
            return false;
        }
        airsi_pair next = {.half = {state.half[TAIL], word | WAITER}};
        /* E2: decided on the very word that is full, so the consumer's next give_back or rest sees the bit. */
        if (airsi_pair_cas_acq_rel(&mailbox->state, &state, next)) {
            return true;
        }
    }
}

void airsi_mailbox_clear_waiter(airsi_mailbox *mailbox) {
    change_flags(mailbox, WAITER, 0);
}

bool airsi_mailbox_schedule(airsi_mailbox *mailbox) {
    /* E2: a read-modify-write even when the bit is set, so that the consumer that clears it later sees what was written before (the signal). */
    return (change_flags(mailbox, 0, SCHEDULED) & SCHEDULED) == 0;
}

bool airsi_mailbox_close(airsi_mailbox *mailbox) {
    return (change_flags(mailbox, 0, CLOSED) & WAITER) != 0;
}

bool airsi_mailbox_unlink(airsi_mailbox *mailbox, airs_envelope *first) {
    if (airsi_mailbox_advance(mailbox, first)) {
        return true;
    }
    /* Before the swap: the next producer that finds the queue empty sets it. */
    airsi_store_relaxed(&mailbox->head, NULL);
    airsi_pair state = airsi_pair_guess(&mailbox->state);
    while (state.half[TAIL] == (uint64_t)(uintptr_t)&first->link) {
        airsi_pair next = {.half = {0, state.half[WORD]}};
        /* E2. */
        if (airsi_pair_cas_acq_rel(&mailbox->state, &state, next)) {
            return true;
        }
    }
    airsi_store_relaxed(&mailbox->head, &first->link);
    return airsi_mailbox_advance(mailbox, first);
}

static airs_envelope *envelope_of(airsi_link *link) {
    return (airs_envelope *)(void *)link; /* it stands first */
}

/* Takes out the message behind `before` (NULL: it is the first), and gives its room back. false: the one behind it is not linked yet. */
static bool take_out(airsi_mailbox *mailbox, airsi_link *before, airs_envelope *envelope) {
    airsi_mailbox_debt cost = airsi_mailbox_cost(envelope);
    /* E5 acquire, pairs with E4. */
    airsi_link *behind = airsi_load_acquire(&envelope->link.next);
    if (behind != NULL) {
        airsi_store_relaxed(before != NULL ? &before->next : &mailbox->head, behind);
        airsi_mailbox_give_back(mailbox, cost);
        return true;
    }
    /* Before the swap: the producer that finds `before` to be the last, or the queue empty, sets it. */
    airsi_store_relaxed(before != NULL ? &before->next : &mailbox->head, NULL);
    airsi_pair state = airsi_pair_guess(&mailbox->state);
    while (state.half[TAIL] == (uint64_t)(uintptr_t)&envelope->link) {
        airsi_pair next = {.half = {(uint64_t)(uintptr_t)before, state.half[WORD] - cost}};
        /* E2. */
        if (airsi_pair_cas_acq_rel(&mailbox->state, &state, next)) {
            return true;
        }
    }
    airsi_store_relaxed(before != NULL ? &before->next : &mailbox->head, &envelope->link);
    return false;
}

airs_envelope *airsi_mailbox_take_first(airsi_mailbox *mailbox) {
    airs_envelope *first = airsi_mailbox_peek(mailbox);
    return first != NULL && take_out(mailbox, NULL, first) ? first : NULL;
}

airs_envelope *airsi_mailbox_take_oldest(airsi_mailbox *mailbox, uint32_t bytes) {
    /* Without the lock the mailbox only gets fuller, so what is seen to be full here stays so. */
    if (has_room(mailbox, airsi_pair_guess(&mailbox->state).half[WORD], bytes)) {
        return NULL;
    }
    airsi_link *before = NULL;
    /* E5 acquire, pairs with E4; and below. */
    airsi_link *link = airsi_load_acquire(&mailbox->head);
    while (link != NULL && (envelope_of(link)->flags & AIRSI_ENVELOPE_END) != 0) {
        before = link;
        link = airsi_load_acquire(&link->next);
    }
    airs_envelope *oldest = link != NULL ? envelope_of(link) : NULL;
    return oldest != NULL && take_out(mailbox, before, oldest) ? oldest : NULL;
}

/* Hysteresis: a waiter is woken when half of both bounds is free, so that a stream of sends doesn't pay a wake-up a message. */
static bool wake_waiter(const airsi_mailbox *mailbox, uint64_t word) {
    return (word & WAITER) != 0 && airsi_mailbox_messages_of(word) <= mailbox->max_messages / 2 &&
           airsi_mailbox_bytes_of(word) <= mailbox->max_bytes / 2;
}

bool airsi_mailbox_give_back(airsi_mailbox *mailbox, airsi_mailbox_debt debt) {
    airsi_pair state = airsi_pair_guess(&mailbox->state);
    airsi_pair next;
    do {
        next.half[TAIL] = state.half[TAIL];
        next.half[WORD] = state.half[WORD] - debt;
        /* E2. */
    } while (!airsi_pair_cas_acq_rel(&mailbox->state, &state, next));
    return wake_waiter(mailbox, next.half[WORD]);
}

airsi_rest airsi_mailbox_rest(airsi_mailbox *mailbox, airs_envelope *last, airsi_mailbox_debt debt, bool muted) {
    uint64_t tail = last != NULL ? (uint64_t)(uintptr_t)&last->link : 0;
    if (last != NULL) {
        /* Before the swap: the next producer that finds the queue empty sets it. */
        airsi_store_relaxed(&mailbox->head, NULL);
    }
    airsi_pair state = airsi_pair_guess(&mailbox->state);
    for (;;) {
        assert((state.half[WORD] & SCHEDULED) != 0);
        uint64_t word = state.half[WORD] - debt;
        bool take_out = last != NULL && state.half[TAIL] == tail;
        bool empty = airsi_mailbox_messages_of(word) == 0 && airsi_mailbox_ends_of(word) == 0;
        bool idle = (muted || empty) && (last == NULL || take_out);
        word = muted ? word | MUTED : word & ~MUTED;
        airsi_pair next = {.half = {take_out && idle ? 0 : state.half[TAIL], idle ? word & ~SCHEDULED : word}};
        /* E2. */
        if (airsi_pair_cas_acq_rel(&mailbox->state, &state, next)) {
            if (last != NULL && !idle) {
                airsi_store_relaxed(&mailbox->head, &last->link);
            }
            airsi_rest rest = {.idle = idle, .wake = wake_waiter(mailbox, word)};
            return rest;
        }
    }
}

airsi_mailbox_counts airsi_mailbox_look(const airsi_mailbox *mailbox) {
    uint64_t word = airsi_load_acquire(&mailbox->state.half[WORD]);
    airsi_mailbox_counts counts = {
        .messages = airsi_mailbox_messages_of(word),
        .ends = airsi_mailbox_ends_of(word),
        .bytes = airsi_mailbox_bytes_of(word),
        .scheduled = (word & SCHEDULED) != 0,
        .closed = (word & CLOSED) != 0,
        .waiter = (word & WAITER) != 0,
        .muted = (word & MUTED) != 0,
    };
    return counts;
}
