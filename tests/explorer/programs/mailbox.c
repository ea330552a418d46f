/* The mailbox: senders admit and link, a worker peeks, advances and rests; signals, waiters and close beside it. A turn here is what core/actor/turn.c
 * does with the mailbox, without what it does with the message. */
#include <stddef.h>
#include <string.h>

#include "core/mailbox/mailbox.h"
#include "explorer/programs/programs.h"

#define MESSAGES 8

typedef struct note {
    int text; /* plain: the sender writes it, then whoever handles the message reads it */
    airs_envelope envelope;
} note;

static airsi_mailbox mailbox;
static note notes[MESSAGES];
static unsigned sent[MESSAGES], handled[MESSAGES];
static unsigned handled_count;   /* plain: the actor's state */
static bool dying;               /* const while threads run: messages leave the mailbox at once, as dead letters do */
static AIRSI_ATOMIC(int) queued; /* on the run queue; its release and acquire are what a run queue has */
static AIRSI_ATOMIC(uint32_t) signals, signals_seen;
static AIRSI_ATOMIC(int) woken;
static AIRSI_ATOMIC(int) refused;

static void make(uint32_t max_messages, bool started) {
    memset(notes, 0, sizeof notes);
    memset(sent, 0, sizeof sent);
    memset(handled, 0, sizeof handled);
    handled_count = 0;
    dying = false;
    airsi_store_relaxed(&queued, 0);
    airsi_store_relaxed(&signals, 0);
    airsi_store_relaxed(&signals_seen, 0);
    airsi_store_relaxed(&woken, 0);
    airsi_store_relaxed(&refused, 0);
    airsi_mailbox_init(&mailbox, max_messages, 1000);
    explorer_pair(&mailbox.state);
    explorer_name(&mailbox.state, sizeof mailbox.state, "mailbox.state");
    explorer_name(&mailbox.head, sizeof mailbox.head, "mailbox.head");
    if (started) {
        airsi_mailbox_schedule(&mailbox);
        airsi_mailbox_rest(&mailbox, NULL, 0, false);
    }
}

static void make_started(void) {
    make(8, true);
}

static void enqueue(void) {
    /* Release, and never two at once: on the run queue at most once (I3). */
    EXPLORER_CHECK(airsi_fetch_add_acq_rel(&queued, 1) == 0);
}

static bool dequeue(void) {
    int one = 1;
    return airsi_cas_strong_acq_rel(&queued, &one, 0);
}

static airsi_admission send(unsigned index) {
    note *n = &notes[index];
    n->text = (int)index + 1;
    n->envelope.length = 10;
    airsi_link *before = NULL;
    airsi_admission admission = airsi_mailbox_admit(&mailbox, &n->envelope, &before);
    if (admission == AIRSI_ADMITTED || admission == AIRSI_ADMITTED_SCHEDULE) {
        sent[index] = 1;
        airsi_mailbox_link(&mailbox, &n->envelope, before);
        if (admission == AIRSI_ADMITTED_SCHEDULE) {
            enqueue();
        }
    }
    return admission;
}

/* ---- a turn ---- */

typedef struct turn {
    airsi_mailbox_debt debt;
    airs_envelope *last;
    bool over;
} turn;

static void handle(airs_envelope *envelope) {
    const note *n = (const note *)(const void *)((const char *)envelope - offsetof(note, envelope));
    unsigned index = (unsigned)(n - notes);
    EXPLORER_CHECK(n->text == (int)index + 1);
    EXPLORER_CHECK(handled[index] == 0);
    handled[index] = ++handled_count;
}

static void release(airs_envelope *envelope) {
    memset(envelope, 0xEE, sizeof *envelope); /* the memory is somebody else's now */
}

static void wake(bool yes) {
    if (yes) {
        airsi_store_release(&woken, 1);
    }
}

static void run(turn *t) {
    while (t->last == NULL && !t->over) {
        if (airsi_load_relaxed(&signals) != 0) {
            airsi_store_relaxed(&signals_seen, airsi_load_relaxed(&signals_seen) | airsi_exchange_acq_rel(&signals, 0));
        }
        airs_envelope *first = airsi_mailbox_peek(&mailbox);
        if (first == NULL) {
            return;
        }
        if ((first->flags & AIRSI_ENVELOPE_SPENT) != 0) {
            if (airsi_mailbox_unlink(&mailbox, first)) {
                release(first);
            } else {
                t->over = true;
            }
            continue;
        }
        t->debt += airsi_mailbox_cost(first);
        handle(first);
        if (dying ? airsi_mailbox_unlink(&mailbox, first) : airsi_mailbox_advance(&mailbox, first)) {
            release(first);
        } else if (dying) {
            first->flags |= AIRSI_ENVELOPE_SPENT;
        } else {
            t->last = first;
        }
    }
}

/* true: let go of. */
static bool rest(turn *t) {
    airs_envelope *last = t->last;
    airsi_rest rest = airsi_mailbox_rest(&mailbox, last, t->debt, false);
    t->debt = 0;
    t->last = NULL;
    if (last != NULL && !rest.idle) {
        last->flags |= AIRSI_ENVELOPE_SPENT;
    } else if (last != NULL) {
        release(last);
    }
    wake(rest.wake);
    if (rest.idle && airsi_load_acquire(&signals) != 0 && airsi_mailbox_schedule(&mailbox)) {
        enqueue();
    }
    return rest.idle;
}

