#include "wasm/component/incarnation.h"

#include <string.h>

#include "base/escape.h"
#include "base/utf8.h"
#include "wasm/component/outcome.h"
#include "wasm/component/output.h"
#include "wasm/engine/module.h"

#define DETAIL_MAX 4096u /* of a failed request, as the core cuts it */

/* --- how things end ------------------------------------------------------------------------------------------------------------ */

/* The guest's own text on its way into an error. */
static airs_status set_guest_text(airs_error *error, airs_status status, const char *before, const airsi_outcome *outcome) {
    char text[AIRS_ERROR_TEXT_MAX];
    airsi_escape(text, sizeof text, (const char *)outcome->bytes, outcome->length);
    return airs_error_set(error, status, "%s%s", before, text);
}

static airs_result end_by_trap(airsi_component *component, const airsi_trap *trap, airs_error *error) {
    airsi_guest_free(component->guest);
    component->guest = NULL;
    if (trap->kind == AIRSI_TRAP_EXIT && trap->exit_code == 0) {
        return AIRS_EXIT;
    }
    airs_error_set(error, AIRS_ETRAP, "%s", trap->text);
    return AIRS_CRASHED;
}

/* After a lift or a lowering that failed, which the guest has recorded. */
static airs_result end_by_failure(airsi_component *component, airs_error *error) {
    airsi_trap trap = {.kind = AIRSI_TRAP_OTHER, .text = "failed for no reason it gave"};
    airsi_guest_failed(component->guest, &trap);
    return end_by_trap(component, &trap, error);
}

/* The export's result was used up; where the guest wants to know, it is told. Keeps `result` unless the guest dies of it. */
static airs_result finish(airsi_component *component, airsi_export post_return, uint32_t result_at, airs_result result, airs_error *error) {
    airsi_trap trap;
    airsi_value values[AIRSI_VALUES_MAX];
    if (!airsi_guest_has(component->guest, post_return)) {
        return result;
    }
    values[0].u32 = result_at;
    if (airsi_guest_call(component->guest, post_return, values, &trap) == AIRS_OK) {
        return result;
    }
    return end_by_trap(component, &trap, error);
}

/* --- lowering ------------------------------------------------------------------------------------------------------------------ */

static bool lower_bytes(airsi_guest *guest, const void *bytes, size_t length, const char *what, uint32_t *ret_at) {
    uint32_t at = 0;
    if (!airsi_guest_allocate(guest, (uint32_t)length, 1, &at, what)) {
        return false;
    }
    if (length > 0) {
        uint8_t *to = airsi_guest_memory(guest, at, (uint32_t)length, 1, what);
        if (to == NULL) {
            return false;
        }
        memcpy(to, bytes, length);
    }
    *ret_at = at;
    return true;
}

/* --- start --------------------------------------------------------------------------------------------------------------------- */

static airs_status failed_init(airsi_component *component, const airsi_trap *trap, airs_error *error) {
    airs_status status = airs_error_set(error, AIRS_EINIT_FAILED, "init: %s", trap->text);
    airsi_incarnation_end(component);
    return status;
}

static airs_status failed_lowering(airsi_component *component, airs_error *error) {
    airsi_trap trap = {.text = "failed for no reason it gave"};
    airsi_guest_failed(component->guest, &trap);
    return failed_init(component, &trap, error);
}

static airs_status call_init(airsi_component *component, airs_error *error) {
    airsi_guest *guest = component->guest;
    size_t length = strlen(component->config_json);
    airsi_value values[AIRSI_VALUES_MAX];
    airsi_trap trap;
    uint32_t at = 0;
    airsi_outcome outcome;
    if (!lower_bytes(guest, component->config_json, length, "init config", &at)) {
        return failed_lowering(component, error);
    }
    values[0].u32 = at;
    values[1].u32 = (uint32_t)length;
    if (airsi_guest_call(guest, AIRSI_EXPORT_INIT, values, &trap) != AIRS_OK) {
        return failed_init(component, &trap, error);
    }
    uint32_t result_at = values[0].u32;
    if (!airsi_outcome_lift_plain(guest, result_at, "init", &outcome)) {
        return failed_lowering(component, error);
    }
    if (outcome.kind == AIRSI_OUTCOME_ERROR) {
        airs_status status = set_guest_text(error, AIRS_EINIT_FAILED, "init returned an error: ", &outcome);
        airsi_incarnation_end(component);
        return status;
    }
    values[0].u32 = result_at;
    if (airsi_guest_has(guest, AIRSI_EXPORT_POST_INIT) && airsi_guest_call(guest, AIRSI_EXPORT_POST_INIT, values, &trap) != AIRS_OK) {
        return failed_init(component, &trap, error);
    }
    return AIRS_OK;
}

