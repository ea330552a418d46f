#include "wasm/component/output.h"

#include <string.h>

#include "base/clock.h"
#include "base/memory.h"

#define LINE_START 256u

/* Whether one more line of the log may be written this second. The first line of a second says what the one before had too many of. */
static bool log_admits(airsi_component *component) {
    uint64_t now_ms = airsi_clock_monotonic_ms();
    if (component->log_count == 0 || now_ms - component->log_window_ms >= 1000) {
        if (component->log_count > AIRSI_GUEST_LOG_LINES_A_SECOND) {
            airs_logf(component->log, AIRS_LOG_WARN, component->id.text, "guest-log-dropped", NULL,
                      "%u lines were dropped: a component may log %u a second",
                      (unsigned)(component->log_count - AIRSI_GUEST_LOG_LINES_A_SECOND), AIRSI_GUEST_LOG_LINES_A_SECOND);
        }
        component->log_window_ms = now_ms;
        component->log_count = 0;
    }
    if (component->log_count < UINT32_MAX) {
        component->log_count++;
    }
    return component->log_count <= AIRSI_GUEST_LOG_LINES_A_SECOND;
}

static void write_event(airsi_component *component, airs_log_level level, const char *event, const char *text, size_t length) {
    if (component->log == NULL || !airs_log_enabled(component->log, level) || !log_admits(component)) {
        return;
    }
    airs_log_event out = {.level = level, .component = component->id.text, .event = event, .message = text, .message_length = length};
    airs_log_write(component->log, &out);
}

void airsi_component_log(airsi_component *component, airs_log_level level, const char *text, size_t length) {
    write_event(component, level, "guest-log", text, length);
}

static void emit(airsi_component *component, int fd, const char *line, size_t length) {
    if (length > AIRSI_OUTPUT_LINE_MAX) {
        length = AIRSI_OUTPUT_LINE_MAX;
        static const char cut[] = "a line of output over 64 KiB was cut";
        write_event(component, AIRS_LOG_WARN, fd == 1 ? "stdout-cut" : "stderr-cut", cut, sizeof cut - 1);
    }
    if (component->on_output != NULL) {
        component->on_output(component->output_user, &component->id, fd, line, length);
    } else {
        write_event(component, AIRS_LOG_INFO, fd == 1 ? "stdout" : "stderr", line, length);
    }
}

/* Appends to the line. It holds one byte more than may go out, so that a line that was cut can be told from one that just fits. */
static bool keep(airsi_output_line *line, const char *bytes, size_t length) {
    size_t room = AIRSI_OUTPUT_LINE_MAX + 1 - line->length;
    if (length > room) {
        length = room;
    }
    if (line->length + length > line->capacity) {
        size_t capacity = line->capacity == 0 ? LINE_START : line->capacity;
        while (capacity < line->length + length) {
            capacity *= 2;
        }
        char *text = airsi_realloc(line->text, capacity);
        if (text == NULL) {
            return false;
        }
        line->text = text;
        line->capacity = capacity;
    }
    if (length > 0) {
        memcpy(line->text + line->length, bytes, length);
        line->length += length;
    }
    return true;
}

void airsi_component_write(airsi_component *component, int fd, const char *bytes, size_t length) {
    airsi_output_line *line = &component->output[fd == 1 ? 0 : 1];
    while (length > 0) {
        const char *end = memchr(bytes, '\n', length);
        size_t part = end != NULL ? (size_t)(end - bytes) : length;
        bool whole = end != NULL && line->length == 0;
        if (whole) {
            emit(component, fd, bytes, part);
        } else if (!keep(line, bytes, part)) {
            airs_logf(component->log, AIRS_LOG_ERROR, component->id.text, "output-lost", airs_status_name(AIRS_ENOMEM),
                      "%zu bytes of output had no memory to wait in", part);
        }
        if (!whole && end != NULL) {
            emit(component, fd, line->text, line->length);
            line->length = 0;
        }
        part += end != NULL;
        bytes += part;
        length -= part;
    }
}

void airsi_component_flush_output(airsi_component *component) {
    for (int fd = 1; fd <= 2; fd++) {
        airsi_output_line *line = &component->output[fd - 1];
        if (line->length > 0) {
            emit(component, fd, line->text, line->length);
        }
        airsi_free(line->text);
        *line = (airsi_output_line){0};
    }
}
