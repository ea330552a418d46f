/* A YAML document as a tree that knows where each part stood, read from libyaml's events. Strict: one document, no anchors, aliases or tags,
 * no duplicate keys, keys are scalars, bounded in depth and width. */
#ifndef AIRSI_NODE_MANIFEST_YAML_TREE_H
#define AIRSI_NODE_MANIFEST_YAML_TREE_H

#include <stdbool.h>
#include <stddef.h>

#include <airs/status.h>

#include "node/text/problems.h"

#define AIRSI_YAML_DEPTH_MAX 64
#define AIRSI_YAML_KEYS_MAX 1000

typedef enum airsi_yaml_kind { AIRSI_YAML_SCALAR, AIRSI_YAML_SEQUENCE, AIRSI_YAML_MAPPING } airsi_yaml_kind;

typedef struct airsi_yaml_node airsi_yaml_node;

struct airsi_yaml_node {
    airsi_yaml_kind kind;
    bool plain;          /* a scalar without quotes, which may be a number, a truth value or null */
    size_t line, column; /* from 1 */
    char *text;          /* of a scalar: terminated, may hold NULs */
    size_t length;
    airsi_yaml_node *first; /* of a sequence: its items; of a mapping: key, value, key, value ... */
    airsi_yaml_node *last;
    airsi_yaml_node *next; /* sibling */
    airsi_yaml_node *parent;
    size_t count; /* items, or key-value pairs */
};

/* Reads the document. `path` stands in problems ("path:line:column: ..."); every problem found is added.
 * Returns NULL only when there is no tree at all: a syntax error, no document, no memory. */
airsi_yaml_node *airsi_yaml_read(const char *path, const char *bytes, size_t length, airsi_problems *problems);

void airsi_yaml_free(airsi_yaml_node *root); /* NULL is fine */

/* The value of a key; NULL when there is none. */
const airsi_yaml_node *airsi_yaml_find(const airsi_yaml_node *mapping, const char *key);

/* "text", "a list", "a mapping": for errors. */
const char *airsi_yaml_kind_text(const airsi_yaml_node *node);

#endif
