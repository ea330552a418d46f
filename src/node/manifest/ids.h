/* The ids an entry stands for, and whether any stands twice. */
#ifndef AIRSI_NODE_MANIFEST_IDS_H
#define AIRSI_NODE_MANIFEST_IDS_H

#include <airs/id.h>
#include <airs/status.h>

#include "node/manifest/manifest.h"

/* "demo/counter/{0..3}" -> four ids; without braces one. At most one range, of at most `most` numbers.
 * Ownership: ret_ids is freed with airsi_free. Errors: AIRS_ECONFIG, AIRS_EINVALID_ID, AIRS_ENOMEM. */
airs_status airsi_expand_ids(const char *text, size_t length, size_t most, airs_component_id **ret_ids, size_t *ret_count,
                             airs_error *error);

/* Adds a problem for each id that was taken by an earlier entry. Errors: AIRS_ENOMEM. */
airs_status airsi_check_duplicate_ids(const airsi_manifest *manifest, airsi_problems *problems);

/* Three segments, each a literal or `*`. Errors: AIRS_ECONFIG. */
airs_status airsi_check_pattern(const char *text, size_t length, airs_error *error);

#endif
