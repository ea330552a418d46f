/* airs:actor/messaging@0.1.0: the canonical ABI in front of what an actor may do (airs/actor.h).
 *
 * Each function checks its return pointer first, then lifts, then acts, so that a guest that hands in a bad pointer has done nothing else.
 * The layouts of results are those of wit/ABI.txt's types: result<_, E> is {u8 failed, u8 error}; result<u64, E> is {u8 failed, then at 8
 * the value or the error}. */
#include <string.h>

#include <airs/actor.h>

#include "wasm/component/component.h"
#include "wasm/host/imports.h"

#define MODULE "airs:actor/messaging@0.1.0"
#define BROADCAST_MAX 1024u
#define LIFT_BASE (1u << 20) /* docs/DESIGN.md 5.8: a host call may lift this and one payload */

/* The order of send-error in the WIT; what it has no word for is `other`. */
static uint8_t send_error(airs_status status) {
    switch (status) {
    case AIRS_ECOMPONENT_NOT_FOUND:
        return 0;
    case AIRS_EPERMISSION_DENIED:
        return 1;
    case AIRS_EMAILBOX_FULL:
        return 2;
    case AIRS_EPAYLOAD_TOO_LARGE:
        return 3;
    case AIRS_EUNSUPPORTED_CODEC:
        return 4;
    case AIRS_ERATE_LIMITED:
        return 5;
    case AIRS_ELIMIT_REACHED:
        return 6;
    case AIRS_ETARGET_STOPPED:
        return 7;
    case AIRS_EOVERLOADED:
        return 8;
    default:
        return 9;
    }
}

static uint8_t reply_error(airs_status status) {
    switch (status) {
    case AIRS_EUNKNOWN_REQUEST:
        return 0;
    case AIRS_EALREADY_ANSWERED:
        return 1;
    case AIRS_EPAYLOAD_TOO_LARGE:
        return 2;
    case AIRS_EREQUESTER_GONE:
        return 3;
    default:
        return 4;
    }
}

static uint8_t lookup_error(airs_status status) {
    switch (status) {
    case AIRS_ECOMPONENT_NOT_FOUND:
        return 0;
    case AIRS_EINVALID_ID:
        return 1;
    case AIRS_EPERMISSION_DENIED:
        return 2;
    default:
        return 3;
    }
}

static airs_context *context_of(airsi_guest *guest) {
    const airsi_component *component = airsi_guest_owner(guest);
    return component->context;
}

static void store_plain(uint8_t *ret, airs_status status, uint8_t (*error)(airs_status)) {
    ret[0] = status != AIRS_OK;
    ret[1] = status != AIRS_OK ? error(status) : 0;
}

static void store_u64(uint8_t *ret, airs_status status, uint64_t value, uint8_t (*error)(airs_status)) {
    ret[0] = status != AIRS_OK;
    if (status == AIRS_OK) {
        airsi_store_u64(ret + 8, value);
    } else {
        ret[8] = error(status);
    }
}

/* A payload that is to be sent. One that no call could lift is not read: *ret_status says that it is too large. NULL: it is
 * dying. */
static const uint8_t *lift_payload(airsi_guest *guest, uint32_t at, uint32_t length, const char *what, airs_status *ret_status) {
    const airsi_component *component = airsi_guest_owner(guest);
    if (length > (uint64_t)LIFT_BASE + component->limits.payload_bytes) {
        *ret_status = AIRS_EPAYLOAD_TOO_LARGE;
        return airsi_guest_memory(guest, at, length, 1, what);
    }
    *ret_status = AIRS_OK;
    return airsi_guest_lift(guest, at, length, 1, what);
}

static bool self_handle(airsi_guest *guest, airsi_value *values) {
    values[0].u64 = airs_context_self(context_of(guest));
    return true;
}

static bool lookup(airsi_guest *guest, airsi_value *values) {
    uint8_t *ret = airsi_guest_memory(guest, values[6].u32, 16, 8, "lookup result");
    if (ret == NULL) {
        return false;
    }
    static const char *const what[3] = {"lookup namespace", "lookup name", "lookup instance"};
    const char *part[3];
    for (int i = 0; i < 3; i++) {
        part[i] = airsi_guest_lift_string(guest, values[2 * i].u32, values[2 * i + 1].u32, what[i]);
        if (part[i] == NULL) {
            return false;
        }
    }
    airs_component_id id;
    airs_component found = AIRS_OUTSIDE;
    airs_status status = airs_component_id_make(part[0], values[1].u32, part[1], values[3].u32, part[2], values[5].u32, &id, NULL);
    if (status == AIRS_OK) {
        status = airs_context_lookup(context_of(guest), &id, &found);
    }
    store_u64(ret, status, found, lookup_error);
    return true;
}

