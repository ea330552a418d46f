#include "core/timer/wheel.h"

#include <assert.h>
#include <string.h>

#define SLOT_BITS 6
#define SLOT_MASK (AIRSI_WHEEL_SLOTS - 1u)
#define RANGE_MS (UINT64_C(1) << (SLOT_BITS * AIRSI_WHEEL_LEVELS))

void airsi_wheel_init(airsi_wheel *wheel, uint64_t now_ms) {
    memset(wheel, 0, sizeof *wheel);
    wheel->now_ms = now_ms;
}

/* The level whose slots are as long as what is left is far away. */
static unsigned level_for(uint64_t left_ms) {
    unsigned level = 0;
    while (level + 1 < AIRSI_WHEEL_LEVELS && left_ms >= UINT64_C(1) << (SLOT_BITS * (level + 1))) {
        level++;
    }
    return level;
}

void airsi_wheel_arm(airsi_wheel *wheel, airsi_wheel_node *node, uint64_t due_ms) {
    assert(node->link == NULL);
    uint64_t at = due_ms > wheel->now_ms ? due_ms : wheel->now_ms + 1;
    /* Beyond the range it waits in the last slot, and is armed again from there with its real time. */
    if (at - wheel->now_ms >= RANGE_MS) {
        at = wheel->now_ms + RANGE_MS - 1;
    }
    unsigned level = level_for(at - wheel->now_ms);
    unsigned slot = (unsigned)(at >> (SLOT_BITS * level)) & SLOT_MASK;
    airsi_wheel_node **list = &wheel->slots[level][slot];
    node->due_ms = due_ms;
    node->level = (uint8_t)level;
    node->slot = (uint8_t)slot;
    node->next = *list;
    node->link = list;
    if (node->next != NULL) {
        node->next->link = &node->next;
    }
    *list = node;
    wheel->used[level] |= UINT64_C(1) << slot;
}

bool airsi_wheel_disarm(airsi_wheel *wheel, airsi_wheel_node *node) {
    if (node->link == NULL) {
        return false;
    }
    *node->link = node->next;
    if (node->next != NULL) {
        node->next->link = node->link;
    }
    if (wheel->slots[node->level][node->slot] == NULL) {
        wheel->used[node->level] &= ~(UINT64_C(1) << node->slot);
    }
    node->link = NULL;
    node->next = NULL;
    return true;
}

/* When the next used slot of a level comes round. */
static uint64_t next_of_level(const airsi_wheel *wheel, unsigned level) {
    uint64_t used = wheel->used[level];
    if (used == 0) {
        return AIRSI_WHEEL_NEVER;
    }
    unsigned shift = SLOT_BITS * level;
    uint64_t tick = wheel->now_ms >> shift;
    unsigned first = (unsigned)(tick + 1) & SLOT_MASK;
    uint64_t turned = first == 0 ? used : used >> first | used << (AIRSI_WHEEL_SLOTS - first);
    return (tick + 1 + (uint64_t)__builtin_ctzll(turned)) << shift;
}

uint64_t airsi_wheel_next(const airsi_wheel *wheel) {
    uint64_t next = AIRSI_WHEEL_NEVER;
    for (unsigned level = 0; level < AIRSI_WHEEL_LEVELS; level++) {
        uint64_t candidate = next_of_level(wheel, level);
        next = candidate < next ? candidate : next;
    }
    return next;
}

/* Empties one slot: what is due is appended to the expired, the rest armed again, on a lower level. */
static void empty_slot(airsi_wheel *wheel, unsigned level, airsi_wheel_node ***end) {
    unsigned slot = (unsigned)(wheel->now_ms >> (SLOT_BITS * level)) & SLOT_MASK;
    while (wheel->slots[level][slot] != NULL) {
        airsi_wheel_node *node = wheel->slots[level][slot];
        airsi_wheel_disarm(wheel, node);
        if (node->due_ms <= wheel->now_ms || level == 0) {
            **end = node;
            *end = &node->next;
        } else {
            airsi_wheel_arm(wheel, node, node->due_ms);
        }
    }
}

airsi_wheel_node *airsi_wheel_advance(airsi_wheel *wheel, uint64_t now_ms) {
    airsi_wheel_node *expired = NULL;
    airsi_wheel_node **end = &expired;
    while (wheel->now_ms < now_ms) {
        uint64_t next = airsi_wheel_next(wheel);
        if (next > now_ms) {
            wheel->now_ms = now_ms;
            break;
        }
        wheel->now_ms = next;
        for (unsigned level = AIRSI_WHEEL_LEVELS; level-- > 0;) {
            if ((next & ((UINT64_C(1) << (SLOT_BITS * level)) - 1)) == 0) {
                empty_slot(wheel, level, &end);
            }
        }
    }
    *end = NULL;
    return expired;
}
