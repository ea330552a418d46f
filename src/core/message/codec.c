/* The encoded form of a message. All numbers are little-endian:
 *
 *   at  0  4 bytes  "airm"
 *   at  4  1        version, 1
 *   at  5  8        checksum: SipHash-1-3 with key 0 of everything behind it
 *   at 13  1        kind
 *   at 14  1        status
 *   at 15  1        operation_length
 *   at 16  8        from
 *   at 24  8        to
 *   at 32  8        request, or monitor
 *   at 40  4        length of data
 *   at 44           operation, then data; nothing follows
 *
 * The checksum is there against damage, not against forgery: nothing that is decoded is trusted further than its own bytes. */

#include <endian.h>
#include <stdbool.h>
#include <string.h>

#include <airs/limits.h>
#include <airs/message.h>

#include "base/hash.h"
#include "base/utf8.h"

#define VERSION 1

enum { AT_VERSION = 4, AT_CHECKSUM = 5, AT_KIND = 13, AT_FROM = 16, AT_TO = 24, AT_REQUEST = 32, AT_LENGTH = 40, HEADER = 44 };

static const uint8_t magic[AT_VERSION] = {'a', 'i', 'r', 'm'};
static const uint8_t checksum_key[16];

/* What a kind may carry. */
typedef enum carries {
    STATUS = 1,
    NAME = 2, /* of a request or a monitor */
    NEEDS_NAME = 4,
    OPERATION = 8, /* and needs it */
    DATA = 16,
} carries;

typedef struct kind_row {
    const char *name; /* NULL: no kind has this number */
    unsigned carries;
} kind_row;

static const kind_row kinds[] = {
    [AIRS_MESSAGE_INTER_COMPONENT] = {"inter-component", NAME | DATA},
    [AIRS_MESSAGE_EXECUTE] = {"execute", NAME | OPERATION | DATA},
    [AIRS_MESSAGE_HEALTH_CHECK] = {"health-check", NAME},
    [AIRS_MESSAGE_REPLY] = {"reply", STATUS | NAME | NEEDS_NAME | DATA},
    [AIRS_MESSAGE_TIMER] = {"timer", DATA},
    [AIRS_MESSAGE_DOWN] = {"down", STATUS | NAME | NEEDS_NAME | DATA},
};

static const kind_row *row_of(unsigned kind) {
    return kind < sizeof kinds / sizeof kinds[0] && kinds[kind].name != NULL ? &kinds[kind] : NULL;
}

static airs_status check_sizes(const airs_message *message, airs_status bad, airs_error *error) {
    if (message->length > AIRS_PAYLOAD_MAX || message->length + message->operation_length > AIRS_PAYLOAD_MAX) {
        airs_status status = bad == AIRS_EINVAL ? AIRS_EPAYLOAD_TOO_LARGE : bad;
        return airs_error_set(error, status, "a message of %zu bytes; up to %u are right", message->length, AIRS_PAYLOAD_MAX);
    }
    if (message->operation_length > AIRS_OPERATION_MAX) {
        return airs_error_set(error, bad, "an operation of %zu bytes; 1 to %d are right", message->operation_length, AIRS_OPERATION_MAX);
    }
    if ((message->data == NULL && message->length > 0) || (message->operation == NULL && message->operation_length > 0)) {
        return airs_error_set(error, bad, "the message has a length but no bytes");
    }
    return AIRS_OK;
}

/* Whether every field is one its kind may have. `bad` is the status to fail with. */
static airs_status check(const airs_message *message, airs_status bad, airs_error *error) {
    airs_status status = check_sizes(message, bad, error);
    if (status != AIRS_OK) {
        return status;
    }
    const kind_row *row = row_of((unsigned)message->kind);
    if (row == NULL) {
        return airs_error_set(error, bad, "%u is no kind of message", (unsigned)message->kind);
    }
    if ((unsigned)message->status >= AIRS_STATUS_COUNT) {
        return airs_error_set(error, bad, "%u is no status", (unsigned)message->status);
    }
    if (message->status != AIRS_OK && (row->carries & STATUS) == 0) {
        return airs_error_set(error, bad, "a message of kind %s has status %s; it has none", row->name, airs_status_name(message->status));
    }
    bool named = message->request != AIRS_NO_REQUEST;
    if (named ? (row->carries & NAME) == 0 : (row->carries & NEEDS_NAME) != 0) {
        return airs_error_set(error, bad, "a message of kind %s %s", row->name, named ? "names a request" : "must name what has ended");
    }
    if ((message->operation_length > 0) != ((row->carries & OPERATION) != 0)) {
        return airs_error_set(error, bad, "a message of kind %s with an operation of %zu bytes", row->name, message->operation_length);
    }
    if (message->length > 0 && (row->carries & DATA) == 0) {
        return airs_error_set(error, bad, "a message of kind %s with %zu bytes of data; it has none", row->name, message->length);
    }
    if (!airsi_utf8_valid((const uint8_t *)message->operation, message->operation_length)) {
        return airs_error_set(error, bad, "the operation is not UTF-8");
    }
    return AIRS_OK;
}

