/* MessageEnvelope: one message on its way, header and payload in one allocation unless the payload is shared.
 *
 * Ownership moves: sender -> mailbox or hold-back list -> the worker that handles it -> freed or a dead letter. One owner at a time; only the
 * link is touched by others (mailbox.h). */
#ifndef AIRSI_CORE_MESSAGE_ENVELOPE_H
#define AIRSI_CORE_MESSAGE_ENVELOPE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <airs/broker.h>
#include <airs/component.h>
#include <airs/message.h>

#include "base/atomic.h"
#include "core/message/payload.h"

/* What a mailbox links; first in an envelope. */
typedef struct airsi_link {
    AIRSI_ATOMIC(struct airsi_link *) next; /* any thread, atomic */
} airsi_link;

enum {
    AIRSI_ENVELOPE_REQUEST_END = 1, /* embedded in a request entry: released through it, never freed by itself */
    AIRSI_ENVELOPE_ANSWERED = 4,    /* a request that its handler has answered before it returned; in its turn only */
    AIRSI_ENVELOPE_WAITS = 2,       /* its sender waits for room and tries again: want of room is no failure */
    AIRSI_ENVELOPE_SPENT = 8,       /* its end has been counted; it stands in its mailbox until the one behind it is linked */
    AIRSI_ENVELOPE_MAY_WAIT = 16,   /* a host thread's: it waits for room if the target's policy is to block */
    AIRSI_ENVELOPE_NOTICE = 32,     /* that a monitored actor is gone */
    AIRSI_ENVELOPE_SAMPLED = 64,    /* sampled_ns says when it was admitted */
    AIRSI_ENVELOPE_CHARGED = 128,   /* it counts against the node's budget (core/budget) */
    /* Outside the mailbox's bounds: counted against in_flight when what ends by it was begun; `incarnation` says by which. */
    AIRSI_ENVELOPE_END = AIRSI_ENVELOPE_REQUEST_END | AIRSI_ENVELOPE_NOTICE,
};

struct airs_envelope {
    airsi_link link;
    airs_component to;
    airs_component from;
    airs_request request;
    airsi_payload *shared; /* NULL: the bytes stand behind the header */
    union {
        uint64_t incarnation; /* END: the incarnation that asked */
        uint64_t sampled_ns;  /* SAMPLED */
    };
    uint32_t length;
    uint32_t enqueued_ms; /* coarse clock at admission; 0 before */
    uint8_t kind;         /* airs_message_kind */
    uint8_t status;       /* airs_status of a REPLY or DOWN */
    uint8_t flags;
    uint8_t operation_length; /* EXECUTE: how many of the bytes are the operation's name; it stands first */
    _Alignas(8) uint8_t data[];
};

/* A message with `data` copied behind the header. NULL: no memory. */
airs_envelope *airsi_envelope_new(airs_message_kind kind, airs_component from, airs_component to, const void *data, size_t length);

/* An EXECUTE from outside; operation_length is 1 to AIRS_OPERATION_MAX. */
airs_envelope *airsi_envelope_new_execute(airs_component to, const char *operation, size_t operation_length, const void *data,
                                          size_t length);

/* One that refers to a shared payload and takes a reference of its own. */
airs_envelope *airsi_envelope_new_shared(airs_message_kind kind, airs_component from, airs_component to, airsi_payload *payload);

/* A copy for a dead letter: shares a shared payload, copies an inline one. Not linked anywhere. */
airs_envelope *airsi_envelope_copy(const airs_envelope *envelope);

/* Whether somebody awaits the end of a request by it. */
static inline bool airsi_envelope_asks(const airs_envelope *envelope) {
    return envelope->request != AIRS_NO_REQUEST && envelope->kind != AIRS_MESSAGE_REPLY && envelope->kind != AIRS_MESSAGE_DOWN;
}

/* All the bytes: the operation's name, if any, and the payload. */
/* Its bytes with a reference of their own: the shared payload, or a copy of what stands behind the header. NULL: no memory. */
airsi_payload *airsi_envelope_payload(const airs_envelope *envelope);

/* What is inside, with its bytes found at `bytes`. */
airs_message airsi_envelope_message_at(const airs_envelope *envelope, const uint8_t *bytes);

static inline const uint8_t *airsi_envelope_data(const airs_envelope *envelope) {
    return envelope->shared != NULL ? envelope->shared->data : envelope->data;
}

#endif
