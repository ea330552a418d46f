/* The guest side of airs: what a component written in C includes.
 *
 * A component is one C file with the handlers it needs, each named to the host by the macro under it; what has no macro is not exported:
 *
 *     static airs_result handle_message(const airs_message *message) {
 *         return airs_reply_with(message->data, message->length);
 *     }
 *     AIRS_HANDLE_MESSAGE(handle_message);
 *
 * It is compiled to a core module by airs_add_guest (airs-guest.cmake) or by the clang line in README.md. A component runs one handler at
 * a time, to its end, in one thread; globals keep their values from message to message until the component is restarted.
 *
 * Whatever the host hands to a handler (payloads, texts) is followed by a 0 that is not counted, and is freed when the handler returns:
 * copy what you want to keep. Whatever you hand to a function here is copied before it returns, unless its text says otherwise. */
#ifndef AIRS_GUEST_H
#define AIRS_GUEST_H

#ifndef __wasm32__
#error "airs.h is for components: compile with --target=wasm32-wasi (airs_add_guest of airs-guest.cmake does)"
#endif

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* --- what everything is called with -------------------------------------------------------------------------------------- */

/* The registration of a component. Survives its restarts, turns stale when it is stopped, is never reused for another. */
typedef uint64_t airs_component;
#define AIRS_OUTSIDE ((airs_component)0) /* a sender outside the system: the command line, a host program. Nobody can be sent to there. */

typedef uint64_t airs_request_id;
typedef uint64_t airs_timer_id;

#define AIRS_ID_MAX 191         /* of "namespace/name/instance", without the terminator */
#define AIRS_BROADCAST_MAX 1024 /* targets of one airs_broadcast */

/* How a call or a request ended. X(constant, name) */
#define AIRS_STATUS_LIST(X)                            \
    X(AIRS_OK, "ok")                                   \
    X(AIRS_COMPONENT_NOT_FOUND, "component-not-found") \
    X(AIRS_PERMISSION_DENIED, "permission-denied")     \
    X(AIRS_MAILBOX_FULL, "mailbox-full")               \
    X(AIRS_PAYLOAD_TOO_LARGE, "payload-too-large")     \
    X(AIRS_UNSUPPORTED_CODEC, "unsupported-codec")     \
    X(AIRS_RATE_LIMITED, "rate-limited")               \
    X(AIRS_LIMIT_REACHED, "limit-reached")             \
    X(AIRS_TARGET_STOPPED, "target-stopped")           \
    X(AIRS_OVERLOADED, "overloaded")                   \
    X(AIRS_OTHER, "other")                             \
    X(AIRS_INVALID_ID, "invalid-id")                   \
    X(AIRS_UNKNOWN_REQUEST, "unknown-request")         \
    X(AIRS_ALREADY_ANSWERED, "already-answered")       \
    X(AIRS_REQUESTER_GONE, "requester-gone")           \
    X(AIRS_TIMEOUT, "timeout")                         \
    X(AIRS_CANCELLED, "cancelled")                     \
    X(AIRS_HANDLER_FAILED, "handler-failed")

#define AIRS_STATUS_ENUM(constant, name) constant,
typedef enum airs_status { AIRS_STATUS_LIST(AIRS_STATUS_ENUM) } airs_status;
#undef AIRS_STATUS_ENUM

/* "mailbox-full" and the like. */
static inline const char *airs_status_name(airs_status status) {
#define AIRS_STATUS_NAME(constant, name) name,
    static const char *const names[] = {AIRS_STATUS_LIST(AIRS_STATUS_NAME)};
#undef AIRS_STATUS_NAME
    return (size_t)status < sizeof names / sizeof names[0] ? names[status] : "other";
}

/* --- what handlers get and give ------------------------------------------------------------------------------------------ */

typedef struct airs_message {
    airs_component sender;   /* filled in by the host: it can't be forged */
    bool has_request;        /* the sender awaits a reply */
    airs_request_id request; /* valid when has_request */
    const char *data;        /* never NULL; data[length] is 0 */
    size_t length;
} airs_message;

