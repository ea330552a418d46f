/* What cases with a running system share: the system, its actors, the measured window, and the ledger.
 *
 * The ledger is kept by senders and receivers themselves, each in its own turn, and compared with itself and with the system's statistics when
 * the round ends: as many messages, and the same payload bytes, must have been handled as were accepted. */
#ifndef AIRSI_BENCH_KIT_H
#define AIRSI_BENCH_KIT_H

#include <pthread.h>
#include <stdint.h>
#include <string.h>

#include <airs/actor.h>
#include <airs/system.h>

#include "base/atomic.h"
#include "bench/cases.h"

/* Messages one actor sent and handled, and the sums over the words of their payloads. */
typedef struct airsi_bench_ledger {
    uint64_t sent, sent_sum;
    uint64_t handled, handled_sum;
} airsi_bench_ledger;

typedef struct airsi_bench_run {
    const airsi_bench_task *task;
    airs_system *system;
    struct airsi_bench_actor *actors; /* bench thread */
    struct airsi_bench_kept *kept;    /* bench thread */
    airsi_bench_ledger outside;       /* bench thread: what it posted itself */
    uint8_t *payload;                 /* bench thread */
    uint64_t rest_sum;                /* const after init: what a payload sums up to besides its number */

    AIRSI_ATOMIC(uint64_t) begun_ns;   /* any thread, atomic: when the window began; 0 before */
    AIRSI_ATOMIC(uint32_t) unfinished; /* any thread, atomic: actors that have not come to their end */
    pthread_mutex_t mutex;             /* guards the three below */
    pthread_cond_t changed;
    uint64_t ended_ns; /* 0 before */
    airs_error failure;
} airsi_bench_run;

/* First in the state of every actor of a case. */
typedef struct airsi_bench_actor {
    airsi_bench_run *run;           /* const after spawn */
    struct airsi_bench_actor *next; /* bench thread */
    airs_component component;       /* const after spawn */
    uint8_t *payload;               /* own turn: what it sends */
    airsi_bench_ledger ledger;      /* own turn */
} airsi_bench_actor;

/* How a kind of actor behaves, and which kinds it may talk to, by their names; lists end with NULL. Patterns that lead elsewhere go with them. */
typedef struct airsi_bench_kind {
    const char *name;
    airs_behavior behavior;
    const char *const *sends_to;
    const char *const *takes_from; /* "" for host threads */
    bool rejects;                  /* its full mailbox refuses, instead of holding its senders back */
} airsi_bench_kind;

/* What a case does with a system that runs. */
typedef airs_status (*airsi_bench_body)(airsi_bench_run *run, airsi_bench_round *round, airs_error *error);

/* Makes a system as the task asks, starts it, calls `body`, and stops and frees all of it. */
airs_status airsi_bench_in_system(const airsi_bench_task *task, airsi_bench_body body, airsi_bench_round *ret_round, airs_error *error);

/* The same, but the system is left as it was made: no worker runs (drive.h). */
airs_status airsi_bench_in_still_system(const airsi_bench_task *task, airsi_bench_body body, airsi_bench_round *ret_round,
                                        airs_error *error);

/* An actor whose state is `size` zeroed bytes that begin with an airsi_bench_actor; the run frees it. NULL: `error` says why. */
void *airsi_bench_spawn(airsi_bench_run *run, const airsi_bench_kind *kind, unsigned number, size_t size, airs_error *error);

/* Zeroed memory that actors may refer to; the run frees it, after them. NULL: `error` says why. */
void *airsi_bench_keep(airsi_bench_run *run, size_t size, airs_error *error);

/* Sends from the calling thread, waiting for room. */
void airsi_bench_post(airsi_bench_run *run, airs_component to, uint64_t number);

/* A window in which so many actors are to finish; told before any of them can. Bench thread, when nothing goes on. */
void airsi_bench_expect(airsi_bench_run *run, unsigned finishers);

/* The window begins with the first begin, and ends with the last finish. Any thread. */
void airsi_bench_begin(airsi_bench_run *run);
void airsi_bench_finish(airsi_bench_run *run);

/* Something failed that must not: the round ends with this. Any thread. */
void airsi_bench_fail(airsi_bench_run *run, airs_status status, const char *what);

/* Waits until all have finished or something failed. */
airs_status airsi_bench_wait(airsi_bench_run *run, airs_error *error);

/* Waits until all is quiet and compares the ledger. Errors: AIRS_EINTERNAL, what doesn't match; AIRS_ETIMEOUT. */
airs_status airsi_bench_balance(airsi_bench_run *run, airs_error *error);

/* The comparison alone: for who knows that all is quiet. */
airs_status airsi_bench_check(airsi_bench_run *run, airs_error *error);

/* The comparison alone: `system` is what the system says it delivered. */
airs_status airsi_bench_compare(const airsi_bench_ledger *total, uint64_t rest_sum, const airs_routing_stats *stats, airs_error *error);

/* wait, balance and the round's common figures; what most bodies end with. */
airs_status airsi_bench_conclude(airsi_bench_run *run, uint64_t n, airsi_bench_round *round, airs_error *error);

/* What a payload sums up to: its 8-byte words, then the bytes that are left. */
static inline uint64_t airsi_bench_sum(const void *data, size_t length) {
    const uint8_t *at = data;
    uint64_t sum = 0;
    for (; length >= 8; at += 8, length -= 8) {
        uint64_t word;
        memcpy(&word, at, 8);
        sum += word;
    }
    for (; length > 0; at++, length--) {
        sum += *at;
    }
    return sum;
}

static inline uint64_t airsi_bench_number(const airs_message *message) {
    uint64_t number;
    memcpy(&number, message->data, 8);
    return number;
}

/* In a handler, first: reads the payload and enters it. Returns the message's number. */
static inline uint64_t airsi_bench_take(airsi_bench_actor *actor, const airs_message *message) {
    actor->ledger.handled++;
    actor->ledger.handled_sum += airsi_bench_sum(message->data, message->length);
    return airsi_bench_number(message);
}

static inline void airsi_bench_count_sent(airsi_bench_ledger *ledger, uint64_t number) {
    ledger->sent++;
    ledger->sent_sum += number;
}

/* In a handler. A refusal is entered nowhere: the caller decides what it means. */
static inline airs_status airsi_bench_try_send(airsi_bench_actor *actor, airs_context *context, airs_component to, uint64_t number) {
    memcpy(actor->payload, &number, 8);
    airs_status status = airs_context_send(context, to, actor->payload, actor->run->task->payload);
    if (status == AIRS_OK) {
        airsi_bench_count_sent(&actor->ledger, number);
    }
    return status;
}

/* As _try_send; a refusal fails the round. */
static inline void airsi_bench_send(airsi_bench_actor *actor, airs_context *context, airs_component to, uint64_t number) {
    airs_status status = airsi_bench_try_send(actor, context, to, number);
    if (status != AIRS_OK) {
        airsi_bench_fail(actor->run, status, "send");
    }
}

#endif
