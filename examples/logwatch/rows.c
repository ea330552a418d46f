#include "rows.h"

#include <inttypes.h>

#include "wire.h"

#define KEY_COLUMN_MAX 60 /* a wider key pushes its own figures aside only */
#define NUMBER_COLUMN 16

static bool make_room(rows *rows) {
    if (rows->count < rows->capacity) {
        return true;
    }
    size_t capacity = rows->capacity > 0 ? rows->capacity * 2 : 64;
    row *items = realloc(rows->items, capacity * sizeof *items);
    if (items == NULL) {
        return false;
    }
    rows->items = items;
    rows->capacity = capacity;
    return true;
}

const char *rows_add_page(rows *rows, const char *page, size_t length, uint32_t *ret_next) {
    size_t at = sizeof(uint32_t);
    if (length < at) {
        return "its page is cut off";
    }
    while (at < length) {
        uint32_t key_length = length - at >= ROW_HEAD ? wire_u32(page + at + 16) : UINT32_MAX;
        if (key_length > KEY_MAX || key_length > length - at - ROW_HEAD) {
            return "its page is cut off";
        }
        char *key = make_room(rows) ? malloc(key_length + 1) : NULL;
        if (key == NULL) {
            return "no memory for its keys";
        }
        memcpy(key, page + at + ROW_HEAD, key_length);
        rows->items[rows->count++] = (row){wire_u64(page + at), wire_u64(page + at + 8), key, key_length};
        at += ROW_HEAD + key_length;
    }
    *ret_next = wire_u32(page);
    return NULL;
}

void rows_clear(rows *rows) {
    for (size_t i = 0; i < rows->count; i++) {
        free(rows->items[i].key);
    }
    free(rows->items);
    *rows = (struct rows){0};
}

/* --- the table ----------------------------------------------------------------------------------------------------------- */

/* Text that grows; once memory is short it stays short. */
typedef struct text {
    char *data;
    size_t length, capacity;
    bool failed;
} text;

static void text_append(text *text, const char *data, size_t length) {
    if (!text->failed && text->capacity - text->length < length) {
        size_t capacity = (text->length + length) * 2;
        char *grown = realloc(text->data, capacity);
        text->failed = grown == NULL;
        text->data = grown != NULL ? grown : text->data;
        text->capacity = grown != NULL ? capacity : text->capacity;
    }
    if (!text->failed) {
        memcpy(text->data + text->length, data, length);
        text->length += length;
    }
}

__attribute__((format(printf, 2, 3))) static void text_add(text *text, const char *format, ...) {
    char line[AIRS_TEXT_MAX];
    va_list arguments;
    va_start(arguments, format);
    int length = vsnprintf(line, sizeof line, format, arguments);
    va_end(arguments);
    text_append(text, line, length < (int)sizeof line ? (size_t)length : sizeof line - 1);
}

/* Control characters are told as \xNN, so that a log can't play with the terminal. */
static bool is_control(char byte) {
    return (unsigned char)byte < 0x20 || byte == 0x7f;
}

/* Columns a key takes; UTF-8 counts one a character. */
static int key_width(const row *row) {
    int width = row->length == 0 ? 7 : 0;
    for (uint32_t i = 0; i < row->length; i++) {
        width += is_control(row->key[i]) ? 4 : ((unsigned char)row->key[i] & 0xc0) != 0x80;
    }
    return width;
}

static void add_key(text *text, const row *row, int column) {
    if (row->length == 0) {
        text_add(text, "(empty)");
    }
    for (uint32_t i = 0; i < row->length; i++) {
        if (is_control(row->key[i])) {
            text_add(text, "\\x%02x", (unsigned char)row->key[i]);
        } else {
            text_append(text, &row->key[i], 1);
        }
    }
    int missing = column - key_width(row);
    text_add(text, "%*s", missing > 0 ? missing : 0, "");
}

static void add_numbers(text *text, uint64_t lines, uint64_t bytes) {
    text_add(text, " %*" PRIu64 " %*" PRIu64 "\n", NUMBER_COLUMN - 4, lines, NUMBER_COLUMN, bytes);
}

static void add_rule(text *text, int column) {
    static const char dashes[] =
        "----------------------------------------------------------------------------------------------------------------";
    text_add(text, "%.*s\n", column + 2 * NUMBER_COLUMN - 2, dashes);
}

static void add_label(text *text, int column, const char *label, size_t keys, uint64_t lines, uint64_t bytes) {
    char cell[64];
    snprintf(cell, sizeof cell, "%s (%zu key%s)", label, keys, keys == 1 ? "" : "s");
    text_add(text, "%-*s", column, cell);
    add_numbers(text, lines, bytes);
}

static int most_lines_first(const void *left, const void *right) {
    const row *a = left;
    const row *b = right;
    if (a->lines != b->lines) {
        return a->lines < b->lines ? 1 : -1;
    }
    int order = memcmp(a->key, b->key, a->length < b->length ? a->length : b->length);
    return order != 0 ? order : (a->length > b->length) - (a->length < b->length);
}

static int key_column(const rows *rows, size_t shown) {
    int column = (int)sizeof "total (0000000 keys)";
    for (size_t i = 0; i < shown; i++) {
        int width = key_width(&rows->items[i]);
        column = width > column ? width : column;
    }
    return column < KEY_COLUMN_MAX ? column : KEY_COLUMN_MAX;
}

char *rows_write(rows *rows, size_t most, const char *notes, size_t *ret_length) {
    text text = {0};
    size_t shown = rows->count < most ? rows->count : most;
    uint64_t lines = 0, bytes = 0, other_lines = 0, other_bytes = 0;
    if (rows->count > 0) {
        qsort(rows->items, rows->count, sizeof *rows->items, most_lines_first);
    }
    int column = key_column(rows, shown);
    text_add(&text, "%-*s %*s %*s\n", column, "key", NUMBER_COLUMN - 4, "lines", NUMBER_COLUMN, "bytes");
    add_rule(&text, column);
    for (size_t i = 0; i < rows->count; i++) {
        const row *row = &rows->items[i];
        lines += row->lines;
        bytes += row->bytes;
        if (i < shown) {
            add_key(&text, row, column);
            add_numbers(&text, row->lines, row->bytes);
        } else {
            other_lines += row->lines;
            other_bytes += row->bytes;
        }
    }
    if (shown < rows->count) {
        add_label(&text, column, "others", rows->count - shown, other_lines, other_bytes);
    }
    add_rule(&text, column);
    add_label(&text, column, "total", rows->count, lines, bytes);
    text_append(&text, notes, strlen(notes));
    if (text.failed) {
        free(text.data);
        return NULL;
    }
    while (text.length > 0 && text.data[text.length - 1] == '\n') {
        text.length--;
    }
    *ret_length = text.length;
    return text.data;
}
