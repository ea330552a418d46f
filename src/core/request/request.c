#include "core/request/request.h"

#include <string.h>

#include "core/actor/actor.h"
#include "core/actor/delivery.h"
#include "core/request/shard.h"
#include "core/request/ties.h"
#include "core/system/system.h"

_Static_assert(AIRSI_REPLY_INLINE >= 64 && AIRSI_REPLY_INLINE < AIRSI_REQUEST_ENTRY_BYTES, "a reply of a cache line needs no allocation");

#define SPARES_MAX 16

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

/* A request counts as open until somebody has handled its end, or nobody waits for it any more. */
static void count_closed(airs_system *system) {
    /* E52 release, pairs with E8: that it was opened is visible to who sees it closed. */
    airsi_count_end(&airsi_system_record(system)->counters.requests_closed);
}

static uint32_t timeout_or_default(uint32_t timeout_ms) {
    return timeout_ms != 0 ? timeout_ms : AIRSI_REQUEST_DEFAULT_MS;
}

uint64_t airsi_request_deadline_ns(const airs_system *system, uint32_t timeout_ms) {
    return airsi_scheduler_clock_ns(&system->scheduler) + (uint64_t)timeout_or_default(timeout_ms) * 1000000u;
}

/* With the lock held: one that this worker released before, or another. */
static airsi_request_entry *take_entry(airsi_worker *worker, airsi_shard *shard) {
    while (worker != NULL && worker->spares != NULL) {
        airsi_request_entry *entry = worker->spares;
        worker->spares = entry->made.next;
        worker->spare_count--;
        if (airsi_slab_renew(&shard->requests, entry)) {
            return entry;
        }
    }
    return airsi_slab_take(&shard->requests);
}

/* An open entry of the shard of this thread, whose lock is held on success, with all set but who asks. */
static airsi_request_entry *lock_new_entry(airs_system *system, airsi_shard *shard, airs_component target, uint32_t timeout_ms,
                                           bool *ret_earlier) {
    airsi_spin_lock(&shard->lock);
    airsi_request_entry *entry = take_entry(airsi_system_worker(system), shard);
    if (entry == NULL) {
        airsi_spin_unlock(&shard->lock);
        return NULL;
    }
    entry->open = true;
    entry->gone = false;
    entry->target = target;
    entry->wait.kind = AIRSI_WAIT_REQUEST;
    *ret_earlier = airsi_shard_arm(shard, &entry->wait, timeout_or_default(timeout_ms));
    airsi_count(&airsi_system_record(system)->counters.requests_opened);
    return entry;
}

/* In the requester's turn. */
static void link_made(airsi_ties *ties, airsi_request_entry *entry) {
    entry->made.next = ties->made;
    entry->made.link = &ties->made;
    if (entry->made.next != NULL) {
        entry->made.next->made.link = &entry->made.next;
    }
    ties->made = entry;
    ties->in_flight++;
}

static void unlink_made(airsi_ties *ties, airsi_request_entry *entry) {
    *entry->made.link = entry->made.next;
    if (entry->made.next != NULL) {
        entry->made.next->made.link = entry->made.link;
    }
    ties->in_flight--;
}

airs_status airsi_request_open(airs_system *system, airsi_actor *requester, airs_component target, uint32_t timeout_ms,
                               airs_request *ret_request) {
    airsi_ties *ties = airsi_ties_of(requester);
    if (ties == NULL) {
        return AIRS_ENOMEM;
    }
    if (ties->in_flight >= requester->terms->limits.in_flight) {
        return AIRS_ELIMIT_REACHED;
    }
    airsi_shard *shard = airsi_system_shard(system);
    bool earlier = false;
    airsi_request_entry *entry = lock_new_entry(system, shard, target, timeout_ms, &earlier);
    if (entry == NULL) {
        return AIRS_ENOMEM;
    }
    entry->requester = requester;
    entry->incarnation = requester->incarnation;
    entry->reply_bytes = requester->terms->limits.payload_bytes;
    link_made(ties, entry);
    airs_request request = airsi_slab_name(&entry->head);
    airsi_spin_unlock(&shard->lock);
    airsi_system_poke_if(system, earlier);
    *ret_request = request;
    return AIRS_OK;
}

