/* What the calls of host threads have in common. */
#ifndef AIRSI_CORE_SYSTEM_HOST_H
#define AIRSI_CORE_SYSTEM_HOST_H

#include <stddef.h>
#include <stdint.h>

#include <airs/system.h>

#include "core/message/envelope.h"
#include "core/reclaim/reclaim.h"

#define AIRSI_NO_DEADLINE UINT64_MAX

/* Errors: AIRS_EINVAL, AIRS_EDEADLK, AIRS_EPAYLOAD_TOO_LARGE. */
airs_status airsi_host_check(airs_system *system, const void *data, size_t length, airs_when_full when_full);

/* Publishes, and waits for room if `when_full` says so, up to the deadline (monotonic). Takes `envelope`, whatever comes of it.
 * Thread: inside airsi_reclaim_enter, once; offline while it waits. */
airs_status airsi_host_publish(airs_system *system, airsi_record *record, airs_envelope *envelope, airs_when_full when_full,
                               uint64_t deadline_ns);

#endif
