/* Virtual workers on one thread (docs/DESIGN.md 4.11). */
#ifndef AIRSI_CORE_SCHEDULER_SIMULATION_H
#define AIRSI_CORE_SCHEDULER_SIMULATION_H

#include <stdbool.h>
#include <stdint.h>

struct airs_system;

typedef struct airsi_simulation {
    bool on;         /* const after init */
    uint64_t random; /* the state of the generator, from the seed */
    uint64_t trace;
    uint64_t turns;
} airsi_simulation;

#define AIRSI_SIMULATION_START_MS 1000u /* the virtual clock begins here: to many 0 is no time */

void airsi_simulation_init(airsi_simulation *simulation, uint64_t seed);

/* One turn of one worker, or a jump of the clock, to `latest_ms` at most. false: nothing is runnable, and nothing will fall due. */
bool airsi_simulation_step(struct airs_system *system, uint64_t latest_ms);

/* Steps until `holds`, or the clock has reached `until_ms`, or nothing can happen any more. Returns whether it holds. */
bool airsi_simulation_until(struct airs_system *system, bool (*holds)(void *user), void *user, uint64_t until_ms);

#endif
