/* Health checks: how a component is, through the system lane. */
#include "kit.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

/* The kit's behaviours have no health callback; this one tells what its state says. */
typedef struct patient {
    atomic_int inside; /* I3: the callbacks running in it now */
    airs_status health;
    atomic_uint_fast64_t asked, handled;
    kit_gate *gate;      /* its messages wait there */
    kit_gate *sick_gate; /* its health callback does */
} patient;

static void enter(patient *p) {
    if (atomic_fetch_add(&p->inside, 1) != 0) {
        abort();
    }
}

static void leave(patient *p) {
    atomic_fetch_sub(&p->inside, 1);
}

static airs_result patient_handle(void *state, airs_context *context, const airs_message *message, airs_error *error) {
    patient *p = state;
    (void)context;
    (void)message;
    (void)error;
    enter(p);
    if (p->gate != NULL) {
        kit_gate_wait(p->gate);
    }
    atomic_fetch_add(&p->handled, 1);
    leave(p);
    return AIRS_HANDLED;
}

static airs_status patient_health(void *state, airs_context *context, airs_error *error) {
    patient *p = state;
    enter(p);
    atomic_fetch_add(&p->asked, 1);
    if (airs_context_self(context) == AIRS_OUTSIDE) {
        abort();
    }
    if (p->sick_gate != NULL) {
        kit_gate_wait(p->sick_gate);
    }
    leave(p);
    return p->health == AIRS_OK ? AIRS_OK : airs_error_set(error, p->health, "it is %s", airs_status_name(p->health));
}

static const airs_behavior patient_behavior = {.kind = "native", .handle = patient_handle, .health = patient_health};

static airs_component admit(airs_system *system, patient *p, uint32_t mailbox_messages) {
    static const char *const everybody[] = {"*/*/*"};
    airs_spawn_options options = {.limits = AIRS_LIMITS_DEFAULT,
                                  .capabilities = {.send = everybody, .send_count = 1, .receive = everybody, .receive_count = 1},
                                  .behavior = &patient_behavior,
                                  .state = p};
    options.limits.mailbox_messages = mailbox_messages;
    airs_component component = AIRS_OUTSIDE;
    assert_int_equal(airs_component_id_parse("test/patient/0", 14, &options.id, NULL), AIRS_OK);
    assert_int_equal(airs_spawn(system, &options, &component, NULL), AIRS_OK);
    return component;
}

static void one_without_a_callback_is_well_when_it_comes_to_be_asked(void **state) {
    (void)state;
    airs_system *system = kit_system(2);
    kit_actor actor = {.handle = kit_count};
    airs_component to = kit_spawn(system, "test/actor/0", &actor);
    airs_error error = {0};
    assert_int_equal(airs_health_check(system, to, 1000, &error), AIRS_ENOTSTARTED);
    kit_start(system);
    assert_int_equal(airs_health_check(system, to, 20000, &error), AIRS_OK);
    assert_int_equal(airs_health_check(system, 4711, 20000, &error), AIRS_ECOMPONENT_NOT_FOUND);
    assert_int_equal(airs_health_check(NULL, to, 20000, &error), AIRS_EINVAL);
    assert_int_equal(airs_stop(system, to), AIRS_OK);
    kit_wait(&actor.frees, 1);
    assert_int_equal(airs_health_check(system, to, 20000, &error), AIRS_ETARGET_STOPPED);
    assert_int_equal(actor.handled, 0);
    kit_finish(system);
}

static void one_with_a_callback_says_itself_how_it_is(void **state) {
    (void)state;
    airs_system *system = kit_system(2);
    patient p = {.health = AIRS_OK};
    airs_component to = admit(system, &p, 8);
    kit_start(system);
    airs_error error = {0};
    assert_int_equal(airs_health_check(system, to, 20000, &error), AIRS_OK);
    p.health = AIRS_EUNAVAILABLE;
    assert_int_equal(airs_health_check(system, to, 20000, &error), AIRS_EUNAVAILABLE);
    assert_string_equal(error.text, "it is unavailable");
    p.health = (airs_status)9999; /* no status: a failure */
    assert_int_equal(airs_health_check(system, to, 20000, &error), AIRS_EHANDLER_FAILED);
    assert_int_equal(p.asked, 3);
    kit_finish(system);
}

static void one_that_is_stuck_is_not_well_and_a_full_mailbox_is_no_reason(void **state) {
    (void)state;
    airs_system *system = kit_system(2);
    kit_gate gate = {0};
    patient p = {.gate = &gate};
    airs_component to = admit(system, &p, 2);
    kit_start(system);
    assert_int_equal(airs_send(system, to, "x", 1, AIRS_BLOCK_WHEN_FULL), AIRS_OK);
    kit_gate_reached(&gate, 1);
    assert_int_equal(airs_send(system, to, "x", 1, AIRS_BLOCK_WHEN_FULL), AIRS_OK);
    assert_int_equal(airs_send(system, to, "x", 1, AIRS_REJECT_WHEN_FULL), AIRS_EMAILBOX_FULL);
    airs_error error = {0};
    assert_int_equal(airs_health_check(system, to, 20, &error), AIRS_ETIMEOUT);
    assert_int_equal(p.asked, 0);
    kit_gate_open(&gate);
    assert_int_equal(airs_health_check(system, to, 20000, &error), AIRS_OK);
    /* Who lost patience is not told, and doesn't count as asking. */
    assert_int_equal(p.asked, 1);
    kit_finish(system);
}

