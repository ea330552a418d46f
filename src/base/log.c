#include <airs/log.h>

#include <errno.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/escape.h"
#include "base/memory.h"

/* A whole line with its LF: PIPE_BUF, so that a write to a pipe shared with other processes is not torn either. */
#define LINE_MAX_BYTES 4096
/* What stands behind the message: error name, quotes, braces, colour. */
#define TAIL_MAX 96

struct airs_log {
    int fd;               /* const after new */
    airs_log_level level; /* const after new */
    bool json;            /* const after new */
    bool colour;          /* const after new */
};

typedef struct level_row {
    const char *name;
    const char *label;
    const char *colour;
} level_row;

static const level_row level_rows[] = {
    [AIRS_LOG_TRACE] = {"trace", "TRACE", "\033[2m"},  [AIRS_LOG_DEBUG] = {"debug", "DEBUG", "\033[2m"},
    [AIRS_LOG_INFO] = {"info", "INFO ", "\033[32m"},   [AIRS_LOG_WARN] = {"warn", "WARN ", "\033[33m"},
    [AIRS_LOG_ERROR] = {"error", "ERROR", "\033[31m"}, [AIRS_LOG_OFF] = {"off", "OFF", ""},
};

#define COLOUR_OFF "\033[0m"

/* A line being built. Appending stops at `capacity`; the tail always has room behind it. */
typedef struct line {
    char text[LINE_MAX_BYTES];
    size_t used;
} line;

static void append(line *l, const char *text) {
    size_t length = strlen(text);
    if (length > sizeof l->text - l->used) {
        length = sizeof l->text - l->used;
    }
    memcpy(l->text + l->used, text, length);
    l->used += length;
}

/* At most `room` bytes of `text`, escaped for the format. */
static void append_escaped(line *l, bool json, const char *text, size_t length, size_t room) {
    size_t left = sizeof l->text - l->used;
    if (room > left) {
        room = left;
    }
    l->used += json ? airsi_escape_json(l->text + l->used, room, text, length) : airsi_escape_line(l->text + l->used, room, text, length);
}

static void append_message(line *l, bool json, const airs_log_event *event) {
    size_t room = sizeof l->text - TAIL_MAX - l->used;
    append_escaped(l, json, event->message, event->message != NULL ? event->message_length : 0, room);
}

static void append_member(line *l, const char *key, const char *value) {
    if (value != NULL) {
        append(l, key);
        append_escaped(l, true, value, strlen(value), AIRS_ERROR_TEXT_MAX);
        append(l, "\"");
    }
}

static void build_json(line *l, const airs_log_event *event, uint64_t wall_ns) {
    time_t seconds = (time_t)(wall_ns / 1000000000u);
    struct tm utc;
    gmtime_r(&seconds, &utc);
    char stamp[64];
    size_t used = strftime(stamp, sizeof stamp, "{\"ts\":\"%Y-%m-%dT%H:%M:%S", &utc);
    snprintf(stamp + used, sizeof stamp - used, ".%06uZ\"", (unsigned)(wall_ns / 1000 % 1000000));
    append(l, stamp);
    append_member(l, ",\"level\":\"", level_rows[event->level].name);
    append_member(l, ",\"component\":\"", event->component);
    append_member(l, ",\"event\":\"", event->event);
    append(l, ",\"msg\":\"");
    append_message(l, true, event);
    append(l, "\"");
    append_member(l, ",\"err\":\"", event->error);
    append(l, "}");
}

