/* ComponentActor: how code is hosted as an actor, and what a handler may do.
 *
 * A behaviour is a table of callbacks around a state of its owner. The WebAssembly host is one; a native actor in C is another.
 * An actor is in at most one worker at a time (I3), so a state needs no lock. Callbacks run on worker threads, to completion. */
#ifndef AIRS_ACTOR_H
#define AIRS_ACTOR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <airs/component.h>
#include <airs/export.h>
#include <airs/id.h>
#include <airs/limits.h>
#include <airs/message.h>
#include <airs/status.h>

typedef struct airs_system airs_system;

/* What the actor may do while one of its callbacks runs; valid only then, on that thread. */
typedef struct airs_context airs_context;

typedef enum airs_result {
    AIRS_HANDLED, /* delivered */
    AIRS_FAILED,  /* a handled failure: the message becomes a dead letter, its request ends with handler-failed; the actor goes on */
    AIRS_CRASHED, /* as FAILED, and the incarnation is replaced by a fresh one (stop rule: docs/DESIGN.md 4.10) */
    AIRS_EXIT,    /* delivered, and the actor stops normally */
} airs_result;

typedef enum airs_stop_reason {
    AIRS_STOP_NORMAL,  /* stop, drain, exit: the actor may say good-bye */
    AIRS_STOP_CRASHED, /* the incarnation is broken: free it, don't enter it */
} airs_stop_reason;

typedef struct airs_behavior {
    const char *kind; /* "native", "wasm"; for logs */

    /* A fresh incarnation: called once before any message, and again after a crash. May be NULL.
     * On failure the actor is stopped and its mailbox goes to dead letters; nothing of the incarnation may be left. */
    airs_status (*start)(void *state, airs_context *context, airs_error *error);

    /* One message. On AIRS_FAILED and AIRS_CRASHED `error` says why (a status and a line); the core logs it, and it is the dead letter's reason. */
    airs_result (*handle)(void *state, airs_context *context, const airs_message *message, airs_error *error);

    /* The end of an incarnation that started. May be NULL. */
    void (*stop)(void *state, airs_context *context, airs_stop_reason reason);

    /* Called once, after the last stop, when nothing refers to the state any more; on any thread. May be NULL. */
    void (*free)(void *state);

    /* The handler may block its thread (a file, a socket, a lock): it is always run outside the workers' share of threads, on one of the spares (four a
     * worker), so that it keeps nobody waiting. Costs some microseconds a message. */
    bool blocks;

    /* How it is: AIRS_OK, or a status and in `error` a line. Called between messages, before those that wait; asked by airs_health_check. May be
     * NULL: then it is well whenever it comes to be asked. */
    airs_status (*health)(void *state, airs_context *context, airs_error *error);
} airs_behavior;

/* Who may send to whom; deny by default, checked on both sides. A pattern is three segments, each a literal or `*` for one whole segment. */
typedef struct airs_capabilities {
    const char *const *send; /* targets this component may send to */
    size_t send_count;
    const char *const
        *receive; /* senders it takes messages from; those outside are "airs/outside/0". Ends of its own requests, and notices, need none */
    size_t receive_count;
} airs_capabilities;

typedef struct airs_spawn_options {
    airs_component_id id;
    airs_limits limits;
    airs_capabilities capabilities; /* copied */
    const airs_behavior *behavior;  /* const for the life of the actor */
    void *state;                    /* taken on success: behavior->free ends it */
} airs_spawn_options;

