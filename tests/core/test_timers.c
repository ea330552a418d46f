/* The states of a timer, one step at a time: what happens to one that has left the wheel, or is being published, when it is cancelled. No worker
 * runs; the test does what a worker would. */
#include "kit.h"

#include <string.h>

#include "core/request/shard.h"
#include "core/system/system.h"
#include "core/timer/timer.h"

typedef struct stage {
    airs_system *system;
    airsi_record *record;
    airsi_actor *owner;
    airsi_shard *shard;
    kit_actor actor, target;
    airs_component to;
} stage;

/* Timers go to `target`, which holds one message. */
static void set_up(stage *stage) {
    memset(stage, 0, sizeof *stage);
    stage->system = kit_system(1);
    stage->actor.handle = kit_count;
    stage->target.handle = kit_count;
    kit_options one = kit_defaults();
    one.limits.mailbox_messages = 1;
    airs_component owner = kit_spawn(stage->system, "test/owner/0", &stage->actor);
    stage->to = kit_spawn_with(stage->system, "test/target/0", &stage->target, &one);
    stage->record = airsi_reclaim_enter(&stage->system->reclaim);
    assert_int_equal(airsi_registry_resolve(&stage->system->registry, owner, &stage->owner), AIRS_OK);
    stage->shard = airsi_shard_of_actor(stage->owner);
    assert_int_equal(airsi_subscriber_start(&stage->system->subscriber), AIRS_OK);
}

static void tear_down(stage *stage) {
    airsi_timer_cancel_all(stage->owner);
    airs_balance balance;
    airs_system_balance(stage->system, &balance);
    assert_int_equal(balance.pending_timers, 0);
    assert_int_equal(airsi_load_seq_cst(&stage->shard->firing), 0);
    assert_int_equal(stage->shard->timers.in_use, 0);
    airsi_subscriber_stop(&stage->system->subscriber);
    airsi_reclaim_leave(stage->record);
    airs_system_free(stage->system);
}

static airs_timer set(stage *stage) {
    airs_envelope *message = airsi_envelope_new(AIRS_MESSAGE_TIMER, stage->owner->handle, stage->to, "x", 1);
    message->flags |= AIRSI_ENVELOPE_WAITS;
    airs_timer timer = 0;
    assert_int_equal(airsi_timer_set(stage->owner, 1, message, &timer), AIRS_OK);
    return timer;
}

/* Takes what is set off the wheel, as a worker does under the lock. */
static airsi_wheel_node *fall_due(stage *stage) {
    airsi_spin_lock(&stage->shard->lock);
    airsi_wheel_node *expired = airsi_wheel_advance(&stage->shard->wheel, stage->shard->wheel.now_ms + 10000, UINT32_MAX);
    for (airsi_wheel_node *node = expired; node != NULL; node = node->next) {
        airsi_fetch_add_seq_cst(&stage->shard->firing, airsi_timer_claim(node));
    }
    airsi_spin_unlock(&stage->shard->lock);
    return expired;
}

static bool fire(stage *stage, airsi_wheel_node *node) {
    bool over = airsi_timer_fire(stage->system, node);
    if (over) {
        airsi_fetch_sub_seq_cst(&stage->shard->firing, 1);
    }
    return over;
}

static void a_timer_off_the_wheel_ends_with_its_incarnation(void **state) {
    (void)state;
    stage stage;
    set_up(&stage);
    set(&stage);
    airsi_wheel_node *due = fall_due(&stage);
    assert_non_null(due);
    airsi_timer_cancel_all(stage.owner);
    assert_true(fire(&stage, due));
    airs_routing_stats stats = kit_stats(stage.system);
    assert_int_equal(stats.accepted, 0);
    assert_int_equal(stats.timers_fired, 0);
    assert_int_equal(stats.timers_cancelled, 1);
    tear_down(&stage);
}

