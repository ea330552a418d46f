#include <airs/status.h>

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/escape.h"

/* Formatted text before it is escaped; what is longer is cut by the escape too, since it never gets shorter. */
#define RAW_MAX (2 * AIRS_ERROR_TEXT_MAX)

typedef struct status_row {
    const char *name;
    const char *text;
    int exit_code;
} status_row;

#define STATUS_ROW(constant, number, name, text, exit_code) [number] = {name, text, exit_code},
static const status_row status_rows[] = {AIRS_STATUS_LIST(STATUS_ROW)};
#undef STATUS_ROW

_Static_assert(sizeof status_rows / sizeof status_rows[0] == AIRS_STATUS_COUNT, "numbers are dense");

static const status_row *row_of(airs_status status) {
    static const status_row unknown = {"unknown-status", "not a status of airs", 70};
    return (unsigned)status < AIRS_STATUS_COUNT ? &status_rows[status] : &unknown;
}

const char *airs_status_name(airs_status status) {
    return row_of(status)->name;
}

const char *airs_status_text(airs_status status) {
    return row_of(status)->text;
}

int airs_status_exit_code(airs_status status) {
    return row_of(status)->exit_code;
}

/* Into `out`, escaped. A format that fails leaves nothing rather than garbage. */
static AIRS_PRINTF(3, 0) size_t format_escaped(char *out, size_t capacity, const char *format, va_list arguments) {
    char raw[RAW_MAX];
    int wanted = vsnprintf(raw, sizeof raw, format, arguments);
    size_t length = wanted < 0 ? 0 : (size_t)wanted;
    if (length >= sizeof raw) {
        length = sizeof raw - 1;
    }
    return airsi_escape_line(out, capacity, raw, length);
}

airs_status airs_error_set(airs_error *error, airs_status status, const char *format, ...) {
    if (error != NULL) {
        va_list arguments;
        va_start(arguments, format);
        char text[AIRS_ERROR_TEXT_MAX];
        format_escaped(text, sizeof text, format, arguments);
        va_end(arguments);
        /* Last, since the arguments may point into `error`. */
        error->status = status;
        memcpy(error->text, text, sizeof text);
    }
    return status;
}

airs_status airs_error_prefix(airs_error *error, const char *format, ...) {
    if (error == NULL) {
        return AIRS_EINTERNAL;
    }
    char joined[2 * AIRS_ERROR_TEXT_MAX + 2];
    va_list arguments;
    va_start(arguments, format);
    size_t used = format_escaped(joined, AIRS_ERROR_TEXT_MAX, format, arguments);
    va_end(arguments);
    used += (size_t)snprintf(joined + used, sizeof joined - used, ": %s", error->text);
    airsi_escape_line(error->text, sizeof error->text, joined, used);
    return error->status;
}
