#include "base/utf8.h"

#include <string.h>

static bool continues(uint8_t byte) {
    return (byte & 0xC0) == 0x80;
}

static bool between(uint8_t byte, uint8_t low, uint8_t high) {
    return byte >= low && byte <= high;
}

size_t airsi_utf8_sequence(const uint8_t *b, size_t length) {
    if (length == 0) {
        return 0;
    }
    if (b[0] < 0x80) {
        return 1;
    }
    if (between(b[0], 0xC2, 0xDF)) {
        return length >= 2 && continues(b[1]) ? 2 : 0;
    }
    if (between(b[0], 0xE0, 0xEF)) {
        /* E0 must not be overlong, ED must not be a surrogate: both are decided by the second byte. */
        uint8_t low = b[0] == 0xE0 ? 0xA0 : 0x80;
        uint8_t high = b[0] == 0xED ? 0x9F : 0xBF;
        return length >= 3 && between(b[1], low, high) && continues(b[2]) ? 3 : 0;
    }
    if (between(b[0], 0xF0, 0xF4)) {
        uint8_t low = b[0] == 0xF0 ? 0x90 : 0x80;
        uint8_t high = b[0] == 0xF4 ? 0x8F : 0xBF;
        return length >= 4 && between(b[1], low, high) && continues(b[2]) && continues(b[3]) ? 4 : 0;
    }
    return 0;
}

bool airsi_utf8_valid(const uint8_t *bytes, size_t length) {
    size_t at = 0;
    while (at < length) {
        /* Most text is ASCII: eight bytes a step while no high bit is set. */
        uint64_t eight;
        if (length - at >= sizeof eight) {
            memcpy(&eight, bytes + at, sizeof eight);
            if ((eight & 0x8080808080808080u) == 0) {
                at += sizeof eight;
                continue;
            }
        }
        size_t step = airsi_utf8_sequence(bytes + at, length - at);
        if (step == 0) {
            return false;
        }
        at += step;
    }
    return true;
}
