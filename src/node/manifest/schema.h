/* The tables of the manifest's keys. */
#ifndef AIRSI_NODE_MANIFEST_SCHEMA_H
#define AIRSI_NODE_MANIFEST_SCHEMA_H

#include "node/manifest/manifest.h"
#include "node/manifest/reading.h"

/* Fills `manifest` (which has its path) from the document's root; every problem is added to the reading. */
void airsi_schema_read(airsi_reading *reading, const airsi_yaml_node *root, airsi_manifest *manifest);

#endif
