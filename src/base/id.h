/* A ComponentId in as many bytes as it has, at the end of whatever it names; and how ids of either form are compared.
 *
 * The hash's key is known to everybody: two different texts with one hash can be made, for 2^32 hashes or so. So the hash tells ids apart
 * quickly, and only the text tells that they are the same. */
#ifndef AIRSI_BASE_ID_H
#define AIRSI_BASE_ID_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <airs/id.h>

typedef struct airsi_id {
    uint64_t hash;
    uint8_t length, name_at, instance_at; /* as in airs_component_id */
    char text[];                          /* terminated; 0 up to a multiple of 8 bytes */
} airsi_id;

/* An id of either form, while it is looked at. */
typedef struct airsi_id_view {
    const char *text; /* with zeroes behind it up to a multiple of 8 bytes */
    uint64_t hash;
    uint8_t length, name_at, instance_at;
} airsi_id_view;

static inline airsi_id_view airsi_id_look(const airsi_id *id) {
    return (airsi_id_view){id->text, id->hash, id->length, id->name_at, id->instance_at};
}

static inline airsi_id_view airsi_component_id_look(const airs_component_id *id) {
    return (airsi_id_view){id->text, id->hash, id->length, id->name_at, id->instance_at};
}

/* Whether airs_component_id_parse or _make made it. */
bool airsi_component_id_made(const airs_component_id *id);

/* Bytes of the text of its compact form: at least one 0 at the end. */
static inline size_t airsi_id_text_bytes(const airs_component_id *id) {
    return ((size_t)id->length + 8) & ~(size_t)7;
}

/* `to` has airsi_id_text_bytes of text. */
void airsi_id_init(airsi_id *to, const airs_component_id *from);
airs_component_id airsi_id_expand(const airsi_id *id);

static inline bool airsi_id_equal(airsi_id_view a, airsi_id_view b) {
    if (a.hash != b.hash || a.length != b.length) {
        return false;
    }
    for (size_t at = 0; at < a.length; at += 8) {
        uint64_t of_a;
        uint64_t of_b;
        memcpy(&of_a, a.text + at, sizeof of_a);
        memcpy(&of_b, b.text + at, sizeof of_b);
        if (of_a != of_b) {
            return false;
        }
    }
    return true;
}

#endif