/* The one end of a request this component made. */
typedef struct airs_outcome {
    airs_request_id request;
    airs_status status; /* AIRS_OK: a reply is in data; else why there is none, with the detail as text in data */
    const char *data;
    size_t length;
} airs_outcome;

/* What a handler returns: made by airs_ok, airs_reply_with, airs_reply_own or airs_fail. */
typedef struct airs_result {
    enum { AIRS_RESULT_OK, AIRS_RESULT_REPLY, AIRS_RESULT_FAILURE } kind;
    void *data; /* from malloc, or NULL */
    size_t length;
} airs_result;

/* Handled. If the message was a request it stays open for airs_reply, until its timeout. */
static inline airs_result airs_ok(void) {
    return (airs_result){AIRS_RESULT_OK, NULL, 0};
}

/* Handled, and this is the reply. The buffer comes from malloc and is freed after the host has read it; NULL with length 0 is fine. */
static inline airs_result airs_reply_own(void *data, size_t length) {
    return (airs_result){AIRS_RESULT_REPLY, data, length};
}

static inline airs_result airs_result_copy(int kind, const void *data, size_t length) {
    void *copy = NULL;
    if (length > 0) {
        copy = malloc(length);
        if (copy == NULL) {
            __builtin_trap();
        }
        memcpy(copy, data, length);
    }
    airs_result result = {AIRS_RESULT_OK, copy, length};
    result.kind = kind;
    return result;
}

/* Handled, and a copy of this is the reply; ignored when the message was no request. */
static inline airs_result airs_reply_with(const void *data, size_t length) {
    return airs_result_copy(AIRS_RESULT_REPLY, data, length);
}

/* Handled by a failure: the message becomes a dead letter, its request ends with handler-failed and this text. The component goes on.
 * From init: the component does not start. */
static inline airs_result airs_fail(const char *text) {
    return airs_result_copy(AIRS_RESULT_FAILURE, text, strlen(text));
}

#define AIRS_TEXT_MAX 512 /* of a text formatted here; longer ones are cut */

__attribute__((format(printf, 1, 2))) static inline airs_result airs_failf(const char *format, ...) {
    char text[AIRS_TEXT_MAX];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    return airs_fail(text);
}

/* --- naming handlers to the host ----------------------------------------------------------------------------------------- */

/* static airs_result handle_message(const airs_message *message)
 * Every component has it: called once for each message. */
#define AIRS_HANDLE_MESSAGE(function)                                                                                                  \
    AIRS_EXPORT("airs:actor/message-handler@0.1.0#handle-message")                                                                     \
    void *airs_export_handle_message(airs_component sender, int32_t has_request, airs_request_id request, char *data, size_t length);  \
    void *airs_export_handle_message(airs_component sender, int32_t has_request, airs_request_id request, char *data, size_t length) { \
        airs_message message = {sender, has_request != 0, request, length > 0 ? data : "", length};                                    \
        airs_result result = function(&message);                                                                                       \
        airs_release(data, length);                                                                                                    \
        return airs_lower_reply(result);                                                                                               \
    }                                                                                                                                  \
    AIRS_POST_RETURN("airs:actor/message-handler@0.1.0#handle-message", handle_message)

/* static airs_result handle_callback(const airs_outcome *outcome)
 * Wanted by a component that makes requests: called once for each of them. */
#define AIRS_HANDLE_CALLBACK(function)                                                                                  \
    AIRS_EXPORT("airs:actor/reply-handler@0.1.0#handle-callback")                                                       \
    void *airs_export_handle_callback(airs_request_id request, int32_t failed, uintptr_t a, uintptr_t b, uintptr_t c);  \
    void *airs_export_handle_callback(airs_request_id request, int32_t failed, uintptr_t a, uintptr_t b, uintptr_t c) { \
        airs_outcome outcome = airs_lift_outcome(request, failed != 0, a, b, c);                                        \
        char *data = (char *)(failed != 0 ? b : a);                                                                     \
        airs_result result = function(&outcome);                                                                        \
        airs_release(data, outcome.length);                                                                             \
        return airs_lower_done(result);                                                                                 \
    }                                                                                                                   \
    AIRS_POST_RETURN("airs:actor/reply-handler@0.1.0#handle-callback", handle_callback)

