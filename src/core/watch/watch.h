/* Watches: who is told when an actor is gone, or how it is.
 *
 * Problem: somebody asks for it just while the actor goes. Rule: a watch is put into the table first, then the actor is signalled; the actor's last
 * act is an exchange of its signals for GONE. Of these two read-modify-writes on one word (E20, E21) one comes first: either the actor sees the
 * signal, looks into the table and tells the watch, or the watcher sees GONE, takes the watch back and tells it itself. An actor nobody ever
 * watched doesn't look.
 *
 * A watch ends once: told, cancelled by who made it, or dropped with the incarnation that made it; taking it out of the table decides. The notice to an
 * actor is made beforehand, so that telling needs no memory, and comes outside the mailbox's bounds, like the end of a request: it is counted
 * against in_flight when the watch is made. */
#ifndef AIRSI_CORE_WATCH_H
#define AIRSI_CORE_WATCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <airs/component.h>
#include <airs/status.h>
#include <airs/system.h>

#include "base/atomic.h"
#include "base/lock.h"
#include "core/message/envelope.h"
#include "core/reclaim/reclaim.h"

struct airsi_actor;
struct airsi_worker;

typedef enum airsi_watch_kind {
    AIRSI_WATCH_ACTOR,  /* another actor monitors it */
    AIRSI_WATCH_HOST,   /* a host thread does */
    AIRSI_WATCH_HEALTH, /* a host thread asks how it is */
} airsi_watch_kind;

/* How a health check ends; `text` may be empty. On the thread that runs the actor, no lock held. */
typedef void (*airsi_health_callback)(void *user, airs_status status, const char *text);

typedef struct airsi_watch {
    airs_monitor number;
    airsi_watch_kind kind;
    airs_component target;
    struct airsi_watch *target_next, **target_link; /* bucket of by_target, or the chain of who took it out */
    struct airsi_watch *number_next, **number_link; /* bucket of by_number */
    union {
        struct {
            struct airsi_actor *watcher;                /* there as long as the watch is in the table: it drops its own before it goes */
            struct airsi_watch *made_next, **made_link; /* the watcher's ties */
            airs_envelope *notice;
        } actor;
        struct {
            airs_down_callback callback;
            void *user;
        } host;
        struct {
            airsi_health_callback callback;
            void *user;
        } health;
    };
} airsi_watch;

typedef struct airsi_watches {
    airsi_mutex mutex; /* guards all below, and all watches in the table */
    airsi_watch **by_target, **by_number;
    size_t buckets; /* of each; a power of two, or 0 */
    size_t count;
    size_t hosts; /* made by host threads */
    airs_monitor last_number;
} airsi_watches;

#define AIRSI_HOST_WATCHES_MAX 65536u

void airsi_watches_init(airsi_watches *watches);
/* Nobody is left who could be told. */
void airsi_watches_fini(airsi_watches *watches);

/* The watcher monitors a component. A stale handle: it is told at once. Errors: AIRS_ECOMPONENT_NOT_FOUND, AIRS_ELIMIT_REACHED (in_flight), AIRS_ENOMEM.
 * Thread: the watcher's turn. */
airs_status airsi_watch_by_actor(struct airsi_worker *worker, struct airsi_actor *watcher, airs_component target,
                                 airs_monitor *ret_monitor);
/* true: it will not be told. Thread: the watcher's turn. */
bool airsi_watch_cancel_made(struct airsi_actor *watcher, airs_monitor monitor);
/* The watcher's incarnation is gone. Thread: the watcher's turn, before it is GONE. */
void airsi_watch_drop_made(struct airsi_actor *watcher);

/* A host thread's watch; `made` has kind, target and what follows from the kind. `ret_monitor` is set before anybody can be told.
 * Errors: AIRS_ECOMPONENT_NOT_FOUND, AIRS_ELIMIT_REACHED, AIRS_ENOMEM. Thread: any, online. */
airs_status airsi_watch_by_host(airs_system *system, const airsi_watch *made, airs_monitor *ret_monitor);
/* true: it was of this kind, and will not be told. Thread: any. */
bool airsi_watch_cancel(airs_system *system, airsi_watch_kind kind, airs_monitor monitor);

/* Health checks that wait for the actor are answered. Thread: the actor's turn, running. */
void airsi_watch_answer(struct airsi_worker *worker, struct airsi_actor *actor);

/* The actor is GONE, for `reason`: everybody who watched is told. Thread: its last turn. */
void airsi_watch_tell_gone(const struct airsi_actor *actor, airs_status reason);

#endif
