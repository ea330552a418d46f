#include "node/manifest/reading.h"

#include <stdarg.h>
#include <string.h>

#include "node/text/suggest.h"

void airsi_reading_complain_error(airsi_reading *reading, const airsi_yaml_node *node, const airs_error *error) {
    airs_error full;
    airs_error_set(&full, error->status == AIRS_ENOMEM ? AIRS_ENOMEM : AIRS_ECONFIG, "%s:%zu:%zu: %s%s%s", reading->path, node->line,
                   node->column, reading->key, reading->key[0] != '\0' ? ": " : "", error->text);
    airsi_problems_add(reading->problems, &full);
}

void airsi_reading_complain(airsi_reading *reading, const airsi_yaml_node *node, const char *format, ...) {
    airs_error error = {.status = AIRS_ECONFIG};
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(error.text, sizeof error.text, format, arguments);
    va_end(arguments);
    airsi_reading_complain_error(reading, node, &error);
}

/* Appends to the key path; what was there before is `length` long and comes back with pop_key. */
static size_t push_key(airsi_reading *reading, const char *key) {
    size_t length = strlen(reading->key);
    snprintf(reading->key + length, sizeof reading->key - length, "%s%s", length > 0 ? "." : "", key);
    return length;
}

static size_t push_index(airsi_reading *reading, size_t index) {
    size_t length = strlen(reading->key);
    snprintf(reading->key + length, sizeof reading->key - length, "[%zu]", index);
    return length;
}

static void pop_key(airsi_reading *reading, size_t length) {
    reading->key[length] = '\0';
}

static const char *key_at(const void *fields, size_t index) {
    return ((const airsi_field *)fields)[index].key;
}

static const airsi_field *find_field(const airsi_field *fields, size_t count, const char *key) {
    for (size_t i = 0; i < count; i++) {
        if (strcmp(fields[i].key, key) == 0) {
            return &fields[i];
        }
    }
    return NULL;
}

static void complain_unknown(airsi_reading *reading, const airsi_yaml_node *key, const airsi_field *fields, size_t count) {
    size_t length = push_key(reading, key->text);
    const char *near = airsi_suggest(key->text, key->length, key_at, fields, count);
    if (near != NULL) {
        airsi_reading_complain(reading, key, "unknown key; did you mean %s?", near);
    } else {
        char known[AIRS_ERROR_TEXT_MAX / 2] = "";
        for (size_t i = 0; i < count; i++) {
            size_t used = strlen(known);
            snprintf(known + used, sizeof known - used, "%s%s", i == 0 ? "" : i + 1 == count ? " or " : ", ", fields[i].key);
        }
        airsi_reading_complain(reading, key, "unknown key; %s is right", known);
    }
    pop_key(reading, length);
}

bool airsi_read_mapping(airsi_reading *reading, const airsi_yaml_node *node, const airsi_field *fields, size_t count, void *record) {
    if (node->kind != AIRSI_YAML_MAPPING) {
        airsi_reading_complain(reading, node, "it is %s; a mapping (key: value) is right", airsi_yaml_kind_text(node));
        return false;
    }
    for (const airsi_yaml_node *key = node->first; key != NULL; key = key->next->next) {
        if (key->kind != AIRSI_YAML_SCALAR || airsi_yaml_find(node, key->text) != key->next) {
            continue; /* no text, or there before: told when the tree was made */
        }
        const airsi_field *field = find_field(fields, count, key->text);
        if (field == NULL) {
            complain_unknown(reading, key, fields, count);
            continue;
        }
        size_t length = push_key(reading, field->key);
        field->read(reading, key->next, (char *)record + field->offset);
        pop_key(reading, length);
    }
    for (size_t i = 0; i < count; i++) {
        if (fields[i].required && airsi_yaml_find(node, fields[i].key) == NULL) {
            airsi_reading_complain(reading, node, "the key %s is missing", fields[i].key);
        }
    }
    return true;
}

bool airsi_read_list(airsi_reading *reading, const airsi_yaml_node *node,
                     void (*read)(airsi_reading *reading, const airsi_yaml_node *item, void *target), void *target) {
    if (node->kind != AIRSI_YAML_SEQUENCE) {
        airsi_reading_complain(reading, node, "it is %s; a list is right", airsi_yaml_kind_text(node));
        return false;
    }
    size_t index = 0;
    for (const airsi_yaml_node *item = node->first; item != NULL; item = item->next) {
        size_t length = push_index(reading, index++);
        read(reading, item, target);
        pop_key(reading, length);
    }
    return true;
}

bool airsi_expect_text(airsi_reading *reading, const airsi_yaml_node *node, const char *what) {
    if (node->kind != AIRSI_YAML_SCALAR) {
        airsi_reading_complain(reading, node, "it is %s; %s is right", airsi_yaml_kind_text(node), what);
        return false;
    }
    if (memchr(node->text, '\0', node->length) != NULL) {
        airsi_reading_complain(reading, node, "it holds a NUL character; %s is right", what);
        return false;
    }
    if (node->length == 0) {
        airsi_reading_complain(reading, node, "it is empty; %s is right", what);
        return false;
    }
    return true;
}