static void put64(uint8_t *at, uint64_t value) {
    value = htole64(value);
    memcpy(at, &value, sizeof value);
}

static void put32(uint8_t *at, uint32_t value) {
    value = htole32(value);
    memcpy(at, &value, sizeof value);
}

static uint64_t get64(const uint8_t *at) {
    uint64_t value;
    memcpy(&value, at, sizeof value);
    return le64toh(value);
}

static uint32_t get32(const uint8_t *at) {
    uint32_t value;
    memcpy(&value, at, sizeof value);
    return le32toh(value);
}

static uint64_t checksum(const uint8_t *encoded, size_t length) {
    return airsi_siphash(checksum_key, encoded + AT_KIND, length - AT_KIND);
}

size_t airs_message_encoded_size(const airs_message *message) {
    return message != NULL ? HEADER + message->operation_length + message->length : 0;
}

airs_status airs_message_encode(const airs_message *message, void *buffer, size_t capacity, size_t *ret_length, airs_error *error) {
    if (message == NULL || buffer == NULL || ret_length == NULL) {
        return airs_error_set(error, AIRS_EINVAL, "airs_message_encode needs a message, a buffer and a place for the length");
    }
    airs_status status = check(message, AIRS_EINVAL, error);
    if (status != AIRS_OK) {
        return status;
    }
    size_t size = airs_message_encoded_size(message);
    if (capacity < size) {
        return airs_error_set(error, AIRS_EINVAL, "the buffer has %zu bytes; the message needs %zu", capacity, size);
    }
    uint8_t *out = buffer;
    memcpy(out, magic, sizeof magic);
    out[AT_VERSION] = VERSION;
    out[AT_KIND] = (uint8_t)message->kind;
    out[AT_KIND + 1] = (uint8_t)message->status;
    out[AT_KIND + 2] = (uint8_t)message->operation_length;
    put64(out + AT_FROM, message->from);
    put64(out + AT_TO, message->to);
    put64(out + AT_REQUEST, message->request);
    put32(out + AT_LENGTH, (uint32_t)message->length);
    if (message->operation_length > 0) {
        memcpy(out + HEADER, message->operation, message->operation_length);
    }
    if (message->length > 0) {
        memcpy(out + HEADER + message->operation_length, message->data, message->length);
    }
    put64(out + AT_CHECKSUM, checksum(out, size));
    *ret_length = size;
    return AIRS_OK;
}

/* Whether these are the bytes of one whole message of this version. */
static airs_status check_bytes(const uint8_t *in, size_t length, airs_error *error) {
    if (length < HEADER) {
        return airs_error_set(error, AIRS_EBADMESSAGE, "%zu bytes; an encoded message has at least %d", length, HEADER);
    }
    if (memcmp(in, magic, sizeof magic) != 0) {
        return airs_error_set(error, AIRS_EBADMESSAGE, "not an encoded message: it doesn't start with \"airm\"");
    }
    if (in[AT_VERSION] != VERSION) {
        return airs_error_set(error, AIRS_EUNSUPPORTED_CODEC, "an encoded message of version %u; %d is known here", in[AT_VERSION],
                              VERSION);
    }
    uint64_t whole = (uint64_t)HEADER + in[AT_KIND + 2] + get32(in + AT_LENGTH);
    if (length != whole) {
        return airs_error_set(error, AIRS_EBADMESSAGE, "%zu bytes of an encoded message of %llu", length, (unsigned long long)whole);
    }
    if (get64(in + AT_CHECKSUM) != checksum(in, length)) {
        return airs_error_set(error, AIRS_EBADMESSAGE, "the encoded message is damaged: its checksum is wrong");
    }
    return AIRS_OK;
}

airs_status airs_message_decode(const void *bytes, size_t length, airs_message *ret_message, airs_error *error) {
    if (bytes == NULL || ret_message == NULL) {
        return airs_error_set(error, AIRS_EINVAL, "airs_message_decode needs bytes and a place for the message");
    }
    const uint8_t *in = bytes;
    airs_status status = check_bytes(in, length, error);
    if (status != AIRS_OK) {
        return status;
    }
    airs_message message = {
        .kind = (airs_message_kind)in[AT_KIND],
        .status = (airs_status)in[AT_KIND + 1],
        .from = get64(in + AT_FROM),
        .to = get64(in + AT_TO),
        .request = get64(in + AT_REQUEST),
        .operation = in[AT_KIND + 2] > 0 ? (const char *)in + HEADER : NULL,
        .operation_length = in[AT_KIND + 2],
        .data = in + HEADER + in[AT_KIND + 2],
        .length = get32(in + AT_LENGTH),
    };
    status = check(&message, AIRS_EBADMESSAGE, error);
    if (status == AIRS_OK) {
        *ret_message = message;
    }
    return status;
}
