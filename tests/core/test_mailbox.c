#include "kit.h"

#include <pthread.h>
#include <sched.h>
#include <string.h>

#include "core/mailbox/mailbox.h"

#define PRODUCERS 8
#define PER_PRODUCER 20000

static airs_envelope *numbered(airs_component from, uint32_t number) {
    airs_envelope *envelope = airsi_envelope_new(AIRS_MESSAGE_INTER_COMPONENT, from, 1, &number, sizeof number);
    assert_non_null(envelope);
    return envelope;
}

static bool send(airsi_mailbox *mailbox, airs_envelope *envelope, airsi_admission *ret_admission) {
    *ret_admission = airsi_mailbox_admit(mailbox, envelope->length);
    if (*ret_admission != AIRSI_ADMITTED && *ret_admission != AIRSI_ADMITTED_SCHEDULE) {
        return false;
    }
    airsi_mailbox_link(mailbox, envelope);
    return true;
}

static void unmute(airsi_mailbox *mailbox) {
    assert_true(airsi_mailbox_schedule(mailbox));
    assert_int_equal(airsi_mailbox_rest(mailbox, false), AIRSI_REST_IDLE);
}

static void messages_come_out_in_the_order_they_went_in(void **state) {
    (void)state;
    airsi_mailbox mailbox;
    airsi_mailbox_init(&mailbox, 10, 1000);
    assert_null(airsi_mailbox_take(&mailbox));
    airsi_admission admission;
    for (uint32_t round = 0; round < 5; round++) {
        for (uint32_t i = 0; i < round + 1; i++) {
            assert_true(send(&mailbox, numbered(1, i), &admission));
        }
        for (uint32_t i = 0; i < round + 1; i++) {
            airs_envelope *envelope = airsi_mailbox_take(&mailbox);
            assert_non_null(envelope);
            assert_memory_equal(airsi_envelope_data(envelope), &i, sizeof i);
            airsi_mailbox_give_back(&mailbox, false, envelope->length);
            airs_envelope_free(envelope);
        }
        assert_null(airsi_mailbox_take(&mailbox));
    }
}

static void a_full_mailbox_refuses_without_a_trace_I7(void **state) {
    (void)state;
    airsi_mailbox mailbox;
    airsi_mailbox_init(&mailbox, 3, 10);
    assert_int_equal(airsi_mailbox_admit(&mailbox, 11), AIRSI_FULL);
    assert_int_equal(airsi_mailbox_admit(&mailbox, 10), AIRSI_ADMITTED);
    assert_int_equal(airsi_mailbox_admit(&mailbox, 1), AIRSI_FULL);
    assert_int_equal(airsi_mailbox_admit(&mailbox, 0), AIRSI_ADMITTED);
    assert_int_equal(airsi_mailbox_admit(&mailbox, 0), AIRSI_ADMITTED);
    assert_int_equal(airsi_mailbox_admit(&mailbox, 0), AIRSI_FULL);
    airsi_mailbox_counts counts = airsi_mailbox_look(&mailbox);
    assert_int_equal(counts.messages, 3);
    assert_int_equal(counts.bytes, 10);
    assert_int_equal(airsi_mailbox_admit_end(&mailbox), AIRSI_ADMITTED);
    airsi_mailbox_close(&mailbox);
    assert_int_equal(airsi_mailbox_admit(&mailbox, 0), AIRSI_CLOSED);
    assert_int_equal(airsi_mailbox_admit_end(&mailbox), AIRSI_CLOSED);
}

static void exactly_the_first_sender_schedules(void **state) {
    (void)state;
    airsi_mailbox mailbox;
    airsi_mailbox_init(&mailbox, 10, 1000);
    assert_int_equal(airsi_mailbox_admit(&mailbox, 1), AIRSI_ADMITTED); /* muted: nobody schedules */
    assert_true(airsi_mailbox_schedule(&mailbox));                      /* but a signal does, once */
    assert_false(airsi_mailbox_schedule(&mailbox));
    airsi_mailbox_give_back(&mailbox, false, 1);
    assert_int_equal(airsi_mailbox_rest(&mailbox, false), AIRSI_REST_IDLE);
    assert_int_equal(airsi_mailbox_admit(&mailbox, 1), AIRSI_ADMITTED_SCHEDULE);
    assert_int_equal(airsi_mailbox_admit(&mailbox, 1), AIRSI_ADMITTED);
    assert_int_equal(airsi_mailbox_rest(&mailbox, false), AIRSI_REST_AGAIN);
    assert_int_equal(airsi_mailbox_rest(&mailbox, true), AIRSI_REST_IDLE);
    assert_int_equal(airsi_mailbox_admit(&mailbox, 1), AIRSI_ADMITTED);
}

static void a_message_counted_but_not_linked_keeps_the_actor_scheduled(void **state) {
    (void)state;
    airsi_mailbox mailbox;
    airsi_mailbox_init(&mailbox, 10, 1000);
    unmute(&mailbox);
    airs_envelope *envelope = numbered(1, 7);
    assert_int_equal(airsi_mailbox_admit(&mailbox, envelope->length), AIRSI_ADMITTED_SCHEDULE);
    assert_null(airsi_mailbox_take(&mailbox));
    assert_int_equal(airsi_mailbox_rest(&mailbox, false), AIRSI_REST_AGAIN);
    airsi_mailbox_link(&mailbox, envelope);
    assert_ptr_equal(airsi_mailbox_take(&mailbox), envelope);
    airs_envelope_free(envelope);
}

