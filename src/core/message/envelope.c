#include "core/message/envelope.h"

#include <assert.h>
#include <string.h>

#include <airs/limits.h>

#include "base/heap/heap.h"

/* A message with 64 bytes takes two cache lines. */
_Static_assert(sizeof(airs_envelope) == 64 && offsetof(airs_envelope, data) == 64, "the payload begins a cache line");

static inline airs_envelope *new_header(airs_message_kind kind, airs_component from, airs_component to, size_t length,
                                        size_t inline_bytes) {
    airs_envelope *envelope = airsi_heap_alloc(sizeof *envelope + inline_bytes);
    if (envelope == NULL) {
        return NULL;
    }
    *envelope = (airs_envelope){.kind = (uint8_t)kind, .from = from, .to = to, .length = (uint32_t)length};
    return envelope;
}

airs_envelope *airsi_envelope_new(airs_message_kind kind, airs_component from, airs_component to, const void *data, size_t length) {
    airs_envelope *envelope = new_header(kind, from, to, length, length);
    if (envelope != NULL && length > 0) {
        memcpy(envelope->data, data, length);
    }
    return envelope;
}

airs_envelope *airsi_envelope_new_execute(airs_component to, const char *operation, size_t operation_length, const void *data,
                                          size_t length) {
    size_t total = operation_length + length;
    airs_envelope *envelope = new_header(AIRS_MESSAGE_EXECUTE, AIRS_OUTSIDE, to, total, total);
    if (envelope != NULL) {
        envelope->operation_length = (uint8_t)operation_length;
        memcpy(envelope->data, operation, operation_length);
        if (length > 0) {
            memcpy(envelope->data + operation_length, data, length);
        }
    }
    return envelope;
}

airs_envelope *airsi_envelope_new_shared(airs_message_kind kind, airs_component from, airs_component to, airsi_payload *payload) {
    airs_envelope *envelope = new_header(kind, from, to, payload->length, 0);
    if (envelope != NULL) {
        envelope->shared = airsi_payload_ref(payload);
    }
    return envelope;
}

airs_envelope *airsi_envelope_copy(const airs_envelope *envelope) {
    airs_envelope *copy =
        envelope->shared != NULL
            ? airsi_envelope_new_shared((airs_message_kind)envelope->kind, envelope->from, envelope->to, envelope->shared)
            : airsi_envelope_new((airs_message_kind)envelope->kind, envelope->from, envelope->to, envelope->data, envelope->length);
    if (copy != NULL) {
        copy->request = envelope->request;
        copy->status = envelope->status;
        copy->operation_length = envelope->operation_length;
        copy->enqueued_ms = envelope->enqueued_ms;
    }
    return copy;
}

airs_status airs_envelope_new(airs_component to, const void *data, size_t length, airs_envelope **ret_envelope) {
    if (ret_envelope == NULL || (data == NULL && length > 0)) {
        return AIRS_EINVAL;
    }
    if (length > AIRS_PAYLOAD_MAX) {
        return AIRS_EPAYLOAD_TOO_LARGE;
    }
    airs_envelope *envelope = airsi_envelope_new(AIRS_MESSAGE_INTER_COMPONENT, AIRS_OUTSIDE, to, data, length);
    if (envelope == NULL) {
        return AIRS_ENOMEM;
    }
    *ret_envelope = envelope;
    return AIRS_OK;
}

void airs_envelope_free(airs_envelope *envelope) {
    if (envelope != NULL) {
        assert((envelope->flags & (AIRSI_ENVELOPE_REQUEST_END | AIRSI_ENVELOPE_CHARGED)) == 0);
        if (envelope->shared != NULL) {
            airsi_payload_unref(envelope->shared);
        }
        airsi_heap_free(envelope);
    }
}

airsi_payload *airsi_envelope_payload(const airs_envelope *envelope) {
    return envelope->shared != NULL ? airsi_payload_ref(envelope->shared) : airsi_payload_new(envelope->data, envelope->length);
}

airs_message airs_envelope_message(const airs_envelope *envelope) {
    return airsi_envelope_message_at(envelope, airsi_envelope_data(envelope));
}

airs_message airsi_envelope_message_at(const airs_envelope *envelope, const uint8_t *bytes) {
    airs_message message = {
        .kind = (airs_message_kind)envelope->kind,
        .status = (airs_status)envelope->status,
        .from = envelope->from,
        .to = envelope->to,
        .request = envelope->request,
        .data = bytes + envelope->operation_length,
        .length = envelope->length - envelope->operation_length,
        .operation = envelope->operation_length > 0 ? (const char *)bytes : NULL,
        .operation_length = envelope->operation_length,
    };
    return message;
}
