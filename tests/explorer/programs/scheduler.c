/* The scheduler: workers' own loops, from their queues to their sleep, with actors that get messages from outside and from each other. The two
 * sources are included, since what runs in a thread of its own is static there. */
#include "core/scheduler/monitor.c" /* NOLINT(bugprone-suspicious-include) */
#include "core/scheduler/worker.c"  /* NOLINT(bugprone-suspicious-include) */

#include <string.h>

#include "base/memory.h"
#include "core/actor/delivery.h"
#include "explorer/programs/programs.h"

#define ACTORS 3
#define ENVELOPES 4

static airs_system sys;
static airsi_actor *actors[ACTORS];
static airs_envelope *envelopes[ENVELOPES];
static airsi_record *hosts[2];
static airsi_worker *workers[2];

static pthread_mutex_t mutex;
static pthread_cond_t condition;
static int handled, expected; /* under the mutex */
static int turns[ACTORS];     /* plain: each actor's state */

/* ---- what is handled is counted, and who waits for the last of it is told ---- */

static void note_handled(void) {
    pthread_mutex_lock(&mutex);
    if (++handled == expected) {
        pthread_cond_signal(&condition);
    }
    pthread_mutex_unlock(&mutex);
}

static void wait_for_all(void) {
    pthread_mutex_lock(&mutex);
    while (handled < expected) {
        pthread_cond_wait(&condition, &mutex);
    }
    pthread_mutex_unlock(&mutex);
}

static airs_result count(void *state, airs_context *context, const airs_message *message, airs_error *error) {
    (void)context;
    (void)message;
    (void)error;
    ++*(int *)state;
    note_handled();
    return AIRS_HANDLED;
}

static void deliver(unsigned actor, unsigned envelope, airsi_record *record) {
    EXPLORER_CHECK(airsi_actor_deliver(actors[actor], envelopes[envelope], AIRSI_ACCEPT_NEW, record) == AIRS_OK);
}

/* Sends one message on to the next actor, and goes on a while. */
static airs_result pass_on(void *state, airs_context *context, const airs_message *message, airs_error *error) {
    deliver(1, 1, context->worker->record);
    return count(state, context, message, error);
}

static const airs_behavior counting = {.handle = count};
static const airs_behavior passing_on = {.handle = pass_on};

/* ---- a system without what these programs don't use ---- */

static void make_actor(unsigned index, const airs_behavior *behavior) {
    airsi_actor *actor = airsi_calloc(1, sizeof *actor);
    airsi_mailbox_init(&actor->mailbox, 8, 1000);
    explorer_pair(&actor->mailbox.state);
    actor->system = &sys;
    actor->behavior = behavior;
    actor->state = &turns[index];
    actor->phase = AIRSI_PHASE_RUNNING;
    airsi_mailbox_schedule(&actor->mailbox);
    airsi_mailbox_rest(&actor->mailbox, NULL, 0, false);
    actors[index] = actor;
}

static void make_workers(unsigned count_of_workers) {
    for (unsigned i = 0; i < count_of_workers; i++) {
        workers[i] = sys.scheduler.threads[i];
        EXPLORER_CHECK(airsi_idle_enter(&sys.scheduler.idle));
        airsi_store_relaxed(&workers[i]->permit, AIRSI_PERMIT_HELD);
        airsi_store_relaxed(&workers[i]->ended, 0);
        explorer_name(&workers[i]->sleeper.parker, sizeof workers[i]->sleeper.parker, i == 0 ? "parker 0" : "parker 1");
        explorer_name(&workers[i]->permit, sizeof workers[i]->permit, i == 0 ? "permit 0" : "permit 1");
        explorer_name(&workers[i]->lifo, sizeof workers[i]->lifo, i == 0 ? "lifo 0" : "lifo 1");
    }
}

static void make_system(unsigned count_of_workers) {
    memset(&sys, 0, sizeof sys);
    memset(actors, 0, sizeof actors);
    memset(turns, 0, sizeof turns);
    handled = expected = 0;
    pthread_mutex_init(&mutex, NULL);
    pthread_cond_init(&condition, NULL);
    EXPLORER_CHECK(airsi_reclaim_init(&sys.reclaim, NULL) == AIRS_OK);
    airsi_budget_init(&sys.reclaim.budget, 1u << 20);
    EXPLORER_CHECK(airsi_shards_init(&sys.shards, &sys, 1, 0) == 0);
    EXPLORER_CHECK(airsi_scheduler_init(&sys.scheduler, &sys, count_of_workers) == AIRS_OK);
    make_workers(count_of_workers);
    for (int i = 0; i < 2; i++) {
        hosts[i] = airsi_record_new(&sys.reclaim);
    }
    for (int i = 0; i < ENVELOPES; i++) {
        EXPLORER_CHECK(airs_envelope_new(0, NULL, 0, &envelopes[i]) == AIRS_OK);
    }
    explorer_pauses_go_on();
    explorer_name(&sys.scheduler.idle.state, 4, "idle.state");
    explorer_name(&sys.scheduler.idle.mutex, sizeof(airsi_mutex), "idle.mutex");
    explorer_name(&sys.scheduler.injector.length, 4, "injector.length");
    explorer_name(&sys.scheduler.injector.mutex, sizeof(airsi_mutex), "injector.mutex");
    explorer_name(&sys.scheduler.closed, 4, "closed");
    explorer_name(&sys, sizeof sys, "system");
}

