/* What ties an actor to requests and timers: those it made, those it was handed and has not answered, and the timers it set. Made with the
 * first of them, so that an actor that has none pays a pointer. */
#ifndef AIRSI_CORE_REQUEST_TIES_H
#define AIRSI_CORE_REQUEST_TIES_H

#include <stdint.h>

#include <airs/component.h>
#include <airs/status.h>

struct airs_system;
struct airsi_actor;
struct airsi_request_entry;
struct airsi_timer_entry;
struct airsi_watch;

typedef struct airsi_ties {
    struct airsi_request_entry *made; /* turn: requests whose end it has not taken */
    uint32_t in_flight;               /* turn: how many these are, monitors, and ends of older incarnations still to come */
    uint32_t owed_count, owed_room;   /* turn */
    airs_request *owed;               /* turn: names of requests it was handed and did not answer at once; some may have ended since */
    uint32_t timer_count;             /* lock of the actor's shard */
    struct airsi_timer_entry *timers; /* lock of the actor's shard */
    struct airsi_watch *watches;      /* watches' mutex: those it made */
} airsi_ties;

/* The actor's, made if need be. NULL: no memory. Thread: its turn. */
airsi_ties *airsi_ties_of(struct airsi_actor *actor);

/* Its timers are gone and nobody ends a request to it any more. NULL is fine. */
void airsi_ties_free(airsi_ties *ties);

/* The handler returned without having answered the request it was handed: if the actor crashes or stops first, that ends it. Without memory to
 * remember it, its timeout will. Thread: the actor's turn. */
void airsi_ties_owe(struct airsi_actor *actor, airs_request request);

/* Ends what is still owed. Thread: the actor's turn. */
void airsi_ties_fail_owed(struct airsi_actor *actor, airs_status reason, const char *text);

#endif
