/* The runtime's own subscription: who is found where, who may send to whom, and what happens when it pauses. */
#include "kit.h"

#include <stdio.h>
#include <string.h>

#include <airs/subscriber.h>

#include "core/subscriber/subscriber.h"
#include "core/system/system.h"

static airs_component_id id(const char *text) {
    airs_component_id made;
    assert_int_equal(airs_component_id_parse(text, strlen(text), &made, NULL), AIRS_OK);
    return made;
}

static airs_status resolve(airs_system *system, const char *text, airs_component *ret_component) {
    airs_component_id wanted = id(text);
    return airs_actor_system_subscriber_resolve(airs_system_subscriber(system), &wanted, ret_component);
}

static void an_actor_is_resolved_by_id_and_by_handle_as_long_as_it_is_registered(void **state) {
    (void)state;
    airs_system *system = kit_system(1);
    airs_actor_system_subscriber *subscriber = airs_system_subscriber(system);
    kit_actor actors[2] = {{.handle = kit_count}, {.handle = kit_count}};
    airs_component first = kit_spawn(system, "test/actor/0", &actors[0]);
    airs_component second = kit_spawn(system, "test/actor/1", &actors[1]);
    airs_component found = AIRS_OUTSIDE;
    assert_int_equal(resolve(system, "test/actor/1", &found), AIRS_OK);
    assert_int_equal(found, second);
    assert_int_equal(resolve(system, "test/actor/2", &found), AIRS_ECOMPONENT_NOT_FOUND);
    assert_int_equal(found, second);
    const airs_actor_address *address = NULL;
    const airs_actor_address *again = NULL;
    const airs_actor_address *other = NULL;
    assert_int_equal(airs_actor_system_subscriber_resolve_actor(subscriber, first, &address), AIRS_OK);
    assert_int_equal(airs_actor_system_subscriber_resolve_actor(subscriber, first, &again), AIRS_OK);
    assert_int_equal(airs_actor_system_subscriber_resolve_actor(subscriber, second, &other), AIRS_OK);
    assert_ptr_equal(address, again);
    assert_ptr_not_equal(address, other);
    kit_start(system);
    assert_int_equal(airs_stop(system, first), AIRS_OK);
    kit_wait(&actors[0].stops, 1);
    assert_int_equal(airs_system_wait_quiescent(system, 20000), AIRS_OK);
    assert_int_equal(airs_actor_system_subscriber_resolve_actor(subscriber, first, &again), AIRS_ETARGET_STOPPED);
    assert_int_equal(airs_actor_system_subscriber_resolve_actor(subscriber, first + 5, &again), AIRS_ECOMPONENT_NOT_FOUND);
    assert_int_equal(airs_actor_system_subscriber_resolve_actor(subscriber, AIRS_OUTSIDE, &again), AIRS_ECOMPONENT_NOT_FOUND);
    assert_ptr_equal(again, address);
    assert_int_equal(resolve(system, "test/actor/0", &found), AIRS_ECOMPONENT_NOT_FOUND);
    kit_finish(system);
}

static void nothing_is_no_subscriber_I12(void **state) {
    (void)state;
    airs_system *system = kit_system(1);
    airs_actor_system_subscriber *subscriber = airs_system_subscriber(system);
    airs_component_id any = id("a/b/c");
    airs_component found = 7;
    const airs_actor_address *address = NULL;
    assert_int_equal(airs_actor_system_subscriber_start(NULL), AIRS_EINVAL);
    assert_int_equal(airs_actor_system_subscriber_stop(NULL), AIRS_EINVAL);
    assert_int_equal(airs_actor_system_subscriber_resolve(NULL, &any, &found), AIRS_EINVAL);
    assert_int_equal(airs_actor_system_subscriber_resolve(subscriber, NULL, &found), AIRS_EINVAL);
    assert_int_equal(airs_actor_system_subscriber_resolve(subscriber, &any, NULL), AIRS_EINVAL);
    assert_int_equal(airs_actor_system_subscriber_resolve_actor(NULL, 1, &address), AIRS_EINVAL);
    assert_int_equal(airs_actor_system_subscriber_resolve_actor(subscriber, 1, NULL), AIRS_EINVAL);
    assert_int_equal(found, 7);
    assert_null(address);
    airs_system_free(system);
}

static void while_it_is_stopped_nobody_owns_what_is_published(void **state) {
    (void)state;
    airs_system *system = kit_system(2);
    airs_actor_system_subscriber *subscriber = airs_system_subscriber(system);
    kit_actor actor = {.handle = kit_count};
    airs_component to = kit_spawn(system, "test/actor/0", &actor);
    assert_int_equal(airs_actor_system_subscriber_start(subscriber), AIRS_ENOTSTARTED);
    assert_int_equal(airs_actor_system_subscriber_stop(subscriber), AIRS_ENOTSTARTED);
    kit_start(system);
    assert_int_equal(airs_actor_system_subscriber_start(subscriber), AIRS_EBUSY);
    for (uint64_t i = 1; i <= 50; i++) {
        assert_int_equal(airs_send(system, to, "x", 1, AIRS_BLOCK_WHEN_FULL), AIRS_OK);
        assert_int_equal(airs_actor_system_subscriber_stop(subscriber), AIRS_OK);
        assert_false(airs_actor_system_subscriber_running(subscriber));
        assert_int_equal(airs_actor_system_subscriber_stop(subscriber), AIRS_ENOTSTARTED);
        assert_int_equal(airs_send(system, to, "x", 1, AIRS_BLOCK_WHEN_FULL), AIRS_ENOSUBSCRIBER);
        kit_wait(&actor.handled, i); /* what was accepted is handled */
        assert_int_equal(airs_actor_system_subscriber_start(subscriber), AIRS_OK);
        assert_true(airs_actor_system_subscriber_running(subscriber));
    }
    assert_int_equal(airs_actor_system_subscriber_stop(subscriber), AIRS_OK);
    kit_finish(system); /* stops a system whose subscriber is stopped */
}

