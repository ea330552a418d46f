/* The exports of a guest that the host knows, in one table: names and signatures of wit/ABI.txt and of the reactor convention. */
#ifndef AIRSI_WASM_ENGINE_EXPORTS_H
#define AIRSI_WASM_ENGINE_EXPORTS_H

#include <stdbool.h>
#include <stddef.h>

#include "wasm/engine/guest.h"

/* What exporting it makes of a component; the highest names its world. */
typedef enum airsi_world { AIRSI_WORLD_NONE, AIRSI_WORLD_COMPONENT, AIRSI_WORLD_REQUESTER, AIRSI_WORLD_SERVICE } airsi_world;

typedef struct airsi_export_row {
    const char *name;
    const char *signature;
    airsi_export which; /* AIRSI_EXPORT_COUNT: known, but this version never calls it */
    airsi_world world;
    bool required;
    const char *expected; /* required ones: what it is for, for the error that says it is missing */
} airsi_export_row;

extern const airsi_export_row airsi_exports[];
extern const size_t airsi_export_count;

#define AIRSI_CONTRACT_PREFIX "airs:actor/"

/* NULL: no such export. */
const airsi_export_row *airsi_export_find(const char *name, size_t length);

/* Of a contract name that is unknown: the known one of the same function in another version or interface. NULL: none. */
const airsi_export_row *airsi_export_nearest(const char *name, size_t length);

/* "airs:actor/requester@0.1.0" */
const char *airsi_world_name(airsi_world world);

#endif
