/* A hierarchical timing wheel: six levels of 64 slots, 1 ms a tick, so that arming and disarming are O(1) and a day-long timer costs a handful of
 * moves. Not thread-safe: a shard's lock guards it.
 *
 * What need not be exact is deferred: it waits in a list without the time being known, and is armed when somebody who knows the time settles the
 * list. Most requests are answered before that, and so cost no look at a clock and no place in the wheel.
 *
 * Source: G. Varghese and T. Lauck, "Hashed and Hierarchical Timing Wheels", SOSP 1987 (scheme 7). */
#ifndef AIRSI_CORE_TIMER_WHEEL_H
#define AIRSI_CORE_TIMER_WHEEL_H

#include <stdbool.h>
#include <stdint.h>

#define AIRSI_WHEEL_LEVELS 6
#define AIRSI_WHEEL_SLOTS 64
#define AIRSI_WHEEL_NEVER UINT64_MAX

/* Embedded in what waits. Zeroed is disarmed. */
typedef struct airsi_wheel_node {
    struct airsi_wheel_node *next, **link; /* link NULL: disarmed */
    uint64_t due_ms;                       /* while deferred: the delay */
    uint8_t level, slot;
    uint8_t kind; /* the owner's, so that who expires a node knows what it is in */
} airsi_wheel_node;

typedef struct airsi_wheel {
    uint64_t now_ms;
    airsi_wheel_node *deferred;
    uint32_t moving_levels;            /* a bit a level whose slot came round and isn't emptied yet */
    uint64_t used[AIRSI_WHEEL_LEVELS]; /* a bit a slot that holds something */
    airsi_wheel_node *moving[AIRSI_WHEEL_LEVELS];
    airsi_wheel_node *slots[AIRSI_WHEEL_LEVELS][AIRSI_WHEEL_SLOTS];
} airsi_wheel;

void airsi_wheel_init(airsi_wheel *wheel, uint64_t now_ms);

/* due_ms in the past expires with the next tick. The node is disarmed before. Returns when the wheel must be advanced for it. */
uint64_t airsi_wheel_arm(airsi_wheel *wheel, airsi_wheel_node *node, uint64_t due_ms);

/* The node, disarmed before, waits to be settled. */
void airsi_wheel_defer(airsi_wheel *wheel, airsi_wheel_node *node, uint64_t delay_ms);

/* Arms what was deferred, at most `limit` nodes, each delay counted from `from_ms`. true: nothing is deferred any more. */
bool airsi_wheel_settle(airsi_wheel *wheel, uint64_t from_ms, unsigned limit);

/* Armed or deferred. false: neither. */
bool airsi_wheel_disarm(airsi_wheel *wheel, airsi_wheel_node *node);

/* Moves towards now_ms and returns what fell due, earliest first, disarmed, chained through `next`. Touches at most `limit` nodes: when it stops
 * before now_ms, airsi_wheel_next says that it must go on at once. */
airsi_wheel_node *airsi_wheel_advance(airsi_wheel *wheel, uint64_t now_ms, unsigned limit);

/* When something has to be done next: not later than the earliest due time, maybe earlier (a move between levels). AIRSI_WHEEL_NEVER when nothing
 * is armed; what is deferred doesn't count. */
uint64_t airsi_wheel_next(const airsi_wheel *wheel);

#endif
