#include "core/watch/watch.h"

#include <string.h>

#include "base/memory.h"
#include "core/actor/actor.h"
#include "core/actor/delivery.h"
#include "core/request/ties.h"
#include "core/system/system.h"
#include "core/watch/table.h"

static const airs_component_id nobody = {.length = 0}; /* of a component that had gone before anybody looked */

static airsi_watches *watches_of(const airsi_actor *actor) {
    return &actor->system->watches;
}

/* --- made by actors --------------------------------------------------------------------------------------------------- */

/* With the mutex held. */
static void link_made(airsi_ties *ties, airsi_watch *watch) {
    watch->actor.made_next = ties->watches;
    watch->actor.made_link = &ties->watches;
    if (ties->watches != NULL) {
        ties->watches->actor.made_link = &watch->actor.made_next;
    }
    ties->watches = watch;
}

/* With the mutex held: out of the table, and out of its watcher's list. */
static void take_out(airsi_watches *watches, airsi_watch *watch) {
    airsi_watches_remove(watches, watch);
    if (watch->kind == AIRSI_WATCH_ACTOR) {
        *watch->actor.made_link = watch->actor.made_next;
        if (watch->actor.made_next != NULL) {
            watch->actor.made_next->actor.made_link = watch->actor.made_link;
        }
    } else {
        watches->hosts--;
    }
}

static void free_watch(airsi_watch *watch) {
    if (watch->kind == AIRSI_WATCH_ACTOR) {
        airs_envelope_free(watch->actor.notice);
    }
    airsi_free(watch);
}

/* The notice without the watch that was to send it. */
static airs_envelope *take_notice(airsi_watch *watch) {
    airs_envelope *notice = watch->actor.notice;
    airsi_free(watch);
    return notice;
}

/* Takes `notice`; its watcher was there when the watch was taken out, and this thread has been online since. */
static void send_notice(airsi_actor *watcher, airs_envelope *notice, airs_status reason) {
    airsi_record *record = airsi_system_record(watcher->system);
    notice->status = (uint8_t)reason;
    if (airsi_actor_deliver_end(watcher, notice, record) != AIRS_OK) {
        airsi_count(&record->counters.late_ends);
        airs_envelope_free(notice);
    }
}

static airsi_watch *new_by_actor(airsi_actor *watcher, airs_component handle, const airsi_actor *target) {
    airsi_watch *watch = airsi_calloc(1, sizeof *watch);
    if (watch == NULL) {
        return NULL;
    }
    airs_envelope *notice = airsi_envelope_new(AIRS_MESSAGE_DOWN, handle, watcher->handle, target != NULL ? target->id.text : NULL,
                                               target != NULL ? target->id.length : 0);
    if (notice == NULL) {
        airsi_free(watch);
        return NULL;
    }
    notice->flags |= AIRSI_ENVELOPE_NOTICE;
    notice->incarnation = watcher->incarnation;
    watch->kind = AIRSI_WATCH_ACTOR;
    watch->target = handle;
    watch->actor.watcher = watcher;
    watch->actor.notice = notice;
    return watch;
}

/* Puts it into the table and names it. */
static airs_status enter(airsi_watches *watches, airsi_watch *watch, airsi_ties *made_by, airs_monitor *ret_monitor) {
    airs_status status = AIRS_OK;
    airsi_lock(&watches->mutex);
    if (made_by == NULL && watches->hosts >= AIRSI_HOST_WATCHES_MAX) {
        status = AIRS_ELIMIT_REACHED;
    } else {
        status = airsi_watches_add(watches, watch);
    }
    if (status == AIRS_OK) {
        *ret_monitor = watch->number;
        if (made_by != NULL) {
            watch->actor.notice->request = watch->number;
            link_made(made_by, watch);
        } else {
            watches->hosts++;
        }
    }
    airsi_unlock(&watches->mutex);
    return status;
}

