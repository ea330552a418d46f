/* ComponentMessage: what a component is handed. */
#ifndef AIRS_MESSAGE_H
#define AIRS_MESSAGE_H

#include <stddef.h>
#include <stdint.h>

#include <airs/component.h>
#include <airs/export.h>
#include <airs/status.h>

/* Kinds a component handles. Numbers go into encoded messages: append, never renumber. */
typedef enum airs_message_kind {
    AIRS_MESSAGE_INTER_COMPONENT = 1, /* from another component or from outside; `request` is set when the sender awaits a reply */
    AIRS_MESSAGE_EXECUTE = 2,         /* a named operation asked from outside */
    AIRS_MESSAGE_HEALTH_CHECK = 3,
    AIRS_MESSAGE_REPLY = 4, /* the end of a request this component made: `status` AIRS_OK and the reply, or why there is none */
    AIRS_MESSAGE_TIMER = 5, /* what a component sent by send-after; handled as INTER_COMPONENT is */
} airs_message_kind;

/* A view, valid during the call it is passed to. */
typedef struct airs_message {
    airs_message_kind kind;
    airs_status status;  /* REPLY: AIRS_OK, or the reason of the failure with its detail (text, may be empty) in data */
    airs_component from; /* filled in by the host; AIRS_OUTSIDE for host threads */
    airs_component to;
    airs_request request; /* INTER_COMPONENT: the request to answer, or AIRS_NO_REQUEST. REPLY: the request that ended */
    const void *data;     /* never NULL when length > 0 */
    size_t length;
} airs_message;

#endif
