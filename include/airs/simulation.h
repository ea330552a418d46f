/* The deterministic mode: the whole system on one thread, in an order that a seed decides.
 *
 * With airs_system_options.deterministic no worker threads are started. The same run queues, mailboxes, requests and timers are stepped as so many
 * virtual workers on the caller's thread; the seed decides which worker is next, how long its turn is, from whom it steals, and how the clock, a virtual
 * one, goes on. What blocks elsewhere (airs_request_wait, a send that waits for room, wait_quiescent, drain, stop) steps the system meanwhile, and its
 * timeouts are in virtual time. The same seed and the same calls give the same trace, on any machine; so a failure found once can be looked at as
 * often as need be. It replays orders of turns, not those of memory accesses.
 *
 * One thread uses such a system. */
#ifndef AIRS_SIMULATION_H
#define AIRS_SIMULATION_H

#include <stdint.h>

#include <airs/actor.h>
#include <airs/export.h>
#include <airs/status.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Runs up to `turns` turns, after airs_system_start; when nobody is runnable the clock moves on to the next timer. Writes how many it ran.
 * Errors: AIRS_EINVAL (not in this mode), AIRS_ENOTSTARTED, AIRS_EDEADLK (inside a handler). */
AIRS_API airs_status airs_system_step(airs_system *system, uint64_t turns, uint64_t *ret_turns);

/* A hash of all turns so far: which worker ran which actor when, and how many messages it handled. 0 when not in this mode. */
AIRS_API uint64_t airs_system_trace(const airs_system *system);

/* The virtual clock, in ms since the system was made. 0 when not in this mode. */
AIRS_API uint64_t airs_system_virtual_ms(const airs_system *system);

#ifdef __cplusplus
}
#endif

#endif
