/* Who uses the core now, and when what was unlinked may be freed: quiescent-state based reclamation.
 *
 * Problem: senders follow pointers to actors, subscriber lists and registry slots without locks, while others unlink and free them.
 * Rule: a thread follows such a pointer only while its record is online; it may keep none across a quiescent state. Workers announce one
 * between turns and go offline before they park. A host thread is online only inside an airs call (enter/leave), and never waits meanwhile.
 * What was unlinked is retired with the epoch that started then, and freed once every online record has announced that epoch or a later one.
 *
 * After: M. Desnoyers et al., "User-Level Implementations of Read-Copy Update", 2012 (the QSBR flavour). */
#ifndef AIRSI_CORE_RECLAIM_H
#define AIRSI_CORE_RECLAIM_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

#include <airs/component.h>
#include <airs/id.h>
#include <airs/log.h>
#include <airs/stats.h>
#include <airs/status.h>

#include "base/atomic.h"
#include "base/heap/heap.h"
#include "base/lock.h"
#include "core/budget/budget.h"
#include "core/policy/verdicts.h"
#include "core/stats/counters.h"

struct airsi_reclaim;

/* One thread's place in one system: its announced epoch, its heap and its counters. */
typedef struct airsi_record {
    AIRSI_ATOMIC(uint64_t) epoch;  /* owner thread writes, any thread reads: 0 = offline, else the epoch announced last */
    uint32_t depth;                /* owner thread: nested enters */
    uint32_t number;               /* const after new */
    struct airsi_reclaim *reclaim; /* const after new */
    struct airsi_record *next;     /* under the mutex */
    airsi_verdicts *verdicts;      /* owner thread; NULL until it gave one */
    airs_component told;           /* owner thread: whose id airs_context_id has told last */
    airs_component_id told_id;
    airsi_credit credit;
    airs_envelope *dropped_first; /* owner thread: messages it has dropped, not ended yet (overflow.c) */
    airs_envelope *dropped_last;
    bool dropping;           /* owner thread: it is ending them */
    airsi_heap heap;         /* owner thread's while online */
    airsi_heap *outer_heap;  /* owner thread: what it had before it entered, as a worker of another system does */
    airsi_counters counters; /* owner thread writes */
} airsi_record;

/* Embedded in what will be freed. */
typedef struct airsi_garbage {
    struct airsi_garbage *next;
    void (*free)(struct airsi_garbage *garbage); /* on any thread, outside all locks of the core */
    uint64_t epoch;
} airsi_garbage;

typedef struct airsi_reclaim {
    AIRSI_ATOMIC(uint64_t) epoch;   /* any thread, atomic: counts up from 1 */
    AIRSI_ATOMIC(uint32_t) waiting; /* any thread reads; under the garbage lock: how many are in the list */
    airsi_spinlock garbage_lock;
    airsi_garbage *oldest, *newest; /* garbage lock: in the order of their epochs */

    airsi_mutex mutex; /* guards all below; lock order: docs/CONCURRENCY.md */
    airsi_record *records;
    airsi_counters folded; /* of threads that are gone */
    uint32_t next_number;
    uint64_t stuck_epoch, stuck_since_ms; /* the oldest garbage, when it was first found to wait */
    bool complained;                      /* of it */
    airsi_budget budget;                  /* what the threads' credit comes from; without init nothing can be charged */
    pthread_key_t key;                    /* const after init: a host thread's record */
    airsi_depot *depot;                   /* const after init: what the threads' heaps share */
    airs_log *log;                        /* const after init */
} airsi_reclaim;

airs_status airsi_reclaim_init(airsi_reclaim *reclaim, airs_log *log);
/* Frees all garbage and all records; no thread may be using it any more. */
void airsi_reclaim_fini(airsi_reclaim *reclaim);

/* A record for a worker; it starts offline. NULL: no memory. */
airsi_record *airsi_record_new(airsi_reclaim *reclaim);
/* Folds the counters and frees it. */
void airsi_record_free(airsi_record *record);

/* Online its heap is the calling thread's. Of several online on one thread, as in the deterministic mode, the last is. */
/* The calling thread acts by this record from here on, online, until it leaves it: airs calls on it find this one. Returns its own, or NULL. */
airsi_record *airsi_record_adopt(airsi_record *record);
void airsi_record_leave(airsi_record *record, airsi_record *before);

void airsi_record_online(airsi_record *record);
void airsi_record_quiescent(airsi_record *record); /* online already */
void airsi_record_offline(airsi_record *record);

/* Host threads: a record made on first use, online until the matching leave. Nests. NULL: no memory. */
airsi_record *airsi_reclaim_enter(airsi_reclaim *reclaim);
void airsi_reclaim_leave(airsi_record *record);

/* `garbage` was unlinked: nobody who comes now can find it. */
void airsi_reclaim_retire(airsi_reclaim *reclaim, airsi_garbage *garbage);

/* Frees what has had its grace period, and gives back memory that is no longer needed. Cheap when there is nothing. The caller holds no lock. */
void airsi_reclaim_collect(airsi_reclaim *reclaim);
/* Whether collect should be called again in some 20 ms, even when nothing else happens. */
bool airsi_reclaim_pending(const airsi_reclaim *reclaim);

/* A snapshot of all counters, those of threads that are gone included. */
void airsi_reclaim_stats(airsi_reclaim *reclaim, airs_routing_stats *ret_stats);
/* What is charged against the budget now; exact when nobody runs. */
uint64_t airsi_reclaim_queued_bytes(airsi_reclaim *reclaim);
/* A snapshot of the histograms, which the counters leave out. */
void airsi_reclaim_latency(airsi_reclaim *reclaim, airs_latency *ret_latency);

/* Requests open on all threads together (core/request/). Never less than there were at one moment of the call. */
uint64_t airsi_reclaim_open_requests(airsi_reclaim *reclaim);

#endif
