/* A system: broker, subscriber, registry, scheduler, requests and timers, tied together. Several may live in one process. */
#ifndef AIRS_SYSTEM_H
#define AIRS_SYSTEM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <airs/actor.h>
#include <airs/component.h>
#include <airs/export.h>
#include <airs/log.h>
#include <airs/messaging.h>
#include <airs/registry.h>
#include <airs/status.h>

/* Something an operator would want to know, told as it happens. */
typedef enum airs_event_kind {
    AIRS_EVENT_STARTED,     /* start returned AIRS_OK */
    AIRS_EVENT_INIT_FAILED, /* start failed: the component is stopped */
    AIRS_EVENT_RESTARTED,   /* a crash, a fresh incarnation */
    AIRS_EVENT_GAVE_UP,     /* the 4th crash within 60 s: the component is stopped */
    AIRS_EVENT_STOPPED,     /* normally */
} airs_event_kind;

typedef struct airs_event {
    airs_event_kind kind;
    airs_component component;
    const airs_component_id *id;
    const airs_error *error; /* why; NULL when there is nothing to say */
} airs_event;

typedef struct airs_system_options {
    unsigned workers;         /* 0: as many as the affinity mask and the cgroup's cpu.max allow, at least 2 */
    airs_log *log;            /* may be NULL; must outlive the system */
    size_t dead_letters;      /* ring entries, 0 = 10,000 */
    size_t dead_letter_bytes; /* 0 = 16 MiB */
    uint64_t
        queued_bytes; /* budget of all that waits, payload and 64 bytes a message; beyond it sends end with AIRS_EOVERLOADED; the ends of
                               * requests never do. 0 = a quarter of the memory the cgroup (memory.max), else the machine, allows */

    bool deterministic; /* no threads: stepped in an order that `seed` decides (<airs/simulation.h>) */
    uint64_t seed;

    /* On a worker thread (or the thread that stops the system); must not block or stop the system. May be NULL. */
    void (*on_event)(void *user, const airs_event *event);
    /* Told when the first worker wakes and when the last one goes to sleep; on worker threads; short. May be NULL. */
    void (*on_activity)(void *user, bool active);
    void *user;
} airs_system_options;

