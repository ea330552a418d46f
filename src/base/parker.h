/* Where one thread sleeps until another wakes it: a token that is handed over, so a wake before the sleep is not lost. */
#ifndef AIRSI_BASE_PARKER_H
#define AIRSI_BASE_PARKER_H

#include <stdint.h>

#include "base/atomic.h"

typedef struct airsi_parker {
    AIRSI_ATOMIC(uint32_t) state; /* any thread, atomic: the token, see parker.c. Zeroed is ready. */
} airsi_parker;

#define AIRSI_PARK_FOR_EVER UINT64_MAX

/* Sleeps until woken or until `monotonic_ns`, whichever is first; may also return for no reason. Takes the token. Thread: the owner. */
void airsi_parker_wait(airsi_parker *parker, uint64_t monotonic_ns);

/* Gives the token: the owner's wait, this one or the next, returns. Thread: any. Cost: one exchange, and a system call if it sleeps. */
void airsi_parker_wake(airsi_parker *parker);

#endif
