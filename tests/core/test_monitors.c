/* Monitors: who is told that a component is gone. */
#include "kit.h"

#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* What a watcher has seen; its handler writes, the test reads once enough was handled. */
typedef struct seen {
    airs_component target; /* monitored when the first message comes */
    airs_monitor monitor;
    airs_status status; /* of that call */
    uint64_t messages;  /* from the target, in order */
    uint64_t messages_before_down;
    atomic_uint_fast64_t downs;
    airs_status reason;
    airs_component from;
    char id[AIRS_ID_TEXT_MAX + 1];
} seen;

/* From outside: monitors the target. From the target: a number. DOWN: kept. */
static airs_result watches(kit_actor *self, airs_context *context, const airs_message *message, airs_error *error) {
    (void)error;
    seen *s = self->user;
    if (message->kind == AIRS_MESSAGE_DOWN) {
        if (message->monitor != s->monitor || message->length >= sizeof s->id) {
            abort();
        }
        s->reason = message->status;
        s->from = message->from;
        s->messages_before_down = s->messages;
        memcpy(s->id, message->data, message->length);
        s->id[message->length] = '\0';
        atomic_fetch_add(&s->downs, 1);
    } else if (message->from == AIRS_OUTSIDE) {
        s->status = airs_context_monitor(context, s->target, &s->monitor);
    } else {
        s->messages++;
    }
    return AIRS_HANDLED;
}

typedef struct scene {
    airs_system *system;
    kit_actor watcher, target;
    seen seen;
    airs_component watching, watched;
} scene;

static void poke(scene *s, airs_component to, const char *word) {
    assert_int_equal(airs_send(s->system, to, word, strlen(word), AIRS_BLOCK_WHEN_FULL), AIRS_OK);
}

static void settle(scene *s) {
    assert_int_equal(airs_system_wait_quiescent(s->system, 60000), AIRS_OK);
}

/* "100": sends as many to the peer, then exits. "crash", "fail": does. */
static airs_result obeys(kit_actor *self, airs_context *context, const airs_message *message, airs_error *error) {
    char word[16] = "";
    memcpy(word, message->data, message->length);
    if (strcmp(word, "crash") == 0) {
        airs_error_set(error, AIRS_ETRAP, "as told");
        return AIRS_CRASHED;
    }
    for (int i = atoi(word); i > 0; i--) {
        if (airs_context_send(context, self->peer, &i, sizeof i) != AIRS_OK) {
            abort();
        }
    }
    return AIRS_EXIT;
}

static void last_words(kit_actor *self, airs_context *context, airs_stop_reason reason) {
    if (reason == AIRS_STOP_NORMAL && airs_context_send(context, self->peer, "bye", 3) != AIRS_OK) {
        abort();
    }
}

static void set_up(scene *s) {
    memset(s, 0, sizeof *s);
    s->system = kit_system(2);
    s->watcher = (kit_actor){.handle = watches, .user = &s->seen};
    s->target = (kit_actor){.handle = obeys};
    s->watching = kit_spawn(s->system, "test/watcher/0", &s->watcher);
    s->watched = kit_spawn(s->system, "test/target/0", &s->target);
    s->target.peer = s->watching;
    s->seen.target = s->watched;
}

static void start_watching(scene *s) {
    kit_start(s->system);
    poke(s, s->watching, "go");
    settle(s);
    assert_int_equal(s->seen.status, AIRS_OK);
}

static void expect_down(scene *s, airs_status reason, const char *id) {
    kit_wait(&s->seen.downs, 1);
    settle(s);
    assert_int_equal(s->seen.downs, 1);
    assert_int_equal(s->seen.reason, reason);
    assert_int_equal(s->seen.from, s->seen.target);
    assert_string_equal(s->seen.id, id);
}

static void the_notice_comes_after_all_the_dead_sent_I2(void **state) {
    (void)state;
    scene s;
    set_up(&s);
    s.target.stop = last_words;
    start_watching(&s);
    poke(&s, s.watched, "300");
    settle(&s); /* no quiet before the notice was handled */
    assert_int_equal(s.seen.downs, 1);
    expect_down(&s, AIRS_OK, "test/target/0");
    assert_int_equal(s.seen.messages_before_down, 301);
    kit_finish(s.system);
}

