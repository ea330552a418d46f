/* What the core's tests share: systems with native actors whose handlers are functions of the test. */
#ifndef TESTS_CORE_KIT_H
#define TESTS_CORE_KIT_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdatomic.h>
#include <stdbool.h>

#include <airs/dead_letter.h>
#include <airs/system.h>

typedef struct kit_actor kit_actor;

struct kit_actor {
    airs_result (*handle)(kit_actor *self, airs_context *context, const airs_message *message, airs_error *error);
    airs_status (*start)(kit_actor *self, airs_context *context, airs_error *error); /* may be NULL */
    void (*stop)(kit_actor *self, airs_context *context, airs_stop_reason reason);   /* may be NULL */
    void *user;
    airs_component peer; /* whom the handler talks to */
    uint64_t number;     /* the handler's own */
    atomic_uint_fast64_t handled, starts, stops, crashes_seen, frees;
    atomic_int inside; /* I3: handlers running in it now */
    airs_request last_request;
};

typedef struct kit_options {
    airs_limits limits;
    const char *send[4];
    const char *receive[4];
} kit_options;

/* Default limits, everybody may send and receive. */
kit_options kit_defaults(void);

/* What airs_spawn says. */
airs_status kit_try_spawn(airs_system *system, const char *id, kit_actor *actor, const kit_options *options, airs_component *ret_component,
                          airs_error *error);
/* Fails the test when it can't be done. */
airs_component kit_spawn_with(airs_system *system, const char *id, kit_actor *actor, const kit_options *options);
airs_component kit_spawn(airs_system *system, const char *id, kit_actor *actor);

/* A system with `workers` workers; not started. */
airs_system *kit_system(unsigned workers);
void kit_start(airs_system *system);

/* Waits for quiet, stops, checks that the balance holds and nothing is left, and frees. */
void kit_finish(airs_system *system);
/* The check alone, after a stop. */
void kit_check_balance(airs_system *system);

airs_routing_stats kit_stats(airs_system *system);
uint64_t kit_dead(airs_system *system, airs_status reason);

/* Waits until `*value` is at least `least`; fails the test after 20 s. */
void kit_wait(atomic_uint_fast64_t *value, uint64_t least);

/* 0.2 ms. */
void kit_nap(void);

/* Sends a number from this thread. Any other outcome than AIRS_OK, AIRS_EMAILBOX_FULL, AIRS_ETARGET_STOPPED, AIRS_ESTOPPING and, after a stop,
 * AIRS_ENOSUBSCRIBER fails the test. */
airs_status kit_send_number(airs_system *system, airs_component to, uint64_t number, airs_when_full when_full);
/* The number in a message. */
uint64_t kit_number(const airs_message *message);

/* Ends the program: for what doesn't hold on a thread other than the test's, where cmocka can't fail. */
#define KIT_REQUIRE(condition)                                 \
    do {                                                       \
        if (!(condition)) {                                    \
            kit_does_not_hold(__FILE__, __LINE__, #condition); \
        }                                                      \
    } while (0)
_Noreturn void kit_does_not_hold(const char *file, int line, const char *what);

/* Handlers. */
airs_result kit_count(kit_actor *self, airs_context *context, const airs_message *message, airs_error *error);
airs_result kit_echo(kit_actor *self, airs_context *context, const airs_message *message, airs_error *error);

/* A gate that handlers can be made to wait at. */
typedef struct kit_gate {
    atomic_int open, waiting;
} kit_gate;
void kit_gate_wait(kit_gate *gate);
void kit_gate_open(kit_gate *gate);
/* A handler that waits at the gate in `user`, turning round and round: to the scheduler it is busy. */
airs_result kit_loop(kit_actor *self, airs_context *context, const airs_message *message, airs_error *error);
/* Until somebody waits at it. */
void kit_gate_reached(kit_gate *gate, int waiting);

/* xorshift64*; the seed is printed by kit_seed. */
uint64_t kit_random(uint64_t *state);
/* A fresh seed, or the one of AIRS_TEST_SEED; printed, so that a failure can be repeated. */
uint64_t kit_seed(void);

#endif