/* static airs_result init(const char *config, size_t length)
 * Called once per start, before any message; config is the manifest's config block as JSON. */
#define AIRS_INIT(function)                                                                           \
    AIRS_EXPORT("airs:actor/startup@0.1.0#init") void *airs_export_init(char *config, size_t length); \
    void *airs_export_init(char *config, size_t length) {                                             \
        airs_result result = function(length > 0 ? config : "", length);                              \
        airs_release(config, length);                                                                 \
        return airs_lower_done(result);                                                               \
    }                                                                                                 \
    AIRS_POST_RETURN("airs:actor/startup@0.1.0#init", init)

/* static void shutdown(void)
 * Called once at a normal stop, after the last message; not after a trap. */
#define AIRS_SHUTDOWN(function)                                                        \
    AIRS_EXPORT("airs:actor/teardown@0.1.0#shutdown") void airs_export_shutdown(void); \
    void airs_export_shutdown(void) {                                                  \
        function();                                                                    \
    }                                                                                  \
    _Static_assert(1, "")

/* --- the host's functions as they cross the border (wit/ABI.txt) ----------------------------------------------------------- */

#define AIRS_EXPORT(name) __attribute__((export_name(name)))
#define AIRS_IMPORT(interface, name) __attribute__((import_module("airs:actor/" interface "@0.1.0"), import_name(name)))

AIRS_IMPORT("messaging", "self-handle") airs_component airs_import_self_handle(void);
AIRS_IMPORT("messaging", "lookup")
void airs_import_lookup(const char *ns, size_t ns_length, const char *name, size_t name_length, const char *instance,
                        size_t instance_length, void *ret);
AIRS_IMPORT("messaging", "component-id-of") void airs_import_component_id_of(airs_component component, void *ret);
AIRS_IMPORT("messaging", "send-message") void airs_import_send_message(airs_component to, const void *data, size_t length, void *ret);
AIRS_IMPORT("messaging", "broadcast")
void airs_import_broadcast(const airs_component *to, size_t count, const void *data, size_t length, void *ret);
AIRS_IMPORT("messaging", "send-request")
void airs_import_send_request(airs_component to, const void *data, size_t length, uint32_t timeout_ms, void *ret);
AIRS_IMPORT("messaging", "cancel-request") int32_t airs_import_cancel_request(airs_request_id request);
AIRS_IMPORT("messaging", "reply") void airs_import_reply(airs_request_id request, const void *data, size_t length, void *ret);
AIRS_IMPORT("messaging", "reply-failure")
void airs_import_reply_failure(airs_request_id request, const char *text, size_t length, void *ret);
AIRS_IMPORT("messaging", "send-after")
void airs_import_send_after(uint64_t delay_ms, airs_component to, const void *data, size_t length, void *ret);
AIRS_IMPORT("messaging", "cancel-timer") int32_t airs_import_cancel_timer(airs_timer_id timer);
AIRS_IMPORT("services", "log") void airs_import_log(int32_t level, const char *text, size_t length);
AIRS_IMPORT("services", "wall-clock") uint64_t airs_import_wall_clock(void);
AIRS_IMPORT("services", "monotonic-clock") uint64_t airs_import_monotonic_clock(void);
AIRS_IMPORT("services", "random-u64") uint64_t airs_import_random_u64(void);

/* result<_, error> of every error enum. */
typedef struct airs_ret_plain {
    uint8_t failed, error;
} airs_ret_plain;

/* result<u64, error>. */
typedef struct airs_ret_u64 {
    uint8_t failed;
    union {
        uint8_t error;
        uint64_t value;
    };
} airs_ret_u64;

_Static_assert(sizeof(airs_ret_plain) == 2 && sizeof(airs_ret_u64) == 16 && offsetof(airs_ret_u64, value) == 8, "canonical ABI");