static void send_from_outside(unsigned actor, unsigned envelope) {
    airsi_record_online(hosts[0]);
    deliver(actor, envelope, hosts[0]);
    airsi_record_offline(hosts[0]);
}

/* ---- one worker that may be about to sleep: what is sent from outside wakes it ---- */

static void make_one_worker(void) {
    make_system(1);
    make_actor(0, &counting);
    expected = 1;
}

static void work_or_send(unsigned index) {
    if (index == 0) {
        thread_main(workers[0]);
        return;
    }
    send_from_outside(0, 0);
    wait_for_all();
    airsi_scheduler_stop(&sys.scheduler);
}

static void check_turns(void) {
    int sum = 0;
    for (int i = 0; i < ACTORS; i++) {
        sum += turns[i];
    }
    EXPLORER_CHECK(sum == expected);
    EXPLORER_CHECK(airsi_load_relaxed(&sys.scheduler.idle.state) == 0);
}

PROGRAM(scheduler_wakes_its_worker, 2, make_one_worker, work_or_send, check_turns)

/* ---- one actor sends to another: over the LIFO slot, which the worker itself empties ---- */

static void make_chain(void) {
    make_system(1);
    make_actor(0, &passing_on);
    make_actor(1, &counting);
    expected = 2;
}

static void chain(unsigned index) {
    if (index == 0) {
        thread_main(workers[0]);
    } else {
        send_from_outside(0, 0);
        wait_for_all();
        airsi_scheduler_stop(&sys.scheduler);
    }
}

PROGRAM(scheduler_runs_a_chain, 2, make_chain, chain, check_turns)

/* ---- two workers: one fills its queue in a turn, the other looks for work. What is scheduled is taken once, and seen as its scheduler left it ---- */

static AIRSI_ATOMIC(int) taken[ACTORS];

static void make_two_workers(void) {
    make_system(2);
    for (unsigned i = 0; i < ACTORS; i++) {
        make_actor(i, &counting);
        airsi_store_relaxed(&taken[i], 0);
    }
}

static void take(airsi_actor *actor) {
    for (unsigned i = 0; actor != NULL && i < ACTORS; i++) {
        if (actor == actors[i]) {
            turns[i]++;
            EXPLORER_CHECK(airsi_fetch_add_relaxed(&taken[i], 1) == 0);
        }
    }
}

static void schedule_in_turn(unsigned count_of_actors) {
    airsi_worker *worker = workers[0];
    airsi_worker_self = worker;
    worker->actor = actors[0];
    airsi_store_relaxed(&worker->beats, 1);
    for (unsigned i = 0; i < count_of_actors; i++) {
        turns[i] = 1;
        airsi_schedule(&sys, actors[i]);
    }
    worker->actor = NULL;
    airsi_store_relaxed(&worker->beats, 2);
}

static void fill_or_search(unsigned index) {
    if (index == 0) {
        schedule_in_turn(2);
        take(airsi_worker_next(workers[0]));
    } else {
        airsi_worker_self = workers[1];
        take(airsi_search(workers[1]));
    }
}

static void fill_or_rescue(unsigned index) {
    if (index == 0) {
        schedule_in_turn(1 + (unsigned)programs_depth);
        take(airsi_worker_next(workers[0]));
    } else {
        empty_lifo(&sys.scheduler, workers[0]);
        take(airsi_injector_take(&sys.scheduler.injector));
    }
}

static void check_taken(int count_of_actors) {
    airsi_actor *actor;
    for (int i = 0; i < 2; i++) {
        while ((actor = airsi_worker_next(workers[i])) != NULL) {
            take(actor);
        }
    }
    for (int i = 0; i < ACTORS; i++) {
        EXPLORER_CHECK(airsi_load_relaxed(&taken[i]) == (i < count_of_actors));
    }
}

static void check_two_taken(void) {
    check_taken(2);
}

static void check_rescued(void) {
    check_taken(1 + programs_depth);
}

PROGRAM(scheduler_steals, 2, make_two_workers, fill_or_search, check_two_taken)
PROGRAM(scheduler_rescues_from_a_stuck_worker, 2, make_two_workers, fill_or_rescue, check_rescued)

/* ---- the permit: the worker gives it up, or the monitor takes it, never both ---- */

