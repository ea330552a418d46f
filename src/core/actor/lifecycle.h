/* Start, crash, stop: what changes an actor's incarnation or ends it. All of it inside its turn. */
#ifndef AIRSI_CORE_ACTOR_LIFECYCLE_H
#define AIRSI_CORE_ACTOR_LIFECYCLE_H

#include <airs/status.h>
#include <airs/system.h>

#include "core/actor/actor.h"
#include "core/scheduler/worker.h"

/* The start signal was taken. Counts system->starting down. On failure the actor is closing. */
void airsi_actor_start(airsi_worker *worker, airsi_actor *actor);

/* A stop signal; nobody finds the system quiet before it was heeded. Thread: any, online. */
void airsi_actor_ask_to_stop(airsi_actor *actor);

/* The incarnation died on `envelope` (taken): a dead letter, and a fresh incarnation or, by the stop rule, the end. */
void airsi_actor_crash(airsi_worker *worker, airsi_actor *actor, airs_envelope *envelope, const airs_error *error);

/* The end: unregistered, nothing is admitted any more, and what it holds becomes dead letters with `reason`. */
void airsi_actor_close(airsi_worker *worker, airsi_actor *actor, airs_status reason, airs_event_kind event, const airs_error *error);

/* Closing: takes what is left in the mailbox. true: it is empty and the actor is gone: don't touch it after the turn. */
bool airsi_actor_empty(airsi_worker *worker, airsi_actor *actor);

#endif