static void a_stop_from_outside_is_told_as_such(void **state) {
    (void)state;
    scene s;
    set_up(&s);
    start_watching(&s);
    assert_int_equal(airs_stop(s.system, s.watched), AIRS_OK);
    expect_down(&s, AIRS_OK, "test/target/0");
    kit_finish(s.system);
}

static void a_restart_is_no_end_and_the_crash_that_ends_it_is_told(void **state) {
    (void)state;
    scene s;
    set_up(&s);
    start_watching(&s);
    for (int i = 0; i < 3; i++) {
        poke(&s, s.watched, "crash");
    }
    settle(&s);
    assert_int_equal(s.seen.downs, 0);
    poke(&s, s.watched, "crash");
    expect_down(&s, AIRS_ETRAP, "test/target/0");
    kit_finish(s.system);
}

static airs_status fails_to_start(kit_actor *self, airs_context *context, airs_error *error) {
    (void)context;
    kit_gate_wait(self->user);
    return airs_error_set(error, AIRS_ECONFIG, "no");
}

static void a_failed_start_is_told(void **state) {
    (void)state;
    scene s;
    set_up(&s);
    kit_gate gate = {0};
    s.target.start = fails_to_start;
    s.target.user = &gate;
    assert_int_equal(airs_system_start(s.system, NULL), AIRS_OK);
    poke(&s, s.watching, "go");
    kit_wait(&s.watcher.handled, 1);
    kit_gate_open(&gate);
    expect_down(&s, AIRS_EINIT_FAILED, "test/target/0");
    kit_finish(s.system);
}

static void one_that_has_gone_is_told_at_once(void **state) {
    (void)state;
    scene s;
    set_up(&s);
    kit_start(s.system);
    assert_int_equal(airs_stop(s.system, s.watched), AIRS_OK);
    kit_wait(&s.target.frees, 1);
    poke(&s, s.watching, "go");
    expect_down(&s, AIRS_ETARGET_STOPPED, "");
    assert_int_equal(s.seen.status, AIRS_OK);
    kit_finish(s.system);
}

static void what_may_not_be_seen_may_not_be_monitored(void **state) {
    (void)state;
    scene s;
    set_up(&s);
    kit_options options = kit_defaults();
    options.send[0] = "other/*/*";
    kit_actor narrow = {.handle = watches, .user = &s.seen};
    airs_component narrow_handle = kit_spawn_with(s.system, "test/narrow/0", &narrow, &options);
    kit_start(s.system);
    poke(&s, narrow_handle, "go");
    settle(&s);
    assert_int_equal(s.seen.status, AIRS_EPERMISSION_DENIED);
    s.seen.target = 4711;
    poke(&s, s.watching, "go");
    settle(&s);
    assert_int_equal(s.seen.status, AIRS_ECOMPONENT_NOT_FOUND);
    assert_int_equal(s.seen.monitor, 0);
    kit_finish(s.system);
    assert_int_equal(s.seen.downs, 0);
}

/* Monitors its target and takes it back; then tries it with one that is not its own. */
static airs_result changes_its_mind(kit_actor *self, airs_context *context, const airs_message *message, airs_error *error) {
    (void)error;
    airs_monitor monitor = 0;
    if (message->kind == AIRS_MESSAGE_DOWN) {
        abort();
    }
    self->number = airs_context_monitor(context, self->peer, &monitor) == AIRS_OK && airs_context_demonitor(context, monitor) &&
                   !airs_context_demonitor(context, monitor) && !airs_context_demonitor(context, ((seen *)self->user)->monitor) &&
                   !airs_context_demonitor(context, 0);
    return AIRS_HANDLED;
}

static void a_demonitored_one_is_not_told_and_nobody_takes_anothers_I9(void **state) {
    (void)state;
    scene s;
    set_up(&s);
    kit_actor fickle = {.handle = changes_its_mind, .peer = s.watched, .user = &s.seen};
    airs_component fickle_handle = kit_spawn(s.system, "test/fickle/0", &fickle);
    start_watching(&s);
    poke(&s, fickle_handle, "go");
    settle(&s);
    assert_int_equal(fickle.number, 1);
    assert_int_equal(airs_monitor_close(s.system, s.seen.monitor), AIRS_ENOTFOUND);
    poke(&s, s.watched, "1");
    expect_down(&s, AIRS_OK, "test/target/0"); /* the other one is */
    kit_finish(s.system);
}

