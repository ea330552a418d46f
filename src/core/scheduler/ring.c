#include "core/scheduler/ring.h"

#include <stddef.h>

bool airsi_ring_push(airsi_ring *ring, struct airsi_actor *actor) {
    uint64_t tail = airsi_load_relaxed(&ring->tail);
    /* E32 acquire, pairs with E33: whoever took the slot's last occupant has read it. */
    if (tail - airsi_load_acquire(&ring->head) == AIRSI_RING_SLOTS) {
        return false;
    }
    airsi_store_relaxed(&ring->slots[tail % AIRSI_RING_SLOTS], actor);
    /* E34 release, pairs with E35: the slot is filled before it counts. */
    airsi_store_release(&ring->tail, tail + 1);
    return true;
}

struct airsi_actor *airsi_ring_take(airsi_ring *ring) {
    uint64_t head = airsi_load_relaxed(&ring->head);
    for (;;) {
        /* E35 acquire, pairs with E34. */
        uint64_t tail = airsi_load_acquire(&ring->tail);
        if ((int64_t)(tail - head) <= 0) {
            return NULL;
        }
        struct airsi_actor *actor = airsi_load_relaxed(&ring->slots[head % AIRSI_RING_SLOTS]);
        /* E33 release, pairs with E32. If it fails, somebody took it, and what was read may be the slot's next occupant. */
        if (airsi_cas_acq_rel(&ring->head, &head, head + 1)) {
            return actor;
        }
    }
}

struct airsi_actor *airsi_ring_steal(airsi_ring *from, airsi_ring *into) {
    uint32_t more = airsi_ring_length(from) / 2;
    struct airsi_actor *first = airsi_ring_take(from);
    for (; first != NULL && more > 1; more--) {
        if (airsi_ring_length(into) == AIRSI_RING_SLOTS) {
            break;
        }
        struct airsi_actor *actor = airsi_ring_take(from);
        if (actor == NULL) {
            break;
        }
        airsi_ring_push(into, actor);
    }
    return first;
}

uint32_t airsi_ring_length(const airsi_ring *ring) {
    uint64_t head = airsi_load_relaxed(&ring->head);
    int64_t length = (int64_t)(airsi_load_relaxed(&ring->tail) - head);
    return length > 0 ? (uint32_t)length : 0;
}
