/* Handles: what messages are addressed with. */
#ifndef AIRS_COMPONENT_H
#define AIRS_COMPONENT_H

#include <stdint.h>

/* All of these are numbers that a system gives out, and mean something in that system only: another one finds nobody by them, or somebody else. A
 * number that has had its time names nothing any more; each call says with which status it tells. */

/* The registration of a ComponentId: {generation:32, index:32}. It survives restarts, turns stale when the id is unregistered, and is never
 * given to another component (I5). AIRS_OUTSIDE stands for a sender outside the system: a host thread or an operator. */
typedef uint64_t airs_component;
#define AIRS_OUTSIDE ((airs_component)0)

/* One request, from send to its one end (I4). 0 is none. */
typedef uint64_t airs_request;
#define AIRS_NO_REQUEST ((airs_request)0)

/* One send-after. 0 is none. */
typedef uint64_t airs_timer;

/* One watch over a component's end. 0 is none. */
typedef uint64_t airs_monitor;

#endif
