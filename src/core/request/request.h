/* Requests: each ends exactly once (I4), with a reply, a failure, or silently when the requester is gone.
 *
 * The entry is itself the message by which the end reaches the requester, so an end allocates nothing, needs no mailbox room and can't be
 * refused. It is registered before the request is published, and freed when the requester has handled the end. Only the addressed target answers. */
#ifndef AIRSI_CORE_REQUEST_H
#define AIRSI_CORE_REQUEST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <airs/component.h>
#include <airs/status.h>
#include <airs/system.h>

#include "core/message/envelope.h"
#include "core/request/slab.h"
#include "core/timer/wheel.h"

struct airsi_actor;

typedef struct airsi_request_entry {
    airsi_slab_head head;
    bool open;                        /* shard lock: no end has been decided */
    bool delivered;                   /* shard lock: the target has been handed the request */
    bool gone;                        /* shard lock: the requester's incarnation is gone; the end is only counted */
    uint32_t incarnation;             /* shard lock: the requester's when it asked */
    uint32_t reply_bytes;             /* const while in use: the most a reply may have */
    airs_component requester, target; /* const while in use */
    airsi_wheel_node wait;            /* shard lock */
    airs_reply_callback callback;     /* host threads; const while in use */
    void *user;
    airs_envelope end; /* who decided the end fills it and passes it on */
} airsi_request_entry;

#define AIRSI_REQUEST_DEFAULT_MS 30000u
#define AIRSI_REQUEST_COMPONENT_MAX_MS 3600000u /* a component's longer timeouts are clamped, so that quiet comes within a bounded time */
#define AIRSI_FAILURE_TEXT_MAX 4096u

/* Registers a request. Errors: AIRS_ENOMEM, AIRS_ELIMIT_REACHED. `requester` NULL: a host thread with `callback`. */
airs_status airsi_request_open(struct airs_system *system, struct airsi_actor *requester, struct airsi_actor *target, uint32_t timeout_ms,
                               airs_reply_callback callback, void *user, airs_request *ret_request);

/* When a request made now with this timeout ends, in monotonic time. */
uint64_t airsi_request_deadline_ns(uint32_t timeout_ms);

/* Undoes an open whose publish failed: no end is delivered. false: it has ended meanwhile, so its end counts. */
bool airsi_request_withdraw(struct airs_system *system, airs_request request);

/* Who ends it, and how. */
typedef struct airsi_request_end {
    airs_status status; /* AIRS_OK: a reply */
    const void *data;   /* the reply, or the text of a failure */
    size_t length;
    airs_component answerer;  /* the target must be this; AIRS_OUTSIDE: the runtime itself ends it */
    airs_component requester; /* the requester must be this (cancel); AIRS_OUTSIDE: not looked at */
} airsi_request_end;

/* Errors: AIRS_EUNKNOWN_REQUEST, AIRS_EALREADY_ANSWERED, AIRS_EPAYLOAD_TOO_LARGE, AIRS_EREQUESTER_GONE, AIRS_ENOMEM (it stays open). */
airs_status airsi_request_end_it(struct airs_system *system, airs_request request, const airsi_request_end *end);

/* The end was handled, or nobody is there to handle it: frees the entry. */
void airsi_request_release(struct airs_system *system, airs_envelope *end);

/* The target is about to be handed it. */
void airsi_request_note_delivered(struct airs_system *system, airs_request request);

typedef enum airsi_request_which { AIRSI_REQUESTS_DELIVERED, AIRSI_REQUESTS_ALL } airsi_request_which;

/* Ends open requests addressed to the actor: those it was handed (its incarnation is gone), or all (it is gone itself). */
void airsi_request_fail_targeted(struct airs_system *system, struct airsi_actor *target, airsi_request_which which, airs_status reason);
/* Nobody waits any more for the open requests the actor has made: their ends will only be counted, and are no longer in flight. */
void airsi_request_drop_made(struct airs_system *system, struct airsi_actor *requester);

/* From the wheel: under the lock, then after it. */
void airsi_request_claim_timeout(airsi_wheel_node *node);
void airsi_request_deliver_timeout(struct airs_system *system, airsi_wheel_node *node);

#endif
