/* What a handler may do: the actor API of include/airs/actor.h. Everything here runs in the actor's turn. */

#include <string.h>

#include <airs/actor.h>

#include "core/actor/actor.h"
#include "core/actor/hold.h"
#include "core/broker/broker.h"
#include "core/request/request.h"
#include "core/scheduler/worker.h"
#include "core/system/system.h"
#include "core/timer/timer.h"
#include "core/watch/watch.h"

airs_system *airs_context_system(const airs_context *context) {
    return context != NULL ? context->worker->system : NULL;
}

airs_component airs_context_self(const airs_context *context) {
    return context != NULL ? context->actor->handle : AIRS_OUTSIDE;
}

const airs_component_id *airs_context_id(const airs_context *context) {
    if (context == NULL) {
        return NULL;
    }
    airsi_record *record = context->worker->record;
    if (record->told != context->actor->handle) {
        record->told = context->actor->handle;
        record->told_id = airsi_id_expand(&context->actor->id);
    }
    return &record->told_id;
}

const airs_limits *airs_context_limits(const airs_context *context) {
    return context != NULL ? &context->actor->terms->limits : NULL;
}

/* What can be said before anything is copied. */
static airs_status look_at_target(airs_context *context, airs_component to, size_t length, airsi_actor **ret_target) {
    airsi_actor *target = NULL;
    airs_status status = airsi_registry_resolve(&context->worker->system->registry, to, &target);
    if (status != AIRS_OK) {
        return status;
    }
    if (!airsi_subscriber_allows(context->worker->record, context->actor, target)) {
        return AIRS_EPERMISSION_DENIED;
    }
    if (length > target->terms->limits.payload_bytes) {
        return AIRS_EPAYLOAD_TOO_LARGE;
    }
    *ret_target = target;
    return AIRS_OK;
}

/* A refusal here counts as the subscriber's would. */
static airs_status check_target(airs_context *context, airs_component to, size_t length, airsi_actor **ret_target) {
    airs_status status = look_at_target(context, to, length, ret_target);
    if (status != AIRS_OK) {
        airsi_count(&context->worker->record->counters.failures[status]);
    }
    return status;
}

static bool bad_bytes(const void *data, size_t length) {
    return data == NULL && length > 0;
}

static airs_status publish_or_free(airs_context *context, airs_envelope *envelope) {
    airs_status status = airs_broker_publish(&context->worker->system->messaging.broker, envelope);
    if (status != AIRS_OK) {
        airs_envelope_free(envelope);
    }
    return status;
}

airs_status airs_context_send(airs_context *context, airs_component to, const void *data, size_t length) {
    if (context == NULL || bad_bytes(data, length)) {
        return AIRS_EINVAL;
    }
    if (length > AIRS_PAYLOAD_MAX) {
        return AIRS_EPAYLOAD_TOO_LARGE;
    }
    airs_envelope *envelope = airsi_envelope_new(AIRS_MESSAGE_INTER_COMPONENT, context->actor->handle, to, data, length);
    return envelope != NULL ? publish_or_free(context, envelope) : AIRS_ENOMEM;
}

airs_status airs_context_broadcast(airs_context *context, const airs_component *targets, size_t count, const void *data, size_t length,
                                   airs_status *outcomes) {
    if (context == NULL || bad_bytes(data, length) || (count > 0 && (targets == NULL || outcomes == NULL))) {
        return AIRS_EINVAL;
    }
    if (length > AIRS_PAYLOAD_MAX) {
        for (size_t i = 0; i < count; i++) {
            outcomes[i] = AIRS_EPAYLOAD_TOO_LARGE;
        }
        return AIRS_OK;
    }
    airsi_payload *payload = airsi_payload_new(data, length);
    if (payload == NULL) {
        return AIRS_ENOMEM;
    }
    for (size_t i = 0; i < count; i++) {
        airs_envelope *envelope = airsi_envelope_new_shared(AIRS_MESSAGE_INTER_COMPONENT, context->actor->handle, targets[i], payload);
        outcomes[i] = envelope != NULL ? publish_or_free(context, envelope) : AIRS_ENOMEM;
    }
    airsi_payload_unref(payload);
    return AIRS_OK;
}

airs_status airs_context_request(airs_context *context, airs_component to, const void *data, size_t length, uint32_t timeout_ms,
                                 airs_request *ret_request) {
    if (context == NULL || ret_request == NULL || bad_bytes(data, length)) {
        return AIRS_EINVAL;
    }
    airs_system *system = context->worker->system;
    if (length > AIRS_PAYLOAD_MAX) {
        return AIRS_EPAYLOAD_TOO_LARGE;
    }
    airs_envelope *envelope = airsi_envelope_new(AIRS_MESSAGE_INTER_COMPONENT, context->actor->handle, to, data, length);
    if (envelope == NULL) {
        return AIRS_ENOMEM;
    }
    airs_request request = AIRS_NO_REQUEST;
    uint32_t clamped_ms = timeout_ms < AIRSI_REQUEST_COMPONENT_MAX_MS ? timeout_ms : AIRSI_REQUEST_COMPONENT_MAX_MS;
    airs_status status = airsi_request_open(system, context->actor, to, clamped_ms, &request);
    if (status != AIRS_OK) {
        airs_envelope_free(envelope);
        return status;
    }
    envelope->request = request;
    status = publish_or_free(context, envelope);
    if (status != AIRS_OK && airsi_request_withdraw(system, context->actor, request)) {
        return status;
    }
    airsi_count(&context->worker->record->counters.requests);
    *ret_request = request;
    return AIRS_OK;
}

