#include "core/request/request.h"

#include <string.h>

#include "base/clock.h"
#include "base/memory.h"
#include "core/actor/actor.h"
#include "core/actor/delivery.h"
#include "core/request/shard.h"
#include "core/system/system.h"

static airsi_request_entry *entry_of_end(airs_envelope *end) {
    return (airsi_request_entry *)(void *)((char *)end - offsetof(airsi_request_entry, end));
}

static airsi_request_entry *entry_of_wait(airsi_wheel_node *node) {
    return (airsi_request_entry *)(void *)((char *)node - offsetof(airsi_request_entry, wait));
}

/* NULL for a name of no shard. */
static airsi_shard *shard_of(airs_system *system, airs_request request) {
    unsigned index = airsi_slab_shard_of(request);
    return index < system->shards.count ? &system->shards.shards[index] : NULL;
}

/* Requests whose end nobody has handled yet; with the lock held. Those whose requester is gone are not waited for. */
static void add_open(airsi_shard *shard, int32_t difference) {
    airsi_store_release(&shard->open, airsi_load_relaxed(&shard->open) + (uint32_t)difference);
}

static uint64_t deadline_ms(uint32_t timeout_ms) {
    return airsi_clock_monotonic_ms() + (timeout_ms != 0 ? timeout_ms : AIRSI_REQUEST_DEFAULT_MS);
}

uint64_t airsi_request_deadline_ns(uint32_t timeout_ms) {
    return deadline_ms(timeout_ms) * 1000000u;
}

airs_status airsi_request_open(airs_system *system, airsi_actor *requester, airsi_actor *target, uint32_t timeout_ms,
                               airs_reply_callback callback, void *user, airs_request *ret_request) {
    if (requester != NULL && requester->in_flight >= requester->limits.in_flight) {
        return AIRS_ELIMIT_REACHED;
    }
    airsi_shard *shard = airsi_system_shard(system);
    uint64_t due_ms = deadline_ms(timeout_ms);
    airsi_lock(&shard->mutex);
    airsi_request_entry *entry = airsi_slab_take(&shard->requests);
    if (entry == NULL) {
        airsi_unlock(&shard->mutex);
        return AIRS_ENOMEM;
    }
    entry->open = true;
    entry->requester = requester != NULL ? requester->handle : AIRS_OUTSIDE;
    entry->incarnation = requester != NULL ? requester->incarnation : 0;
    entry->reply_bytes = requester != NULL ? requester->limits.payload_bytes : AIRS_PAYLOAD_MAX;
    entry->target = target->handle;
    entry->callback = callback;
    entry->user = user;
    entry->wait.kind = AIRSI_WAIT_REQUEST;
    airsi_wheel_arm(&shard->wheel, &entry->wait, due_ms);
    bool earlier = airsi_shard_note(shard);
    add_open(shard, 1);
    airs_request request = airsi_slab_name(&entry->head);
    airsi_unlock(&shard->mutex);
    airsi_fetch_add_relaxed(&target->open_targeted, 1);
    if (requester != NULL) {
        requester->in_flight++;
    }
    airsi_system_poke_if(system, earlier);
    *ret_request = request;
    return AIRS_OK;
}

static void count_targeted(airs_system *system, airs_component target) {
    airsi_actor *actor = NULL;
    if (airsi_registry_resolve(&system->registry, target, &actor) == AIRS_OK) {
        airsi_fetch_sub_relaxed(&actor->open_targeted, 1);
    }
}

/* With the lock held: nobody else can end it from here on. */
static void close_entry(airsi_shard *shard, airsi_request_entry *entry) {
    entry->open = false;
    airsi_wheel_disarm(&shard->wheel, &entry->wait);
    airsi_shard_note(shard);
}

/* With the lock held. */
static void give_entry(airsi_shard *shard, airsi_request_entry *entry) {
    airsi_slab_give(&shard->requests, entry);
    if (!entry->gone) {
        add_open(shard, -1);
    }
}