static void build_text(line *l, const airs_log_event *event, uint64_t wall_ns, bool colour) {
    time_t seconds = (time_t)(wall_ns / 1000000000u);
    struct tm local;
    localtime_r(&seconds, &local);
    char stamp[32];
    size_t used = strftime(stamp, sizeof stamp, "%H:%M:%S", &local);
    snprintf(stamp + used, sizeof stamp - used, ".%03u ", (unsigned)(wall_ns / 1000000 % 1000));
    append(l, stamp);
    append(l, colour ? level_rows[event->level].colour : "");
    append(l, level_rows[event->level].label);
    append(l, colour ? COLOUR_OFF " " : " ");
    if (event->component != NULL) {
        append_escaped(l, false, event->component, strlen(event->component), AIRS_ERROR_TEXT_MAX);
        append(l, " ");
    }
    if (event->event != NULL) {
        append_escaped(l, false, event->event, strlen(event->event), AIRS_ERROR_TEXT_MAX);
        append(l, ": ");
    }
    append_message(l, false, event);
    if (event->error != NULL) {
        append(l, " [");
        append_escaped(l, false, event->error, strlen(event->error), TAIL_MAX / 2);
        append(l, "]");
    }
}

/* One write, unless the kernel takes less than all. A log that can't be written to is no reason to stop. */
static void write_all(int fd, const char *text, size_t length) {
    while (length > 0) {
        ssize_t wrote = write(fd, text, length);
        if (wrote < 0) {
            if (errno == EINTR) {
                continue;
            }
            return;
        }
        text += wrote;
        length -= (size_t)wrote;
    }
}

airs_status airs_log_new(const airs_log_options *options, airs_log **ret_log, airs_error *error) {
    if (options == NULL || ret_log == NULL || (unsigned)options->level > AIRS_LOG_OFF || (unsigned)options->format > AIRS_LOG_JSON ||
        options->fd < 0) {
        return airs_error_set(error, AIRS_EINVAL, "the logger's options are not valid; a descriptor, a level and a format are right");
    }
    airs_log *log = airsi_malloc(sizeof *log);
    if (log == NULL) {
        return airs_error_set(error, AIRS_ENOMEM, "no memory for the logger");
    }
    bool terminal = isatty(options->fd) == 1;
    const char *no_colour = getenv("NO_COLOR");
    log->fd = options->fd;
    log->level = options->level;
    log->json = options->format == AIRS_LOG_JSON || (options->format == AIRS_LOG_AUTO && !terminal);
    log->colour = terminal && (no_colour == NULL || no_colour[0] == '\0');
    *ret_log = log;
    return AIRS_OK;
}

void airs_log_free(airs_log *log) {
    airsi_free(log);
}

int airs_log_enabled(const airs_log *log, airs_log_level level) {
    return log != NULL && level >= log->level && level < AIRS_LOG_OFF;
}

void airs_log_write(airs_log *log, const airs_log_event *event) {
    if (event == NULL || !airs_log_enabled(log, event->level)) {
        return;
    }
    int saved = errno;
    line l;
    l.used = 0;
    if (log->json) {
        build_json(&l, event, airsi_clock_wall_ns());
    } else {
        build_text(&l, event, airsi_clock_wall_ns(), log->colour);
    }
    if (l.used == sizeof l.text) {
        l.used--;
    }
    l.text[l.used++] = '\n';
    write_all(log->fd, l.text, l.used);
    errno = saved;
}

void airs_logf(airs_log *log, airs_log_level level, const char *component, const char *event, const char *error, const char *format, ...) {
    if (!airs_log_enabled(log, level)) {
        return;
    }
    char text[LINE_MAX_BYTES];
    va_list arguments;
    va_start(arguments, format);
    int wanted = vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    size_t length = wanted < 0 ? 0 : (size_t)wanted;
    airs_log_event one = {level, component, event, text, length < sizeof text ? length : sizeof text - 1, error};
    airs_log_write(log, &one);
}

airs_status airs_log_level_parse(const char *text, airs_log_level *ret_level, airs_error *error) {
    if (text == NULL || ret_level == NULL) {
        return airs_error_set(error, AIRS_EINVAL, "airs_log_level_parse needs a text and a place for the level");
    }
    for (int level = AIRS_LOG_TRACE; level <= AIRS_LOG_OFF; level++) {
        if (strcmp(text, level_rows[level].name) == 0) {
            *ret_level = (airs_log_level)level;
            return AIRS_OK;
        }
    }
    return airs_error_set(error, AIRS_EINVAL, "\"%s\" is no log level; trace, debug, info, warn, error or off is right", text);
}