airs_status airs_context_cancel_request(airs_context *context, airs_request request) {
    if (context == NULL) {
        return AIRS_EINVAL;
    }
    airsi_request_end end = {.status = AIRS_ECANCELLED, .requester = context->actor};
    return airsi_request_end_it(context->worker->system, request, &end);
}

static airs_status answer(airs_context *context, airs_request request, const airsi_request_end *end) {
    airs_status status = airsi_request_end_it(context->worker->system, request, end);
    airs_envelope *current = context->actor->current;
    if (status == AIRS_OK && current != NULL && current->request == request) {
        current->flags |= AIRSI_ENVELOPE_ANSWERED;
    }
    return status;
}

airs_status airs_context_reply(airs_context *context, airs_request request, const void *data, size_t length) {
    if (context == NULL || bad_bytes(data, length)) {
        return AIRS_EINVAL;
    }
    airsi_request_end end = {.status = AIRS_OK, .data = data, .length = length, .answerer = context->actor->handle};
    return answer(context, request, &end);
}

airs_status airs_context_reply_failure(airs_context *context, airs_request request, const char *text, size_t length) {
    if (context == NULL || bad_bytes(text, length)) {
        return AIRS_EINVAL;
    }
    airsi_request_end end = {.status = AIRS_EHANDLER_FAILED, .data = text, .length = length, .answerer = context->actor->handle};
    return answer(context, request, &end);
}

airs_status airs_context_send_after(airs_context *context, uint64_t delay_ms, airs_component to, const void *data, size_t length,
                                    airs_timer *ret_timer) {
    if (context == NULL || ret_timer == NULL || bad_bytes(data, length)) {
        return AIRS_EINVAL;
    }
    airsi_actor *target = NULL;
    airs_status status = check_target(context, to, length, &target);
    if (status != AIRS_OK) {
        return status;
    }
    airs_envelope *message = airsi_envelope_new(AIRS_MESSAGE_TIMER, context->actor->handle, to, data, length);
    if (message == NULL) {
        return AIRS_ENOMEM;
    }
    message->flags |= AIRSI_ENVELOPE_WAITS;
    status = airsi_timer_set(context->actor, delay_ms, message, ret_timer);
    if (status != AIRS_OK) {
        if (status == AIRS_EOVERLOADED) {
            airsi_count(&context->worker->record->counters.failures[status]); /* as a send would be */
        }
        airs_envelope_free(message);
    }
    return status;
}

bool airs_context_cancel_timer(airs_context *context, airs_timer timer) {
    return context != NULL && airsi_timer_cancel(context->actor, timer);
}

/* Whether this actor may know who `component`, found to be `actor`, is: itself, whom it may send to, or who sent the message in hand. */
static bool may_know(const airs_context *context, airs_component component, const airsi_actor *actor) {
    bool sender = context->actor->current != NULL && context->actor->current->from == component;
    return sender || actor == context->actor || airsi_policy_sends_to(&context->actor->terms->policy, airsi_id_look(&actor->id));
}

airs_status airs_context_monitor(airs_context *context, airs_component target, airs_monitor *ret_monitor) {
    if (context == NULL || ret_monitor == NULL) {
        return AIRS_EINVAL;
    }
    airsi_actor *actor = NULL;
    /* Looked up once: it may go at any moment, and then it is gone, not forbidden. */
    bool known = airsi_registry_resolve(&context->worker->system->registry, target, &actor) == AIRS_OK;
    if (known && !may_know(context, target, actor)) {
        return AIRS_EPERMISSION_DENIED;
    }
    return airsi_watch_by_actor(context->worker, context->actor, target, ret_monitor);
}

bool airs_context_demonitor(airs_context *context, airs_monitor monitor) {
    return context != NULL && airsi_watch_cancel_made(context->actor, monitor);
}

airs_status airs_context_lookup(airs_context *context, const airs_component_id *id, airs_component *ret_component) {
    if (context == NULL || id == NULL || ret_component == NULL) {
        return AIRS_EINVAL;
    }
    airsi_id_view wanted = airsi_component_id_look(id);
    const airsi_actor *self = context->actor;
    if (!airsi_id_equal(airsi_id_look(&self->id), wanted) && !airsi_policy_sends_to(&self->terms->policy, wanted)) {
        return AIRS_EPERMISSION_DENIED;
    }
    const airsi_actor *actor = airsi_registry_find(&context->worker->system->registry, wanted);
    if (actor == NULL) {
        return AIRS_ECOMPONENT_NOT_FOUND;
    }
    *ret_component = actor->handle;
    return AIRS_OK;
}

airs_status airs_context_id_of(airs_context *context, airs_component component, airs_component_id *ret_id) {
    if (context == NULL || ret_id == NULL) {
        return AIRS_EINVAL;
    }
    airsi_actor *actor = NULL;
    if (airsi_registry_resolve(&context->worker->system->registry, component, &actor) != AIRS_OK) {
        return AIRS_ECOMPONENT_NOT_FOUND;
    }
    if (!may_know(context, component, actor)) {
        return AIRS_ECOMPONENT_NOT_FOUND;
    }
    *ret_id = airsi_id_expand(&actor->id);
    return AIRS_OK;
}

void airs_context_begin_blocking(airs_context *context) {
    airsi_worker_begin_blocking(context->worker);
}

void airs_context_end_blocking(airs_context *context) {
    airsi_worker_end_blocking(context->worker);
}
