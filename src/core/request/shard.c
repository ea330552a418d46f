#include "core/request/shard.h"

#include "base/memory.h"
#include "core/actor/actor.h"
#include "core/actor/hold.h"
#include "core/request/request.h"
#include "core/system/system.h"
#include "core/timer/timer.h"

#define PIECE 128u       /* nodes that are moved in one go: a lock is held for a few microseconds at most */
#define SLACK_SHIFT 7    /* a delay may be counted from up to 1/128 of it later, */
#define SLACK_LEAST_MS 2 /* if that is worth while, */
#define SLACK_MOST_MS 250u

/* A millisecond that has not begun: what is counted from it falls due not too early. */
static uint64_t not_past_ms(struct airs_system *system) {
    return airsi_scheduler_clock_ns(&system->scheduler) / 1000000u + 1;
}

int airsi_shards_init(airsi_shards *shards, struct airs_system *system, unsigned count, uint64_t now_ms) {
    shards->shards = airsi_calloc(count, sizeof *shards->shards);
    if (shards->shards == NULL) {
        return -1;
    }
    shards->count = count;
    for (unsigned i = 0; i < count; i++) {
        airsi_shard *shard = &shards->shards[i];
        airsi_spin_init(&shard->lock, AIRSI_RANK_SHARD);
        shard->system = system;
        shard->settle_slack_ms = UINT32_MAX;
        shard->settle_ms = AIRSI_WHEEL_NEVER;
        airsi_wheel_init(&shard->wheel, now_ms);
        airsi_slab_init(&shard->requests, AIRSI_REQUEST_ENTRY_BYTES, (uint8_t)i);
        airsi_slab_init(&shard->timers, AIRSI_TIMER_ENTRY_BYTES, (uint8_t)i);
        atomic_init(&shard->next_ms, AIRSI_WHEEL_NEVER);
    }
    return 0;
}

void airsi_shards_fini(airsi_shards *shards) {
    for (unsigned i = 0; i < shards->count; i++) {
        airsi_slab_fini(&shards->shards[i].requests);
        airsi_slab_fini(&shards->shards[i].timers);
    }
    airsi_free(shards->shards);
    shards->shards = NULL;
    shards->count = 0;
}

airsi_shard *airsi_shard_of_actor(const airsi_actor *actor) {
    const airsi_shards *shards = &actor->system->shards;
    return &shards->shards[(uint32_t)actor->handle % shards->count];
}

/* With the lock held: somebody must look at `look_ms`. true: that is earlier than before. */
static bool note(airsi_shard *shard, uint64_t look_ms) {
    if (look_ms >= airsi_load_relaxed(&shard->next_ms)) {
        return false;
    }
    /* E23: who goes to sleep sees it, or is seen by the poke that follows. */
    airsi_exchange_seq_cst(&shard->next_ms, look_ms);
    return true;
}

/* How much later than asked for the counting may begin; 0: at once. */
static uint32_t slack_of(uint64_t delay_ms) {
    uint64_t slack = delay_ms >> SLACK_SHIFT;
    return slack < SLACK_LEAST_MS ? 0 : slack < SLACK_MOST_MS ? (uint32_t)slack : SLACK_MOST_MS;
}

bool airsi_shard_arm(airsi_shard *shard, airsi_wheel_node *node, uint64_t delay_ms) {
    uint32_t slack = slack_of(delay_ms);
    if (slack == 0) {
        uint64_t from_ms = not_past_ms(shard->system);
        return note(shard, airsi_wheel_arm(&shard->wheel, node, from_ms + delay_ms));
    }
    airsi_wheel_defer(&shard->wheel, node, delay_ms);
    if (slack >= shard->settle_slack_ms) {
        return false; /* It will be settled in time with what was deferred before. */
    }
    uint64_t settle_ms = airsi_scheduler_clock_ns(&shard->system->scheduler) / 1000000u + slack;
    shard->settle_slack_ms = slack;
    shard->settle_ms = settle_ms < shard->settle_ms ? settle_ms : shard->settle_ms;
    return note(shard, shard->settle_ms);
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

/* With the lock held. */
static void settle(airsi_shard *shard, uint64_t now_ms) {
    if (shard->settle_ms <= now_ms && airsi_wheel_settle(&shard->wheel, not_past_ms(shard->system), PIECE)) {
        shard->settle_ms = AIRSI_WHEEL_NEVER;
        shard->settle_slack_ms = UINT32_MAX;
    }
}

/* Takes what is due off the wheel, or a piece of it. What was not due before counts as firing before the lock is released. */
static airsi_wheel_node *take_due(airsi_shard *shard, uint64_t now_ms) {
    uint32_t due_count = 0;
    airsi_spin_lock(&shard->lock);
    settle(shard, now_ms);
    airsi_wheel_node *expired = airsi_wheel_advance(&shard->wheel, now_ms, PIECE);
    for (airsi_wheel_node *node = expired; node != NULL; node = node->next) {
        due_count += claim(node);
    }
    if (due_count > 0) {
        airsi_fetch_add_seq_cst(&shard->firing, due_count);
    }
    uint64_t next_ms = airsi_wheel_next(&shard->wheel);
    airsi_store_relaxed(&shard->next_ms, next_ms < shard->settle_ms ? next_ms : shard->settle_ms);
    airsi_spin_unlock(&shard->lock);
    return expired;
}

static void run_shard(struct airs_system *system, airsi_shard *shard, uint64_t now_ms) {
    airsi_wheel_node *expired = take_due(shard, now_ms);
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