airs_status airsi_incarnation_start(airsi_component *component, airs_error *error) {
    airsi_trap trap;
    airs_status status = airsi_guest_new(component->module, component, &component->limits, &component->guest, &trap);
    if (status == AIRS_ENOMEM) {
        return airs_error_set(error, AIRS_ENOMEM, "no memory for an instance of %s", component->module->name);
    }
    if (status != AIRS_OK) {
        airsi_incarnation_end(component); /* what it wrote before it died */
        return airs_error_set(error, AIRS_EINIT_FAILED, "start: %s", trap.text);
    }
    return airsi_guest_has(component->guest, AIRSI_EXPORT_INIT) ? call_init(component, error) : AIRS_OK;
}

/* --- handle-message ------------------------------------------------------------------------------------------------------------ */

/* Before post-return: the reply lies in the guest. */
static airs_result answer(airsi_component *component, airs_request request, const airsi_outcome *outcome, airs_error *error) {
    airs_status status = airs_context_reply(component->context, request, outcome->bytes, outcome->length);
    if (status == AIRS_EPAYLOAD_TOO_LARGE || status == AIRS_ENOMEM) {
        airs_error_set(error, status, "the reply of %u bytes: %s", (unsigned)outcome->length, airs_status_text(status));
        return AIRS_FAILED;
    }
    if (status != AIRS_OK) {
        /* It ended meanwhile: answered by `reply`, timed out, or the requester is gone. */
        airs_logf(component->log, AIRS_LOG_DEBUG, component->id.text, "late-reply", airs_status_name(status),
                  "the payload returned by handle-message answers nobody");
    }
    return AIRS_HANDLED;
}

static airs_result take_outcome(airsi_component *component, const airs_message *message, const airsi_outcome *outcome, airs_error *error) {
    switch (outcome->kind) {
    case AIRSI_OUTCOME_ERROR:
        set_guest_text(error, AIRS_EHANDLER_FAILED, "", outcome);
        return AIRS_FAILED;
    case AIRSI_OUTCOME_REPLY:
        if (message->request != AIRS_NO_REQUEST) {
            return answer(component, message->request, outcome, error);
        }
        return AIRS_HANDLED; /* nobody asked */
    case AIRSI_OUTCOME_DONE:
        break;
    }
    return AIRS_HANDLED;
}

airs_result airsi_incarnation_message(airsi_component *component, const airs_message *message, airs_error *error) {
    airsi_guest *guest = component->guest;
    airsi_value values[AIRSI_VALUES_MAX];
    airsi_trap trap;
    airsi_outcome outcome;
    uint32_t at = 0;
    airsi_guest_begin(guest, component->limits.handler_ms);
    if (!lower_bytes(guest, message->data, message->length, "handle-message payload", &at)) {
        return end_by_failure(component, error);
    }
    values[0].u64 = message->from;
    values[1].u32 = message->request != AIRS_NO_REQUEST;
    values[2].u64 = message->request;
    values[3].u32 = at;
    values[4].u32 = (uint32_t)message->length;
    if (airsi_guest_call(guest, AIRSI_EXPORT_HANDLE_MESSAGE, values, &trap) != AIRS_OK) {
        return end_by_trap(component, &trap, error);
    }
    uint32_t result_at = values[0].u32;
    if (!airsi_outcome_lift_handled(guest, result_at, "handle-message", &outcome)) {
        return end_by_failure(component, error);
    }
    airs_result result = take_outcome(component, message, &outcome, error);
    return finish(component, AIRSI_EXPORT_POST_HANDLE_MESSAGE, result_at, result, error);
}

/* --- handle-callback ----------------------------------------------------------------------------------------------------------- */

