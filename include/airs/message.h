/* ComponentMessage: what a component is handed, and its encoded form. */
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
    AIRS_MESSAGE_EXECUTE = 2,         /* a named operation asked from outside; `request` is set when its result is awaited */
    AIRS_MESSAGE_HEALTH_CHECK = 3, /* travels in the system lane and is answered by behavior->health, or by the runtime for those without */
    AIRS_MESSAGE_REPLY = 4,        /* the end of a request this component made: `status` AIRS_OK and the reply, or why there is none */
    AIRS_MESSAGE_TIMER = 5,        /* what a component sent by send-after; handled as INTER_COMPONENT is */
    AIRS_MESSAGE_DOWN = 6,         /* a component this one monitors is gone: `from` was its handle, `status` is why, data its id as text */
} airs_message_kind;

/* A view, valid during the call it is passed to. */
typedef struct airs_message {
    airs_message_kind kind;
    airs_status status;  /* REPLY: AIRS_OK, or the reason of the failure with its detail (text, may be empty) in data. DOWN: see actor.h */
    airs_component from; /* filled in by the host; AIRS_OUTSIDE for host threads */
    airs_component to;
    union {
        airs_request request; /* the request to answer, or AIRS_NO_REQUEST. REPLY: the request that ended */
        airs_monitor monitor; /* DOWN: the monitor that ended by it */
    };
    const void *data; /* never NULL when length > 0 */
    size_t length;
    const char *operation; /* EXECUTE: the operation's name, UTF-8, not terminated; NULL for other kinds */
    size_t operation_length;
} airs_message;

#define AIRS_OPERATION_MAX 255 /* bytes of an operation's name */

#ifdef __cplusplus
extern "C" {
#endif

/* How many bytes airs_message_encode needs for it. 0: NULL. */
AIRS_API size_t airs_message_encoded_size(const airs_message *message);

/* Writes the binary form of a message of any kind into `buffer`. The form is the same on every machine, carries a version, every length and a
 * checksum, and lasts: what is written now is read by every later version. Handles and names of requests keep their meaning only as long as
 * the system that gave them out.
 *
 * Errors: AIRS_EINVAL: the message is not one (a field that its kind doesn't have, a number that is no kind or status, an operation that is empty
 *         or not UTF-8, NULL data with a length), or `capacity` is less than airs_message_encoded_size; AIRS_EPAYLOAD_TOO_LARGE: over AIRS_PAYLOAD_MAX.
 *         `buffer` is untouched.
 * Thread: any.
 * Cost:   one pass over the bytes, no allocation. */
AIRS_API airs_status airs_message_encode(const airs_message *message, void *buffer, size_t capacity, size_t *ret_length, airs_error *error);

/* Reads exactly `length` bytes as one encoded message. Never reads outside of them, whatever they are.
 *
 * Ownership: `ret_message` points into `bytes` and is valid as long as they are.
 * Errors:    AIRS_EBADMESSAGE (cut short, damaged, with something behind it, or not a message at all), AIRS_EUNSUPPORTED_CODEC (a later version),
 *            AIRS_EINVAL (a NULL).
 * Thread:    any.
 * Cost:      one pass over the bytes, no allocation. */
AIRS_API airs_status airs_message_decode(const void *bytes, size_t length, airs_message *ret_message, airs_error *error);

#ifdef __cplusplus
}
#endif

#endif
