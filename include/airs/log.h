/* The logger: one line an event, text on a terminal, JSON lines otherwise. */
#ifndef AIRS_LOG_H
#define AIRS_LOG_H

#include <stddef.h>

#include <airs/export.h>
#include <airs/status.h>

typedef enum airs_log_level { AIRS_LOG_TRACE, AIRS_LOG_DEBUG, AIRS_LOG_INFO, AIRS_LOG_WARN, AIRS_LOG_ERROR, AIRS_LOG_OFF } airs_log_level;
typedef enum airs_log_format { AIRS_LOG_AUTO, AIRS_LOG_TEXT, AIRS_LOG_JSON } airs_log_format;

typedef struct airs_log airs_log;

typedef struct airs_log_options {
    int fd;                 /* written to, never closed; usually 2 */
    airs_log_level level;   /* events below it cost one compare */
    airs_log_format format; /* AUTO: text when fd is a terminal */
} airs_log_options;

/* One event. Text from a guest is escaped by the logger (control characters, invalid UTF-8), and cut. */
typedef struct airs_log_event {
    airs_log_level level;
    const char *component; /* "namespace/name/instance" or NULL */
    const char *event;     /* a stable name: "trap", "restart", "guest-log" ... */
    const char *message;   /* need not be terminated */
    size_t message_length;
    const char *error; /* a status name, or NULL */
} airs_log_event;

#ifdef __cplusplus
extern "C" {
#endif

AIRS_API airs_status airs_log_new(const airs_log_options *options, airs_log **ret_log, airs_error *error);
AIRS_API void airs_log_free(airs_log *log); /* NULL is fine */

/* Thread: any. Each event is one write(2) of one line, so that lines of several threads don't mix. `log` NULL: nothing happens. */
AIRS_API void airs_log_write(airs_log *log, const airs_log_event *event);

/* The same for a text made here. `component` and `error` may be NULL. */
AIRS_API void airs_logf(airs_log *log, airs_log_level level, const char *component, const char *event, const char *error,
                        const char *format, ...) AIRS_PRINTF(6, 7);

AIRS_API int airs_log_enabled(const airs_log *log, airs_log_level level);

/* "info" -> AIRS_LOG_INFO. Errors: AIRS_EINVAL naming the levels there are. */
AIRS_API airs_status airs_log_level_parse(const char *text, airs_log_level *ret_level, airs_error *error);

#ifdef __cplusplus
}
#endif

#endif
