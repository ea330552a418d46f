#include "core/message/payload.h"

#include <string.h>

#include "base/heap/heap.h"

airsi_payload *airsi_payload_new(const void *data, size_t length) {
    airsi_payload *payload = airsi_heap_alloc(sizeof *payload + length);
    if (payload == NULL) {
        return NULL;
    }
    atomic_init(&payload->references, 1);
    payload->length = (uint32_t)length;
    if (length > 0) {
        memcpy(payload->data, data, length);
    }
    return payload;
}

airsi_payload *airsi_payload_ref(airsi_payload *payload) {
    airsi_fetch_add_relaxed(&payload->references, 1);
    return payload;
}

void airsi_payload_unref(airsi_payload *payload) {
    /* E1 acq_rel, pairs with itself: every reader's last look at the bytes happens before the last owner frees them. */
    if (payload != NULL && airsi_fetch_sub_acq_rel(&payload->references, 1) == 1) {
        airsi_heap_free(payload);
    }
}