/* What belongs to a watch that came too late for its target. NULL: the target saw it after all. */
static airsi_watch *take_back(airsi_watches *watches, airs_monitor monitor) {
    airsi_lock(&watches->mutex);
    airsi_watch *watch = airsi_watches_find(watches, monitor);
    if (watch != NULL) {
        take_out(watches, watch);
    }
    airsi_unlock(&watches->mutex);
    return watch;
}

airs_status airsi_watch_by_actor(airsi_worker *worker, airsi_actor *watcher, airs_component target, airs_monitor *ret_monitor) {
    airsi_watches *watches = watches_of(watcher);
    airsi_ties *ties = airsi_ties_of(watcher);
    if (ties == NULL) {
        return AIRS_ENOMEM;
    }
    if (ties->in_flight >= watcher->terms->limits.in_flight) {
        return AIRS_ELIMIT_REACHED;
    }
    airsi_actor *actor = NULL;
    airs_status status = airsi_registry_resolve(&worker->system->registry, target, &actor);
    if (status == AIRS_ECOMPONENT_NOT_FOUND) {
        return status;
    }
    airsi_watch *watch = new_by_actor(watcher, target, actor);
    if (watch == NULL) {
        return AIRS_ENOMEM;
    }
    airs_monitor monitor = 0;
    status = enter(watches, watch, ties, &monitor);
    if (status != AIRS_OK) {
        free_watch(watch);
        return status;
    }
    ties->in_flight++;
    /* E20, pairs with E21 in the target's last turn. */
    if (actor == NULL || (airsi_actor_signal(actor, AIRSI_SIGNAL_WATCHED) & AIRSI_SIGNAL_GONE) != 0) {
        watch = take_back(watches, monitor);
        if (watch != NULL) {
            send_notice(watcher, take_notice(watch), AIRS_ETARGET_STOPPED);
        }
    }
    *ret_monitor = monitor;
    return AIRS_OK;
}

bool airsi_watch_cancel_made(airsi_actor *watcher, airs_monitor monitor) {
    airsi_watches *watches = watches_of(watcher);
    airsi_lock(&watches->mutex);
    airsi_watch *watch = airsi_watches_find(watches, monitor);
    bool mine = watch != NULL && watch->kind == AIRSI_WATCH_ACTOR && watch->actor.watcher == watcher;
    if (mine) {
        take_out(watches, watch);
    }
    airsi_unlock(&watches->mutex);
    if (mine) {
        watcher->ties->in_flight--;
        free_watch(watch);
    }
    return mine;
}

void airsi_watch_drop_made(airsi_actor *watcher) {
    airsi_ties *ties = watcher->ties;
    if (ties == NULL) {
        return;
    }
    airsi_watches *watches = watches_of(watcher);
    airsi_watch *dropped = NULL;
    airsi_lock(&watches->mutex);
    while (ties->watches != NULL) {
        airsi_watch *watch = ties->watches;
        take_out(watches, watch);
        watch->target_next = dropped;
        dropped = watch;
        ties->in_flight--;
    }
    airsi_unlock(&watches->mutex);
    while (dropped != NULL) {
        airsi_watch *next = dropped->target_next;
        free_watch(dropped);
        dropped = next;
    }
}

/* --- made by host threads --------------------------------------------------------------------------------------------- */

/* Takes `watch`. */
static void tell_host(airsi_watch *watch, const airs_component_id *id, airs_status reason) {
    if (watch->kind == AIRSI_WATCH_HOST) {
        watch->host.callback(watch->host.user, watch->target, id, reason);
    } else {
        watch->health.callback(watch->health.user, AIRS_ETARGET_STOPPED, airs_status_text(AIRS_ETARGET_STOPPED));
    }
    airsi_free(watch);
}

