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

static void push(airsi_wheel_node **list, airsi_wheel_node *node) {
    assert(node->link == NULL);
    node->next = *list;
    node->link = list;
    if (node->next != NULL) {
        node->next->link = &node->next;
    }
    *list = node;
}

static void unlink_node(airsi_wheel_node *node) {
    *node->link = node->next;
    if (node->next != NULL) {
        node->next->link = node->link;
    }
    node->link = NULL;
    node->next = NULL;
}

/* The level whose slots are as long as what is left is far away. */
static unsigned level_for(uint64_t left_ms) {
    unsigned level = (63u - (unsigned)__builtin_clzll(left_ms)) / SLOT_BITS;
    return level < AIRSI_WHEEL_LEVELS ? level : AIRSI_WHEEL_LEVELS - 1;
}

uint64_t airsi_wheel_arm(airsi_wheel *wheel, airsi_wheel_node *node, uint64_t due_ms) {
    uint64_t at = due_ms > wheel->now_ms ? due_ms : wheel->now_ms + 1;
    /* Beyond the range it waits in the last slot, and is armed again from there with its real time. */
    if (at - wheel->now_ms >= RANGE_MS) {
        at = wheel->now_ms + RANGE_MS - 1;
    }
    unsigned level = level_for(at - wheel->now_ms);
    unsigned shift = SLOT_BITS * level;
    unsigned slot = (unsigned)(at >> shift) & SLOT_MASK;
    node->due_ms = due_ms;
    node->level = (uint8_t)level;
    node->slot = (uint8_t)slot;
    push(&wheel->slots[level][slot], node);
    wheel->used[level] |= UINT64_C(1) << slot;
    return at >> shift << shift;
}

void airsi_wheel_defer(airsi_wheel *wheel, airsi_wheel_node *node, uint64_t delay_ms) {
    node->due_ms = delay_ms;
    push(&wheel->deferred, node);
}

bool airsi_wheel_settle(airsi_wheel *wheel, uint64_t from_ms, unsigned limit) {
    while (wheel->deferred != NULL && limit-- > 0) {
        airsi_wheel_node *node = wheel->deferred;
        unlink_node(node);
        airsi_wheel_arm(wheel, node, node->due_ms < UINT64_MAX - from_ms ? from_ms + node->due_ms : UINT64_MAX);
    }
    return wheel->deferred == NULL;
}

bool airsi_wheel_disarm(airsi_wheel *wheel, airsi_wheel_node *node) {
    if (node->link == NULL) {
        return false;
    }
    unlink_node(node);
    /* A deferred or moving node names a slot of the past; to clear the bit of an empty slot is right whoever does it. */
    if (wheel->slots[node->level][node->slot] == NULL) {
        wheel->used[node->level] &= ~(UINT64_C(1) << node->slot);
    }
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
    if (wheel->moving_levels != 0) {
        return wheel->now_ms;
    }
    uint64_t next = AIRSI_WHEEL_NEVER;
    for (unsigned level = 0; level < AIRSI_WHEEL_LEVELS; level++) {
        uint64_t candidate = next_of_level(wheel, level);
        next = candidate < next ? candidate : next;
    }
    return next;
}

/* The slots that come round at now_ms: what is in them has to move. A whole slot in one step, however full it is. */
static void begin_tick(airsi_wheel *wheel) {
    for (unsigned level = 0; level < AIRSI_WHEEL_LEVELS; level++) {
        unsigned shift = SLOT_BITS * level;
        if ((wheel->now_ms & ((UINT64_C(1) << shift) - 1)) != 0) {
            break;
        }
        unsigned slot = (unsigned)(wheel->now_ms >> shift) & SLOT_MASK;
        airsi_wheel_node *first = wheel->slots[level][slot];
        if (first != NULL) {
            wheel->slots[level][slot] = NULL;
            wheel->used[level] &= ~(UINT64_C(1) << slot);
            wheel->moving[level] = first;
            first->link = &wheel->moving[level];
            wheel->moving_levels |= 1u << level;
        }
    }
}

/* The next node that has to move; NULL when the tick is done. */
static airsi_wheel_node *next_moving(airsi_wheel *wheel) {
    while (wheel->moving_levels != 0) {
        unsigned level = 31u - (unsigned)__builtin_clz(wheel->moving_levels);
        if (wheel->moving[level] != NULL) {
            return wheel->moving[level];
        }
        wheel->moving_levels &= ~(1u << level);
    }
    return NULL;
}

/* What is due is appended to the expired, the rest armed again, on a lower level. false: the limit was reached. */
static bool finish_tick(airsi_wheel *wheel, airsi_wheel_node ***end, unsigned *limit) {
    airsi_wheel_node *node;
    while ((node = next_moving(wheel)) != NULL) {
        if (*limit == 0) {
            return false;
        }
        --*limit;
        unlink_node(node);
        if (node->due_ms <= wheel->now_ms) {
            **end = node;
            *end = &node->next;
        } else {
            airsi_wheel_arm(wheel, node, node->due_ms);
        }
    }
    return true;
}

airsi_wheel_node *airsi_wheel_advance(airsi_wheel *wheel, uint64_t now_ms, unsigned limit) {
    airsi_wheel_node *expired = NULL;
    airsi_wheel_node **end = &expired;
    while (finish_tick(wheel, &end, &limit) && wheel->now_ms < now_ms) {
        uint64_t next = airsi_wheel_next(wheel);
        wheel->now_ms = next < now_ms ? next : now_ms;
        if (next <= now_ms) {
            begin_tick(wheel);
        }
    }
    return expired;
}
