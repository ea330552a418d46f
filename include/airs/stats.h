/* RoutingStats and the balance of messages. */
#ifndef AIRS_STATS_H
#define AIRS_STATS_H

#include <stdint.h>

#include <airs/export.h>
#include <airs/status.h>

/* A snapshot of per-thread counters; ends are read before accepted, so differences are never negative. */
typedef struct airs_routing_stats {
    uint64_t messages_routed;             /* publishes that ended with AIRS_OK */
    uint64_t routing_failures;            /* publishes that ended with an error, all reasons */
    uint64_t components_not_found;        /* of these: unknown or stale target */
    uint64_t mailbox_send_failures;       /* of these: refused by the mailbox (full, closed) */
    uint64_t failures[AIRS_STATUS_COUNT]; /* of routing_failures, by reason */

    uint64_t accepted;  /* messages admitted to a mailbox or a hold-back list, replies and timer messages included */
    uint64_t delivered; /* handled */
    uint64_t dead;      /* became a dead letter after being accepted */
    uint64_t dropped;   /* by a named policy */
    uint64_t dead_by_reason[AIRS_STATUS_COUNT];

    uint64_t requests;         /* made */
    uint64_t replies;          /* requests that ended with a reply */
    uint64_t request_failures; /* requests that ended without one */
    uint64_t late_ends;        /* ends whose requester's incarnation was gone */
    uint64_t timers_set, timers_fired, timers_cancelled;
    uint64_t restarts, crashes; /* of components */
} airs_routing_stats;

/* Where every accepted message is now: accepted = delivered + dead + dropped + queued + held + in_hand (I1).
 * Exact when no worker runs and no host thread publishes; queued, held and in_hand are counted by walking the queues, never derived. */
typedef struct airs_balance {
    uint64_t accepted, delivered, dead, dropped;
    uint64_t queued;  /* in mailboxes */
    uint64_t held;    /* in hold-back lists */
    uint64_t in_hand; /* in a handler */
    uint64_t open_requests;
    uint64_t pending_timers;
} airs_balance;

#endif
