/* The run queue all threads share: what host threads schedule, what a worker's ring has no room for, and what threads without a permit leave. */
#ifndef AIRSI_CORE_SCHEDULER_INJECTOR_H
#define AIRSI_CORE_SCHEDULER_INJECTOR_H

#include <stdint.h>

#include "base/atomic.h"
#include "base/lock.h"

struct airsi_actor;

typedef struct airsi_injector {
    airsi_mutex mutex;                /* guards all below */
    struct airsi_actor *first, *last; /* through airsi_actor.run_next */
    AIRSI_ATOMIC(uint32_t) length;    /* the mutex's holder writes, any thread reads */
} airsi_injector;

void airsi_injector_init(airsi_injector *injector);
void airsi_injector_fini(airsi_injector *injector);

void airsi_injector_push(airsi_injector *injector, struct airsi_actor *actor);

/* The oldest, or NULL. Costs one load when it is empty. */
struct airsi_actor *airsi_injector_take(airsi_injector *injector);

#endif
