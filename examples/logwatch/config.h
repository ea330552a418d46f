/* Reads the manifest's config, which init gets as a JSON object: texts and numbers of its top level. */
#ifndef LOGWATCH_CONFIG_H
#define LOGWATCH_CONFIG_H

#include <airs.h>

static inline char config_unescape(const char **at) {
    static const char escapes[] = "b\bf\fn\nr\rt\t";
    char letter = **at;
    if (letter == 0) {
        return '\\';
    }
    (*at)++;
    if (letter == 'u') {
        char hex[5] = {0};
        memcpy(hex, *at, strnlen(*at, 4));
        *at += strlen(hex);
        return (char)strtoul(hex, NULL, 16); /* the host escapes control characters only; others stand as UTF-8 */
    }
    const char *known = strchr(escapes, letter);
    return known != NULL ? known[1] : letter;
}

/* The text or number at `at`, unescaped; cut when it does not fit. Returns where it ends. */
static inline const char *config_scalar(const char *at, char *ret, size_t size) {
    size_t length = 0;
    bool quoted = *at == '"';
    at += quoted;
    while (*at != 0 && (quoted ? *at != '"' : strchr(",:]} \n\t", *at) == NULL)) {
        char byte = *at++;
        if (byte == '\\') {
            byte = config_unescape(&at);
        }
        if (length + 1 < size) {
            ret[length++] = byte;
        }
    }
    ret[length] = 0;
    return at + (quoted && *at == '"');
}

/* The value of `key` as text; `otherwise` when the config does not have it. */
static inline void config_text(const char *json, const char *key, const char *otherwise, char *ret, size_t size) {
    char token[64];
    int depth = 0;
    bool is_key = true;
    snprintf(ret, size, "%s", otherwise);
    for (const char *at = json; *at != 0;) {
        if (strchr("{[]},: \n\t", *at) != NULL) {
            depth += (*at == '{' || *at == '[') - (*at == '}' || *at == ']');
            is_key = *at == ':' ? false : *at == ',' || *at == '{' ? true : is_key;
            at++;
            continue;
        }
        at = config_scalar(at, token, sizeof token);
        if (depth == 1 && is_key && strcmp(token, key) == 0 && *at != 0) {
            at += strspn(at, ": \n\t");
            config_scalar(at, ret, size);
            return;
        }
    }
}

static inline unsigned long config_number(const char *json, const char *key, unsigned long otherwise) {
    char text[24];
    char *end;
    config_text(json, key, "", text, sizeof text);
    unsigned long number = strtoul(text, &end, 10);
    return end != text && *end == 0 ? number : otherwise;
}

#endif
