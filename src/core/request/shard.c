#include "core/request/shard.h"

#include "base/memory.h"
#include "core/actor/hold.h"
#include "core/request/request.h"
#include "core/system/system.h"
#include "core/timer/timer.h"

int airsi_shards_init(airsi_shards *shards, unsigned count, uint64_t now_ms) {
    shards->shards = airsi_calloc(count, sizeof *shards->shards);
    if (shards->shards == NULL) {
        return -1;
    }
    shards->count = count;
    for (unsigned i = 0; i < count; i++) {
        airsi_shard *shard = &shards->shards[i];
        airsi_mutex_init(&shard->mutex, AIRSI_RANK_SHARD);
        airsi_wheel_init(&shard->wheel, now_ms);
        airsi_slab_init(&shard->requests, sizeof(airsi_request_entry), (uint8_t)i);
        airsi_slab_init(&shard->timers, sizeof(airsi_timer_entry), (uint8_t)i);
        atomic_init(&shard->next_ms, AIRSI_WHEEL_NEVER);
    }
    return 0;
}

void airsi_shards_fini(airsi_shards *shards) {
    for (unsigned i = 0; i < shards->count; i++) {
        airsi_slab_fini(&shards->shards[i].requests);
        airsi_slab_fini(&shards->shards[i].timers);
        airsi_mutex_fini(&shards->shards[i].mutex);
    }
    airsi_free(shards->shards);
    shards->shards = NULL;
    shards->count = 0;
}

bool airsi_shard_note(airsi_shard *shard) {
    uint64_t next = airsi_wheel_next(&shard->wheel);
    bool earlier = next < airsi_load_relaxed(&shard->next_ms);
    if (earlier) {
        /* E23: who goes to sleep sees it, or is seen by the poke that follows. */
        airsi_exchange_seq_cst(&shard->next_ms, next);
    } else {
        airsi_store_relaxed(&shard->next_ms, next);
    }
    return earlier;
}

uint64_t airsi_shards_next(const airsi_shards *shards) {
    uint64_t next = AIRSI_WHEEL_NEVER;
    for (unsigned i = 0; i < shards->count; i++) {
        uint64_t candidate = airsi_load_seq_cst(&shards->shards[i].next_ms);
        next = candidate < next ? candidate : next;
    }
    return next;
}

/* What an expired node becomes while the lock is still held; the delivery follows after it. false: it was due before. */
static bool claim(airsi_wheel_node *node) {
    switch (node->kind) {
    case AIRSI_WAIT_REQUEST:
        airsi_request_claim_timeout(node);
        return true;
    case AIRSI_WAIT_SEND_AFTER:
        return airsi_timer_claim(node);
    default:
        airsi_hold_claim_check(node);
        return true;
    }
}

/* false: it isn't over, and will expire again. */
static bool deliver(struct airs_system *system, airsi_wheel_node *node) {
    switch (node->kind) {
    case AIRSI_WAIT_REQUEST:
        airsi_request_deliver_timeout(system, node);
        return true;
    case AIRSI_WAIT_SEND_AFTER:
        return airsi_timer_fire(system, node);
    default:
        airsi_hold_check_due(node);
        return true;
    }
}

static void run_shard(struct airs_system *system, airsi_shard *shard, uint64_t now_ms) {
    uint32_t due_count = 0;
    airsi_lock(&shard->mutex);
    airsi_wheel_node *expired = airsi_wheel_advance(&shard->wheel, now_ms);
    for (airsi_wheel_node *node = expired; node != NULL; node = node->next) {
        due_count += claim(node);
    }
    airsi_fetch_add_seq_cst(&shard->firing, due_count);
    airsi_shard_note(shard);
    airsi_unlock(&shard->mutex);
    while (expired != NULL) {
        airsi_wheel_node *next = expired->next; /* before the delivery, which may arm the node again */
        if (deliver(system, expired)) {
            airsi_fetch_sub_seq_cst(&shard->firing, 1);
        }
        expired = next;
    }
}

void airsi_shards_run(struct airs_system *system, uint64_t now_ms) {
    for (unsigned i = 0; i < system->shards.count; i++) {
        airsi_shard *shard = &system->shards.shards[i];
        if (airsi_load_relaxed(&shard->next_ms) <= now_ms) {
            run_shard(system, shard, now_ms);
        }
    }
}
