/* Watches by their target and by their number: two chained hashes of the same entries. All under the watches' mutex. */
#ifndef AIRSI_CORE_WATCH_TABLE_H
#define AIRSI_CORE_WATCH_TABLE_H

#include "core/watch/watch.h"

/* Gives it its number and puts it in. Errors: AIRS_ENOMEM. */
airs_status airsi_watches_add(airsi_watches *watches, airsi_watch *watch);
void airsi_watches_remove(airsi_watches *watches, airsi_watch *watch);

/* NULL: none has this number. */
airsi_watch *airsi_watches_find(const airsi_watches *watches, airs_monitor number);

/* Those of one target. */
airsi_watch *airsi_watches_first(const airsi_watches *watches, airs_component target);
airsi_watch *airsi_watches_next(const airsi_watch *watch, airs_component target);

#endif