static void block_or_take(unsigned index) {
    if (index == 0) {
        airsi_worker_self = workers[0];
        airsi_worker_begin_blocking(workers[0]);
        airsi_worker_end_blocking(workers[0]);
    } else {
        take_permit(&sys.scheduler, workers[0]);
    }
}

static void check_permit(void) {
    uint32_t permit = airsi_load_relaxed(&workers[0]->permit);
    EXPLORER_CHECK(airsi_idle_running(&sys.scheduler.idle) == (permit == AIRSI_PERMIT_HELD) + 1u);
}

PROGRAM(scheduler_permit_is_taken_or_given, 2, make_two_workers, block_or_take, check_permit)

/* ---- a worker more, while others count them ---- */

static void add_or_look(unsigned index) {
    if (index == 0) {
        airsi_idle_release(&sys.scheduler.idle);
        airsi_scheduler_replace(&sys.scheduler);
    } else if (index == 1) {
        airsi_scheduler_has_work(&sys.scheduler);
    } else {
        airsi_worker_self = workers[1];
        take(airsi_search(workers[1]));
    }
}

PROGRAM(scheduler_counts_a_new_worker, 3, make_two_workers, add_or_look, NULL)

static void add_or_watch(unsigned index) {
    if (index == 0) {
        add_or_look(0);
    } else {
        look(&sys.scheduler);
    }
}

PROGRAM(scheduler_watches_a_new_worker, 2, make_two_workers, add_or_watch, NULL)

/* ---- the monitor sleeps only while everybody does ---- */

static void make_sleeper(void) {
    make_system(1);
    uint64_t until_ms = 0;
    EXPLORER_CHECK(fall_asleep(workers[0], &until_ms));
    EXPLORER_CHECK(until_ms == UINT64_MAX);
}

static void watch_or_wake(unsigned index) {
    if (index == 0) {
        sleep_while_idle(&sys.scheduler);
    } else {
        EXPLORER_CHECK(airsi_idle_wake_up(&sys.scheduler.idle, &workers[0]->sleeper) == AIRSI_WAKE_RUNNING);
    }
}

PROGRAM(scheduler_monitor_wakes_with_the_first, 2, make_sleeper, watch_or_wake, NULL)

/* ---- a timer that falls due earlier than a sleeper knows ---- */

static airsi_wheel_node node;

static void make_timer(void) {
    make_system(1);
    memset(&node, 0, sizeof node);
}

static void sleep_or_arm(unsigned index) {
    if (index == 0) {
        airsi_worker_self = workers[0];
        uint64_t until_ms = 0;
        EXPLORER_CHECK(fall_asleep(workers[0], &until_ms));
        if (until_ms != 0) {
            airsi_parker_wait(&workers[0]->sleeper.parker, until_ms == UINT64_MAX ? AIRSI_PARK_FOR_EVER : until_ms * 1000000u);
        }
    } else {
        airsi_shard *shard = &sys.shards.shards[0];
        airsi_spin_lock(&shard->lock);
        bool earlier = airsi_shard_arm(shard, &node, 100);
        airsi_spin_unlock(&shard->lock);
        airsi_system_poke_if(&sys, earlier);
    }
}

PROGRAM(scheduler_hears_of_an_earlier_timer, 2, make_timer, sleep_or_arm, NULL)

/* ---- a start: what its sender prepared is seen, even when the actor has its turn already ---- */

static int prepared, started;

static airs_status on_start(void *state, airs_context *context, airs_error *error) {
    (void)state;
    (void)context;
    (void)error;
    EXPLORER_CHECK(prepared == 1);
    started++;
    return AIRS_OK;
}

static const airs_behavior starting = {.start = on_start, .handle = count};

static void make_new_actor(void) {
    make_system(1);
    make_actor(0, &starting);
    prepared = started = 0;
    actors[0]->phase = AIRSI_PHASE_NEW;
    airsi_mailbox_schedule(&actors[0]->mailbox); /* by a signal that was taken meanwhile */
    airsi_store_relaxed(&sys.starting, 1);
}

static void turn_or_start(unsigned index) {
    if (index == 0) {
        airsi_worker_self = workers[0];
        airsi_actor_turn(workers[0], actors[0]);
    } else {
        prepared = 1;
        airsi_actor_signal(actors[0], AIRSI_SIGNAL_START);
    }
}

static void check_started(void) {
    airsi_actor *actor;
    airsi_worker_self = workers[0];
    while ((actor = airsi_worker_next(workers[0])) != NULL) {
        airsi_actor_turn(workers[0], actor);
    }
    EXPLORER_CHECK(started == 1);
    EXPLORER_CHECK(!airsi_mailbox_look(&actors[0]->mailbox).scheduled);
}

PROGRAM(actor_started_during_its_turn, 2, make_new_actor, turn_or_start, check_started)
