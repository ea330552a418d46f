#include "core/mailbox/mailbox.h"

#include <assert.h>

#include <airs/limits.h>

#define BYTES_BITS 31
#define COUNT_BITS 17
#define ENDS_BITS 12
#define ONE_MESSAGE (UINT64_C(1) << BYTES_BITS)
#define ONE_END (UINT64_C(1) << (BYTES_BITS + COUNT_BITS))
#define MUTED (UINT64_C(1) << 60)
#define WAITER (UINT64_C(1) << 61)
#define CLOSED (UINT64_C(1) << 62)
#define SCHEDULED (UINT64_C(1) << 63)

_Static_assert(BYTES_BITS + COUNT_BITS + ENDS_BITS == 60, "the fields fill the word up to the flags");
_Static_assert(AIRS_MAILBOX_MESSAGES_MAX < (1u << COUNT_BITS), "every allowed bound fits its field");
_Static_assert(AIRS_MAILBOX_BYTES_MAX < (1u << BYTES_BITS), "every allowed bound fits its field");
_Static_assert(AIRS_IN_FLIGHT_MAX < (1u << ENDS_BITS), "every request in flight may have its end queued");

static uint32_t bytes_of(uint64_t word) {
    return (uint32_t)(word & ((UINT64_C(1) << BYTES_BITS) - 1));
}

static uint32_t messages_of(uint64_t word) {
    return (uint32_t)(word >> BYTES_BITS) & ((1u << COUNT_BITS) - 1);
}

static uint32_t ends_of(uint64_t word) {
    return (uint32_t)(word >> (BYTES_BITS + COUNT_BITS)) & ((1u << ENDS_BITS) - 1);
}

void airsi_mailbox_init(airsi_mailbox *mailbox, uint32_t max_messages, uint32_t max_bytes) {
    atomic_init(&mailbox->word, MUTED);
    atomic_init(&mailbox->stub.next, NULL);
    atomic_init(&mailbox->tail, &mailbox->stub);
    mailbox->head = &mailbox->stub;
    mailbox->max_messages = max_messages;
    mailbox->max_bytes = max_bytes;
}

static bool has_room(const airsi_mailbox *mailbox, uint64_t word, uint32_t bytes) {
    return messages_of(word) < mailbox->max_messages && bytes <= mailbox->max_bytes - bytes_of(word);
}

/* Whether who adds to `word` has to schedule the actor. */
static bool must_schedule(uint64_t word) {
    return (word & (SCHEDULED | MUTED)) == 0;
}

airsi_admission airsi_mailbox_admit(airsi_mailbox *mailbox, uint32_t bytes) {
    uint64_t word = airsi_load_relaxed(&mailbox->word);
    for (;;) {
        if ((word & CLOSED) != 0) {
            return AIRSI_CLOSED;
        }
        if (!has_room(mailbox, word, bytes)) {
            return AIRSI_FULL;
        }
        bool schedule = must_schedule(word);
        uint64_t next = (word + ONE_MESSAGE + bytes) | (schedule ? SCHEDULED : 0);
        /* E2 acq_rel, pairs with itself in rest and close: who schedules sees all the last turn did, who lets go sees this message counted. */
        if (airsi_cas_acq_rel(&mailbox->word, &word, next)) {
            return schedule ? AIRSI_ADMITTED_SCHEDULE : AIRSI_ADMITTED;
        }
    }
}

airsi_admission airsi_mailbox_admit_end(airsi_mailbox *mailbox) {
    uint64_t word = airsi_load_relaxed(&mailbox->word);
    for (;;) {
        if ((word & CLOSED) != 0) {
            return AIRSI_CLOSED;
        }
        assert(ends_of(word) < (1u << ENDS_BITS) - 1);
        bool schedule = must_schedule(word);
        uint64_t next = (word + ONE_END) | (schedule ? SCHEDULED : 0);
        /* E2, as above. */
        if (airsi_cas_acq_rel(&mailbox->word, &word, next)) {
            return schedule ? AIRSI_ADMITTED_SCHEDULE : AIRSI_ADMITTED;
        }
    }
}

static void push(airsi_mailbox *mailbox, airsi_link *link) {
    airsi_store_relaxed(&link->next, NULL);
    /* E3 acq_rel, pairs with itself in the next producer: this link's NULL is written before a successor links behind it. */
    airsi_link *previous = airsi_exchange_acq_rel(&mailbox->tail, link);
    /* E4 release, pairs with E5 in take: the message is complete before the consumer can follow the link. */
    airsi_store_release(&previous->next, link);
}

