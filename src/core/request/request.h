/* Requests: each ends exactly once (I4), with a reply, a failure, or silently when the requester is gone.
 *
 * The entry is itself the message by which the end reaches the requester, so an end allocates nothing (but for a long reply), needs no mailbox room
 * and can't be refused. It is registered before the request is published, and freed when the requester has handled the end. Only the addressed
 * target answers.
 *
 * An entry that was made by an actor is in that actor's list (ties.h) from open until the actor takes its end, withdraws it, or gives it up. Nobody
 * frees it meanwhile: an end can fail to reach the mailbox only when that is closed, and an actor gives up all its open requests before. */
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
    bool open;                     /* shard lock: no end has been decided */
    bool gone;                     /* shard lock: the requester's incarnation is gone; the end is only counted */
    uint32_t incarnation;          /* const while in use: the requester's when it asked */
    uint32_t reply_bytes;          /* const while in use: the most a reply may have */
    airs_component target;         /* const while in use */
    struct airsi_actor *requester; /* const while in use; NULL: a host thread. Not followed once `gone` */
    airsi_wheel_node wait;         /* shard lock */
    union {
        struct { /* the requester's turn */
            struct airsi_request_entry *next, **link;
        } made;
        struct { /* host threads; const while in use */
            airs_reply_callback callback;
            void *user;
        } host;
    };
    airs_envelope end; /* who decides the end fills it and passes it on; a short reply stands right behind it */
} airsi_request_entry;

#define AIRSI_REQUEST_ENTRY_BYTES 256u
#define AIRSI_REPLY_INLINE (AIRSI_REQUEST_ENTRY_BYTES - offsetof(airsi_request_entry, end) - offsetof(airs_envelope, data))

#define AIRSI_REQUEST_DEFAULT_MS 30000u
#define AIRSI_REQUEST_COMPONENT_MAX_MS 3600000u /* a component's longer timeouts are clamped, so that quiet comes within a bounded time */
#define AIRSI_FAILURE_TEXT_MAX 4096u

/* Registers a request to `target`, known or not. Errors: AIRS_ENOMEM, AIRS_ELIMIT_REACHED. Thread: the requester's turn. */
airs_status airsi_request_open(struct airs_system *system, struct airsi_actor *requester, airs_component target, uint32_t timeout_ms,
                               airs_request *ret_request);
/* The same for a host thread; `callback` is told the end. */
airs_status airsi_request_open_outside(struct airs_system *system, airs_component target, uint32_t timeout_ms, airs_reply_callback callback,
                                       void *user, airs_request *ret_request);

/* When a request made now with this timeout ends, in monotonic time. */
uint64_t airsi_request_deadline_ns(const struct airs_system *system, uint32_t timeout_ms);

/* Undoes an open whose publish failed: no end is delivered. false: it has ended meanwhile, so its end counts. `requester` as for open, or NULL. */
bool airsi_request_withdraw(struct airs_system *system, struct airsi_actor *requester, airs_request request);

/* Who ends it, and how. */
typedef struct airsi_request_end {
    airs_status status; /* AIRS_OK: a reply */
    const void *data;   /* the reply, or the text of a failure */
    size_t length;
    airs_component answerer;             /* the target must be this; AIRS_OUTSIDE: the runtime itself ends it */
    const struct airsi_actor *requester; /* the requester must be this (cancel); NULL: not looked at */
} airsi_request_end;

/* Errors: AIRS_EUNKNOWN_REQUEST, AIRS_EALREADY_ANSWERED, AIRS_EPAYLOAD_TOO_LARGE, AIRS_EREQUESTER_GONE, AIRS_ENOMEM (it stays open). */
airs_status airsi_request_end_it(struct airs_system *system, airs_request request, const airsi_request_end *end);

/* Whether no end has been decided. */
bool airsi_request_is_open(struct airs_system *system, airs_request request);

/* The requester has taken the end from its mailbox, and will handle or drop it. Thread: its turn, unless it is closing. */
void airsi_request_taken(struct airsi_actor *requester, airs_envelope *end);

/* The end was handled, or nobody is there to handle it: frees the entry. */
void airsi_request_release(struct airs_system *system, airs_envelope *end);

/* Nobody waits any more for the open requests the actor has made: their ends will only be counted, and are no longer in flight. Before its mailbox
 * is closed. Thread: the actor's turn. */
void airsi_request_drop_made(struct airsi_actor *requester);

/* From the wheel: under the lock, then after it. */
void airsi_request_claim_timeout(airsi_wheel_node *node);
void airsi_request_deliver_timeout(struct airs_system *system, airsi_wheel_node *node);

#endif