static void a_callback_that_is_stuck_keeps_nobody_waiting_beyond_the_time(void **state) {
    (void)state;
    airs_system *system = kit_system(2);
    kit_gate gate = {0};
    patient p = {.sick_gate = &gate};
    airs_component to = admit(system, &p, 8);
    kit_start(system);
    assert_int_equal(airs_health_check(system, to, 20, NULL), AIRS_ETIMEOUT);
    kit_gate_reached(&gate, 1);
    kit_gate_open(&gate);
    assert_int_equal(airs_health_check(system, to, 20000, NULL), AIRS_OK);
    kit_finish(system);
}

static airs_result fills_its_peer(kit_actor *self, airs_context *context, const airs_message *message, airs_error *error) {
    (void)message;
    (void)error;
    for (int i = 0; i < 4; i++) {
        if (airs_context_send(context, self->peer, "x", 1) != AIRS_OK) {
            abort();
        }
    }
    return AIRS_HANDLED;
}

static void one_that_waits_for_room_at_another_is_well(void **state) {
    (void)state;
    airs_system *system = kit_system(2);
    kit_gate gate = {0};
    patient p = {.gate = &gate};
    kit_actor sender = {.handle = fills_its_peer, .peer = admit(system, &p, 1)};
    airs_component to = kit_spawn(system, "test/sender/0", &sender);
    kit_start(system);
    assert_int_equal(airs_send(system, to, "x", 1, AIRS_BLOCK_WHEN_FULL), AIRS_OK);
    kit_wait(&sender.handled, 1);
    airs_balance balance;
    airs_system_balance(system, &balance);
    assert_true(balance.held > 0); /* muted */
    assert_int_equal(airs_health_check(system, to, 20000, NULL), AIRS_OK);
    kit_gate_open(&gate);
    kit_finish(system);
}

static airs_result checks_itself(kit_actor *self, airs_context *context, const airs_message *message, airs_error *error) {
    (void)message;
    (void)error;
    self->number = airs_health_check(airs_context_system(context), airs_context_self(context), 0, NULL);
    return AIRS_HANDLED;
}

static void a_handler_can_not_wait_for_an_answer(void **state) {
    (void)state;
    airs_system *system = kit_system(2);
    kit_actor actor = {.handle = checks_itself};
    airs_component to = kit_spawn(system, "test/actor/0", &actor);
    kit_start(system);
    assert_int_equal(airs_send(system, to, "x", 1, AIRS_BLOCK_WHEN_FULL), AIRS_OK);
    kit_wait(&actor.handled, 1);
    kit_finish(system);
    assert_int_equal(actor.number, AIRS_EDEADLK);
}

typedef struct asker {
    airs_system *system;
    airs_component to;
    airs_status status;
} asker;

static void *ask(void *argument) {
    asker *a = argument;
    a->status = airs_health_check(a->system, a->to, 60000, NULL);
    return NULL;
}

static void all_who_ask_are_answered_also_by_a_stop(void **state) {
    (void)state;
    airs_system *system = kit_system(2);
    kit_gate gate = {0};
    patient p = {.gate = &gate};
    airs_component to = admit(system, &p, 8);
    kit_start(system);
    assert_int_equal(airs_send(system, to, "x", 1, AIRS_BLOCK_WHEN_FULL), AIRS_OK);
    kit_gate_reached(&gate, 1);
    asker askers[8];
    pthread_t threads[8];
    for (int i = 0; i < 8; i++) {
        askers[i] = (asker){.system = system, .to = to, .status = AIRS_EINTERNAL};
        assert_int_equal(pthread_create(&threads[i], NULL, ask, &askers[i]), 0);
    }
    assert_int_equal(airs_stop(system, to), AIRS_OK); /* before some of them have asked, after others */
    kit_gate_open(&gate);
    for (int i = 0; i < 8; i++) {
        pthread_join(threads[i], NULL);
        assert_true(askers[i].status == AIRS_ETARGET_STOPPED || askers[i].status == AIRS_OK);
    }
    kit_finish(system);
}

static void in_the_deterministic_mode_who_asks_steps_the_system(void **state) {
    (void)state;
    airs_system_options options = {.workers = 2, .deterministic = true, .seed = 7};
    airs_system *system = NULL;
    assert_int_equal(airs_system_new(&options, &system, NULL), AIRS_OK);
    patient p = {.health = AIRS_OK};
    airs_component to = admit(system, &p, 8);
    assert_int_equal(airs_system_start(system, NULL), AIRS_OK);
    assert_int_equal(airs_health_check(system, to, 0, NULL), AIRS_OK);
    p.health = AIRS_EUNAVAILABLE;
    assert_int_equal(airs_health_check(system, to, 0, NULL), AIRS_EUNAVAILABLE);
    kit_finish(system);
}

#define TESTS(X)                                                     \
    X(one_without_a_callback_is_well_when_it_comes_to_be_asked)      \
    X(one_with_a_callback_says_itself_how_it_is)                     \
    X(one_that_is_stuck_is_not_well_and_a_full_mailbox_is_no_reason) \
    X(a_callback_that_is_stuck_keeps_nobody_waiting_beyond_the_time) \
    X(one_that_waits_for_room_at_another_is_well)                    \
    X(a_handler_can_not_wait_for_an_answer)                          \
    X(all_who_ask_are_answered_also_by_a_stop)                       \
    X(in_the_deterministic_mode_who_asks_steps_the_system)

#define TEST(name) cmocka_unit_test(name),

int main(void) {
    const struct CMUnitTest tests[] = {TESTS(TEST)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