static void take_turn(void) {
    turn t = {0};
    unsigned before;
    bool left;
    do {
        before = handled_count;
        run(&t);
        unsigned now = handled_count;
        left = rest(&t);
        if (left || t.over || now == before) {
            break;
        }
    } while (true);
    if (!left) {
        enqueue();
    }
}

/* What is left on the run queue when all threads have ended; then nothing may be left in the mailbox. */
static void check_handled(void) {
    for (int turns = 0; dequeue(); turns++) {
        EXPLORER_CHECK(turns < 10);
        take_turn();
    }
    for (unsigned i = 0; i < MESSAGES; i++) {
        EXPLORER_CHECK((handled[i] != 0) == (sent[i] != 0));
    }
    airsi_mailbox_counts counts = airsi_mailbox_look(&mailbox);
    EXPLORER_CHECK(counts.messages == 0 && counts.bytes == 0);
    EXPLORER_CHECK(!counts.scheduled);
    EXPLORER_CHECK(airsi_load_relaxed(&signals) == 0);
}

/* ---- senders and workers ---- */

static void send_or_work(unsigned index) {
    if (index >= 2) {
        if (dequeue()) {
            take_turn();
        }
        return;
    }
    unsigned count = index == 0 ? 2u : 1u;
    for (unsigned i = 0; i < count; i++) {
        EXPLORER_CHECK(send(index * 4 + i) != AIRSI_FULL);
    }
}

static void check_order(void) {
    check_handled();
    EXPLORER_CHECK(handled[0] < handled[1]); /* FIFO of one sender (I2) */
}

PROGRAM(mailbox_senders_and_workers, 3, make_started, send_or_work, check_order)

/* One sender, two workers that run the actor one after the other. */
static void send_and_hand_over(unsigned index) {
    if (index == 0) {
        for (unsigned i = 0; i < 2u + (unsigned)programs_depth; i++) {
            EXPLORER_CHECK(send(i) != AIRSI_FULL);
        }
    } else if (dequeue()) {
        take_turn();
    }
}

PROGRAM(mailbox_drained_to_the_last, 3, make_started, send_and_hand_over, check_order)

/* The same with messages that die: each is taken out when it has ended, be it the last or not. */
static void make_dying(void) {
    make_started();
    dying = true;
}

PROGRAM(mailbox_of_messages_that_die, 3, make_dying, send_and_hand_over, check_order)

/* ---- signals ---- */

static int signalled; /* plain: what the signaller did before */

static void make_signalled(void) {
    make_started();
    signalled = 0;
}

static void signal_or_work(unsigned index) {
    if (index == 0) {
        airsi_fetch_or_acq_rel(&signals, 1);
        if (airsi_mailbox_schedule(&mailbox)) {
            enqueue();
        }
    } else if (index == 1) {
        send(0);
    } else if (dequeue()) {
        take_turn();
    }
}

static void check_signal(void) {
    check_handled();
    EXPLORER_CHECK(airsi_load_relaxed(&signals_seen) == 1);
}

PROGRAM(mailbox_signal_and_rest, 3, make_signalled, signal_or_work, check_signal)

/* ---- a full mailbox: who waits for room is woken ---- */

static void make_full(void) {
    make(2, true);
    send(0);
    send(1);
}

static void wait_or_work(unsigned index) {
    if (index == 1) {
        while (dequeue()) {
            take_turn();
        }
        return;
    }
    while (send(2) == AIRSI_FULL) {
        if (airsi_mailbox_set_waiter(&mailbox, 10)) {
            while (airsi_load_acquire(&woken) == 0) {
                airsi_pause();
            }
            airsi_store_relaxed(&woken, 0);
        }
    }
}

PROGRAM(mailbox_full_with_a_waiter, 2, make_full, wait_or_work, check_handled)

/* ---- close: what was admitted is found inside, nothing is admitted after ---- */

static int last_look; /* plain: what the owner did before it closed */

static void close_and_empty(void) {
    last_look = 1;
    airsi_mailbox_close(&mailbox);
    for (airs_envelope *first; (first = airsi_mailbox_peek(&mailbox)) != NULL;) {
        if (!airsi_mailbox_unlink(&mailbox, first)) {
            return; /* who sends the one behind it is between two steps */
        }
        airsi_mailbox_give_back(&mailbox, airsi_mailbox_cost(first));
        handle(first);
        release(first);
    }
}

static void make_closing(void) {
    make(8, true);
    last_look = 0;
    airsi_mailbox_schedule(&mailbox); /* in a turn */
}

static void send_or_close(unsigned index) {
    if (index == 0) {
        close_and_empty();
    } else if (send(index) == AIRSI_CLOSED) {
        EXPLORER_CHECK(last_look == 1);
    }
}

static void check_closed(void) {
    EXPLORER_CHECK(send(4) == AIRSI_CLOSED);
    close_and_empty();
    for (unsigned i = 0; i < MESSAGES; i++) {
        EXPLORER_CHECK((handled[i] != 0) == (sent[i] != 0));
    }
    EXPLORER_CHECK(airsi_mailbox_look(&mailbox).messages == 0);
}

PROGRAM(mailbox_close, 3, make_closing, send_or_close, check_closed)