static inline airs_status airs_send_status(uint8_t failed, uint8_t error) {
    if (failed == 0) {
        return AIRS_OK;
    }
    return error < 10 ? (airs_status)(error + 1) : AIRS_OTHER; /* the enum stands in the order of send-error */
}

static inline airs_status airs_lookup_status(uint8_t failed, uint8_t error) {
    static const uint8_t statuses[] = {AIRS_COMPONENT_NOT_FOUND, AIRS_INVALID_ID, AIRS_PERMISSION_DENIED, AIRS_OTHER};
    if (failed == 0) {
        return AIRS_OK;
    }
    return error < sizeof statuses ? (airs_status)statuses[error] : AIRS_OTHER;
}

static inline airs_status airs_reply_status(uint8_t failed, uint8_t error) {
    static const uint8_t statuses[] = {AIRS_UNKNOWN_REQUEST, AIRS_ALREADY_ANSWERED, AIRS_PAYLOAD_TOO_LARGE, AIRS_REQUESTER_GONE,
                                       AIRS_OTHER};
    if (failed == 0) {
        return AIRS_OK;
    }
    return error < sizeof statuses ? (airs_status)statuses[error] : AIRS_OTHER;
}

static inline airs_outcome airs_lift_outcome(airs_request_id request, bool failed, uintptr_t a, uintptr_t b, uintptr_t c) {
    static const uint8_t reasons[] = {
        AIRS_TIMEOUT,
        AIRS_CANCELLED,
        AIRS_TARGET_STOPPED,
        AIRS_HANDLER_FAILED,
        AIRS_COMPONENT_NOT_FOUND,
        AIRS_PERMISSION_DENIED,
        AIRS_MAILBOX_FULL,
        AIRS_UNSUPPORTED_CODEC,
        AIRS_PAYLOAD_TOO_LARGE,
        AIRS_OVERLOADED,
        AIRS_OTHER,
    };
    airs_outcome outcome = {request, AIRS_OK, (const char *)a, b};
    if (failed) {
        outcome = (airs_outcome){request, a < sizeof reasons ? (airs_status)reasons[a] : AIRS_OTHER, (const char *)b, c};
    }
    if (outcome.length == 0) {
        outcome.data = "";
    }
    return outcome;
}

/* Where the host puts what it hands in: one byte more than it asks for, so that every payload and text ends in 0. */
AIRS_EXPORT("cabi_realloc") void *cabi_realloc(void *old, size_t old_size, size_t align, size_t new_size);
__attribute__((weak)) void *cabi_realloc(void *old, size_t old_size, size_t align, size_t new_size) {
    (void)old_size;
    (void)align; /* malloc's 16 is the most the ABI asks for */
    char *block = new_size < SIZE_MAX ? realloc(old, new_size + 1) : NULL;
    if (block == NULL) {
        __builtin_trap(); /* the ABI has no other way to say that memory ran out */
    }
    block[new_size] = 0;
    return block;
}

/* Frees what the host handed in. Empty lists were not allocated. */
static inline void airs_release(void *data, size_t length) {
    if (length > 0) {
        free(data);
    }
}

/* What an export returns: read by the host, then freed by the post-return. */
typedef struct airs_lowered {
    uint8_t failed;
    union {
        struct {
            uint8_t has_reply;
            void *reply;
            size_t reply_length;
        };
        struct {
            void *text;
            size_t text_length;
        };
    };
} airs_lowered;

_Static_assert(sizeof(airs_lowered) == 16 && offsetof(airs_lowered, text) == 4 && offsetof(airs_lowered, reply) == 8, "canonical ABI");

static inline airs_lowered *airs_lower_failure(airs_lowered *lowered, airs_result result) {
    *lowered = (airs_lowered){.failed = 1};
    lowered->text = result.data;
    lowered->text_length = result.length;
    return lowered;
}