void airsi_mailbox_link(airsi_mailbox *mailbox, airs_envelope *envelope) {
    push(mailbox, &envelope->link);
}

bool airsi_mailbox_set_waiter(airsi_mailbox *mailbox, uint32_t bytes) {
    uint64_t word = airsi_load_relaxed(&mailbox->word);
    for (;;) {
        if ((word & CLOSED) != 0 || has_room(mailbox, word, bytes)) {
            return false;
        }
        /* E2: decided on the very word that is full, so the consumer's next give_back or rest sees the bit. */
        if (airsi_cas_acq_rel(&mailbox->word, &word, word | WAITER)) {
            return true;
        }
    }
}

void airsi_mailbox_clear_waiter(airsi_mailbox *mailbox) {
    airsi_fetch_and_acq_rel(&mailbox->word, ~WAITER);
}

bool airsi_mailbox_schedule(airsi_mailbox *mailbox) {
    /* E2: a read-modify-write even when the bit is set, so that the consumer that clears it later sees what was written before (the signal). */
    return (airsi_fetch_or_acq_rel(&mailbox->word, SCHEDULED) & SCHEDULED) == 0;
}

static airs_envelope *envelope_of(airsi_link *link) {
    return (airs_envelope *)(void *)((char *)link - offsetof(airs_envelope, link));
}

airs_envelope *airsi_mailbox_take(airsi_mailbox *mailbox) {
    airsi_link *head = mailbox->head;
    /* E5 acquire, pairs with E4 (here and below). */
    airsi_link *next = airsi_load_acquire(&head->next);
    if (head == &mailbox->stub) {
        if (next == NULL) {
            return NULL;
        }
        mailbox->head = head = next;
        next = airsi_load_acquire(&head->next);
    }
    if (next == NULL) {
        /* The last one: it can be taken only when something stands behind it. */
        /* E6 acquire, pairs with E3: what a producer put into tail. */
        if (head != airsi_load_acquire(&mailbox->tail)) {
            return NULL;
        }
        push(mailbox, &mailbox->stub);
        next = airsi_load_acquire(&head->next);
        if (next == NULL) {
            return NULL;
        }
    }
    mailbox->head = next;
    return envelope_of(head);
}

/* Hysteresis: a waiter is woken when half of both bounds is free, so that a stream of sends doesn't pay a wake-up a message. */
static bool wake_waiter(const airsi_mailbox *mailbox, uint64_t word) {
    return (word & WAITER) != 0 && messages_of(word) <= mailbox->max_messages / 2 && bytes_of(word) <= mailbox->max_bytes / 2;
}

bool airsi_mailbox_give_back(airsi_mailbox *mailbox, bool end, uint32_t bytes) {
    uint64_t delta = end ? ONE_END : ONE_MESSAGE + bytes;
    /* E2. */
    uint64_t word = airsi_fetch_sub_acq_rel(&mailbox->word, delta) - delta;
    return wake_waiter(mailbox, word);
}

airsi_rest airsi_mailbox_rest(airsi_mailbox *mailbox, bool muted) {
    uint64_t word = airsi_load_relaxed(&mailbox->word);
    for (;;) {
        assert((word & SCHEDULED) != 0);
        bool again = !muted && (messages_of(word) > 0 || ends_of(word) > 0);
        uint64_t next = muted ? word | MUTED : word & ~MUTED;
        next = again ? next : next & ~SCHEDULED;
        /* E2. */
        if (airsi_cas_acq_rel(&mailbox->word, &word, next)) {
            return again ? AIRSI_REST_AGAIN : AIRSI_REST_IDLE;
        }
    }
}

void airsi_mailbox_close(airsi_mailbox *mailbox) {
    /* E2. */
    airsi_fetch_or_acq_rel(&mailbox->word, CLOSED);
}

airsi_mailbox_counts airsi_mailbox_look(const airsi_mailbox *mailbox) {
    uint64_t word = airsi_load_acquire(&mailbox->word);
    airsi_mailbox_counts counts = {
        .messages = messages_of(word),
        .ends = ends_of(word),
        .bytes = bytes_of(word),
        .scheduled = (word & SCHEDULED) != 0,
        .closed = (word & CLOSED) != 0,
        .waiter = (word & WAITER) != 0,
        .muted = (word & MUTED) != 0,
    };
    return counts;
}
