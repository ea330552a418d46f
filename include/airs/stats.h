/* RoutingStats and the balance of messages. */
#ifndef AIRS_STATS_H
#define AIRS_STATS_H

#include <stddef.h>
#include <stdint.h>

#include <airs/export.h>
#include <airs/status.h>

/* How long messages waited from their admission to a mailbox until their handler was called: of every 256th message a thread sends.
 * Quantiles are at most an eighth too high. Times are in nanoseconds; all are 0 while there are no samples. */
typedef struct airs_latency {
    uint64_t samples, total_ns, max_ns;
    uint64_t p50_ns, p99_ns, p999_ns;
} airs_latency;

/* A snapshot of per-thread counters; ends are read before accepted, so differences are never negative. */
typedef struct airs_routing_stats {
    uint64_t messages_routed;             /* publishes that ended with AIRS_OK */
    uint64_t routing_failures;            /* publishes that ended with an error, all reasons */
    uint64_t components_not_found;        /* of these: unknown or stale target */
    uint64_t mailbox_send_failures;       /* of these: refused by the mailbox */
    uint64_t failures[AIRS_STATUS_COUNT]; /* of routing_failures, by reason */
    uint64_t accepted;  /* messages admitted to a mailbox or a hold-back list, ends of requests, timer messages and notices included */
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
    airs_latency latency;
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
    uint64_t
        queued_bytes; /* of payload and headers that wait in mailboxes, hold-back lists and timers, or are in hand: what the node's budget is charged */
} airs_balance;

typedef enum airs_stats_format {
    AIRS_STATS_JSON = 1,       /* one object, fields named as in the structs, `failures` and `dead_by_reason` by airs_status_name */
    AIRS_STATS_PROMETHEUS = 2, /* text exposition format 0.0.4: airs_NAME_total, reasons and states as labels, times in seconds */
} airs_stats_format;

/* Takes the next piece of an export; anything but AIRS_OK ends it. */
typedef airs_status (*airs_stats_writer)(void *user, const char *text, size_t length);

#ifdef __cplusplus
extern "C" {
#endif

/* Writes a snapshot, and where the messages are if `balance` is not NULL. Every reason is written, also while it is 0, so names never come and go.
 *
 * Errors: AIRS_EINVAL (a NULL, or no such format), and what `write` returned; what it has taken by then stands.
 * Thread: any; `write` is called on it.
 * Cost:   a few KiB of text in pieces of up to 512 bytes; no allocation, no lock. */
AIRS_API airs_status airs_routing_stats_write(const airs_routing_stats *stats, const airs_balance *balance, airs_stats_format format,
                                              airs_stats_writer write, void *user);

#ifdef __cplusplus
}
#endif

#endif
