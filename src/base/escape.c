#include "base/escape.h"

#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "base/utf8.h"

/* The longest escape of one character: four bytes as \xNN, or as \\xNN in JSON. */
#define PIECE_MAX 24

/* One character of the input: its bytes, and whether they are UTF-8. */
typedef struct piece {
    const uint8_t *bytes;
    size_t length;
    int valid;
} piece;

typedef size_t (*escape_one)(char *out, const piece *one);

static size_t hex(char *out, const piece *one, const char *mark) {
    size_t used = 0;
    for (size_t i = 0; i < one->length; i++) {
        used += (size_t)snprintf(out + used, PIECE_MAX + 1 - used, "%s%02x", mark, one->bytes[i]);
    }
    return used;
}

/* Valid characters that a terminal or an editor acts on. */
static int acts(const piece *one) {
    const uint8_t *b = one->bytes;
    if (one->length == 1) {
        return b[0] < 0x20 || b[0] == 0x7F;
    }
    if (one->length == 2) {
        return b[0] == 0xC2 && b[1] < 0xA0; /* C1 */
    }
    if (one->length == 3 && b[0] == 0xE2) {
        if (b[1] == 0x80) {
            return b[2] == 0x8E || b[2] == 0x8F || (b[2] >= 0xA8 && b[2] <= 0xAE); /* U+200E-F, U+2028-202E */
        }
        return b[1] == 0x81 && b[2] >= 0xA6 && b[2] <= 0xA9; /* U+2066-2069 */
    }
    return 0;
}

static size_t copy(char *out, const piece *one) {
    memcpy(out, one->bytes, one->length);
    return one->length;
}

static size_t named(char *out, const piece *one) {
    static const char from[] = "\n\t\r";
    static const char to[] = "ntr";
    const char *found = one->length == 1 && one->bytes[0] != 0 ? strchr(from, one->bytes[0]) : NULL;
    if (found == NULL) {
        return 0;
    }
    out[0] = '\\';
    out[1] = to[found - from];
    return 2;
}

static size_t escape_line_one(char *out, const piece *one) {
    size_t used = named(out, one);
    if (used != 0) {
        return used;
    }
    return !one->valid || acts(one) ? hex(out, one, "\\x") : copy(out, one);
}

static size_t escape_text_one(char *out, const piece *one) {
    if (one->bytes[0] == '\\') {
        memcpy(out, "\\\\", 2);
        return 2;
    }
    return escape_line_one(out, one);
}

static size_t escape_json_one(char *out, const piece *one) {
    if (!one->valid) {
        return hex(out, one, "\\\\x");
    }
    if (one->bytes[0] == '"' || one->bytes[0] == '\\') {
        out[0] = '\\';
        out[1] = (char)one->bytes[0];
        return 2;
    }
    size_t used = named(out, one);
    if (used != 0) {
        return used;
    }
    if (one->length == 1 && acts(one)) {
        return hex(out, one, "\\u00");
    }
    return copy(out, one);
}

static piece next(const uint8_t *bytes, size_t length) {
    size_t sequence = airsi_utf8_sequence(bytes, length);
    piece one = {bytes, sequence != 0 ? sequence : 1, sequence != 0};
    return one;
}

static size_t escape(char *out, size_t capacity, const char *text, size_t length, escape_one one_of) {
    if (capacity == 0) {
        return 0;
    }
    size_t room = capacity - 1;
    size_t used = 0;
    size_t cut_at = 0; /* the last end of a character after which "..." fits */
    for (size_t at = 0; at < length;) {
        char piece_text[PIECE_MAX + 1];
        piece one = next((const uint8_t *)text + at, length - at);
        size_t add = one_of(piece_text, &one);
        if (used + 3 <= room) {
            cut_at = used;
        }
        if (used + add > room) {
            size_t dots = room - cut_at < 3 ? room - cut_at : 3;
            memcpy(out + cut_at, "...", dots);
            used = cut_at + dots;
            break;
        }
        memcpy(out + used, piece_text, add);
        used += add;
        at += one.length;
    }
    out[used] = '\0';
    return used;
}

size_t airsi_escape(char *out, size_t capacity, const char *text, size_t length) {
    return escape(out, capacity, text, length, escape_text_one);
}

size_t airsi_escape_line(char *out, size_t capacity, const char *text, size_t length) {
    return escape(out, capacity, text, length, escape_line_one);
}

size_t airsi_escape_json(char *out, size_t capacity, const char *text, size_t length) {
    return escape(out, capacity, text, length, escape_json_one);
}