/* A string of a result, in memory that the guest gives. Enters the guest. */
static bool lower_string(airsi_guest *guest, const char *text, uint32_t length, uint32_t *ret_at) {
    if (!airsi_guest_allocate(guest, length, 1, ret_at, "component-id-of result")) {
        return false;
    }
    uint8_t *to = airsi_guest_memory(guest, *ret_at, length, 1, "component-id-of result");
    if (to != NULL) {
        memcpy(to, text, length);
    }
    return to != NULL;
}

static bool component_id_of(airsi_guest *guest, airsi_value *values) {
    uint32_t ret_at = values[1].u32;
    uint8_t *ret = airsi_guest_memory(guest, ret_at, 28, 4, "component-id-of result");
    if (ret == NULL) {
        return false;
    }
    airs_component_id id;
    if (airs_context_id_of(context_of(guest), values[0].u64, &id) != AIRS_OK) {
        ret[0] = 0;
        return true;
    }
    const uint32_t start[4] = {0, id.name_at, id.instance_at, (uint32_t)id.length + 1};
    uint32_t at[3];
    for (int i = 0; i < 3; i++) {
        if (!lower_string(guest, id.text + start[i], start[i + 1] - start[i] - 1, &at[i])) {
            return false;
        }
    }
    ret = airsi_guest_memory(guest, ret_at, 28, 4, "component-id-of result"); /* cabi_realloc may have moved the memory */
    if (ret == NULL) {
        return false;
    }
    ret[0] = 1;
    for (int i = 0; i < 3; i++) {
        airsi_store_u32(ret + 4 + 8 * i, at[i]);
        airsi_store_u32(ret + 8 + 8 * i, start[i + 1] - start[i] - 1);
    }
    return true;
}

static bool send_message(airsi_guest *guest, airsi_value *values) {
    airs_status status;
    uint8_t *ret = airsi_guest_memory(guest, values[3].u32, 2, 1, "send-message result");
    const uint8_t *data = ret != NULL ? lift_payload(guest, values[1].u32, values[2].u32, "send-message payload", &status) : NULL;
    if (data == NULL) {
        return false;
    }
    if (status == AIRS_OK) {
        status = airs_context_send(context_of(guest), values[0].u64, data, values[2].u32);
    }
    store_plain(ret, status, send_error);
    return true;
}

/* Writes the outcomes as a list<result<_, send-error>> and its place and count to `ret_at`. Enters the guest. */
static bool lower_outcomes(airsi_guest *guest, const airs_status *outcomes, uint32_t count, uint32_t ret_at) {
    uint32_t list_at;
    if (!airsi_guest_allocate(guest, count * 2, 1, &list_at, "broadcast result")) {
        return false;
    }
    uint8_t *list = airsi_guest_memory(guest, list_at, count * 2, 1, "broadcast result");
    uint8_t *ret = list != NULL ? airsi_guest_memory(guest, ret_at, 8, 4, "broadcast result") : NULL;
    if (ret == NULL) {
        return false;
    }
    for (uint32_t i = 0; i < count; i++) {
        store_plain(list + 2 * (size_t)i, outcomes[i], send_error);
    }
    airsi_store_u32(ret, list_at);
    airsi_store_u32(ret + 4, count);
    return true;
}

static bool broadcast(airsi_guest *guest, airsi_value *values) {
    uint32_t count = values[1].u32, length = values[3].u32, ret_at = values[4].u32;
    airs_component targets[BROADCAST_MAX];
    airs_status outcomes[BROADCAST_MAX], status;
    if (airsi_guest_memory(guest, ret_at, 8, 4, "broadcast result") == NULL) {
        return false;
    }
    if (count > BROADCAST_MAX) {
        return airsi_guest_fail(guest, AIRSI_TRAP_ABI, "broadcast: %u targets, at most %u are allowed", (unsigned)count, BROADCAST_MAX);
    }
    const uint8_t *list = airsi_guest_lift(guest, values[0].u32, count * 8, 8, "broadcast targets");
    if (list == NULL) {
        return false;
    }
    memcpy(targets, list, (size_t)count * 8);
    const uint8_t *data = lift_payload(guest, values[2].u32, length, "broadcast payload", &status);
    if (data == NULL) {
        return false;
    }
    if (status == AIRS_OK) {
        status = airs_context_broadcast(context_of(guest), targets, count, data, length, outcomes);
    }
    for (uint32_t i = 0; i < count && status != AIRS_OK; i++) { /* nothing was sent: every target has this outcome */
        outcomes[i] = status;
    }
    return lower_outcomes(guest, outcomes, count, ret_at);
}

