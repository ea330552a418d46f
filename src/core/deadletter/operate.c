/* What an operator does with dead letters: list, show, redeliver, drop. */

#include <string.h>

#include "base/lock.h"
#include "core/deadletter/dead_letters.h"
#include "core/reclaim/reclaim.h"
#include "core/system/system.h"

static airs_dead_letter view_of(const airsi_letter *letter) {
    airs_message message = airs_envelope_message(letter->envelope);
    airs_dead_letter view = {
        .number = letter->number,
        .wall_ns = letter->wall_ns,
        .reason = letter->reason,
        .detail = letter->detail,
        .from = &letter->from,
        .to = &letter->to,
        .kind = message.kind,
        .operation = message.operation,
        .operation_length = message.operation_length,
        .data = message.data,
        .length = message.length,
    };
    return view;
}

void airs_dead_letters_list(airs_system *system, int (*visit)(void *user, const airs_dead_letter *letter), void *user) {
    if (system == NULL || visit == NULL) {
        return;
    }
    airsi_dead_letters *letters = &system->dead_letters;
    airsi_lock(&letters->mutex);
    for (const airsi_letter *letter = letters->oldest; letter != NULL; letter = letter->next) {
        airs_dead_letter view = view_of(letter);
        if (visit(user, &view) != 0) {
            break;
        }
    }
    airsi_unlock(&letters->mutex);
}

size_t airs_dead_letters_count(airs_system *system) {
    if (system == NULL) {
        return 0;
    }
    airsi_lock(&system->dead_letters.mutex);
    size_t count = system->dead_letters.count;
    airsi_unlock(&system->dead_letters.mutex);
    return count;
}

airs_status airs_dead_letters_show(airs_system *system, uint64_t number, void (*visit)(void *user, const airs_dead_letter *letter),
                                   void *user) {
    if (system == NULL || visit == NULL) {
        return AIRS_EINVAL;
    }
    airsi_lock(&system->dead_letters.mutex);
    const airsi_letter *letter = airsi_dead_letters_find(&system->dead_letters, number);
    if (letter != NULL) {
        airs_dead_letter view = view_of(letter);
        visit(user, &view);
    }
    airsi_unlock(&system->dead_letters.mutex);
    return letter != NULL ? AIRS_OK : AIRS_ENOTFOUND;
}

airs_status airs_dead_letters_drop(airs_system *system, uint64_t number) {
    if (system == NULL) {
        return AIRS_EINVAL;
    }
    airsi_dead_letters *letters = &system->dead_letters;
    airs_status status = AIRS_ENOTFOUND;
    airsi_lock(&letters->mutex);
    airsi_letter *letter = airsi_dead_letters_find(letters, number);
    if (letter != NULL) {
        status = letter->busy ? AIRS_EBUSY : AIRS_OK;
    }
    if (status == AIRS_OK) {
        airsi_dead_letters_unlink(letters, letter);
    }
    airsi_unlock(&letters->mutex);
    airsi_letter_free(status == AIRS_OK ? letter : NULL);
    return status;
}

size_t airs_dead_letters_drop_all(airs_system *system) {
    if (system == NULL) {
        return 0;
    }
    airsi_dead_letters *letters = &system->dead_letters;
    airsi_letter *dropped = NULL;
    size_t count = 0;
    airsi_lock(&letters->mutex);
    for (airsi_letter *letter = letters->oldest; letter != NULL;) {
        airsi_letter *next = letter->next;
        if (!letter->busy) {
            airsi_dead_letters_unlink(letters, letter);
            letter->next = dropped;
            dropped = letter;
            count++;
        }
        letter = next;
    }
    airsi_unlock(&letters->mutex);
    while (dropped != NULL) {
        airsi_letter *next = dropped->next;
        airsi_letter_free(dropped);
        dropped = next;
    }
    return count;
}

/* A letter on its way out: a copy of its message, and whom it was between. */
typedef struct redelivery {
    uint64_t number;
    airs_envelope *copy;
    airs_component_id from, to;
} redelivery;