static airs_result watches_then_crashes(kit_actor *self, airs_context *context, const airs_message *message, airs_error *error) {
    airs_monitor monitor;
    if (message->kind == AIRS_MESSAGE_DOWN) {
        abort(); /* of the incarnation before */
    }
    if (self->starts > 1) {
        return AIRS_HANDLED;
    }
    for (int i = 0; i < 100; i++) {
        if (airs_context_monitor(context, self->peer, &monitor) != AIRS_OK) {
            abort();
        }
    }
    airs_error_set(error, AIRS_ETRAP, "as told");
    return AIRS_CRASHED;
}

static void monitors_end_with_the_incarnation_that_made_them_I9(void **state) {
    (void)state;
    scene s;
    set_up(&s);
    kit_actor brittle = {.handle = watches_then_crashes, .peer = s.watched};
    airs_component brittle_handle = kit_spawn(s.system, "test/brittle/0", &brittle);
    start_watching(&s);
    poke(&s, brittle_handle, "go");
    settle(&s);
    assert_int_equal(brittle.starts, 2);
    poke(&s, s.watched, "1");
    expect_down(&s, AIRS_OK, "test/target/0");
    kit_finish(s.system);
}

/* "m": monitors the peer. Anything else waits at the gate. */
static airs_result watches_and_waits(kit_actor *self, airs_context *context, const airs_message *message, airs_error *error) {
    (void)error;
    airs_monitor monitor;
    if (message->kind == AIRS_MESSAGE_DOWN) {
        self->number += 1000;
    } else if (*(const char *)message->data == 'm') {
        airs_status status = airs_context_monitor(context, self->peer, &monitor);
        self->number += status == AIRS_OK;
        if (status != AIRS_OK && status != AIRS_ELIMIT_REACHED) {
            abort();
        }
    } else {
        kit_gate_wait(self->user);
    }
    return AIRS_HANDLED;
}

static void notices_are_bounded_by_in_flight_and_never_refused_for_want_of_room_I7(void **state) {
    (void)state;
    scene s;
    set_up(&s);
    kit_options options = kit_defaults();
    options.limits.mailbox_messages = 1;
    options.limits.in_flight = 3;
    kit_gate gate = {0};
    kit_actor small = {.handle = watches_and_waits, .peer = s.watched, .user = &gate};
    airs_component handle = kit_spawn_with(s.system, "test/small/0", &small, &options);
    kit_start(s.system);
    for (int i = 0; i < 5; i++) {
        poke(&s, handle, "m");
    }
    settle(&s);
    assert_int_equal(small.number, 3);
    poke(&s, handle, "w"); /* full from here on: a mailbox of one has it in hand */
    kit_gate_reached(&gate, 1);
    assert_int_equal(airs_send(s.system, handle, "w", 1, AIRS_REJECT_WHEN_FULL), AIRS_EMAILBOX_FULL);
    poke(&s, s.watched, "0");
    kit_wait(&s.target.stops, 1);
    kit_gate_open(&gate);
    settle(&s);
    assert_int_equal(small.number, 3003);
    poke(&s, handle, "m"); /* there is room for more: told at once */
    settle(&s);
    assert_int_equal(small.number, 4004);
    kit_finish(s.system);
}