static bool send_request(airsi_guest *guest, airsi_value *values) {
    airs_status status;
    uint8_t *ret = airsi_guest_memory(guest, values[4].u32, 16, 8, "send-request result");
    const uint8_t *data = ret != NULL ? lift_payload(guest, values[1].u32, values[2].u32, "send-request payload", &status) : NULL;
    if (data == NULL) {
        return false;
    }
    airs_request request = AIRS_NO_REQUEST;
    if (status == AIRS_OK) {
        status = airs_context_request(context_of(guest), values[0].u64, data, values[2].u32, values[3].u32, &request);
    }
    store_u64(ret, status, request, send_error);
    return true;
}

static bool cancel_request(airsi_guest *guest, airsi_value *values) {
    values[0].i32 = airs_context_cancel_request(context_of(guest), values[0].u64) == AIRS_OK;
    return true;
}

static bool reply(airsi_guest *guest, airsi_value *values) {
    airs_status status;
    uint8_t *ret = airsi_guest_memory(guest, values[3].u32, 2, 1, "reply result");
    const uint8_t *data = ret != NULL ? lift_payload(guest, values[1].u32, values[2].u32, "reply payload", &status) : NULL;
    if (data == NULL) {
        return false;
    }
    if (status == AIRS_OK) {
        status = airs_context_reply(context_of(guest), values[0].u64, data, values[2].u32);
    }
    store_plain(ret, status, reply_error);
    return true;
}

static bool reply_failure(airsi_guest *guest, airsi_value *values) {
    uint8_t *ret = airsi_guest_memory(guest, values[3].u32, 2, 1, "reply-failure result");
    const char *text = ret != NULL ? airsi_guest_lift_string(guest, values[1].u32, values[2].u32, "reply-failure detail") : NULL;
    if (text == NULL) {
        return false;
    }
    store_plain(ret, airs_context_reply_failure(context_of(guest), values[0].u64, text, values[2].u32), reply_error);
    return true;
}

static bool send_after(airsi_guest *guest, airsi_value *values) {
    airs_status status;
    uint8_t *ret = airsi_guest_memory(guest, values[4].u32, 16, 8, "send-after result");
    const uint8_t *data = ret != NULL ? lift_payload(guest, values[2].u32, values[3].u32, "send-after payload", &status) : NULL;
    if (data == NULL) {
        return false;
    }
    airs_timer timer = 0;
    if (status == AIRS_OK) {
        status = airs_context_send_after(context_of(guest), values[0].u64, values[1].u64, data, values[3].u32, &timer);
    }
    store_u64(ret, status, timer, send_error);
    return true;
}

static bool cancel_timer(airsi_guest *guest, airsi_value *values) {
    values[0].i32 = airs_context_cancel_timer(context_of(guest), values[0].u64);
    return true;
}

const airsi_import airsi_messaging_imports[] = {
    {MODULE, "self-handle", ":j", self_handle, AIRSI_IMPORT_MESSAGING},
    {MODULE, "lookup", "iiiiiii:", lookup, AIRSI_IMPORT_MESSAGING},
    {MODULE, "component-id-of", "ji:", component_id_of, AIRSI_IMPORT_MESSAGING},
    {MODULE, "send-message", "jiii:", send_message, AIRSI_IMPORT_MESSAGING},
    {MODULE, "broadcast", "iiiii:", broadcast, AIRSI_IMPORT_MESSAGING},
    {MODULE, "send-request", "jiiii:", send_request, AIRSI_IMPORT_MESSAGING},
    {MODULE, "cancel-request", "j:i", cancel_request, AIRSI_IMPORT_MESSAGING},
    {MODULE, "reply", "jiii:", reply, AIRSI_IMPORT_MESSAGING},
    {MODULE, "reply-failure", "jiii:", reply_failure, AIRSI_IMPORT_MESSAGING},
    {MODULE, "send-after", "jjiii:", send_after, AIRSI_IMPORT_MESSAGING},
    {MODULE, "cancel-timer", "j:i", cancel_timer, AIRSI_IMPORT_MESSAGING},
};
const size_t airsi_messaging_import_count = sizeof airsi_messaging_imports / sizeof airsi_messaging_imports[0];
