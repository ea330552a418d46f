/* Looking for work in the queues of others. */
#ifndef AIRSI_CORE_SCHEDULER_SEARCH_H
#define AIRSI_CORE_SCHEDULER_SEARCH_H

#include "core/scheduler/worker.h"

/* Steals, or takes from the injector; looks again for a while, as long as that has been worth it lately. NULL: there was nothing, or enough others
 * search. Thread: the worker's, with a permit and an empty queue. */
struct airsi_actor *airsi_search(airsi_worker *worker);

#endif
