/* The depot of a system: what the heaps of its threads share.
 *
 * It keeps up to 1 MiB of each class in full magazines; what comes beyond goes back to its chunks. A chunk of which no block is out is kept for
 * the next that is needed; but what is kept beyond 1 MiB goes back to the operating system little by little (airsi_depot_trim). So load that swings
 * costs hardly a system call, and a burst leaves a bounded amount behind.
 *
 * It lives as long as any of its blocks: references = chunks mapped + frees of single blocks under way + 1 until airsi_depot_close. */
#ifndef AIRSI_BASE_HEAP_DEPOT_H
#define AIRSI_BASE_HEAP_DEPOT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/heap/heap.h"

/* NULL: no memory. */
airsi_depot *airsi_depot_new(void);
/* All its heaps are finished. Blocks that are out stay valid, and may be freed. NULL is fine. */
void airsi_depot_close(airsi_depot *depot);

/* The magazine of a heap that has none: nothing can be put in, nothing be taken. Shared by all, never written. */
airsi_magazine *airsi_magazine_none(void);

/* A magazine with at least one block for an emptied one. NULL: no memory, and `emptied` stays where it is. */
airsi_magazine *airsi_depot_take(airsi_depot *depot, unsigned block_class, airsi_magazine *emptied);
/* An empty magazine for a full one, or for none. NULL: no memory, and `full` stays where it is. */
airsi_magazine *airsi_depot_give(airsi_depot *depot, unsigned block_class, airsi_magazine *full);
/* Takes the magazine of a heap that ends. */
void airsi_depot_retire(airsi_depot *depot, unsigned block_class, airsi_magazine *magazine);

/* Takes one block of any depot, past all magazines. */
void airsi_depot_give_block(void *block);

/* Whether it would like to be trimmed; a moment's truth. */
bool airsi_depot_has_surplus(const airsi_depot *depot);
/* Gives back a quarter of the surplus, unless that was done a moment ago. */
void airsi_depot_trim(airsi_depot *depot, uint64_t now_ms);

/* Slow: looks at all that is free. Asserted when it closes, and by tests. */
bool airsi_depot_is_valid(airsi_depot *depot);

#endif