static void a_waiter_is_told_when_half_is_free(void **state) {
    (void)state;
    airsi_mailbox mailbox;
    airsi_mailbox_init(&mailbox, 4, 1000);
    for (int i = 0; i < 4; i++) {
        assert_int_equal(airsi_mailbox_admit(&mailbox, 1), AIRSI_ADMITTED);
    }
    assert_true(airsi_mailbox_set_waiter(&mailbox, 1));
    assert_false(airsi_mailbox_give_back(&mailbox, false, 1));
    assert_true(airsi_mailbox_give_back(&mailbox, false, 1));
    airsi_mailbox_clear_waiter(&mailbox);
    assert_false(airsi_mailbox_give_back(&mailbox, false, 1));
    assert_false(airsi_mailbox_set_waiter(&mailbox, 1)); /* there is room */
}

/* One consumer that acts as a worker does, and producers that insist. */
typedef struct crowd {
    airsi_mailbox mailbox;
    atomic_int scheduled; /* run queue: at most one entry */
    atomic_int producers;
    atomic_uint_fast64_t refused;
} crowd;

typedef struct producer {
    crowd *crowd;
    airs_component from;
} producer;

static void enqueue(crowd *crowd) {
    assert_int_equal(atomic_fetch_add(&crowd->scheduled, 1), 0);
}

static void *produce(void *argument) {
    producer *self = argument;
    for (uint32_t i = 0; i < PER_PRODUCER;) {
        airs_envelope *envelope = numbered(self->from, i);
        airsi_admission admission;
        if (send(&self->crowd->mailbox, envelope, &admission)) {
            i++;
            if (admission == AIRSI_ADMITTED_SCHEDULE) {
                enqueue(self->crowd);
            }
        } else {
            airs_envelope_free(envelope);
            atomic_fetch_add(&self->crowd->refused, 1);
            sched_yield();
        }
    }
    atomic_fetch_sub(&self->crowd->producers, 1);
    return NULL;
}

static void take_turn(crowd *crowd, uint32_t *next, uint64_t *taken) {
    airs_envelope *envelope;
    for (int i = 0; i < 64 && (envelope = airsi_mailbox_take(&crowd->mailbox)) != NULL; i++) {
        uint32_t number;
        memcpy(&number, airsi_envelope_data(envelope), sizeof number);
        assert_int_equal(number, next[envelope->from]); /* I2 */
        next[envelope->from]++;
        ++*taken;
        airsi_mailbox_counts counts = airsi_mailbox_look(&crowd->mailbox);
        assert_true(counts.messages <= 16 && counts.bytes <= 40); /* I7 */
        airsi_mailbox_give_back(&crowd->mailbox, false, envelope->length);
        airs_envelope_free(envelope);
    }
    atomic_fetch_sub(&crowd->scheduled, 1);
    if (airsi_mailbox_rest(&crowd->mailbox, false) == AIRSI_REST_AGAIN) {
        enqueue(crowd);
    }
}

static void eight_producers_stay_in_order_and_within_the_bounds_I2_I3_I7(void **state) {
    (void)state;
    static crowd crowd;
    airsi_mailbox_init(&crowd.mailbox, 16, 40);
    unmute(&crowd.mailbox);
    atomic_store(&crowd.producers, PRODUCERS);
    pthread_t threads[PRODUCERS];
    producer producers[PRODUCERS];
    for (int i = 0; i < PRODUCERS; i++) {
        producers[i] = (producer){&crowd, (airs_component)i};
        assert_int_equal(pthread_create(&threads[i], NULL, produce, &producers[i]), 0);
    }
    uint32_t next[PRODUCERS] = {0};
    uint64_t taken = 0;
    while (taken < (uint64_t)PRODUCERS * PER_PRODUCER) {
        if (atomic_load(&crowd.scheduled) == 1) {
            take_turn(&crowd, next, &taken);
        } else {
            sched_yield();
        }
    }
    for (int i = 0; i < PRODUCERS; i++) {
        pthread_join(threads[i], NULL);
        assert_int_equal(next[i], PER_PRODUCER);
    }
    assert_int_equal(airsi_mailbox_look(&crowd.mailbox).messages, 0);
    assert_int_equal(airsi_mailbox_look(&crowd.mailbox).bytes, 0);
    assert_true(atomic_load(&crowd.refused) > 0);
}

#define TESTS(X)                                                  \
    X(messages_come_out_in_the_order_they_went_in)                \
    X(a_full_mailbox_refuses_without_a_trace_I7)                  \
    X(exactly_the_first_sender_schedules)                         \
    X(a_message_counted_but_not_linked_keeps_the_actor_scheduled) \
    X(a_waiter_is_told_when_half_is_free)                         \
    X(eight_producers_stay_in_order_and_within_the_bounds_I2_I3_I7)

#define TEST(name) cmocka_unit_test(name),

int main(void) {
    const struct CMUnitTest tests[] = {TESTS(TEST)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