static void a_notice_is_never_dropped_for_a_newer_message_I1(void **state) {
    (void)state;
    scene s;
    set_up(&s);
    kit_options options = kit_defaults();
    options.limits.mailbox_messages = 1;
    options.limits.overflow = AIRS_OVERFLOW_DROP_OLD;
    kit_gate gate = {0};
    kit_actor forgetful = {.handle = watches_and_waits, .peer = s.watched, .user = &gate};
    airs_component handle = kit_spawn_with(s.system, "test/forgetful/0", &forgetful, &options);
    kit_start(s.system);
    poke(&s, handle, "m");
    settle(&s);
    poke(&s, handle, "w");
    kit_gate_reached(&gate, 1);
    poke(&s, s.watched, "0");
    kit_wait(&s.target.stops, 1);
    airs_balance balance;
    do { /* until the notice is there, behind the one in hand */
        sched_yield();
        airs_system_balance(s.system, &balance);
    } while (balance.queued == 0);
    for (int i = 0; i < 100; i++) {
        poke(&s, handle, "m"); /* behind the notice; each pushes out the one before */
    }
    kit_gate_open(&gate);
    settle(&s);
    assert_int_equal(forgetful.number % 1000, 2);
    assert_int_equal(forgetful.number / 1000, 2); /* of the first monitor, and of the last one at once */
    assert_true(kit_stats(s.system).dropped > 90);
    kit_finish(s.system);
}

/* --- host threads ----------------------------------------------------------------------------------------------------- */

typedef struct told {
    atomic_uint_fast64_t times;
    airs_component target;
    airs_status reason;
    char id[AIRS_ID_TEXT_MAX + 1];
} told;

static void on_down(void *user, airs_component target, const airs_component_id *id, airs_status reason) {
    told *t = user;
    t->target = target;
    t->reason = reason;
    strcpy(t->id, id->text);
    atomic_fetch_add(&t->times, 1);
}

static void a_host_thread_is_told_once(void **state) {
    (void)state;
    scene s;
    set_up(&s);
    told open = {0};
    told closed = {0};
    told late = {0};
    airs_monitor monitor = 0;
    airs_monitor other = 0;
    assert_int_equal(airs_monitor_open(s.system, s.watched, on_down, &open, &monitor), AIRS_OK); /* not started yet */
    kit_start(s.system);
    assert_int_equal(airs_monitor_open(s.system, s.watched, on_down, &closed, &other), AIRS_OK);
    assert_int_not_equal(monitor, other);
    assert_int_equal(airs_monitor_close(s.system, other), AIRS_OK);
    assert_int_equal(airs_monitor_close(s.system, other), AIRS_ENOTFOUND);
    poke(&s, s.watched, "0");
    kit_wait(&open.times, 1);
    assert_int_equal(open.target, s.watched);
    assert_int_equal(open.reason, AIRS_OK);
    assert_string_equal(open.id, "test/target/0");
    assert_int_equal(airs_monitor_close(s.system, monitor), AIRS_ENOTFOUND);
    assert_int_equal(airs_monitor_open(s.system, s.watched, on_down, &late, NULL), AIRS_OK);
    assert_int_equal(late.times, 1);
    assert_int_equal(late.reason, AIRS_ETARGET_STOPPED);
    assert_string_equal(late.id, "");
    assert_int_equal(airs_monitor_open(s.system, 4711, on_down, &late, NULL), AIRS_ECOMPONENT_NOT_FOUND);
    /* What is left is told when the system stops. */
    told last = {0};
    assert_int_equal(airs_monitor_open(s.system, s.watching, on_down, &last, NULL), AIRS_OK);
    kit_finish(s.system);
    assert_int_equal(open.times, 1);
    assert_int_equal(closed.times, 0);
    assert_int_equal(late.times, 1);
    assert_int_equal(last.times, 1);
    assert_int_equal(last.reason, AIRS_OK);
}

/* --- all at once ------------------------------------------------------------------------------------------------------ */

#define MORTALS 200
#define WATCHERS 3

typedef struct churn {
    airs_system *system;
    kit_actor mortals[MORTALS];
    _Atomic airs_component handles[MORTALS];
    atomic_uint_fast64_t opened, closed, told, over;
} churn;

static void count_down(void *user, airs_component target, const airs_component_id *id, airs_status reason) {
    (void)target;
    (void)id;
    (void)reason;
    atomic_fetch_add(&((churn *)user)->told, 1);
}

