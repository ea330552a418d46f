/* ComponentId: the name of a component, "namespace/name/instance". A value; copy it freely. */
#ifndef AIRS_ID_H
#define AIRS_ID_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <airs/export.h>
#include <airs/status.h>

#define AIRS_ID_SEGMENT_MAX 63
#define AIRS_ID_TEXT_MAX (3 * AIRS_ID_SEGMENT_MAX + 2) /* without the terminator */

/* Each segment is 1 to 63 characters of [a-z0-9-]. Made by airs_component_id_parse or _make; don't fill it by hand. */
typedef struct airs_component_id {
    uint64_t hash;   /* of text; the same for the same text, everywhere */
    uint8_t length;  /* of text */
    uint8_t name_at; /* where the name starts in text; the namespace ends one before */
    uint8_t instance_at;
    char text[AIRS_ID_TEXT_MAX + 1]; /* terminated; bytes after the terminator are 0 */
} airs_component_id;

#ifdef __cplusplus
extern "C" {
#endif

/* Reads "namespace/name/instance".
 * Errors: AIRS_EINVALID_ID, saying which segment and character. */
AIRS_API airs_status airs_component_id_parse(const char *text, size_t length, airs_component_id *ret_id, airs_error *error);

/* Joins three segments, each given by pointer and length; none needs a terminator. Errors as _parse. */
AIRS_API airs_status airs_component_id_make(const char *ns, size_t ns_length, const char *name, size_t name_length, const char *instance,
                                            size_t instance_length, airs_component_id *ret_id, airs_error *error);

/* Cost: one compare when they differ. */
AIRS_API bool airs_component_id_equal(const airs_component_id *a, const airs_component_id *b);

#ifdef __cplusplus
}
#endif

#endif