bool airsi_request_withdraw(airs_system *system, airs_request request) {
    airsi_shard *shard = shard_of(system, request);
    airsi_lock(&shard->mutex);
    airsi_request_entry *entry = airsi_slab_find(&shard->requests, request);
    bool open = entry != NULL && entry->open;
    airs_component target = open ? entry->target : AIRS_OUTSIDE;
    if (open) {
        close_entry(shard, entry);
        give_entry(shard, entry);
    }
    airsi_unlock(&shard->mutex);
    if (open) {
        count_targeted(system, target);
    }
    return open;
}

void airsi_request_release(airs_system *system, airs_envelope *end) {
    airsi_request_entry *entry = entry_of_end(end);
    airsi_shard *shard = &system->shards.shards[entry->head.shard];
    airsi_payload *payload = end->shared;
    airsi_lock(&shard->mutex);
    end->shared = NULL;
    give_entry(shard, entry);
    airsi_unlock(&shard->mutex);
    airsi_payload_unref(payload);
}

static airs_status deliver_to_actor(airs_system *system, airsi_request_entry *entry, airsi_record *record) {
    airsi_actor *requester = NULL;
    airs_status status = airsi_registry_resolve(&system->registry, entry->requester, &requester);
    if (status == AIRS_OK) {
        status = airsi_actor_deliver_end(requester, &entry->end, record);
    }
    return status;
}

/* The end is decided, and this thread is the one that passes it on. Takes `payload`. */
static airs_status deliver(airs_system *system, airsi_request_entry *entry, airs_status outcome, airsi_payload *payload) {
    airsi_record *record = airsi_system_record(system);
    count_targeted(system, entry->target);
    airs_envelope *end = &entry->end;
    end->kind = AIRS_MESSAGE_REPLY;
    end->flags = AIRSI_ENVELOPE_REQUEST_END;
    end->from = entry->target;
    end->to = entry->requester;
    end->request = airsi_slab_name(&entry->head);
    end->status = (uint8_t)outcome;
    end->shared = payload;
    end->length = payload != NULL ? payload->length : 0;
    end->incarnation = entry->incarnation;
    if (entry->gone) {
        airsi_count(&record->counters.late_ends);
        airsi_request_release(system, end);
        return AIRS_EREQUESTER_GONE;
    }
    airsi_count(outcome == AIRS_OK ? &record->counters.replies : &record->counters.request_failures);
    if (entry->callback != NULL) {
        entry->callback(entry->user, outcome, airsi_envelope_data(end), end->length);
        airsi_request_release(system, end);
        return AIRS_OK;
    }
    if (deliver_to_actor(system, entry, record) != AIRS_OK) {
        airsi_count(&record->counters.late_ends);
        airsi_request_release(system, end);
        return AIRS_EREQUESTER_GONE;
    }
    return AIRS_OK;
}

/* What speaks against this end. With the lock held. */
static airs_status check_end(const airsi_shard *shard, const airsi_request_entry *entry, airs_request request,
                             const airsi_request_end *end) {
    if (entry == NULL) {
        return airsi_slab_was_issued(&shard->requests, request) ? AIRS_EALREADY_ANSWERED : AIRS_EUNKNOWN_REQUEST;
    }
    if ((end->answerer != AIRS_OUTSIDE && entry->target != end->answerer) ||
        (end->requester != AIRS_OUTSIDE && entry->requester != end->requester)) {
        return AIRS_EUNKNOWN_REQUEST;
    }
    if (!entry->open) {
        return AIRS_EALREADY_ANSWERED;
    }
    return end->status == AIRS_OK && end->length > entry->reply_bytes ? AIRS_EPAYLOAD_TOO_LARGE : AIRS_OK;
}

