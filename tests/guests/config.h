/* Just enough JSON for test guests: the value of a key of the config, as text without quotes. */
#ifndef TEST_GUEST_CONFIG_H
#define TEST_GUEST_CONFIG_H

#include <airs.h>

/* false: the config has no such key, or its value does not fit. */
static inline bool config_text(const char *config, const char *key, char *ret, size_t size) {
    char quoted[64];
    snprintf(quoted, sizeof quoted, "\"%s\"", key);
    const char *at = strstr(config, quoted);
    if (at == NULL) {
        return false;
    }
    at += strlen(quoted);
    at += strspn(at, " :");
    const char *stops = *at == '"' ? "\"" : " ,}\n";
    at += *at == '"';
    size_t length = strcspn(at, stops);
    if (length >= size) {
        return false;
    }
    memcpy(ret, at, length);
    ret[length] = 0;
    return true;
}

static inline unsigned long config_number(const char *config, const char *key, unsigned long otherwise) {
    char text[24];
    return config_text(config, key, text, sizeof text) ? strtoul(text, NULL, 10) : otherwise;
}

#endif
