#include "core/scheduler/injector.h"

#include <string.h>

#include "core/actor/actor.h"

void airsi_injector_init(airsi_injector *injector) {
    memset(injector, 0, sizeof *injector);
    airsi_mutex_init(&injector->mutex, AIRSI_RANK_INJECTOR);
}

void airsi_injector_fini(airsi_injector *injector) {
    airsi_mutex_fini(&injector->mutex);
}

void airsi_injector_push(airsi_injector *injector, airsi_actor *actor) {
    actor->run_next = NULL;
    airsi_lock(&injector->mutex);
    if (injector->last != NULL) {
        injector->last->run_next = actor;
    } else {
        injector->first = actor;
    }
    injector->last = actor;
    airsi_store_relaxed(&injector->length, airsi_load_relaxed(&injector->length) + 1);
    airsi_unlock(&injector->mutex);
}

airsi_actor *airsi_injector_take(airsi_injector *injector) {
    if (airsi_load_relaxed(&injector->length) == 0) {
        return NULL;
    }
    airsi_lock(&injector->mutex);
    airsi_actor *actor = injector->first;
    if (actor != NULL) {
        injector->first = actor->run_next;
        if (injector->first == NULL) {
            injector->last = NULL;
        }
        airsi_store_relaxed(&injector->length, airsi_load_relaxed(&injector->length) - 1);
    }
    airsi_unlock(&injector->mutex);
    return actor;
}
