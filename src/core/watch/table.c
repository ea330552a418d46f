#include "core/watch/table.h"

#include <assert.h>
#include <string.h>

#include "base/memory.h"

#define FIRST_BUCKETS 16

void airsi_watches_init(airsi_watches *watches) {
    memset(watches, 0, sizeof *watches);
    airsi_mutex_init(&watches->mutex, AIRSI_RANK_WATCHES);
}

void airsi_watches_fini(airsi_watches *watches) {
    assert(watches->count == 0);
    airsi_free(watches->by_target);
    airsi_free(watches->by_number);
    airsi_mutex_fini(&watches->mutex);
}

/* Both keys are given out by the system one after the other, so nobody can choose them to collide. */
static size_t bucket_of(uint64_t key, size_t buckets) {
    return (size_t)((key * UINT64_C(0x9e3779b97f4a7c15)) >> 32) & (buckets - 1);
}

static void put_in(airsi_watches *watches, airsi_watch *watch) {
    airsi_watch **target = &watches->by_target[bucket_of(watch->target, watches->buckets)];
    watch->target_next = *target;
    watch->target_link = target;
    if (*target != NULL) {
        (*target)->target_link = &watch->target_next;
    }
    *target = watch;
    airsi_watch **number = &watches->by_number[bucket_of(watch->number, watches->buckets)];
    watch->number_next = *number;
    watch->number_link = number;
    if (*number != NULL) {
        (*number)->number_link = &watch->number_next;
    }
    *number = watch;
}

/* Twice the buckets, or the first. Without memory for more of them chains just get longer. */
static airs_status grow(airsi_watches *watches) {
    size_t buckets = watches->buckets != 0 ? 2 * watches->buckets : FIRST_BUCKETS;
    airsi_watch **by_target = airsi_calloc(buckets, sizeof(airsi_watch *));
    airsi_watch **by_number = airsi_calloc(buckets, sizeof(airsi_watch *));
    if (by_target == NULL || by_number == NULL) {
        airsi_free(by_target);
        airsi_free(by_number);
        return watches->buckets != 0 ? AIRS_OK : AIRS_ENOMEM;
    }
    airsi_watch **old = watches->by_number;
    size_t old_buckets = watches->buckets;
    airsi_free(watches->by_target);
    watches->by_target = by_target;
    watches->by_number = by_number;
    watches->buckets = buckets;
    for (size_t i = 0; i < old_buckets; i++) {
        for (airsi_watch *watch = old[i]; watch != NULL;) {
            airsi_watch *next = watch->number_next;
            put_in(watches, watch);
            watch = next;
        }
    }
    airsi_free(old);
    return AIRS_OK;
}

airs_status airsi_watches_add(airsi_watches *watches, airsi_watch *watch) {
    if (watches->count >= watches->buckets && grow(watches) != AIRS_OK) {
        return AIRS_ENOMEM;
    }
    watch->number = ++watches->last_number;
    put_in(watches, watch);
    watches->count++;
    return AIRS_OK;
}

void airsi_watches_remove(airsi_watches *watches, airsi_watch *watch) {
    *watch->target_link = watch->target_next;
    if (watch->target_next != NULL) {
        watch->target_next->target_link = watch->target_link;
    }
    *watch->number_link = watch->number_next;
    if (watch->number_next != NULL) {
        watch->number_next->number_link = watch->number_link;
    }
    watches->count--;
}

airsi_watch *airsi_watches_find(const airsi_watches *watches, airs_monitor number) {
    airsi_watch *watch = watches->buckets != 0 ? watches->by_number[bucket_of(number, watches->buckets)] : NULL;
    while (watch != NULL && watch->number != number) {
        watch = watch->number_next;
    }
    return watch;
}

/* From `watch` on. */
static airsi_watch *of_target(airsi_watch *watch, airs_component target) {
    while (watch != NULL && watch->target != target) {
        watch = watch->target_next;
    }
    return watch;
}

airsi_watch *airsi_watches_first(const airsi_watches *watches, airs_component target) {
    return watches->buckets != 0 ? of_target(watches->by_target[bucket_of(target, watches->buckets)], target) : NULL;
}

airsi_watch *airsi_watches_next(const airsi_watch *watch, airs_component target) {
    return of_target(watch->target_next, target);
}