#ifdef __cplusplus
extern "C" {
#endif

/* Makes a system that does nothing yet: components can be spawned, and subscribers come. `options` may be NULL for the defaults.
 * Ownership: the caller's, for airs_system_free. `options` is copied; the log and what `user` points to must outlive the system.
 * Errors:    AIRS_EINVAL (an option is out of range), AIRS_ENOMEM, AIRS_EUNAVAILABLE (the process has no thread-local key or random bytes left). */
AIRS_API airs_status airs_system_new(const airs_system_options *options, airs_system **ret_system, airs_error *error);

/* Subscribes the runtime, starts the workers, and with them the start callbacks of what was spawned before. A system starts once.
 * Errors: AIRS_EBUSY (started before, be it stopped since), AIRS_EUNAVAILABLE (a thread could not be made), AIRS_ENOMEM: after these two nothing runs,
 *         and it may be started again.
 * Thread: any; one at a time. */
AIRS_API airs_status airs_system_start(airs_system *system, airs_error *error);

/* Waits until no start callback of an actor spawned so far is waiting or running, nor one's end that somebody monitors. timeout_ms 0 = no limit.
 * Errors: AIRS_ETIMEOUT, AIRS_EINTERRUPTED (as airs_system_wait_quiescent). Thread: any but a worker's. */
AIRS_API airs_status airs_system_wait_started(airs_system *system, uint32_t timeout_ms);

/* Waits until nothing is queued, held, in hand or awaiting a reply; timers not yet due and monitors don't count. timeout_ms 0 = no limit.
 * Errors: AIRS_ETIMEOUT, AIRS_EINTERRUPTED (airs_system_close_sources or _interrupt was called meanwhile). Thread: any but a worker's. */
AIRS_API airs_status airs_system_wait_quiescent(airs_system *system, uint32_t timeout_ms);

/* Draining begins: host threads are refused with AIRS_ESTOPPING, those blocked in a send are woken with it, and timers not yet due are
 * cancelled. Components go on. Idempotent. Thread: any; not from a signal handler. */
AIRS_API void airs_system_close_sources(airs_system *system);

/* close_sources, then waits until the system is quiet. 0 = no limit.
 * Errors: AIRS_ETIMEOUT (messages are left, stop will make them dead letters), AIRS_EINTERRUPTED, AIRS_EDEADLK (and nothing was closed).
 * Thread: any but a worker's. */
AIRS_API airs_status airs_system_drain(airs_system *system, uint32_t timeout_ms);

/* Ends a drain, a wait_quiescent or a blocked send at once with AIRS_EINTERRUPTED (sends: AIRS_ESTOPPING). Thread: any. */
AIRS_API void airs_system_interrupt(airs_system *system);

/* Stops every actor after the message in hand, the newest first, makes dead letters of what is left (reason stopping), and joins the workers. From
 * then on sends end with AIRS_ESTOPPING or AIRS_ETARGET_STOPPED, and spawns with AIRS_ESTOPPING; statistics and dead letters can still be read.
 * Stopping again is fine, and waits for a stop under way.
 * Errors: AIRS_EDEADLK; nothing is stopped then.
 * Thread: any but a worker's; others may be inside airs calls on this system. */
AIRS_API airs_status airs_system_stop(airs_system *system);

/* Stops it if it runs, and frees everything. NULL is fine. Nobody else may be using it.
 * Ownership: taken on AIRS_OK.
 * Errors:    AIRS_EDEADLK; nothing is stopped or freed then. */
AIRS_API airs_status airs_system_free(airs_system *system);

/* Parts of the system, valid as long as it. Thread: any. */
AIRS_API airs_messaging *airs_system_messaging(airs_system *system);
AIRS_API airs_registry *airs_system_registry(airs_system *system);

/* What airs_system_options.log was; may be NULL. */
AIRS_API airs_log *airs_system_log(airs_system *system);

/* How many workers it has or will have. */
AIRS_API unsigned airs_system_workers(const airs_system *system);

/* See airs_balance: exact after airs_system_stop; before, each figure is right on its own. Thread: any. Cost: a walk over all actors. */
AIRS_API void airs_system_balance(airs_system *system, airs_balance *ret_balance);

/* --- host threads ----------------------------------------------------------------------------------------------------- */

typedef enum airs_when_full { AIRS_REJECT_WHEN_FULL, AIRS_BLOCK_WHEN_FULL } airs_when_full;

/* A message from outside (sender AIRS_OUTSIDE, known to capabilities as airs/outside/0). In a handler it may be used too, without blocking: the
 * message then comes from outside, and not from the component.
 * Ownership: `data` is copied.
 * Errors: AIRS_ECOMPONENT_NOT_FOUND, AIRS_ETARGET_STOPPED, AIRS_EPERMISSION_DENIED, AIRS_EPAYLOAD_TOO_LARGE, AIRS_EMAILBOX_FULL (when rejecting; the
 *         target's overflow policy may have it dropped instead, or have the thread wait: airs/limits.h),
 *         AIRS_EOVERLOADED, AIRS_EDEADLK (blocking inside a handler), AIRS_ESTOPPING, AIRS_ENOSUBSCRIBER (not started), AIRS_ENOMEM.
 * Thread: any. Order: FIFO from one thread to one target. */
AIRS_API airs_status airs_send(airs_system *system, airs_component to, const void *data, size_t length, airs_when_full when_full);

/* How a request from a host thread ended: AIRS_OK and the reply, or the reason and its detail. Called exactly once, on a worker thread, inside
 * airs_system_stop, or inside a send for which a full mailbox dropped the request (AIRS_EMAILBOX_FULL); `data` is valid during the call. It must not
 * block; it may send. */
typedef void (*airs_reply_callback)(void *user, airs_status status, const void *data, size_t length);

/* Errors: as airs_send, and AIRS_ETIMEOUT (blocked for want of room until the timeout); then the callback is not called. timeout_ms 0 = 30 s; the longest is UINT32_MAX, 49 days. */
AIRS_API airs_status airs_request_async(airs_system *system, airs_component to, const void *data, size_t length, uint32_t timeout_ms,
                                        airs_when_full when_full, airs_reply_callback callback, void *user);

/* Waits for the end.
 * Ownership: `ret_data` is malloc'ed and terminated by a 0 that is not counted; the caller frees it. Only AIRS_OK sets it.
 * Errors:    as airs_send with blocking, and the reason of the request's failure (then `error` has the detail).
 * Thread:    any but a worker's: AIRS_EDEADLK inside a handler. */
AIRS_API airs_status airs_request_wait(airs_system *system, airs_component to, const void *data, size_t length, uint32_t timeout_ms,
                                       void **ret_data, size_t *ret_length, airs_error *error);

/* Asks a component to execute a named operation (AIRS_MESSAGE_EXECUTE), as a request whose reply is the result. With `callback` NULL nobody awaits
 * the result, and timeout_ms bounds only how long to wait for room. `operation` is terminated UTF-8 of 1 to AIRS_OPERATION_MAX bytes; together with
 * `data` it counts against the target's payload limit.
 * Errors: as airs_request_async, and AIRS_EINVAL for a bad operation. The request ends with AIRS_ENOHANDLER when the component doesn't execute
 *         operations at all. */
AIRS_API airs_status airs_execute_async(airs_system *system, airs_component to, const char *operation, const void *data, size_t length,
                                        uint32_t timeout_ms, airs_when_full when_full, airs_reply_callback callback, void *user);

/* The same, waiting for the result as airs_request_wait does. */
AIRS_API airs_status airs_execute(airs_system *system, airs_component to, const char *operation, const void *data, size_t length,
                                  uint32_t timeout_ms, void **ret_data, size_t *ret_length, airs_error *error);

/* A component that a host thread monitors is gone. `reason` is as airs_context_monitor tells it; `id` is of length 0 when it had gone before.
 * Called once, on the worker that ran the component, on the thread that stops the system, or inside airs_monitor_open. It must not block; it may send. */
typedef void (*airs_down_callback)(void *user, airs_component target, const airs_component_id *id, airs_status reason);

/* Watches over a component until its registration ends, and then calls `on_down`; at once for one that has gone before. `ret_monitor` (may be NULL) is
 * set before that.
 * Errors: AIRS_ECOMPONENT_NOT_FOUND (never issued), AIRS_ELIMIT_REACHED (65,536 a system), AIRS_ENOMEM, AIRS_EINVAL (a NULL). Thread: any. */
AIRS_API airs_status airs_monitor_open(airs_system *system, airs_component target, airs_down_callback on_down, void *user,
                                       airs_monitor *ret_monitor);

/* AIRS_OK: `on_down` has not been called and will not be. AIRS_ENOTFOUND: it was called, or is being called this moment; or `monitor` was closed
 * before or never opened. Errors: also AIRS_EINVAL (`system` is NULL). Thread: any. */
AIRS_API airs_status airs_monitor_close(airs_system *system, airs_monitor monitor);

/* Asks a component how it is, and waits. The question goes through the system lane: a full mailbox doesn't refuse it, and it is answered between two
 * messages, so one that has much to do is well and one that is stuck in a handler is not. timeout_ms 0 = 30 s.
 *
 * Errors: what behavior->health returned, with its line; AIRS_ETIMEOUT (stuck); AIRS_ETARGET_STOPPED; AIRS_ECOMPONENT_NOT_FOUND; AIRS_ENOTSTARTED (the
 *         system); AIRS_ELIMIT_REACHED, AIRS_ENOMEM, AIRS_EINVAL (`system` is NULL); AIRS_EDEADLK inside a handler.
 * Thread: any but a worker's. */
AIRS_API airs_status airs_health_check(airs_system *system, airs_component to, uint32_t timeout_ms, airs_error *error);

/* The payload limit of a component, for callers that check before they send. Errors: as airs_registry_id_of. */
AIRS_API airs_status airs_payload_limit(airs_system *system, airs_component to, size_t *ret_bytes);

#ifdef __cplusplus
}
#endif

#endif