#ifdef __cplusplus
extern "C" {
#endif

/* Registers the id and makes the actor. Before airs_system_start nothing of it runs, so that all ids of a manifest are known before the first
 * start callback; later its start is scheduled at once. Messages wait in its mailbox until start has returned.
 *
 * Ownership: `options->state` is taken on AIRS_OK only.
 * Errors:    AIRS_EALREADY_EXISTS, AIRS_EINVALID_ID (namespace `airs` is reserved), AIRS_EINVAL (a limit or a pattern), AIRS_ESTOPPING, AIRS_ENOMEM.
 * Thread:    any. */
AIRS_API airs_status airs_spawn(airs_system *system, const airs_spawn_options *options, airs_component *ret_component, airs_error *error);

/* Asks the actor to stop after the message in hand; what its mailbox holds goes to dead letters. Returns at once; asking again is fine until it is
 * gone. Who wants to know when that is monitors it.
 * Errors: AIRS_ECOMPONENT_NOT_FOUND, AIRS_ETARGET_STOPPED. Thread: any. */
AIRS_API airs_status airs_stop(airs_system *system, airs_component component);

/* --- inside a handler ------------------------------------------------------------------------------------------------- */

/* These calls are for the thread that runs the callback, until it returns. */

AIRS_API airs_system *airs_context_system(const airs_context *context);
/* The handle of the actor itself. */
AIRS_API airs_component airs_context_self(const airs_context *context);
/* Valid until the callback returns. */
AIRS_API const airs_component_id *airs_context_id(const airs_context *context);
/* Valid as long as the actor. */
AIRS_API const airs_limits *airs_context_limits(const airs_context *context);

/* Fire and forget; `data` is copied. What happens when the target's mailbox is full is its own policy (airs_overflow in <airs/limits.h>): by default the
 * message is held back and this actor muted after the handler; AIRS_EMAILBOX_FULL comes when the policy refuses, or this actor holds back too much.
 * Errors: AIRS_ECOMPONENT_NOT_FOUND, AIRS_ETARGET_STOPPED, AIRS_EPERMISSION_DENIED, AIRS_EPAYLOAD_TOO_LARGE, AIRS_EMAILBOX_FULL,
 *         AIRS_EOVERLOADED, AIRS_ELIMIT_REACHED, AIRS_ESTOPPING, AIRS_ENOMEM.
 * Order:  FIFO from this actor to each target (I2). */
AIRS_API airs_status airs_context_send(airs_context *context, airs_component to, const void *data, size_t length);

/* One payload, shared, to many; outcomes[i] is that of targets[i]. Each target is one message.
 * Errors: AIRS_ENOMEM, AIRS_ESTOPPING: nothing was sent and outcomes is untouched; AIRS_OK otherwise. */
AIRS_API airs_status airs_context_broadcast(airs_context *context, const airs_component *targets, size_t count, const void *data,
                                            size_t length, airs_status *outcomes);

/* A request; its one end arrives as an AIRS_MESSAGE_REPLY. timeout_ms 0 = 30 s; over 1 h is clamped to it.
 * Units:  a timeout never comes early; it comes up to a millisecond and 1/128 of timeout_ms (250 ms at most) late, and when a worker is free.
 * Errors as _send, and AIRS_ELIMIT_REACHED over in_flight. */
AIRS_API airs_status airs_context_request(airs_context *context, airs_component to, const void *data, size_t length, uint32_t timeout_ms,
                                          airs_request *ret_request);

/* AIRS_OK: the end follows, with AIRS_ECANCELLED. AIRS_EALREADY_ANSWERED: it has ended. AIRS_EUNKNOWN_REQUEST: not one of this actor's. */
AIRS_API airs_status airs_context_cancel_request(airs_context *context, airs_request request);

/* Answers a request that was addressed to this actor, now or in a later handler.
 * Errors: AIRS_EUNKNOWN_REQUEST, AIRS_EALREADY_ANSWERED, AIRS_EPAYLOAD_TOO_LARGE (over the requester's payload limit; the request stays open),
 *         AIRS_EREQUESTER_GONE, AIRS_ENOMEM. */
AIRS_API airs_status airs_context_reply(airs_context *context, airs_request request, const void *data, size_t length);

/* Ends it with AIRS_EHANDLER_FAILED and this text (cut at 4 KiB). Errors as _reply. */
AIRS_API airs_status airs_context_reply_failure(airs_context *context, airs_request request, const char *text, size_t length);

/* Sends later; rights are checked now and when it fires (a failure then is a dead letter). Errors as _send, and AIRS_ELIMIT_REACHED over timers.
 * Units:  as for a request's timeout. */
AIRS_API airs_status airs_context_send_after(airs_context *context, uint64_t delay_ms, airs_component to, const void *data, size_t length,
                                             airs_timer *ret_timer);

/* true: it will not fire. false: it has fired, was cancelled, or is not this actor's. */
AIRS_API bool airs_context_cancel_timer(airs_context *context, airs_timer timer);

/* Around what blocks inside a handler that mostly doesn't: another thread takes this worker's place meanwhile. Not to be nested. Between the two the
 * context may be used as before. */
AIRS_API void airs_context_begin_blocking(airs_context *context);
AIRS_API void airs_context_end_blocking(airs_context *context);

/* Watches over a component this actor may send to, or has the message in hand from: when its registration ends, for whatever reason, this actor is
 * handed one AIRS_MESSAGE_DOWN, after all that component sent it (I2). A crash that ends in a restart is no end. `status` says why: AIRS_OK (it
 * stopped: by itself, by airs_stop, or with the system), AIRS_EINIT_FAILED, the reason of its last crash when it crashed too often, or
 * AIRS_ETARGET_STOPPED when it had gone before: then the notice comes at once, and without its id. A monitor counts against limits.in_flight until its
 * notice is handled, so a notice is never refused or dropped for want of room; it ends with the incarnation that made it. airs_system_stop stops the
 * newest actor first, so a watcher may be gone before whom it watches: who wants the notices of airs_stop drains first.
 * Errors: AIRS_ECOMPONENT_NOT_FOUND (never issued), AIRS_EPERMISSION_DENIED, AIRS_ELIMIT_REACHED, AIRS_ENOMEM, AIRS_EINVAL (a NULL). */
AIRS_API airs_status airs_context_monitor(airs_context *context, airs_component target, airs_monitor *ret_monitor);

/* true: its notice will not come. false: it has, it is in the mailbox, it was demonitored before, or it is not this actor's. */
AIRS_API bool airs_context_demonitor(airs_context *context, airs_monitor monitor);

/* The handle of an id this actor may send to. Errors: AIRS_ECOMPONENT_NOT_FOUND, AIRS_EPERMISSION_DENIED (whether it exists is not told). */
AIRS_API airs_status airs_context_lookup(airs_context *context, const airs_component_id *id, airs_component *ret_component);

/* The id behind a handle this actor may send to or has a message from. Errors: AIRS_ECOMPONENT_NOT_FOUND. */
AIRS_API airs_status airs_context_id_of(airs_context *context, airs_component component, airs_component_id *ret_id);

#ifdef __cplusplus
}
#endif

#endif
