#include "wasm/engine/exports.h"

#include <string.h>

#define ACTOR(interface, function) AIRSI_CONTRACT_PREFIX interface "@0.1.0#" function
#define POST(interface, function) "cabi_post_" ACTOR(interface, function)
#define NOT_CALLED AIRSI_EXPORT_COUNT

const airsi_export_row airsi_exports[] = {
    {ACTOR("message-handler", "handle-message"), "jijii:i", AIRSI_EXPORT_HANDLE_MESSAGE, AIRSI_WORLD_COMPONENT, true,
     "it is what messages are handed to"},
    {"cabi_realloc", "iiii:i", AIRSI_EXPORT_REALLOC, AIRSI_WORLD_NONE, true,
     "handle-message takes a list, and the host asks the guest for the room"},
    {"_initialize", ":", AIRSI_EXPORT_INITIALIZE, AIRSI_WORLD_NONE, false, NULL},
    {ACTOR("reply-handler", "handle-callback"), "jiiii:i", AIRSI_EXPORT_HANDLE_CALLBACK, AIRSI_WORLD_REQUESTER, false, NULL},
    {ACTOR("startup", "init"), "ii:i", AIRSI_EXPORT_INIT, AIRSI_WORLD_SERVICE, false, NULL},
    {ACTOR("teardown", "shutdown"), ":", AIRSI_EXPORT_SHUTDOWN, AIRSI_WORLD_SERVICE, false, NULL},
    {ACTOR("health-check", "health"), ":i", NOT_CALLED, AIRSI_WORLD_SERVICE, false, NULL},
    {ACTOR("operations", "execute"), "iiii:i", NOT_CALLED, AIRSI_WORLD_SERVICE, false, NULL},
    {ACTOR("down-handler", "handle-down"), "jii:", NOT_CALLED, AIRSI_WORLD_SERVICE, false, NULL},
    {POST("message-handler", "handle-message"), "i:", AIRSI_EXPORT_POST_HANDLE_MESSAGE, AIRSI_WORLD_NONE, false, NULL},
    {POST("reply-handler", "handle-callback"), "i:", AIRSI_EXPORT_POST_HANDLE_CALLBACK, AIRSI_WORLD_NONE, false, NULL},
    {POST("startup", "init"), "i:", AIRSI_EXPORT_POST_INIT, AIRSI_WORLD_NONE, false, NULL},
    {POST("operations", "execute"), "i:", NOT_CALLED, AIRSI_WORLD_NONE, false, NULL},
};
const size_t airsi_export_count = sizeof airsi_exports / sizeof airsi_exports[0];

const airsi_export_row *airsi_export_find(const char *name, size_t length) {
    for (size_t i = 0; i < airsi_export_count; i++) {
        if (strlen(airsi_exports[i].name) == length && memcmp(airsi_exports[i].name, name, length) == 0) {
            return &airsi_exports[i];
        }
    }
    return NULL;
}

const airsi_export_row *airsi_export_nearest(const char *name, size_t length) {
    const char *hash = memchr(name, '#', length);
    if (hash == NULL) {
        return NULL;
    }
    size_t tail = length - (size_t)(hash - name);
    for (size_t i = 0; i < airsi_export_count; i++) {
        size_t known = strlen(airsi_exports[i].name);
        if (airsi_exports[i].world != AIRSI_WORLD_NONE && known > tail && memcmp(airsi_exports[i].name + known - tail, hash, tail) == 0) {
            return &airsi_exports[i];
        }
    }
    return NULL;
}

const char *airsi_world_name(airsi_world world) {
    switch (world) {
    case AIRSI_WORLD_COMPONENT:
        return AIRSI_CONTRACT_PREFIX "component@0.1.0";
    case AIRSI_WORLD_REQUESTER:
        return AIRSI_CONTRACT_PREFIX "requester@0.1.0";
    case AIRSI_WORLD_SERVICE:
        return AIRSI_CONTRACT_PREFIX "service@0.1.0";
    case AIRSI_WORLD_NONE:
        break;
    }
    return "none";
}