static void *watch_the_mortals(void *argument) {
    churn *c = argument;
    uint64_t seed = kit_seed();
    while (atomic_load(&c->over) == 0) {
        airs_component target = atomic_load(&c->handles[kit_random(&seed) % MORTALS]);
        airs_monitor monitor = 0;
        if (target == 0) {
            continue;
        }
        airs_status status = airs_monitor_open(c->system, target, count_down, c, &monitor);
        if (status == AIRS_ELIMIT_REACHED) {
            continue;
        }
        if (status != AIRS_OK) {
            abort();
        }
        atomic_fetch_add(&c->opened, 1);
        if (kit_random(&seed) % 2 == 0 && airs_monitor_close(c->system, monitor) == AIRS_OK) {
            atomic_fetch_add(&c->closed, 1);
        }
    }
    return NULL;
}

/* Monitors whoever it is sent the handle of; `number` counts monitors, `user` their notices. */
static airs_result monitors_what_it_hears(kit_actor *self, airs_context *context, const airs_message *message, airs_error *error) {
    (void)error;
    airs_monitor monitor;
    airs_component target;
    if (message->kind == AIRS_MESSAGE_DOWN) {
        ++*(uint64_t *)self->user;
        return AIRS_HANDLED;
    }
    memcpy(&target, message->data, sizeof target);
    airs_status status = airs_context_monitor(context, target, &monitor);
    if (status != AIRS_OK && status != AIRS_ELIMIT_REACHED) {
        abort();
    }
    self->number += status == AIRS_OK;
    return AIRS_HANDLED;
}

static void every_monitor_is_told_or_closed_whatever_happens_at_once_I1(void **state) {
    (void)state;
    static churn c;
    memset(&c, 0, sizeof c);
    c.system = kit_system(2);
    uint64_t notices = 0;
    kit_actor listener = {.handle = monitors_what_it_hears, .user = &notices};
    airs_component listening = kit_spawn(c.system, "test/listener/0", &listener);
    kit_start(c.system);
    pthread_t threads[WATCHERS];
    for (int i = 0; i < WATCHERS; i++) {
        assert_int_equal(pthread_create(&threads[i], NULL, watch_the_mortals, &c), 0);
    }
    for (int round = 0; round < 5; round++) {
        for (int i = 0; i < MORTALS; i++) {
            char id[32];
            snprintf(id, sizeof id, "test/mortal/%d", i);
            c.mortals[i] = (kit_actor){.handle = kit_count};
            airs_component handle = kit_spawn(c.system, id, &c.mortals[i]);
            atomic_store(&c.handles[i], handle);
            assert_int_equal(airs_send(c.system, listening, &handle, sizeof handle, AIRS_BLOCK_WHEN_FULL), AIRS_OK);
        }
        for (int i = 0; i < MORTALS; i++) {
            assert_int_equal(airs_stop(c.system, atomic_load(&c.handles[i])), AIRS_OK);
        }
        for (int i = 0; i < MORTALS; i++) {
            kit_wait(&c.mortals[i].frees, 1);
        }
    }
    atomic_store(&c.over, 1);
    for (int i = 0; i < WATCHERS; i++) {
        pthread_join(threads[i], NULL);
    }
    assert_int_equal(airs_system_wait_quiescent(c.system, 60000), AIRS_OK);
    assert_int_equal(notices, listener.number);
    kit_finish(c.system);
    assert_int_equal(c.told + c.closed, c.opened);
}

#define TESTS(X)                                                              \
    X(the_notice_comes_after_all_the_dead_sent_I2)                            \
    X(a_stop_from_outside_is_told_as_such)                                    \
    X(a_restart_is_no_end_and_the_crash_that_ends_it_is_told)                 \
    X(a_failed_start_is_told)                                                 \
    X(one_that_has_gone_is_told_at_once)                                      \
    X(what_may_not_be_seen_may_not_be_monitored)                              \
    X(a_demonitored_one_is_not_told_and_nobody_takes_anothers_I9)             \
    X(monitors_end_with_the_incarnation_that_made_them_I9)                    \
    X(notices_are_bounded_by_in_flight_and_never_refused_for_want_of_room_I7) \
    X(a_notice_is_never_dropped_for_a_newer_message_I1)                       \
    X(a_host_thread_is_told_once)                                             \
    X(every_monitor_is_told_or_closed_whatever_happens_at_once_I1)

#define TEST(name) cmocka_unit_test(name),

int main(void) {
    const struct CMUnitTest tests[] = {TESTS(TEST)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
