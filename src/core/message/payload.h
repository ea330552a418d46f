/* A payload shared by several messages: broadcast, taps, replies. Reference-counted, never changed once made. */
#ifndef AIRSI_CORE_MESSAGE_PAYLOAD_H
#define AIRSI_CORE_MESSAGE_PAYLOAD_H

#include <stddef.h>
#include <stdint.h>

#include "base/atomic.h"

typedef struct airsi_payload {
    AIRSI_ATOMIC(uint32_t) references; /* any thread, atomic */
    uint32_t length;                   /* const after new */
    uint8_t data[];                    /* const after new */
} airsi_payload;

/* A copy of `data` with one reference. NULL: no memory. */
airsi_payload *airsi_payload_new(const void *data, size_t length);
airsi_payload *airsi_payload_ref(airsi_payload *payload);
void airsi_payload_unref(airsi_payload *payload); /* NULL is fine */

#endif
