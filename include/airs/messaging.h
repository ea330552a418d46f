/* MessagingService: owns the broker and the statistics of a system; created with it. */
#ifndef AIRS_MESSAGING_H
#define AIRS_MESSAGING_H

#include <airs/broker.h>
#include <airs/export.h>
#include <airs/stats.h>

typedef struct airs_messaging airs_messaging;

#ifdef __cplusplus
extern "C" {
#endif

/* Valid as long as the system. */
AIRS_API airs_broker *airs_messaging_broker(airs_messaging *messaging);

/* A snapshot of the counters of all threads, with the latency of what was sampled. Thread: any. Cost: a walk over the threads' counters. */
AIRS_API void airs_messaging_stats(airs_messaging *messaging, airs_routing_stats *ret_stats);

#ifdef __cplusplus
}
#endif

#endif
