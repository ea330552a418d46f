#include "core/deadletter/dead_letters.h"

#include <assert.h>
#include <string.h>

#include "base/clock.h"
#include "base/memory.h"
#include "core/budget/budget.h"
#include "core/request/request.h"
#include "core/system/system.h"

static const airs_component_id stopped = {
    .hash = 0xf727ab3b386e6208, .length = 14, .name_at = 5, .instance_at = 13, .text = "airs/stopped/0"};

void airsi_dead_letters_init(airsi_dead_letters *letters, size_t max_count, size_t max_bytes) {
    memset(letters, 0, sizeof *letters);
    airsi_mutex_init(&letters->mutex, AIRSI_RANK_DEAD_LETTERS);
    letters->max_count = max_count;
    letters->max_bytes = max_bytes;
}

void airsi_letter_free(airsi_letter *letter) {
    if (letter != NULL) {
        airs_envelope_free(letter->envelope);
        airsi_free(letter);
    }
}

static size_t weight(const airsi_letter *letter) {
    return sizeof *letter + strlen(letter->detail) + sizeof *letter->envelope + letter->envelope->length;
}

void airsi_dead_letters_fini(airsi_dead_letters *letters) {
    while (letters->oldest != NULL) {
        airsi_letter *letter = letters->oldest;
        letters->oldest = letter->next;
        airsi_letter_free(letter);
    }
    airsi_mutex_fini(&letters->mutex);
}

static airs_component_id name_of(airs_system *system, airs_component component) {
    airsi_actor *actor = NULL;
    if (component == AIRS_OUTSIDE) {
        return *airsi_outside_id();
    }
    if (airsi_registry_resolve(&system->registry, component, &actor) == AIRS_OK) {
        return airsi_id_expand(&actor->id);
    }
    /* One that is closing has no address any more, but most of what dies with it dies in its own turn. */
    const airsi_worker *worker = airsi_system_worker(system);
    return worker != NULL && worker->actor != NULL && worker->actor->handle == component ? airsi_id_expand(&worker->actor->id) : stopped;
}

static airsi_letter *new_letter(airs_system *system, airs_envelope *envelope, airs_status reason, const char *detail) {
    size_t length = strlen(detail);
    airsi_letter *letter = airsi_calloc(1, sizeof *letter + length + 1);
    if (letter == NULL) {
        return NULL;
    }
    memcpy(letter->detail, detail, length + 1);
    letter->wall_ns = airsi_clock_wall_ns();
    letter->reason = reason;
    letter->envelope = envelope;
    letter->from = name_of(system, envelope->from);
    letter->to = name_of(system, envelope->to);
    return letter;
}

airsi_letter *airsi_dead_letters_find(airsi_dead_letters *letters, uint64_t number) {
    airsi_letter *letter = letters->oldest;
    while (letter != NULL && letter->number < number) {
        letter = letter->next;
    }
    return letter != NULL && letter->number == number ? letter : NULL;
}

void airsi_dead_letters_unlink(airsi_dead_letters *letters, airsi_letter *letter) {
    airsi_letter *before = NULL;
    airsi_letter **at = &letters->oldest;
    while (*at != letter) {
        before = *at;
        at = &before->next;
    }
    *at = letter->next;
    if (letters->newest == letter) {
        letters->newest = before;
    }
    letters->count--;
    letters->bytes -= weight(letter);
}

/* Appends and returns what has to leave for it, chained. */
static airsi_letter *append(airsi_dead_letters *letters, airsi_letter *letter) {
    airsi_letter *leaving = NULL;
    airsi_lock(&letters->mutex);
    letter->number = ++letters->last_number;
    if (letters->newest != NULL) {
        letters->newest->next = letter;
    } else {
        letters->oldest = letter;
    }
    letters->newest = letter;
    letters->count++;
    letters->bytes += weight(letter);
    while (letters->count > letters->max_count || (letters->bytes > letters->max_bytes && letters->count > 1)) {
        airsi_letter *oldest = letters->oldest;
        assert(oldest != NULL);
        airsi_dead_letters_unlink(letters, oldest);
        oldest->next = leaving;
        leaving = oldest;
    }
    airsi_unlock(&letters->mutex);
    return leaving;
}

/* An envelope the ring may keep: the end of a request is embedded in its entry, which goes back to its slab; one that is spent has to stay in
 * its mailbox a while. */
static airs_envelope *keepable(airs_system *system, airs_envelope *envelope) {
    bool spent = (envelope->flags & AIRSI_ENVELOPE_SPENT) != 0;
    bool end = (envelope->flags & AIRSI_ENVELOPE_REQUEST_END) != 0;
    if (!spent && !end) {
        return envelope;
    }
    airs_envelope *copy = airsi_envelope_copy(envelope);
    if (!spent) {
        airsi_request_release(system, envelope);
    }
    return copy;
}

/* What the requester is told: whatever went wrong inside the handler is handler-failed to it. */
static airs_status request_reason(airs_status reason) {
    switch (reason) {
    case AIRS_EMAILBOX_FULL:
    case AIRS_ETARGET_STOPPED:
    case AIRS_ENOHANDLER:
        return reason;
    case AIRS_ESTOPPING:
    case AIRS_EINIT_FAILED:
        return AIRS_ETARGET_STOPPED;
    default:
        return AIRS_EHANDLER_FAILED;
    }
}

static void end_request(airs_system *system, const airs_envelope *envelope, airs_status reason, const char *detail) {
    if (!airsi_envelope_asks(envelope)) {
        return;
    }
    airsi_request_end end = {.status = request_reason(reason), .data = detail, .length = strlen(detail)};
    airsi_request_end_it(system, envelope->request, &end);
}

void airsi_dead_letter(airs_system *system, airsi_record *record, airs_envelope *envelope, airs_status reason, const char *detail) {
    if ((unsigned)reason >= AIRS_STATUS_COUNT) {
        reason = AIRS_EHANDLER_FAILED; /* a handler may have made it up */
    }
    end_request(system, envelope, reason, detail);
    airsi_uncharge(&record->credit, envelope); /* the ring has bounds of its own */
    envelope = keepable(system, envelope);
    airsi_letter *letter = envelope != NULL ? new_letter(system, envelope, reason, detail) : NULL;
    airsi_letter *leaving = NULL;
    if (letter != NULL) {
        leaving = append(&system->dead_letters, letter);
    } else {
        airs_envelope_free(envelope);
    }
    airsi_count_end(&record->counters.dead_by_reason[reason]);
    while (leaving != NULL) {
        airsi_letter *next = leaving->next;
        airsi_letter_free(leaving);
        leaving = next;
    }
}
