/* Reclamation: readers follow a pointer while they are online; what was unlinked is freed after its grace period. */
#include <stddef.h>

#include "base/memory.h"
#include "core/reclaim/reclaim.h"
#include "explorer/programs/programs.h"

typedef struct object {
    int value;
    airsi_garbage garbage;
} object;

static airsi_reclaim reclaim;
static airsi_record *records[3];
static AIRSI_ATOMIC(object *) current;

static object *new_object(int value) {
    object *made = airsi_malloc(sizeof *made);
    made->value = value;
    return made;
}

static void free_object(airsi_garbage *garbage) {
    airsi_free((char *)garbage - offsetof(object, garbage));
}

static void make_reclaim(void) {
    EXPLORER_CHECK(airsi_reclaim_init(&reclaim, NULL) == AIRS_OK);
    for (int i = 0; i < 3; i++) {
        records[i] = airsi_record_new(&reclaim);
    }
    explorer_name(&reclaim.epoch, sizeof reclaim.epoch, "reclaim.epoch");
    explorer_name(&reclaim.mutex, sizeof reclaim.mutex, "reclaim.mutex");
    explorer_name(&records[1]->epoch, sizeof records[1]->epoch, "record 1");
    explorer_name(&records[2]->epoch, sizeof records[2]->epoch, "record 2");
    airsi_store_relaxed(&current, new_object(1));
}

static void look(void) {
    const object *found = airsi_load_acquire(&current);
    EXPLORER_CHECK(found->value > 0);
}

static void replace(int value) {
    object *made = new_object(value);
    object *old = airsi_load_relaxed(&current);
    airsi_store_release(&current, made);
    old->garbage.free = free_object;
    airsi_reclaim_retire(&reclaim, &old->garbage);
    airsi_reclaim_collect(&reclaim);
}

static void go_online_and_offline(unsigned index) {
    if (index == 0) {
        replace(2);
        airsi_reclaim_collect(&reclaim);
        return;
    }
    for (int i = 0; i < 2 + programs_depth; i++) {
        airsi_record_online(records[index]);
        look();
        airsi_record_offline(records[index]);
    }
}

PROGRAM(reclaim_online_offline, 2, make_reclaim, go_online_and_offline, NULL)
PROGRAM(reclaim_two_readers, 3, make_reclaim, go_online_and_offline, NULL)

static void announce(unsigned index) {
    if (index == 0) {
        replace(2);
        if (programs_depth > 0) {
            replace(3);
        }
        return;
    }
    airsi_record_online(records[index]);
    look();
    airsi_record_quiescent(records[index]);
    look();
    airsi_record_quiescent(records[index]);
    look();
    airsi_record_offline(records[index]);
}

PROGRAM(reclaim_quiescent, 2, make_reclaim, announce, NULL)