airs_status airsi_watch_by_host(airs_system *system, const airsi_watch *made, airs_monitor *ret_monitor) {
    airsi_actor *actor = NULL;
    airs_status status = airsi_registry_resolve(&system->registry, made->target, &actor);
    if (status == AIRS_ECOMPONENT_NOT_FOUND) {
        return status;
    }
    airsi_watch *watch = airsi_malloc(sizeof *watch);
    if (watch == NULL) {
        return AIRS_ENOMEM;
    }
    *watch = *made;
    status = enter(&system->watches, watch, NULL, ret_monitor);
    if (status != AIRS_OK) {
        airsi_free(watch);
        return status;
    }
    airs_monitor monitor = *ret_monitor;
    /* E20, as above. */
    if (actor == NULL || (airsi_actor_signal(actor, AIRSI_SIGNAL_WATCHED) & AIRSI_SIGNAL_GONE) != 0) {
        watch = take_back(&system->watches, monitor);
        if (watch != NULL) {
            tell_host(watch, &nobody, AIRS_ETARGET_STOPPED);
        }
    }
    return AIRS_OK;
}

bool airsi_watch_cancel(airs_system *system, airsi_watch_kind kind, airs_monitor monitor) {
    airsi_watches *watches = &system->watches;
    airsi_lock(&watches->mutex);
    airsi_watch *watch = airsi_watches_find(watches, monitor);
    bool found = watch != NULL && watch->kind == kind;
    if (found) {
        take_out(watches, watch);
    }
    airsi_unlock(&watches->mutex);
    if (found) {
        airsi_free(watch);
    }
    return found;
}

/* --- the watched ------------------------------------------------------------------------------------------------------ */

typedef enum which { HEALTH_ONLY, EVERY_KIND } which;

/* All watches of the target out of the table, chained by target_next. */
static airsi_watch *take_all(airsi_watches *watches, airs_component target, which kinds) {
    airsi_watch *taken = NULL;
    airsi_lock(&watches->mutex);
    for (airsi_watch *watch = airsi_watches_first(watches, target); watch != NULL;) {
        airsi_watch *next = airsi_watches_next(watch, target);
        if (kinds == EVERY_KIND || watch->kind == AIRSI_WATCH_HEALTH) {
            take_out(watches, watch);
            watch->target_next = taken;
            taken = watch;
        }
        watch = next;
    }
    airsi_unlock(&watches->mutex);
    return taken;
}

static bool has_checks(airsi_watches *watches, airs_component target) {
    airsi_lock(&watches->mutex);
    const airsi_watch *watch = airsi_watches_first(watches, target);
    while (watch != NULL && watch->kind != AIRSI_WATCH_HEALTH) {
        watch = airsi_watches_next(watch, target);
    }
    airsi_unlock(&watches->mutex);
    return watch != NULL;
}

void airsi_watch_answer(airsi_worker *worker, airsi_actor *actor) {
    airsi_watches *watches = watches_of(actor);
    if (!has_checks(watches, actor->handle)) {
        return;
    }
    airs_error error = {0};
    airs_status status = AIRS_OK;
    if (actor->behavior->health != NULL) {
        /* They stay in the table meanwhile: who asked may lose patience. */
        airs_context context = {.worker = worker, .actor = actor};
        status = actor->behavior->health(actor->state, &context, &error);
    }
    if ((unsigned)status >= AIRS_STATUS_COUNT) {
        status = AIRS_EHANDLER_FAILED;
    }
    airsi_watch *watch = take_all(watches, actor->handle, HEALTH_ONLY);
    while (watch != NULL) {
        airsi_watch *next = watch->target_next;
        watch->health.callback(watch->health.user, status, error.text);
        airsi_free(watch);
        watch = next;
    }
}

void airsi_watch_tell_gone(const airsi_actor *actor, airs_status reason) {
    airsi_watch *watch = take_all(watches_of(actor), actor->handle, EVERY_KIND);
    airs_component_id id = airsi_id_expand(&actor->id);
    while (watch != NULL) {
        airsi_watch *next = watch->target_next;
        if (watch->kind == AIRSI_WATCH_ACTOR) {
            airsi_actor *watcher = watch->actor.watcher;
            send_notice(watcher, take_notice(watch), reason);
        } else {
            tell_host(watch, &id, reason);
        }
        watch = next;
    }
}