airs_status airsi_request_open_outside(airs_system *system, airs_component target, uint32_t timeout_ms, airs_reply_callback callback,
                                       void *user, airs_request *ret_request) {
    airsi_shard *shard = airsi_system_shard(system);
    bool earlier = false;
    airsi_request_entry *entry = lock_new_entry(system, shard, target, timeout_ms, &earlier);
    if (entry == NULL) {
        return AIRS_ENOMEM;
    }
    entry->requester = NULL;
    entry->incarnation = 0;
    entry->reply_bytes = AIRS_PAYLOAD_MAX;
    entry->host.callback = callback;
    entry->host.user = user;
    airs_request request = airsi_slab_name(&entry->head);
    airsi_spin_unlock(&shard->lock);
    airsi_system_poke_if(system, earlier);
    *ret_request = request;
    return AIRS_OK;
}

/* With the lock held: nobody else can end it from here on. */
static void close_entry(airsi_shard *shard, airsi_request_entry *entry) {
    entry->open = false;
    airsi_wheel_disarm(&shard->wheel, &entry->wait);
}

bool airsi_request_withdraw(airs_system *system, airsi_actor *requester, airs_request request) {
    airsi_shard *shard = shard_of(system, request);
    airsi_spin_lock(&shard->lock);
    airsi_request_entry *entry = airsi_slab_find(&shard->requests, request);
    bool open = entry != NULL && entry->open;
    if (open) {
        close_entry(shard, entry);
        if (requester != NULL) {
            unlink_made(requester->ties, entry);
        }
        airsi_slab_give(&shard->requests, entry);
    }
    airsi_spin_unlock(&shard->lock);
    if (open) {
        count_closed(system);
    }
    return open;
}

bool airsi_request_is_open(airs_system *system, airs_request request) {
    airsi_shard *shard = shard_of(system, request);
    airsi_spin_lock(&shard->lock);
    const airsi_request_entry *entry = airsi_slab_find(&shard->requests, request);
    bool open = entry != NULL && entry->open;
    airsi_spin_unlock(&shard->lock);
    return open;
}

void airsi_request_taken(airsi_actor *requester, airs_envelope *end) {
    unlink_made(requester->ties, entry_of_end(end));
}

/* A worker keeps some entries of its own shard for its next requests: that saves one of the three times the lock is taken for a request. Under its
 * old name such an entry is found, and closed, as before. true: it is kept. */
static bool keep_spare(airs_system *system, airsi_request_entry *entry, const airsi_shard *shard) {
    airsi_worker *worker = airsi_system_worker(system);
    if (worker == NULL || worker->spare_count == SPARES_MAX || airsi_system_shard(system) != shard) {
        return false;
    }
    entry->made.next = worker->spares;
    worker->spares = entry;
    worker->spare_count++;
    return true;
}

void airsi_request_release(airs_system *system, airs_envelope *end) {
    airsi_request_entry *entry = entry_of_end(end);
    airsi_shard *shard = &system->shards.shards[entry->head.shard];
    airsi_payload *payload = end->shared;
    if (!entry->gone) {
        count_closed(system);
    }
    if (!keep_spare(system, entry, shard)) {
        airsi_spin_lock(&shard->lock);
        airsi_slab_give(&shard->requests, entry);
        airsi_spin_unlock(&shard->lock);
    }
    airsi_payload_unref(payload);
}

static void late(airs_system *system, airsi_record *record, airs_envelope *end) {
    airsi_count(&record->counters.late_ends);
    airsi_request_release(system, end);
}

/* What an end says, ready to be passed on: `payload` if it is long, else `length` bytes that fit into the entry. */
typedef struct content {
    airs_status status;
    airsi_payload *payload;
    const void *data;
    uint32_t length;
} content;

/* A decided end as the message that it is. Takes the payload. */
static void fill_end(airsi_request_entry *entry, const content *says) {
    airs_envelope *end = &entry->end;
    memset(end, 0, sizeof *end);
    end->kind = AIRS_MESSAGE_REPLY;
    end->flags = AIRSI_ENVELOPE_REQUEST_END;
    end->from = entry->target;
    end->to = entry->requester != NULL ? entry->requester->handle : AIRS_OUTSIDE;
    end->request = airsi_slab_name(&entry->head);
    end->status = (uint8_t)says->status;
    end->incarnation = entry->incarnation;
    end->shared = says->payload;
    end->length = says->length;
    if (says->payload == NULL && says->length > 0) {
        memcpy(end->data, says->data, says->length);
    }
}

/* The end is decided, and this thread is the one that passes it on. Takes the payload. The requester is still there, or was when this thread
 * decided under the lock, and this thread has been online since. */