/* result<option<list<u8>>, string> */
static inline airs_lowered *airs_lower_reply(airs_result result) {
    static airs_lowered lowered;
    if (result.kind == AIRS_RESULT_FAILURE) {
        return airs_lower_failure(&lowered, result);
    }
    lowered = (airs_lowered){0};
    lowered.has_reply = result.kind == AIRS_RESULT_REPLY;
    lowered.reply = result.data;
    lowered.reply_length = result.length;
    return &lowered;
}

/* result<_, string>: a reply says nothing here. */
static inline airs_lowered *airs_lower_done(airs_result result) {
    static airs_lowered lowered;
    if (result.kind == AIRS_RESULT_FAILURE) {
        return airs_lower_failure(&lowered, result);
    }
    free(result.data);
    lowered = (airs_lowered){0};
    return &lowered;
}

#define AIRS_POST_RETURN(name, handler)                                             \
    AIRS_EXPORT("cabi_post_" name) void airs_post_##handler(airs_lowered *lowered); \
    void airs_post_##handler(airs_lowered *lowered) {                               \
        free(lowered->failed ? lowered->text : lowered->reply);                     \
    }                                                                               \
    _Static_assert(1, "")

/* --- messages ------------------------------------------------------------------------------------------------------------ */

/* The handle of this component. */
static inline airs_component airs_self(void) {
    return airs_import_self_handle();
}

/* The handle behind "namespace/name/instance". Look it up once and keep it.
 * AIRS_COMPONENT_NOT_FOUND, AIRS_INVALID_ID, AIRS_PERMISSION_DENIED (this component may not send there). */
static inline airs_status airs_lookup(const char *id, airs_component *ret_component) {
    const char *name = strchr(id, '/');
    const char *instance = name != NULL ? strchr(name + 1, '/') : NULL;
    if (instance == NULL) {
        return AIRS_INVALID_ID;
    }
    airs_ret_u64 ret = {0};
    airs_import_lookup(id, (size_t)(name - id), name + 1, (size_t)(instance - name - 1), instance + 1, strlen(instance + 1), &ret);
    if (ret.failed == 0) {
        *ret_component = ret.value;
    }
    return airs_lookup_status(ret.failed, ret.error);
}

/* The id behind a handle, as text with a terminator; `size` is best AIRS_ID_MAX + 1.
 * AIRS_COMPONENT_NOT_FOUND: not known, or none of this component's business. AIRS_LIMIT_REACHED: `size` is too small. */
static inline airs_status airs_id_of(airs_component component, char *ret_id, size_t size) {
    struct {
        uint8_t present;
        struct {
            char *text;
            size_t length;
        } part[3];
    } ret = {0};
    airs_import_component_id_of(component, &ret);
    if (ret.present == 0) {
        return AIRS_COMPONENT_NOT_FOUND;
    }
    size_t length = 0;
    bool fits = ret.part[0].length + ret.part[1].length + ret.part[2].length + 3 <= size;
    for (int i = 0; i < 3; i++) {
        if (fits) {
            memcpy(ret_id + length, ret.part[i].text, ret.part[i].length);
            length += ret.part[i].length;
            ret_id[length++] = i < 2 ? '/' : 0;
        }
        airs_release(ret.part[i].text, ret.part[i].length);
    }
    return fits ? AIRS_OK : AIRS_LIMIT_REACHED;
}

/* Fire and forget. A full target holds the message back and pauses this component after the handler, unless its policy says otherwise. */
static inline airs_status airs_send(airs_component to, const void *data, size_t length) {
    airs_ret_plain ret = {0};
    airs_import_send_message(to, data, length, &ret);
    return airs_send_status(ret.failed, ret.error);
}

/* The same by name, with a look-up each time. */
static inline airs_status airs_send_to(const char *id, const void *data, size_t length) {
    airs_component to;
    airs_status status = airs_lookup(id, &to);
    return status == AIRS_OK ? airs_send(to, data, length) : status;
}

/* One payload to many, at most AIRS_BROADCAST_MAX. Each target is one message: ret_statuses (count of them, or NULL) tells how each went.
 * Returns the first that is not AIRS_OK. */
