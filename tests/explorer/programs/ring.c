/* The run queue of a worker: its owner pushes and takes, thieves take. What is queued is taken once, in order, and seen complete. */
#include <string.h>

#include "core/scheduler/ring.h"
#include "explorer/programs/programs.h"

struct airsi_actor {
    int pushed;              /* plain: by whoever has it */
    AIRSI_ATOMIC(int) taken; /* how often */
};

static airsi_ring ring, other;
static struct airsi_actor actors[AIRSI_RING_SLOTS + 4];
static AIRSI_ATOMIC(int) pushes;

static void empty_rings(void) {
    memset(&ring, 0, sizeof ring);
    memset(&other, 0, sizeof other);
    memset(actors, 0, sizeof actors);
    airsi_store_relaxed(&pushes, 0);
    explorer_name(&ring.head, sizeof ring.head, "ring.head");
    explorer_name(&ring.tail, sizeof ring.tail, "ring.tail");
    explorer_name(ring.slots, sizeof ring.slots, "ring.slots");
}

static void push(struct airsi_actor *actor) {
    actor->pushed = 1;
    if (airsi_ring_push(&ring, actor)) {
        airsi_store_relaxed(&pushes, airsi_load_relaxed(&pushes) + 1);
    }
}

static void have(struct airsi_actor *actor) {
    if (actor != NULL) {
        EXPLORER_CHECK(actor->pushed == 1);
        EXPLORER_CHECK(airsi_fetch_add_relaxed(&actor->taken, 1) == 0);
    }
}

static void drain(airsi_ring *from) {
    struct airsi_actor *actor;
    while ((actor = airsi_ring_take(from)) != NULL) {
        have(actor);
    }
}

static void check_all(int from) {
    drain(&ring);
    drain(&other);
    int taken = 0;
    for (unsigned i = 0; i < sizeof actors / sizeof actors[0]; i++) {
        taken += airsi_load_relaxed(&actors[i].taken);
    }
    EXPLORER_CHECK(taken == from + airsi_load_relaxed(&pushes));
}

static void push_take_steal(unsigned index) {
    if (index == 0) {
        for (int i = 0; i < 3 + programs_depth; i++) {
            push(&actors[i]);
        }
        have(airsi_ring_take(&ring));
        have(airsi_ring_take(&ring));
    } else if (index == 1) {
        have(airsi_ring_steal(&ring, &other));
    } else {
        have(airsi_ring_take(&ring));
    }
}

static void check_few(void) {
    check_all(0);
}

PROGRAM(ring_push_take_steal, 3, empty_rings, push_take_steal, check_few)

/* All slots but one are in use, and the counters stand before a turn-round of the slots: a push reuses what a thief has just read. */
static void fill_ring(void) {
    empty_rings();
    for (unsigned i = 0; i < AIRSI_RING_SLOTS - 1; i++) {
        actors[i].pushed = 1;
        EXPLORER_CHECK(airsi_ring_push(&ring, &actors[i]));
    }
}

static void push_at_the_bound(unsigned index) {
    if (index == 0) {
        push(&actors[AIRSI_RING_SLOTS - 1]);
        push(&actors[AIRSI_RING_SLOTS]);
        push(&actors[AIRSI_RING_SLOTS + 1]);
    } else {
        have(airsi_ring_take(&ring));
        have(airsi_ring_take(&ring));
    }
}

static void check_many(void) {
    check_all((int)AIRSI_RING_SLOTS - 1);
}

PROGRAM(ring_full, 2, fill_ring, push_at_the_bound, check_many)
