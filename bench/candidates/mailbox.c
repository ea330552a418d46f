/* Three ways to build a mailbox, beside each other (docs/adr/0008); JSON lines, nanoseconds a message.
 *
 *   word8    an 8-byte compare-and-swap admits, an exchange links: D. Vyukov's queue with its stub
 *   stack16  a 16-byte compare-and-swap admits and pushes on a list, which the receiver takes whole and turns round
 *   queue16  core/mailbox as it is: a 16-byte compare-and-swap admits and places behind the tail
 *
 *   alone     one message sent, then a turn of the receiver, on one thread
 *   batch     64 sent, then a turn, on one thread
 *   crossing  two threads send at once, and one of them receives
 *
 * Alike for all: the bounds, messages allocated before, written by the sender and read by the receiver, turns of up to 64 messages that
 * give room back once, at their end. What differs, against queue16: the other two know neither closing, muting, waiters nor ends of
 * requests, have constants for bounds, and stand in this file, where the compiler sees all of them. Rounds go through the candidates in
 * turn. */
#include <inttypes.h>
#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "core/mailbox/mailbox.h"

#define MAX_MESSAGES 1024u
#define MAX_BYTES (1u << 20)
#define TURN 64u
#define SENDERS 2u
#define ROUNDS 151u

#define PAYLOAD 64u
#define MESSAGE_SIZE (sizeof(airs_envelope) + PAYLOAD)
/* A sender's; the first of them is out of any mailbox, its room given back, long before the last has been admitted. */
#define MESSAGES (2 * MAX_MESSAGES)

#define COST (AIRSI_MAILBOX_ONE_MESSAGE + PAYLOAD)
#define SCHEDULED (UINT64_C(1) << 63)

static bool has_room(uint64_t word) {
    return airsi_mailbox_messages_of(word) < MAX_MESSAGES && PAYLOAD <= MAX_BYTES - airsi_mailbox_bytes_of(word);
}

/* After a turn that handled so many: scheduled only while something is left. */
static uint64_t word_after(uint64_t word, uint32_t handled) {
    word -= handled * COST;
    return airsi_mailbox_messages_of(word) == 0 ? word & ~SCHEDULED : word;
}

static uint64_t read_payload(const airs_envelope *message) {
    uint64_t words[PAYLOAD / sizeof(uint64_t)];
    memcpy(words, message->data, sizeof words);
    uint64_t sum = 0;
    for (size_t i = 0; i < PAYLOAD / sizeof *words; i++) {
        sum += words[i];
    }
    return sum;
}

/* What the receiver has seen. */
typedef struct ledger {
    uint64_t messages, sum;
} ledger;

static void handle(ledger *seen, const airs_envelope *message) {
    seen->messages++;
    seen->sum += read_payload(message);
}

static const airs_envelope *message_of(const airsi_link *link) {
    return (const airs_envelope *)(const void *)link; /* it stands first */
}

/* --- word8 ----------------------------------------------------------------------------------------------------------------- */

typedef struct word8 {
    AIRSI_ATOMIC(uint64_t) word;       /* any thread, atomic */
    AIRSI_ATOMIC(airsi_link *) newest; /* any thread, atomic */
    airsi_link *oldest;                /* receiver */
    airsi_link stub;
} word8;

static void word8_init(void *mailbox) {
    word8 *box = mailbox;
    atomic_init(&box->word, 0);
    atomic_init(&box->newest, &box->stub);
    atomic_init(&box->stub.next, NULL);
    box->oldest = &box->stub;
}

static void word8_link(word8 *box, airsi_link *link) {
    airsi_store_relaxed(&link->next, NULL);
    airsi_link *before = airsi_exchange_acq_rel(&box->newest, link);
    airsi_store_release(&before->next, link);
}

static bool word8_send(void *mailbox, airs_envelope *message) {
    word8 *box = mailbox;
    uint64_t word = airsi_load_relaxed(&box->word);
    do {
        if (!has_room(word)) {
            return false;
        }
    } while (!airsi_cas_acq_rel(&box->word, &word, (word + COST) | SCHEDULED));
    word8_link(box, &message->link);
    return true;
}