static inline airs_status airs_broadcast(const airs_component *to, size_t count, const void *data, size_t length,
                                         airs_status *ret_statuses) {
    if (count > AIRS_BROADCAST_MAX) {
        return AIRS_LIMIT_REACHED;
    }
    struct {
        airs_ret_plain *outcomes;
        size_t count;
    } ret = {0};
    airs_import_broadcast(to, count, data, length, &ret);
    airs_status first = AIRS_OK;
    for (size_t i = 0; i < ret.count; i++) {
        airs_status status = airs_send_status(ret.outcomes[i].failed, ret.outcomes[i].error);
        if (ret_statuses != NULL) {
            ret_statuses[i] = status;
        }
        first = first == AIRS_OK ? status : first;
    }
    airs_release(ret.outcomes, ret.count);
    return first;
}

/* A request: exactly one end follows through handle_callback. timeout_ms 0 is the default (30 s). */
static inline airs_status airs_request(airs_component to, const void *data, size_t length, uint32_t timeout_ms,
                                       airs_request_id *ret_request) {
    airs_ret_u64 ret = {0};
    airs_import_send_request(to, data, length, timeout_ms, &ret);
    if (ret.failed == 0 && ret_request != NULL) {
        *ret_request = ret.value;
    }
    return airs_send_status(ret.failed, ret.error);
}

/* true: handle_callback follows once with AIRS_CANCELLED. false: it has already ended. */
static inline bool airs_cancel_request(airs_request_id request) {
    return airs_import_cancel_request(request) != 0;
}

/* Answers a request later than by the handler's return value: keep message->request and call this in any later handler.
 * AIRS_UNKNOWN_REQUEST, AIRS_ALREADY_ANSWERED (by a timeout, too), AIRS_PAYLOAD_TOO_LARGE (it stays open), AIRS_REQUESTER_GONE. */
static inline airs_status airs_reply(airs_request_id request, const void *data, size_t length) {
    airs_ret_plain ret = {0};
    airs_import_reply(request, data, length, &ret);
    return airs_reply_status(ret.failed, ret.error);
}

/* Ends a request without a payload: the requester gets AIRS_HANDLER_FAILED with this text (UTF-8). */
static inline airs_status airs_reply_failure(airs_request_id request, const char *text) {
    airs_ret_plain ret = {0};
    airs_import_reply_failure(request, text, strlen(text), &ret);
    return airs_reply_status(ret.failed, ret.error);
}

/* Sends after delay_ms, once; to airs_self() it is a timer. */
static inline airs_status airs_send_after(uint64_t delay_ms, airs_component to, const void *data, size_t length, airs_timer_id *ret_timer) {
    airs_ret_u64 ret = {0};
    airs_import_send_after(delay_ms, to, data, length, &ret);
    if (ret.failed == 0 && ret_timer != NULL) {
        *ret_timer = ret.value;
    }
    return airs_send_status(ret.failed, ret.error);
}

/* true: it will not fire. false: it has fired or was cancelled before. */
static inline bool airs_cancel_timer(airs_timer_id timer) {
    return airs_import_cancel_timer(timer) != 0;
}

/* --- services ------------------------------------------------------------------------------------------------------------ */

typedef enum airs_level { AIRS_TRACE, AIRS_DEBUG, AIRS_INFO, AIRS_WARN, AIRS_ERROR } airs_level;

/* One event of the log, under this component's id. The text is UTF-8. */
static inline void airs_log(airs_level level, const char *text) {
    airs_import_log((int32_t)level, text, strlen(text));
}

__attribute__((format(printf, 2, 3))) static inline void airs_logf(airs_level level, const char *format, ...) {
    char text[AIRS_TEXT_MAX];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    airs_log(level, text);
}

/* Since the Unix epoch. */
static inline uint64_t airs_wall_clock_ns(void) {
    return airs_import_wall_clock();
}

/* Since an arbitrary start; never goes back. */
static inline uint64_t airs_monotonic_clock_ns(void) {
    return airs_import_monotonic_clock();
}

static inline uint64_t airs_random_u64(void) {
    return airs_import_random_u64();
}

#endif
