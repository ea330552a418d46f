/* A part of a YAML document as JSON, typed by the core schema of YAML 1.2: plain numbers, truth values and null are such, quoted text is text. */
#ifndef AIRSI_NODE_MANIFEST_YAML_JSON_H
#define AIRSI_NODE_MANIFEST_YAML_JSON_H

#include <airs/status.h>

#include "node/manifest/yaml_tree.h"

/* `ret_json`: to be freed with airsi_free. On failure `ret_node` is the part that was wrong.
 * Errors: AIRS_ECONFIG (an integer over 64 bits, an infinity: JSON has no such), AIRS_ENOMEM. */
airs_status airsi_yaml_to_json(const airsi_yaml_node *node, char **ret_json, const airsi_yaml_node **ret_node, airs_error *error);

#endif
