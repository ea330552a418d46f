#include "base/parker.h"

#include <linux/futex.h>
#include <stddef.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

enum { EMPTY, TOKEN, SLEEPING };

static void futex_wait(airsi_parker *parker, uint64_t monotonic_ns) {
    struct timespec until = {.tv_sec = (time_t)(monotonic_ns / 1000000000u), .tv_nsec = (long)(monotonic_ns % 1000000000u)};
    syscall(SYS_futex, (uint32_t *)&parker->state, FUTEX_WAIT_BITSET_PRIVATE, SLEEPING, monotonic_ns != AIRSI_PARK_FOR_EVER ? &until : NULL,
            NULL, FUTEX_BITSET_MATCH_ANY);
}

void airsi_parker_wait(airsi_parker *parker, uint64_t monotonic_ns) {
    uint32_t found = EMPTY;
    if (airsi_cas_strong_acq_rel(&parker->state, &found, SLEEPING)) {
        futex_wait(parker, monotonic_ns);
    }
    /* E30 acquire, pairs with E31: what the waker did before. Takes the token, or the note that we sleep. */
    airsi_exchange_acq_rel(&parker->state, EMPTY);
}

void airsi_parker_wake(airsi_parker *parker) {
    /* E31 release, pairs with E30. */
    if (airsi_exchange_acq_rel(&parker->state, TOKEN) == SLEEPING) {
        syscall(SYS_futex, (uint32_t *)&parker->state, FUTEX_WAKE_PRIVATE, 1, NULL, NULL, 0);
    }
}
