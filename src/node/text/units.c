#include "node/text/units.h"

#include <stdbool.h>
#include <string.h>

typedef struct unit {
    const char *name;
    uint64_t factor;
} unit;

/* Digits, at most 64 bits; how many were read, or 0. */
static size_t read_digits(const char *text, size_t length, uint64_t *ret_number) {
    uint64_t number = 0;
    size_t at = 0;
    for (; at < length && text[at] >= '0' && text[at] <= '9'; at++) {
        if (__builtin_mul_overflow(number, 10, &number) || __builtin_add_overflow(number, (uint64_t)(text[at] - '0'), &number)) {
            return 0;
        }
    }
    *ret_number = number;
    return at;
}

static bool read_with_unit(const char *text, size_t length, const unit *units, size_t unit_count, uint64_t *ret_number) {
    uint64_t number;
    size_t digits = read_digits(text, length, &number);
    if (digits == 0) {
        return false;
    }
    for (size_t i = 0; i < unit_count; i++) {
        if (strlen(units[i].name) == length - digits && memcmp(units[i].name, text + digits, length - digits) == 0) {
            return !__builtin_mul_overflow(number, units[i].factor, ret_number);
        }
    }
    return false;
}

static airs_status refuse(const char *text, size_t length, const char *what_is_right, airs_error *error) {
    int shown = (int)(length < 60 ? length : 60);
    return airs_error_set(error, AIRS_EINVAL, "\"%.*s\" is not %s", shown, text, what_is_right);
}

airs_status airsi_parse_count(const char *text, size_t length, uint64_t *ret_count, airs_error *error) {
    static const unit units[] = {{"", 1}};
    uint64_t number;
    if (!read_with_unit(text, length, units, 1, &number)) {
        return refuse(text, length, "a whole number; one like 1024 is right", error);
    }
    *ret_count = number;
    return AIRS_OK;
}

airs_status airsi_parse_size(const char *text, size_t length, uint64_t *ret_bytes, airs_error *error) {
    static const unit units[] = {{"", 1}, {"KiB", 1u << 10}, {"MiB", 1u << 20}, {"GiB", 1u << 30}};
    uint64_t number;
    if (!read_with_unit(text, length, units, sizeof units / sizeof units[0], &number)) {
        return refuse(text, length, "a size; bytes or a whole number of KiB, MiB or GiB, as in 8MiB, is right", error);
    }
    *ret_bytes = number;
    return AIRS_OK;
}

airs_status airsi_parse_duration(const char *text, size_t length, uint64_t *ret_ms, airs_error *error) {
    static const unit units[] = {{"ms", 1}, {"s", 1000}, {"m", 60000}, {"h", 3600000}};
    uint64_t number;
    if (length == 1 && text[0] == '0') {
        number = 0;
    } else if (!read_with_unit(text, length, units, sizeof units / sizeof units[0], &number)) {
        return refuse(text, length, "a duration; a whole number of ms, s, m or h, as in 50ms, is right", error);
    }
    *ret_ms = number;
    return AIRS_OK;
}