/* The order of failure-reason in the WIT; what it has no word for is `other`. */
static uint32_t failure_reason(airs_status status) {
    switch (status) {
    case AIRS_ETIMEOUT:
        return 0;
    case AIRS_ECANCELLED:
        return 1;
    case AIRS_ETARGET_STOPPED:
        return 2;
    case AIRS_EHANDLER_FAILED:
        return 3;
    case AIRS_ECOMPONENT_NOT_FOUND:
        return 4;
    case AIRS_EPERMISSION_DENIED:
        return 5;
    case AIRS_EMAILBOX_FULL:
        return 6;
    case AIRS_EUNSUPPORTED_CODEC:
        return 7;
    case AIRS_EPAYLOAD_TOO_LARGE:
        return 8;
    case AIRS_EOVERLOADED:
        return 9;
    default:
        return 10;
    }
}

/* result<list<u8>, request-failure> flattened: the discriminant, then list<u8> = [i32, i32] and {enum, string} = [i32, i32, i32] joined. */
static bool lower_end(airsi_guest *guest, const airs_message *end, airsi_value *values) {
    uint32_t at = 0;
    values[0].u64 = end->request;
    values[1].u32 = end->status != AIRS_OK;
    if (end->status == AIRS_OK) {
        bool lowered = lower_bytes(guest, end->data, end->length, "handle-callback reply", &at);
        values[2].u32 = at;
        values[3].u32 = (uint32_t)end->length;
        values[4].u32 = 0;
        return lowered;
    }
    /* A string must be UTF-8, which a native actor or a cut may have spoilt. */
    char escaped[DETAIL_MAX];
    const char *detail = end->data;
    size_t length = end->length;
    if (!airsi_utf8_valid((const uint8_t *)detail, length)) {
        length = airsi_escape(escaped, sizeof escaped, detail, length);
        detail = escaped;
    }
    bool lowered = lower_bytes(guest, detail, length, "handle-callback detail", &at);
    values[2].u32 = failure_reason(end->status);
    values[3].u32 = at;
    values[4].u32 = (uint32_t)length;
    return lowered;
}

airs_result airsi_incarnation_callback(airsi_component *component, const airs_message *end, airs_error *error) {
    airsi_guest *guest = component->guest;
    airsi_value values[AIRSI_VALUES_MAX];
    airsi_trap trap;
    airsi_outcome outcome;
    if (!airsi_guest_has(guest, AIRSI_EXPORT_HANDLE_CALLBACK)) {
        airs_error_set(error, AIRS_ENOHANDLER, "a request of it ended, but it exports no reply-handler");
        return AIRS_FAILED;
    }
    airsi_guest_begin(guest, component->limits.handler_ms);
    if (!lower_end(guest, end, values)) {
        return end_by_failure(component, error);
    }
    if (airsi_guest_call(guest, AIRSI_EXPORT_HANDLE_CALLBACK, values, &trap) != AIRS_OK) {
        return end_by_trap(component, &trap, error);
    }
    uint32_t result_at = values[0].u32;
    if (!airsi_outcome_lift_plain(guest, result_at, "handle-callback", &outcome)) {
        return end_by_failure(component, error);
    }
    airs_result result = take_outcome(component, end, &outcome, error);
    return finish(component, AIRSI_EXPORT_POST_HANDLE_CALLBACK, result_at, result, error);
}

/* --- the end ------------------------------------------------------------------------------------------------------------------- */

void airsi_incarnation_shutdown(airsi_component *component) {
    airsi_guest *guest = component->guest;
    if (guest == NULL || !airsi_guest_has(guest, AIRSI_EXPORT_SHUTDOWN)) {
        return;
    }
    airsi_value values[AIRSI_VALUES_MAX];
    airsi_trap trap;
    airsi_guest_begin(guest, component->limits.handler_ms);
    if (airsi_guest_call(guest, AIRSI_EXPORT_SHUTDOWN, values, &trap) != AIRS_OK && trap.kind != AIRSI_TRAP_EXIT) {
        airs_logf(component->log, AIRS_LOG_WARN, component->id.text, "shutdown-failed", airs_status_name(AIRS_ETRAP), "%s", trap.text);
    }
}

void airsi_incarnation_end(airsi_component *component) {
    airsi_guest_free(component->guest);
    component->guest = NULL;
    airsi_component_flush_output(component);
}
