/* The soak's world: actors in slots that are stopped, crash and are spawned anew while everything goes on, host threads, and a ledger that receivers
 * and senders write, apart from the statistics of the system. */
#ifndef TESTS_SOAK_WORLD_H
#define TESTS_SOAK_WORLD_H

#include <pthread.h>

#include "core/kit.h"

/* Slots. Rejecting ones may be sent to by everybody, holding ones (tiny mailboxes, senders hold back) by hosts and rejecting ones only, so that nobody
 * waits in a circle. Fragile ones fail often, and what they failed at is redelivered, so order is not checked there; they send nothing. */
#define REJECTING 16
#define HOLDING 12
#define FRAGILE 4
#define SLOTS (REJECTING + HOLDING + FRAGILE)
#define HOSTS 3
#define SENDERS (SLOTS + HOSTS)
#define OPEN_MAX 64
#define OWED_MAX 8

typedef struct soak_note {
    uint32_t hops;     /* left */
    uint32_t sender;   /* slot, or SLOTS + host */
    uint32_t target;   /* slot, where there is a sequence */
    uint64_t life;     /* of the sender's incarnation */
    uint64_t sequence; /* per sender incarnation and target; 0: outside of the order (timers, broadcasts) */
    uint64_t hasty;    /* hasty requests among what was sent before it, likewise */
    uint32_t filling;  /* bytes behind it, each of them `mark` */
    uint32_t mark;
} soak_note;

#define FILLING_MAX 4000

typedef struct soak_world soak_world;

typedef struct soak_slot {
    kit_actor actor;
    soak_world *world;
    uint32_t index;
    uint64_t seed;
    uint64_t life;                                                   /* another with every start */
    uint64_t sent[SLOTS], hasty[SLOTS];                              /* of this life */
    uint64_t seen[SENDERS], seen_hasty[SENDERS], seen_life[SENDERS]; /* the last of each sender */
    airs_request open[OPEN_MAX], owed[OWED_MAX];                     /* made and not told; handed over and not answered */
    uint32_t open_count, owed_count;
} soak_slot;

typedef atomic_uint_fast64_t soak_count;

/* Counted by senders when a call returned, by receivers in their handlers. */
typedef struct soak_ledger {
    soak_count sent;            /* accepted: sends, broadcasts, requests, from actors and hosts */
    soak_count made, host_made; /* requests accepted */
    soak_count told, host_told; /* ends */
    soak_count ok, failed;      /* messages handled, by what the handler returned */
    soak_count timers;          /* timer messages handled */
    soak_count unclear;         /* airs_request_wait that failed: refused or sent, it doesn't say */
    /* Requests whose timeout may come before their message was refused: the call is fine then, and the end tells the timeout. */
    soak_count hasty;
    soak_count watched, downs, closed; /* monitors: opened, told, and closed before that */
    soak_count redelivered;
    soak_count refused; /* sends, all reasons */
    soak_count children, children_freed;
    soak_count respawns, taps, observers;
} soak_ledger;

typedef struct soak_host {
    soak_world *world;
    pthread_t thread;
    uint32_t index;
    uint64_t seed;
    uint64_t sent[SLOTS];
    atomic_bool paused; /* it has seen world->pause */
} soak_host;

struct soak_world {
    airs_system *system;
    soak_slot slots[SLOTS];
    soak_host hosts[HOSTS];
    soak_count components[SLOTS];
    soak_count lives;
    soak_ledger ledger;
    atomic_bool pause, end;
};

/* world.c: the actors. */
void soak_spawn(soak_world *world, uint32_t index, uint64_t seed);
/* A note to a target, with its filling behind it in `buffer` (of sizeof(soak_note) + FILLING_MAX). Returns the length. */
size_t soak_write_note(const soak_note *note, uint64_t dice, void *buffer);
/* A status that sending to somebody who may be full or gone can have. */
bool soak_is_refusal(airs_status status);

/* hosts.c: what comes from outside. */
void soak_start_hosts(soak_world *world, uint64_t *seed);
void soak_pause_hosts(soak_world *world); /* returns when all rest */
void soak_resume_hosts(soak_world *world);
void soak_join_hosts(soak_world *world);

/* check.c: with the hosts paused, waits until nothing moves, and holds the ledger against the system's own figures. */
void soak_check(soak_world *world);

#endif