/* NULL: there is none, or it is not linked yet. */
static airsi_link *word8_take(word8 *box) {
    airsi_link *oldest = box->oldest;
    airsi_link *next = airsi_load_acquire(&oldest->next);
    if (oldest == &box->stub) {
        if (next == NULL) {
            return NULL;
        }
        box->oldest = oldest = next;
        next = airsi_load_acquire(&oldest->next);
    }
    if (next == NULL && airsi_load_acquire(&box->newest) == oldest) {
        word8_link(box, &box->stub);
        next = airsi_load_acquire(&oldest->next);
    }
    if (next == NULL) {
        return NULL;
    }
    box->oldest = next;
    return oldest;
}

static void word8_turn(void *mailbox, ledger *seen) {
    word8 *box = mailbox;
    if ((airsi_load_acquire(&box->word) & SCHEDULED) == 0) {
        return;
    }
    uint32_t handled = 0;
    airsi_link *link;
    while (handled < TURN && (link = word8_take(box)) != NULL) {
        handle(seen, message_of(link));
        handled++;
    }
    uint64_t word = airsi_load_relaxed(&box->word);
    while (!airsi_cas_acq_rel(&box->word, &word, word_after(word, handled))) {
    }
}

/* --- stack16 --------------------------------------------------------------------------------------------------------------- */

typedef struct stack16 {
    airsi_atomic_pair state; /* any thread, atomic: {newest, word} */
    airsi_link *taken;       /* receiver: oldest first */
} stack16;

static void stack16_init(void *mailbox) {
    stack16 *box = mailbox;
    atomic_init(&box->state.half[0], 0);
    atomic_init(&box->state.half[1], 0);
    box->taken = NULL;
}

static bool stack16_send(void *mailbox, airs_envelope *message) {
    stack16 *box = mailbox;
    airsi_pair state = airsi_pair_guess(&box->state);
    airsi_pair next;
    do {
        if (!has_room(state.half[1])) {
            return false;
        }
        airsi_store_relaxed(&message->link.next, (airsi_link *)(uintptr_t)state.half[0]);
        next.half[0] = (uint64_t)(uintptr_t)&message->link;
        next.half[1] = (state.half[1] + COST) | SCHEDULED;
    } while (!airsi_pair_cas_acq_rel(&box->state, &state, next));
    return true;
}

/* Gives room back and, if the receiver has nothing in hand, takes what there is: the two in one, so that only a turn after a rest needs
 * a second swap. */
static void stack16_step(stack16 *box, uint32_t handled) {
    bool take = box->taken == NULL;
    airsi_pair state = airsi_pair_guess(&box->state);
    airsi_pair next;
    do {
        next.half[0] = take ? 0 : state.half[0];
        next.half[1] = word_after(state.half[1], handled);
    } while (!airsi_pair_cas_acq_rel(&box->state, &state, next));
    airsi_link *link = take ? (airsi_link *)(uintptr_t)state.half[0] : NULL;
    while (link != NULL) {
        airsi_link *older = airsi_load_relaxed(&link->next);
        airsi_store_relaxed(&link->next, box->taken);
        box->taken = link;
        link = older;
    }
}

static void stack16_turn(void *mailbox, ledger *seen) {
    stack16 *box = mailbox;
    if ((airsi_load_acquire(&box->state.half[1]) & SCHEDULED) == 0) {
        return;
    }
    if (box->taken == NULL) {
        stack16_step(box, 0);
    }
    uint32_t handled = 0;
    for (airsi_link *link; handled < TURN && (link = box->taken) != NULL; handled++) {
        box->taken = airsi_load_relaxed(&link->next);
        handle(seen, message_of(link));
    }
    stack16_step(box, handled);
}

/* --- queue16 --------------------------------------------------------------------------------------------------------------- */

static void queue16_init(void *mailbox) {
    airsi_mailbox_init(mailbox, MAX_MESSAGES, MAX_BYTES);
    airsi_mailbox_schedule(mailbox);
    airsi_mailbox_rest(mailbox, NULL, 0, false); /* no longer muted */
}

