/* What can go wrong, and how it is told.
 *
 * Every function that can fail returns an airs_status. Details for a person go into an airs_error that the caller passes (it may be NULL).
 * A function that fails leaves its outputs untouched and ownership with the caller, unless its own text says otherwise (I12).
 *
 * What goes for all of the API, and is not repeated: a NULL that a text doesn't allow, data that is NULL with a length, and a number that is no value of
 * its enum give AIRS_EINVAL; a function that returns no status then does nothing, and returns NULL, 0 or false. A call that would wait gives
 * AIRS_EDEADLK on a worker's thread: in a handler or another callback of an actor, of whichever system. A pointer to something that was freed is no
 * bad input but a defect, and is not found. */
#ifndef AIRS_STATUS_H
#define AIRS_STATUS_H

#include <stddef.h>

#include <airs/export.h>

/* X(constant, number, name, text, exit code of the program).
 * Numbers are part of the ABI: append, never renumber. The name is what logs, dead letters and JSON show. */
#define AIRS_STATUS_LIST(X)                                                                                    \
    X(AIRS_OK, 0, "ok", "success", 0)                                                                          \
    X(AIRS_EINVAL, 1, "invalid-argument", "an argument is not valid", 70)                                      \
    X(AIRS_ENOMEM, 2, "out-of-memory", "memory could not be had", 70)                                          \
    X(AIRS_ECOMPONENT_NOT_FOUND, 3, "component-not-found", "no component has this id or handle", 1)            \
    X(AIRS_EPERMISSION_DENIED, 4, "permission-denied", "no capability allows this", 77)                        \
    X(AIRS_EMAILBOX_FULL, 5, "mailbox-full", "the target's mailbox is at its bound", 75)                       \
    X(AIRS_EPAYLOAD_TOO_LARGE, 6, "payload-too-large", "the payload is over the target's limit", 65)           \
    X(AIRS_EUNSUPPORTED_CODEC, 7, "unsupported-codec", "the target does not take this codec", 65)              \
    X(AIRS_ERATE_LIMITED, 8, "rate-limited", "the sender is over its rate", 75)                                \
    X(AIRS_ELIMIT_REACHED, 9, "limit-reached", "a limit of the component or the system is reached", 75)        \
    X(AIRS_ETARGET_STOPPED, 10, "target-stopped", "the target has stopped", 1)                                 \
    X(AIRS_EOVERLOADED, 11, "overloaded", "the node is over its budget of queued payload", 75)                 \
    X(AIRS_ENOSUBSCRIBER, 12, "no-subscriber", "nobody owns what is published: the system is not started", 70) \
    X(AIRS_ESTOPPING, 13, "stopping", "the system is draining or stopping", 75)                                \
    X(AIRS_ENOTSTARTED, 14, "not-started", "the system is not started", 70)                                    \
    X(AIRS_EALREADY_EXISTS, 15, "already-exists", "the id is taken", 78)                                       \
    X(AIRS_EINVALID_ID, 16, "invalid-id", "not a component id (namespace/name/instance)", 64)                  \
    X(AIRS_EDEADLK, 17, "would-deadlock", "a blocking call inside a handler would wait for itself", 70)        \
    X(AIRS_ETIMEOUT, 18, "timeout", "the time ran out", 124)                                                   \
    X(AIRS_ECANCELLED, 19, "cancelled", "cancelled by the requester", 1)                                       \
    X(AIRS_EHANDLER_FAILED, 20, "handler-failed", "the handler returned an error or crashed", 1)               \
    X(AIRS_EUNKNOWN_REQUEST, 21, "unknown-request", "no such request, or not addressed to this component", 1)  \
    X(AIRS_EALREADY_ANSWERED, 22, "already-answered", "the request has ended", 1)                              \
    X(AIRS_EREQUESTER_GONE, 23, "requester-gone", "the requester has stopped", 1)                              \
    X(AIRS_ENOHANDLER, 24, "no-handler", "the component exports no handler for this", 1)                       \
    X(AIRS_EBADMODULE, 25, "bad-module", "the module is refused", 65)                                          \
    X(AIRS_ETRAP, 26, "trap", "the guest trapped", 70)                                                         \
    X(AIRS_EINIT_FAILED, 27, "init-failed", "the component's start failed", 70)                                \
    X(AIRS_ECONFIG, 28, "bad-config", "the configuration is not valid", 78)                                    \
    X(AIRS_ENOINPUT, 29, "no-input", "a file is missing or can't be read", 66)                                 \
    X(AIRS_EIO, 30, "io-error", "reading or writing failed", 70)                                               \
    X(AIRS_EUNAVAILABLE, 31, "unavailable", "something needed is not there", 69)                               \
    X(AIRS_EUSAGE, 32, "usage", "the command line is not valid", 64)                                           \
    X(AIRS_EINTERRUPTED, 33, "interrupted", "interrupted by a signal", 130)                                    \
    X(AIRS_EBUSY, 34, "busy", "in use", 75)                                                                    \
    X(AIRS_EINTERNAL, 35, "internal-error", "a defect in airs", 70)                                            \
    X(AIRS_EBADMESSAGE, 36, "bad-message", "not an encoded message, or a damaged one", 65)                     \
    X(AIRS_ENOTFOUND, 37, "not-found", "nothing has this number or name", 1)

#define AIRS_STATUS_ENUM(constant, number, name, text, exit_code) constant = number,
typedef enum airs_status { AIRS_STATUS_LIST(AIRS_STATUS_ENUM) AIRS_STATUS_COUNT } airs_status;
#undef AIRS_STATUS_ENUM

#define AIRS_ERROR_TEXT_MAX 512

/* One line that says what was wrong, where, and what would be right. The caller owns it; {0} is a valid start. */
typedef struct airs_error {
    airs_status status;
    char text[AIRS_ERROR_TEXT_MAX]; /* terminated, no control characters, cut with "..." when longer */
} airs_error;

#ifdef __cplusplus
extern "C" {
#endif

/* "mailbox-full" and the like; "unknown-status" for a number that is none. Static strings. */
AIRS_API const char *airs_status_name(airs_status status);
AIRS_API const char *airs_status_text(airs_status status);

/* The exit code the program gives for this status (sysexits.h where one fits). */
AIRS_API int airs_status_exit_code(airs_status status);

/* Fills `error` (may be NULL) and returns `status`, so that failing is one line: `return airs_error_set(err, AIRS_EINVAL, "...")`.
 * Control characters are escaped, so that text taken from a guest or a file can't forge a line. */
AIRS_API airs_status airs_error_set(airs_error *error, airs_status status, const char *format, ...) AIRS_PRINTF(3, 4);

/* Puts "prefix: " before the text that is there, for a caller that knows more about where. Returns error's status (AIRS_EINTERNAL if NULL). */
AIRS_API airs_status airs_error_prefix(airs_error *error, const char *format, ...) AIRS_PRINTF(2, 3);

#ifdef __cplusplus
}
#endif

#endif
