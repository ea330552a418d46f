#include "core/actor/actor.h"

#include <string.h>

#include "base/memory.h"
#include "core/actor/hold.h"
#include "core/request/ties.h"
#include "core/scheduler/scheduler.h"
#include "core/system/system.h"

static bool any_missing(const char *const *patterns, size_t count) {
    for (size_t i = 0; i < count; i++) {
        if (patterns == NULL || patterns[i] == NULL) {
            return true;
        }
    }
    return false;
}

static airs_status check_options(const airs_spawn_options *options, airs_error *error) {
    if (options->behavior == NULL || options->behavior->handle == NULL) {
        return airs_error_set(error, AIRS_EINVAL, "%.*s: a behaviour with a handle callback is needed", AIRS_ID_TEXT_MAX, options->id.text);
    }
    if (!airsi_component_id_made(&options->id)) {
        return airs_error_set(error, AIRS_EINVALID_ID, "the id was not made by airs_component_id_parse or _make");
    }
    if (options->id.name_at == 5 && memcmp(options->id.text, "airs", 4) == 0) {
        return airs_error_set(error, AIRS_EINVALID_ID, "%s: namespace airs is reserved; choose another", options->id.text);
    }
    const airs_capabilities *capabilities = &options->capabilities;
    if (any_missing(capabilities->send, capabilities->send_count) || any_missing(capabilities->receive, capabilities->receive_count)) {
        return airs_error_set(error, AIRS_EINVAL, "%s: a capability pattern is NULL; there must be as many as the counts say",
                              options->id.text);
    }
    return AIRS_OK;
}

airs_status airsi_actor_new(airs_system *system, const airs_spawn_options *options, airsi_actor **ret_actor, airs_error *error) {
    airs_status status = check_options(options, error);
    if (status != AIRS_OK) {
        return status;
    }
    airsi_terms *terms = NULL;
    status = airsi_terms_get(&system->terms, options, &terms, error);
    if (status != AIRS_OK) {
        airs_error_prefix(error, "%s", options->id.text);
        return status;
    }
    airsi_actor *actor = airsi_malloc(offsetof(airsi_actor, id.text) + airsi_id_text_bytes(&options->id));
    if (actor == NULL) {
        airsi_terms_unref(&system->terms, terms);
        return airs_error_set(error, AIRS_ENOMEM, "%s: no memory for the actor", options->id.text);
    }
    memset(actor, 0, sizeof *actor);
    airsi_mailbox_init(&actor->mailbox, options->limits.mailbox_messages, options->limits.mailbox_bytes);
    actor->drops_oldest = options->limits.overflow == AIRS_OVERFLOW_DROP_OLD;
    actor->terms = terms;
    actor->system = system;
    actor->behavior = options->behavior;
    actor->state = options->state;
    airsi_id_init(&actor->id, &options->id);
    *ret_actor = actor;
    return AIRS_OK;
}

void airsi_actor_discard(airsi_actor *actor) {
    airsi_terms_unref(&actor->system->terms, actor->terms);
    airsi_free(actor->hold);
    airsi_ties_free(actor->ties);
    airsi_free(actor);
}

uint32_t airsi_actor_signal(airsi_actor *actor, uint32_t signals) {
    /* E20 acq_rel, pairs with E21 in the turn; made visible by E2, the read-modify-write on the mailbox's word that follows. */
    uint32_t before = airsi_fetch_or_acq_rel(&actor->signals, signals);
    if (airsi_mailbox_schedule(&actor->mailbox)) {
        airsi_schedule(actor->system, actor);
    }
    return before;
}
