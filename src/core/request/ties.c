#include "core/request/ties.h"

#include <string.h>

#include "base/memory.h"
#include "core/actor/actor.h"
#include "core/request/request.h"

#define OWED_FIRST 8u

airsi_ties *airsi_ties_of(airsi_actor *actor) {
    if (actor->ties == NULL) {
        actor->ties = airsi_calloc(1, sizeof *actor->ties);
    }
    return actor->ties;
}

void airsi_ties_free(airsi_ties *ties) {
    if (ties != NULL) {
        airsi_free(ties->owed);
        airsi_free(ties);
    }
}

/* Forgets what has ended meanwhile. */
static void prune(const airsi_actor *actor, airsi_ties *ties) {
    uint32_t kept = 0;
    for (uint32_t i = 0; i < ties->owed_count; i++) {
        if (airsi_request_is_open(actor->system, ties->owed[i])) {
            ties->owed[kept++] = ties->owed[i];
        }
    }
    ties->owed_count = kept;
}

/* Grows when more than half of it is still owed, so that looking through it costs a constant time a request. */
static bool make_room(const airsi_actor *actor, airsi_ties *ties) {
    prune(actor, ties);
    if (ties->owed_room != 0 && ties->owed_count <= ties->owed_room / 2) {
        return true;
    }
    uint32_t room = ties->owed_room != 0 ? 2 * ties->owed_room : OWED_FIRST;
    airs_request *owed = airsi_realloc(ties->owed, room * sizeof *owed);
    if (owed == NULL) {
        return ties->owed_count < ties->owed_room;
    }
    ties->owed = owed;
    ties->owed_room = room;
    return true;
}

void airsi_ties_owe(airsi_actor *actor, airs_request request) {
    airsi_ties *ties = airsi_ties_of(actor);
    if (ties != NULL && (ties->owed_count < ties->owed_room || make_room(actor, ties))) {
        ties->owed[ties->owed_count++] = request;
    }
}

void airsi_ties_fail_owed(airsi_actor *actor, airs_status reason, const char *text) {
    airsi_ties *ties = actor->ties;
    if (ties == NULL) {
        return;
    }
    airsi_request_end end = {.status = reason, .data = text, .length = strlen(text), .answerer = actor->handle};
    for (uint32_t i = 0; i < ties->owed_count; i++) {
        airsi_request_end_it(actor->system, ties->owed[i], &end);
    }
    airsi_free(ties->owed);
    ties->owed = NULL;
    ties->owed_count = 0;
    ties->owed_room = 0;
}