static void a_timer_off_the_wheel_can_still_be_cancelled(void **state) {
    (void)state;
    stage stage;
    set_up(&stage);
    airs_timer timer = set(&stage);
    airsi_wheel_node *due = fall_due(&stage);
    assert_true(airsi_timer_cancel(stage.owner, timer));
    assert_false(airsi_timer_cancel(stage.owner, timer));
    assert_true(fire(&stage, due));
    assert_int_equal(kit_stats(stage.system).accepted, 0);
    tear_down(&stage);
}

static void a_timer_that_waits_for_room_can_be_cancelled(void **state) {
    (void)state;
    stage stage;
    set_up(&stage);
    airs_timer first = set(&stage);
    airs_timer second = set(&stage);
    airsi_wheel_node *due = fall_due(&stage);
    airsi_wheel_node *next = due->next;
    int over = fire(&stage, due);
    over += fire(&stage, next);
    assert_int_equal(over, 1); /* one fills the target */
    assert_int_equal(airsi_load_seq_cst(&stage.shard->firing), 1);
    assert_int_equal(airsi_timer_cancel(stage.owner, first) + airsi_timer_cancel(stage.owner, second), 1);
    airs_routing_stats stats = kit_stats(stage.system);
    assert_int_equal(stats.timers_fired, 1);
    assert_int_equal(stats.timers_cancelled, 1);
    tear_down(&stage);
}

typedef struct watcher {
    stage *stage;
    bool crashes;
    unsigned seen;
} watcher;

/* On the thread that fires, in the middle of it. */
static void while_published(void *user, const airs_envelope *envelope) {
    watcher *watcher = user;
    assert_int_equal(airs_envelope_message(envelope).kind, AIRS_MESSAGE_TIMER);
    watcher->seen++;
    if (watcher->crashes) {
        airsi_timer_cancel_all(watcher->stage->owner);
    }
}

static void a_timer_being_published_to_a_full_target_is_not_tried_for_the_next_incarnation(void **state) {
    (void)state;
    stage stage;
    set_up(&stage);
    watcher watcher = {.stage = &stage};
    airs_observer observer = {.on_envelope = while_published, .user = &watcher};
    airs_subscription subscription;
    assert_int_equal(airs_broker_observe(&stage.system->messaging.broker, &observer, &subscription), AIRS_OK);
    set(&stage);
    assert_true(fire(&stage, fall_due(&stage))); /* fills the target */
    airs_timer timer = set(&stage);
    watcher.crashes = true;
    assert_true(fire(&stage, fall_due(&stage)));
    assert_false(airsi_timer_cancel(stage.owner, timer));
    assert_int_equal(watcher.seen, 2);
    airs_routing_stats stats = kit_stats(stage.system);
    assert_int_equal(stats.timers_fired, 1);
    assert_int_equal(stats.timers_cancelled, 1);
    airs_broker_unsubscribe(&stage.system->messaging.broker, subscription);
    tear_down(&stage);
}

static void no_timer_is_set_once_the_sources_are_closed(void **state) {
    (void)state;
    stage stage;
    set_up(&stage);
    set(&stage);
    airs_system_close_sources(stage.system);
    assert_int_equal(kit_stats(stage.system).timers_cancelled, 1);
    airs_envelope *message = airsi_envelope_new(AIRS_MESSAGE_TIMER, stage.owner->handle, stage.to, "x", 1);
    airs_timer timer = 77;
    assert_int_equal(airsi_timer_set(stage.owner, 1, message, &timer), AIRS_ESTOPPING);
    assert_int_equal(timer, 77);
    airs_envelope_free(message);
    tear_down(&stage);
}

#define TESTS(X)                                                                      \
    X(a_timer_off_the_wheel_ends_with_its_incarnation)                                \
    X(a_timer_off_the_wheel_can_still_be_cancelled)                                   \
    X(a_timer_that_waits_for_room_can_be_cancelled)                                   \
    X(a_timer_being_published_to_a_full_target_is_not_tried_for_the_next_incarnation) \
    X(no_timer_is_set_once_the_sources_are_closed)

#define TEST(name) cmocka_unit_test(name),

int main(void) {
    const struct CMUnitTest tests[] = {TESTS(TEST)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