static bool queue16_send(void *mailbox, airs_envelope *message) {
    airsi_link *before = NULL;
    if (airsi_mailbox_admit(mailbox, message, &before) >= AIRSI_FULL) {
        return false;
    }
    airsi_mailbox_link(mailbox, message, before);
    return true;
}

/* What core/actor/turn.c does with a mailbox. */
static void queue16_turn(void *mailbox, ledger *seen) {
    airsi_mailbox *box = mailbox;
    if (!airsi_mailbox_look(box).scheduled) {
        return;
    }
    uint32_t handled = 0;
    airs_envelope *last = NULL;
    airs_envelope *first;
    while (handled < TURN && last == NULL && (first = airsi_mailbox_peek(box)) != NULL) {
        if ((first->flags & AIRSI_ENVELOPE_SPENT) == 0) {
            handle(seen, first);
            handled++;
        }
        if (!airsi_mailbox_advance(box, first)) {
            last = first;
        }
    }
    if (!airsi_mailbox_rest(box, last, handled * COST, false).idle && last != NULL) {
        last->flags |= AIRSI_ENVELOPE_SPENT;
    }
}

/* --- cases ----------------------------------------------------------------------------------------------------------------- */

typedef struct candidate {
    const char *name;
    void (*init)(void *mailbox);
    bool (*send)(void *mailbox, airs_envelope *message); /* false: full */
    void (*turn)(void *mailbox, ledger *seen);
} candidate;

static const candidate candidates[] = {
    {"word8", word8_init, word8_send, word8_turn},
    {"stack16", stack16_init, stack16_send, stack16_turn},
    {"queue16", queue16_init, queue16_send, queue16_turn},
};
#define CANDIDATES (sizeof candidates / sizeof *candidates)

/* A round of a case. */
typedef struct scene {
    union {
        word8 word8;
        stack16 stack16;
        airsi_mailbox queue16;
    } mailbox;
    const candidate *candidate;
    uint64_t n;
    uint8_t *messages; /* SENDERS times MESSAGES */
    pthread_barrier_t start;
} scene;

/* The i-th message of a sender, from the first `among` of its messages. */
static airs_envelope *write_message(uint8_t *messages, uint64_t i, uint64_t among) {
    airs_envelope *message = (airs_envelope *)(void *)(messages + i % among * MESSAGE_SIZE);
    message->flags = 0;
    message->length = PAYLOAD;
    memset(message->data, 0, PAYLOAD);
    memcpy(message->data, &i, sizeof i);
    return message;
}

/* Both return how long it took. */
typedef uint64_t (*play)(scene *scene, ledger *seen);

static uint64_t in_batches(scene *scene, ledger *seen, uint64_t batch) {
    uint64_t began = airsi_clock_monotonic_ns();
    for (uint64_t i = 0; i < scene->n; i += batch) {
        for (uint64_t j = i; j < i + batch; j++) {
            scene->candidate->send(&scene->mailbox, write_message(scene->messages, j, TURN));
        }
        scene->candidate->turn(&scene->mailbox, seen);
    }
    return airsi_clock_monotonic_ns() - began;
}

static uint64_t play_alone(scene *scene, ledger *seen) {
    return in_batches(scene, seen, 1);
}

static uint64_t play_batch(scene *scene, ledger *seen) {
    return in_batches(scene, seen, TURN);
}

/* Until something may have changed; the other thread may need the core. */
static void wait_a_little(unsigned *waited) {
    if (++*waited % 16384 == 0) {
        sched_yield();
    } else {
        airsi_pause();
    }
}

static void *send_all(void *argument) {
    scene *scene = argument;
    unsigned waited = 0;
    pthread_barrier_wait(&scene->start);
    for (uint64_t i = 0; i < scene->n / SENDERS; i++) {
        airs_envelope *message = write_message(scene->messages + MESSAGES * MESSAGE_SIZE, i, MESSAGES);
        while (!scene->candidate->send(&scene->mailbox, message)) {
            wait_a_little(&waited);
        }
    }
    return NULL;
}