airs_status airsi_request_end_it(airs_system *system, airs_request request, const airsi_request_end *end) {
    airsi_shard *shard = shard_of(system, request);
    if (shard == NULL) {
        return AIRS_EUNKNOWN_REQUEST;
    }
    size_t length = end->length;
    if (end->status != AIRS_OK && length > AIRSI_FAILURE_TEXT_MAX) {
        length = AIRSI_FAILURE_TEXT_MAX;
    }
    if (length > AIRS_PAYLOAD_MAX) {
        return AIRS_EPAYLOAD_TOO_LARGE;
    }
    airsi_payload *payload = length > 0 ? airsi_payload_new(end->data, length) : NULL;
    if (payload == NULL && length > 0 && end->status == AIRS_OK) {
        return AIRS_ENOMEM; /* A failure ends without its text instead. */
    }
    airsi_lock(&shard->mutex);
    airsi_request_entry *entry = airsi_slab_find(&shard->requests, request);
    airs_status status = check_end(shard, entry, request, end);
    if (status == AIRS_OK) {
        close_entry(shard, entry);
    }
    airsi_unlock(&shard->mutex);
    if (status != AIRS_OK) {
        airsi_payload_unref(payload);
        return status;
    }
    return deliver(system, entry, end->status, payload);
}

void airsi_request_note_delivered(airs_system *system, airs_request request) {
    airsi_shard *shard = shard_of(system, request);
    airsi_lock(&shard->mutex);
    airsi_request_entry *entry = airsi_slab_find(&shard->requests, request);
    if (entry != NULL) {
        entry->delivered = true;
    }
    airsi_unlock(&shard->mutex);
}

/* The next open request of a shard, from `*index` on, that was addressed to `target`; it is closed. */
static airsi_request_entry *close_next_targeted(airsi_shard *shard, uint32_t *index, airs_component target, airsi_request_which which) {
    airsi_request_entry *found = NULL;
    airsi_lock(&shard->mutex);
    while (found == NULL && *index < shard->requests.used) {
        airsi_request_entry *entry = airsi_slab_at(&shard->requests, (*index)++);
        if (entry != NULL && entry->open && entry->target == target && (which == AIRSI_REQUESTS_ALL || entry->delivered)) {
            close_entry(shard, entry);
            found = entry;
        }
    }
    airsi_unlock(&shard->mutex);
    return found;
}

void airsi_request_fail_targeted(airs_system *system, airsi_actor *target, airsi_request_which which, airs_status reason) {
    if (airsi_load_relaxed(&target->open_targeted) == 0) {
        return;
    }
    const char *text = which == AIRSI_REQUESTS_DELIVERED ? "the component that had it crashed before it answered"
                                                         : "the component stopped before it answered";
    for (unsigned i = 0; i < system->shards.count; i++) {
        uint32_t index = 0;
        airsi_request_entry *entry;
        while ((entry = close_next_targeted(&system->shards.shards[i], &index, target->handle, which)) != NULL) {
            /* Without memory for the text the reason must do. */
            deliver(system, entry, reason, airsi_payload_new(text, strlen(text)));
        }
    }
}

void airsi_request_drop_made(airs_system *system, airsi_actor *requester) {
    if (requester->in_flight == 0) {
        return;
    }
    for (unsigned i = 0; i < system->shards.count; i++) {
        airsi_shard *shard = &system->shards.shards[i];
        airsi_lock(&shard->mutex);
        for (uint32_t index = 0; index < shard->requests.used; index++) {
            airsi_request_entry *entry = airsi_slab_at(&shard->requests, index);
            if (entry != NULL && entry->open && !entry->gone && entry->requester == requester->handle) {
                entry->gone = true;
                add_open(shard, -1);
                requester->in_flight--;
            }
        }
        airsi_unlock(&shard->mutex);
    }
}

void airsi_request_claim_timeout(airsi_wheel_node *node) {
    entry_of_wait(node)->open = false;
}

void airsi_request_deliver_timeout(airs_system *system, airsi_wheel_node *node) {
    deliver(system, entry_of_wait(node), AIRS_ETIMEOUT, NULL);
}