static void a_stopped_system_starts_it_no_more(void **state) {
    (void)state;
    airs_system *system = kit_system(1);
    kit_start(system);
    assert_int_equal(airs_system_stop(system), AIRS_OK);
    assert_int_equal(airs_actor_system_subscriber_start(airs_system_subscriber(system)), AIRS_ESTOPPING);
    assert_int_equal(airs_actor_system_subscriber_stop(airs_system_subscriber(system)), AIRS_ENOTSTARTED);
    airs_system_free(system);
}

#define PAIRED 150u /* all their pairs are more than a thread remembers */

/* Every second may send to every third; those take from those with an even number. */
static bool should_allow(uint32_t sender, uint32_t target) {
    return sender % 2 == 0 && target % 3 == 0;
}

static void verdicts_are_those_of_the_patterns_whichever_are_remembered(void **state) {
    (void)state;
    airs_system *system = kit_system(1);
    static kit_actor actors[PAIRED];
    airsi_actor *addresses[PAIRED];
    airsi_record *record = airsi_reclaim_enter(&system->reclaim);
    for (uint32_t i = 0; i < PAIRED; i++) {
        actors[i].handle = kit_count;
        char text[32];
        snprintf(text, sizeof text, "%s/%s/%u", i % 2 == 0 ? "even" : "odd", i % 3 == 0 ? "third" : "other", i);
        kit_options options = kit_defaults();
        options.send[0] = i % 2 == 0 ? "*/third/*" : NULL;
        options.receive[0] = "even/*/*";
        airs_component component = kit_spawn_with(system, text, &actors[i], &options);
        assert_int_equal(airsi_registry_resolve(&system->registry, component, &addresses[i]), AIRS_OK);
    }
    for (uint32_t round = 0; round < 3; round++) {
        for (uint32_t s = 0; s < PAIRED; s++) {
            for (uint32_t t = 0; t < PAIRED; t++) {
                assert_int_equal(airsi_subscriber_allows(record, addresses[s], addresses[t]), should_allow(s, t));
                /* At once again: remembered now. */
                assert_int_equal(airsi_subscriber_allows(record, addresses[s], addresses[t]), should_allow(s, t));
            }
        }
    }
    airsi_reclaim_leave(record);
    airs_system_free(system);
}

static airs_result tell_who(kit_actor *self, airs_context *context, const airs_message *message, airs_error *error) {
    (void)message;
    (void)error;
    self->number = (uint64_t)airs_context_send(context, self->peer, "x", 1);
    return AIRS_HANDLED;
}

/* The verdict of the old registration must not be taken for the new one's. */
static void an_id_that_is_registered_again_has_the_capabilities_it_is_given_then_I5(void **state) {
    (void)state;
    airs_system *system = kit_system(1);
    kit_actor target = {.handle = kit_count};
    kit_options from_sender = kit_defaults();
    from_sender.receive[0] = "test/sender/*";
    airs_component to = kit_spawn_with(system, "test/target/0", &target, &from_sender);
    kit_start(system);
    for (uint32_t i = 0; i < 20; i++) {
        kit_actor sender = {.handle = tell_who, .peer = to};
        kit_options options = kit_defaults();
        options.send[0] = i % 2 == 0 ? "test/target/*" : "test/other/*";
        airs_component component = kit_spawn_with(system, "test/sender/0", &sender, &options);
        for (uint64_t round = 1; round <= 2; round++) {
            assert_int_equal(airs_send(system, component, "x", 1, AIRS_BLOCK_WHEN_FULL), AIRS_OK);
            kit_wait(&sender.handled, round);
            assert_int_equal(sender.number, i % 2 == 0 ? AIRS_OK : AIRS_EPERMISSION_DENIED);
        }
        assert_int_equal(airs_stop(system, component), AIRS_OK);
        kit_wait(&sender.frees, 1);
    }
    kit_finish(system);
    assert_int_equal(target.handled, 20);
}

#define TESTS(X)                                                            \
    X(an_actor_is_resolved_by_id_and_by_handle_as_long_as_it_is_registered) \
    X(nothing_is_no_subscriber_I12)                                         \
    X(while_it_is_stopped_nobody_owns_what_is_published)                    \
    X(a_stopped_system_starts_it_no_more)                                   \
    X(verdicts_are_those_of_the_patterns_whichever_are_remembered)          \
    X(an_id_that_is_registered_again_has_the_capabilities_it_is_given_then_I5)

#define TEST(name) cmocka_unit_test(name),

int main(void) {
    const struct CMUnitTest tests[] = {TESTS(TEST)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