static airs_status deliver(airs_system *system, airsi_request_entry *entry, const content *says) {
    airsi_record *record = airsi_system_record(system);
    airs_envelope *end = &entry->end;
    if (entry->gone) {
        end->shared = says->payload;
        late(system, record, end);
        return AIRS_EREQUESTER_GONE;
    }
    fill_end(entry, says);
    airsi_count(says->status == AIRS_OK ? &record->counters.replies : &record->counters.request_failures);
    if (entry->requester == NULL) {
        entry->host.callback(entry->host.user, says->status, airsi_envelope_data(end), end->length);
        airsi_request_release(system, end);
        return AIRS_OK;
    }
    if (airsi_actor_deliver_end(entry->requester, end, record) != AIRS_OK) {
        late(system, record, end);
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
    if (end->answerer != AIRS_OUTSIDE && entry->target != end->answerer) {
        return AIRS_EUNKNOWN_REQUEST;
    }
    /* One that is gone may have had its requester's address before. */
    if (end->requester != NULL && (entry->gone || entry->requester != end->requester)) {
        return AIRS_EUNKNOWN_REQUEST;
    }
    if (!entry->open) {
        return AIRS_EALREADY_ANSWERED;
    }
    return end->status == AIRS_OK && end->length > entry->reply_bytes ? AIRS_EPAYLOAD_TOO_LARGE : AIRS_OK;
}

/* What doesn't fit into the entry is copied before the end is decided. A failure whose text finds no memory ends with the beginning of it. */
static airs_status prepare(const airsi_request_end *end, content *ret_says) {
    size_t length = end->length;
    if (end->status != AIRS_OK && length > AIRSI_FAILURE_TEXT_MAX) {
        length = AIRSI_FAILURE_TEXT_MAX;
    }
    ret_says->status = end->status;
    ret_says->data = end->data;
    ret_says->payload = NULL;
    if (length > AIRSI_REPLY_INLINE) {
        if (length > AIRS_PAYLOAD_MAX) {
            return AIRS_EPAYLOAD_TOO_LARGE;
        }
        ret_says->payload = airsi_payload_new(end->data, length);
        if (ret_says->payload == NULL && end->status == AIRS_OK) {
            return AIRS_ENOMEM;
        }
        length = ret_says->payload != NULL ? length : AIRSI_REPLY_INLINE;
    }
    ret_says->length = (uint32_t)length;
    return AIRS_OK;
}

airs_status airsi_request_end_it(airs_system *system, airs_request request, const airsi_request_end *end) {
    airsi_shard *shard = shard_of(system, request);
    if (shard == NULL) {
        return AIRS_EUNKNOWN_REQUEST;
    }
    content says;
    airs_status status = prepare(end, &says);
    if (status != AIRS_OK) {
        return status;
    }
    airsi_spin_lock(&shard->lock);
    airsi_request_entry *entry = airsi_slab_find(&shard->requests, request);
    status = check_end(shard, entry, request, end);
    if (status == AIRS_OK) {
        close_entry(shard, entry);
    }
    airsi_spin_unlock(&shard->lock);
    if (status != AIRS_OK) {
        airsi_payload_unref(says.payload);
        return status;
    }
    return deliver(system, entry, &says);
}

/* Nobody waits for it any more. One whose end is decided stays in the list, since that end is on its way to the requester. */
static void give_up(airsi_actor *requester, airsi_request_entry *entry) {
    airsi_shard *shard = &requester->system->shards.shards[entry->head.shard];
    airsi_spin_lock(&shard->lock);
    if (entry->open) {
        entry->gone = true;
        count_closed(requester->system);
        /* Under the lock: from here on it may be freed by whoever ends it. */
        unlink_made(requester->ties, entry);
    }
    airsi_spin_unlock(&shard->lock);
}

void airsi_request_drop_made(airsi_actor *requester) {
    airsi_request_entry *entry = requester->ties != NULL ? requester->ties->made : NULL;
    while (entry != NULL) {
        airsi_request_entry *next = entry->made.next;
        give_up(requester, entry);
        entry = next;
    }
}

void airsi_request_claim_timeout(airsi_wheel_node *node) {
    entry_of_wait(node)->open = false;
}

void airsi_request_deliver_timeout(airs_system *system, airsi_wheel_node *node) {
    content says = {.status = AIRS_ETIMEOUT};
    deliver(system, entry_of_wait(node), &says);
}