/* Sends as many as the other, never far ahead of it, so that a fast round is one in which both ran at once. */
static void send_and_receive(scene *scene, ledger *seen) {
    uint64_t sent = 0;
    unsigned waited = 0;
    while (seen->messages < scene->n) {
        uint64_t before = seen->messages;
        uint64_t most = before / SENDERS + TURN;
        most = most < scene->n / SENDERS ? most : scene->n / SENDERS;
        while (sent < most && scene->candidate->send(&scene->mailbox, write_message(scene->messages, sent, MESSAGES))) {
            sent++;
        }
        scene->candidate->turn(&scene->mailbox, seen);
        if (seen->messages == before) {
            wait_a_little(&waited);
        }
    }
}

static uint64_t play_crossing(scene *scene, ledger *seen) {
    pthread_t sender;
    pthread_barrier_init(&scene->start, NULL, SENDERS);
    if (pthread_create(&sender, NULL, send_all, scene) != 0) {
        perror("mailbox candidates: a thread");
        exit(71);
    }
    pthread_barrier_wait(&scene->start);
    uint64_t began = airsi_clock_monotonic_ns();
    send_and_receive(scene, seen);
    uint64_t took = airsi_clock_monotonic_ns() - began;
    pthread_join(sender, NULL);
    pthread_barrier_destroy(&scene->start);
    return took;
}

static const struct {
    const char *name;
    play play;
    unsigned senders;
    uint64_t n;
} cases[] = {
    {"alone", play_alone, 1, UINT64_C(1) << 14},
    {"batch", play_batch, 1, UINT64_C(1) << 14},
    {"crossing", play_crossing, SENDERS, UINT64_C(1) << 14},
};

static int compare(const void *a, const void *b) {
    double left = *(const double *)a;
    double right = *(const double *)b;
    return (left > right) - (left < right);
}

/* Nanoseconds a message; negative: not all arrived, or not what was sent. */
static double play_round(scene *scene, play play, unsigned senders) {
    ledger seen = {0, 0};
    scene->candidate->init(&scene->mailbox);
    uint64_t took = play(scene, &seen);
    uint64_t each = scene->n / senders;
    if (seen.messages != scene->n || seen.sum != senders * (each * (each - 1) / 2)) {
        fprintf(stderr, "mailbox candidates: %s: %" PRIu64 " of %" PRIu64 " messages arrived, or not what was sent\n",
                scene->candidate->name, seen.messages, scene->n);
        return -1;
    }
    return (double)took / (double)scene->n;
}

static bool play_case(size_t which, uint8_t *messages) {
    double ns[CANDIDATES][ROUNDS];
    for (size_t round = 0; round < ROUNDS; round++) {
        for (size_t i = 0; i < CANDIDATES; i++) {
            scene scene = {.candidate = &candidates[i], .n = cases[which].n, .messages = messages};
            ns[i][round] = play_round(&scene, cases[which].play, cases[which].senders);
            if (ns[i][round] < 0) {
                return false;
            }
        }
    }
    for (size_t i = 0; i < CANDIDATES; i++) {
        qsort(ns[i], ROUNDS, sizeof ns[i][0], compare);
        printf("{\"case\":\"%s\",\"candidate\":\"%s\",\"n\":%" PRIu64
               ",\"rounds\":%u,\"ns_per_op\":%.2f,\"ns_min\":%.2f,\"ns_max\":%.2f}\n",
               cases[which].name, candidates[i].name, cases[which].n, ROUNDS, ns[i][ROUNDS / 2], ns[i][0], ns[i][ROUNDS - 1]);
    }
    return true;
}

int main(void) {
    size_t size = SENDERS * MESSAGES * MESSAGE_SIZE;
    uint8_t *messages = aligned_alloc(64, size);
    if (messages == NULL) {
        perror("mailbox candidates: messages");
        return 71;
    }
    memset(messages, 0, size);
    bool right = true;
    for (size_t i = 0; right && i < sizeof cases / sizeof *cases; i++) {
        right = play_case(i, messages);
    }
    free(messages);
    return right ? 0 : 70;
}
