/* Reading a YAML tree by tables: a field is a key, how its value is read, and where it goes. */
#ifndef AIRSI_NODE_MANIFEST_READING_H
#define AIRSI_NODE_MANIFEST_READING_H

#include <stdbool.h>
#include <stddef.h>

#include <airs/export.h>

#include "node/manifest/yaml_tree.h"
#include "node/text/problems.h"

#define AIRSI_KEY_PATH_MAX 200

/* Where we are, and what was wrong so far. */
typedef struct airsi_reading {
    const char *path; /* of the file */
    airsi_problems *problems;
    char key[AIRSI_KEY_PATH_MAX]; /* "components[1].limits.memory"; terminated, cut when longer */
} airsi_reading;

typedef struct airsi_field {
    const char *key;
    void (*read)(airsi_reading *reading, const airsi_yaml_node *value, void *target); /* `target` is record + offset */
    size_t offset;
    bool required;
} airsi_field;

/* Adds "path:line:column: key: what". */
AIRS_PRINTF(3, 4) void airsi_reading_complain(airsi_reading *reading, const airsi_yaml_node *node, const char *format, ...);

/* "what" with an error's status; for problems another part of the program has put in words. */
void airsi_reading_complain_error(airsi_reading *reading, const airsi_yaml_node *node, const airs_error *error);

/* Reads every key of a mapping by its field; unknown and missing keys are problems. False when it is no mapping. */
bool airsi_read_mapping(airsi_reading *reading, const airsi_yaml_node *node, const airsi_field *fields, size_t count, void *record);

/* Calls `read` for every item with its index in the key path. False when it is no list. */
bool airsi_read_list(airsi_reading *reading, const airsi_yaml_node *node,
                     void (*read)(airsi_reading *reading, const airsi_yaml_node *item, void *target), void *target);

/* Whether it is a scalar without NULs; else a problem that says `what` is right. */
bool airsi_expect_text(airsi_reading *reading, const airsi_yaml_node *node, const char *what);

#endif