/* With the mutex held: makes the copy and marks the letter, so that nobody else redelivers or drops it meanwhile. */
static airs_status begin(airsi_letter *letter, redelivery *ret_attempt) {
    if (letter->busy) {
        return AIRS_EBUSY;
    }
    if (letter->envelope->kind == AIRS_MESSAGE_REPLY || letter->envelope->kind == AIRS_MESSAGE_DOWN) {
        return AIRS_EINVAL; /* what has ended ends once */
    }
    ret_attempt->copy = airsi_envelope_copy(letter->envelope);
    if (ret_attempt->copy == NULL) {
        return AIRS_ENOMEM;
    }
    ret_attempt->number = letter->number;
    ret_attempt->from = letter->from;
    ret_attempt->to = letter->to;
    letter->busy = true;
    return AIRS_OK;
}

/* Whoever bears the id now, else the handle it was. */
static airs_component holder(airs_system *system, const airs_component_id *id, airs_component was) {
    airs_component now = was;
    return was == AIRS_OUTSIDE || airs_registry_find(&system->registry, id, &now) != AIRS_OK ? was : now;
}

/* Its request ended when it died, so it is sent again as a plain message. Takes the copy. */
static airs_status publish(airs_system *system, const redelivery *attempt) {
    airs_envelope *copy = attempt->copy;
    copy->request = AIRS_NO_REQUEST;
    copy->from = holder(system, &attempt->from, copy->from);
    copy->to = holder(system, &attempt->to, copy->to);
    airs_status status = airs_broker_publish(&system->messaging.broker, copy);
    if (status != AIRS_OK) {
        airs_envelope_free(copy);
    }
    return status;
}

/* It leaves the ring if it was accepted; the ring's bounds may have pushed it out meanwhile. */
static void end(airsi_dead_letters *letters, uint64_t number, bool accepted) {
    airsi_lock(&letters->mutex);
    airsi_letter *letter = airsi_dead_letters_find(letters, number);
    if (letter != NULL && accepted) {
        airsi_dead_letters_unlink(letters, letter);
    } else if (letter != NULL) {
        letter->busy = false;
        letter = NULL;
    }
    airsi_unlock(&letters->mutex);
    airsi_letter_free(letter);
}

/* The first letter from `number` to `last`; `*ret_number` says which it was, or `last` when there is none. */
static airs_status redeliver(airs_system *system, uint64_t number, uint64_t last, uint64_t *ret_number) {
    airsi_dead_letters *letters = &system->dead_letters;
    redelivery attempt;
    airsi_lock(&letters->mutex);
    airsi_letter *letter = letters->oldest;
    while (letter != NULL && letter->number < number) {
        letter = letter->next;
    }
    bool found = letter != NULL && letter->number <= last;
    airs_status status = found ? begin(letter, &attempt) : AIRS_ENOTFOUND;
    *ret_number = found ? letter->number : last;
    airsi_unlock(&letters->mutex);
    if (status == AIRS_OK) {
        status = publish(system, &attempt);
        end(letters, attempt.number, status == AIRS_OK);
    }
    return status;
}

airs_status airs_dead_letters_redeliver(airs_system *system, uint64_t number) {
    if (system == NULL) {
        return AIRS_EINVAL;
    }
    airsi_record *record = airsi_reclaim_enter(&system->reclaim);
    if (record == NULL) {
        return AIRS_ENOMEM;
    }
    uint64_t which;
    airs_status status = redeliver(system, number, number, &which);
    airsi_reclaim_leave(record);
    return status;
}

size_t airs_dead_letters_redeliver_all(airs_system *system) {
    airsi_record *record = system != NULL ? airsi_reclaim_enter(&system->reclaim) : NULL;
    if (record == NULL) {
        return 0;
    }
    airsi_lock(&system->dead_letters.mutex);
    uint64_t last = system->dead_letters.last_number; /* those that die of it now are not tried again */
    airsi_unlock(&system->dead_letters.mutex);
    size_t accepted = 0;
    for (uint64_t number = 0; number < last;) {
        accepted += redeliver(system, number + 1, last, &number) == AIRS_OK ? 1 : 0;
    }
    airsi_reclaim_leave(record);
    return accepted;
}
