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

static airsi_admission send(airsi_mailbox *mailbox, airs_envelope *envelope) {
    airsi_link *before = NULL;
    airsi_admission admission = airsi_mailbox_admit(mailbox, envelope, &before);
    if (admission == AIRSI_ADMITTED || admission == AIRSI_ADMITTED_SCHEDULE) {
        airsi_mailbox_link(mailbox, envelope, before);
    }
    return admission;
}

/* One of so many bytes; freed again if it is refused. */
static airsi_admission send_bytes(airsi_mailbox *mailbox, uint32_t bytes) {
    static const uint8_t data[16];
    airs_envelope *envelope = airsi_envelope_new(AIRS_MESSAGE_INTER_COMPONENT, 1, 1, data, bytes);
    assert_non_null(envelope);
    airsi_admission admission = send(mailbox, envelope);
    if (admission == AIRSI_FULL || admission == AIRSI_CLOSED) {
        airs_envelope_free(envelope);
    }
    return admission;
}

static airs_envelope *take(airsi_mailbox *mailbox) {
    airs_envelope *first = airsi_mailbox_peek(mailbox);
    return first != NULL && airsi_mailbox_unlink(mailbox, first) ? first : NULL;
}

static void empty(airsi_mailbox *mailbox) {
    airs_envelope *envelope;
    while ((envelope = take(mailbox)) != NULL) {
        airs_envelope_free(envelope);
    }
}

static bool rests(airsi_mailbox *mailbox, bool muted) {
    return airsi_mailbox_rest(mailbox, NULL, 0, muted).idle;
}

static void unmute(airsi_mailbox *mailbox) {
    assert_true(airsi_mailbox_schedule(mailbox));
    assert_true(rests(mailbox, false));
}

static void messages_come_out_in_the_order_they_went_in_I2(void **state) {
    (void)state;
    airsi_mailbox mailbox;
    airsi_mailbox_init(&mailbox, 10, 1000);
    assert_null(airsi_mailbox_peek(&mailbox));
    for (uint32_t round = 0; round < 5; round++) {
        for (uint32_t i = 0; i < round + 1; i++) {
            assert_int_equal(send(&mailbox, numbered(1, i)), AIRSI_ADMITTED);
        }
        for (uint32_t i = 0; i < round + 1; i++) {
            airs_envelope *envelope = take(&mailbox);
            assert_non_null(envelope);
            assert_memory_equal(airsi_envelope_data(envelope), &i, sizeof i);
            airsi_mailbox_give_back(&mailbox, airsi_mailbox_cost(envelope));
            airs_envelope_free(envelope);
        }
        assert_null(airsi_mailbox_peek(&mailbox));
    }
}

static void a_full_mailbox_refuses_without_a_trace_I7(void **state) {
    (void)state;
    airsi_mailbox mailbox;
    airsi_mailbox_init(&mailbox, 3, 10);
    assert_int_equal(send_bytes(&mailbox, 11), AIRSI_FULL);
    assert_int_equal(send_bytes(&mailbox, 10), AIRSI_ADMITTED);
    assert_int_equal(send_bytes(&mailbox, 1), AIRSI_FULL);
    assert_int_equal(send_bytes(&mailbox, 0), AIRSI_ADMITTED);
    assert_int_equal(send_bytes(&mailbox, 0), AIRSI_ADMITTED);
    assert_int_equal(send_bytes(&mailbox, 0), AIRSI_FULL);
    airsi_mailbox_counts counts = airsi_mailbox_look(&mailbox);
    assert_int_equal(counts.messages, 3);
    assert_int_equal(counts.bytes, 10);
    airs_envelope *end = numbered(1, 1);
    end->flags = AIRSI_ENVELOPE_REQUEST_END;
    assert_int_equal(send(&mailbox, end), AIRSI_ADMITTED); /* ends need no room */
    assert_int_equal(airsi_mailbox_look(&mailbox).ends, 1);
    assert_int_equal(airsi_mailbox_look(&mailbox).messages, 3);
    airsi_mailbox_close(&mailbox);
    assert_int_equal(send_bytes(&mailbox, 0), AIRSI_CLOSED);
    airs_envelope *late = numbered(1, 2);
    late->flags = AIRSI_ENVELOPE_REQUEST_END;
    assert_int_equal(send(&mailbox, late), AIRSI_CLOSED);
    end->flags = late->flags = 0;
    airs_envelope_free(late);
    empty(&mailbox);
}

static void exactly_the_first_sender_schedules(void **state) {
    (void)state;
    airsi_mailbox mailbox;
    airsi_mailbox_init(&mailbox, 10, 1000);
    assert_int_equal(send_bytes(&mailbox, 1), AIRSI_ADMITTED); /* muted: nobody schedules */
    assert_true(airsi_mailbox_schedule(&mailbox));             /* but a signal does, once */
    assert_false(airsi_mailbox_schedule(&mailbox));
    airs_envelope *first = airsi_mailbox_peek(&mailbox);
    assert_true(airsi_mailbox_rest(&mailbox, first, airsi_mailbox_cost(first), false).idle);
    airs_envelope_free(first);
    assert_int_equal(send_bytes(&mailbox, 1), AIRSI_ADMITTED_SCHEDULE);
    assert_int_equal(send_bytes(&mailbox, 1), AIRSI_ADMITTED);
    assert_false(rests(&mailbox, false));
    assert_true(rests(&mailbox, true));
    assert_int_equal(send_bytes(&mailbox, 1), AIRSI_ADMITTED);
    empty(&mailbox);
}

static void a_message_counted_but_not_linked_keeps_the_actor_scheduled(void **state) {
    (void)state;
    airsi_mailbox mailbox;
    airsi_mailbox_init(&mailbox, 10, 1000);
    unmute(&mailbox);
    airs_envelope *envelope = numbered(1, 7);
    airsi_link *before = &envelope->link;
    assert_int_equal(airsi_mailbox_admit(&mailbox, envelope, &before), AIRSI_ADMITTED_SCHEDULE);
    assert_null(airsi_mailbox_peek(&mailbox));
    assert_false(rests(&mailbox, false));
    assert_null(before);
    airsi_mailbox_link(&mailbox, envelope, before);
    assert_ptr_equal(take(&mailbox), envelope);
    airs_envelope_free(envelope);
}

static void a_message_that_ended_stays_until_the_one_behind_it_is_linked(void **state) {
    (void)state;
    airsi_mailbox mailbox;
    airsi_mailbox_init(&mailbox, 10, 1000);
    unmute(&mailbox);
    airs_envelope *first = numbered(1, 1);
    airs_envelope *second = numbered(1, 2);
    assert_int_equal(send(&mailbox, first), AIRSI_ADMITTED_SCHEDULE);
    airsi_link *before = NULL;
    assert_int_equal(airsi_mailbox_admit(&mailbox, second, &before), AIRSI_ADMITTED);
    assert_ptr_equal(before, &first->link);
    assert_false(airsi_mailbox_advance(&mailbox, first));
    assert_false(airsi_mailbox_unlink(&mailbox, first));
    assert_false(airsi_mailbox_rest(&mailbox, first, airsi_mailbox_cost(first), false).idle);
    assert_int_equal(airsi_mailbox_look(&mailbox).messages, 1); /* its room was given back */
    assert_ptr_equal(airsi_mailbox_peek(&mailbox), first);
    airsi_mailbox_link(&mailbox, second, before);
    assert_true(airsi_mailbox_unlink(&mailbox, first));
    airs_envelope_free(first);
    assert_ptr_equal(airsi_mailbox_peek(&mailbox), second);
    assert_true(airsi_mailbox_rest(&mailbox, second, airsi_mailbox_cost(second), false).idle);
    airs_envelope_free(second);
    assert_null(airsi_mailbox_peek(&mailbox));
}

static void a_waiter_is_told_when_half_is_free(void **state) {
    (void)state;
    airsi_mailbox mailbox;
    airsi_mailbox_init(&mailbox, 4, 1000);
    for (int i = 0; i < 4; i++) {
        assert_int_equal(send_bytes(&mailbox, 1), AIRSI_ADMITTED);
    }
    airsi_mailbox_debt one = airsi_mailbox_cost(airsi_mailbox_peek(&mailbox));
    assert_true(airsi_mailbox_owes_much(&mailbox, one)); /* so few that each counts */
    assert_true(airsi_mailbox_set_waiter(&mailbox, 1));
    assert_false(airsi_mailbox_give_back(&mailbox, one));
    assert_true(airsi_mailbox_give_back(&mailbox, one));
    airsi_mailbox_clear_waiter(&mailbox);
    assert_false(airsi_mailbox_give_back(&mailbox, one));
    assert_false(airsi_mailbox_set_waiter(&mailbox, 1)); /* there is room */
    empty(&mailbox);
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
        airsi_admission admission = send(&self->crowd->mailbox, envelope);
        if (admission == AIRSI_ADMITTED || admission == AIRSI_ADMITTED_SCHEDULE) {
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

/* As core/actor/turn.c does it. */
static void take_turn(crowd *crowd, uint32_t *next, uint64_t *taken) {
    airsi_mailbox *mailbox = &crowd->mailbox;
    airsi_mailbox_debt debt = 0;
    airs_envelope *last = NULL;
    airs_envelope *envelope;
    for (int i = 0; i < 64 && last == NULL && (envelope = airsi_mailbox_peek(mailbox)) != NULL; i++) {
        if ((envelope->flags & AIRSI_ENVELOPE_SPENT) == 0) {
            uint32_t number;
            memcpy(&number, airsi_envelope_data(envelope), sizeof number);
            assert_int_equal(number, next[envelope->from]); /* I2 */
            next[envelope->from]++;
            ++*taken;
            airsi_mailbox_counts counts = airsi_mailbox_look(mailbox);
            assert_true(counts.messages <= 16 && counts.bytes <= 40); /* I7 */
            debt += airsi_mailbox_cost(envelope);
        }
        if (airsi_mailbox_advance(mailbox, envelope)) {
            airs_envelope_free(envelope);
        } else {
            last = envelope;
        }
        if (last == NULL && airsi_mailbox_owes_much(mailbox, debt)) {
            airsi_mailbox_give_back(mailbox, debt);
            debt = 0;
        }
    }
    atomic_fetch_sub(&crowd->scheduled, 1);
    bool idle = airsi_mailbox_rest(mailbox, last, debt, false).idle;
    if (idle && last != NULL) {
        airs_envelope_free(last);
    } else if (last != NULL) {
        last->flags |= AIRSI_ENVELOPE_SPENT;
    }
    if (!idle) {
        enqueue(crowd);
    }
}

static airs_envelope *end_of_a_request(uint32_t number) {
    airs_envelope *end = numbered(1, number);
    end->flags = AIRSI_ENVELOPE_REQUEST_END;
    return end;
}

static void expect_first(airsi_mailbox *mailbox, uint32_t number) {
    airs_envelope *first = airsi_mailbox_take_first(mailbox);
    assert_non_null(first);
    assert_memory_equal(airsi_envelope_data(first), &number, sizeof number);
    first->flags = 0;
    airs_envelope_free(first);
}

static void the_oldest_is_taken_out_for_want_of_room_only_and_ends_stay(void **state) {
    (void)state;
    airsi_mailbox mailbox;
    airsi_mailbox_init(&mailbox, 2, 100);
    send(&mailbox, end_of_a_request(1));
    send(&mailbox, numbered(1, 2));
    assert_null(airsi_mailbox_take_oldest(&mailbox, 1)); /* there is room */
    send(&mailbox, end_of_a_request(3));
    send(&mailbox, numbered(1, 4));
    for (uint32_t i = 2; i <= 4; i += 2) { /* one in the middle, then the last */
        airs_envelope *oldest = airsi_mailbox_take_oldest(&mailbox, 100);
        assert_non_null(oldest);
        assert_memory_equal(airsi_envelope_data(oldest), &i, sizeof i);
        airs_envelope_free(oldest);
    }
    assert_null(airsi_mailbox_take_oldest(&mailbox, 101)); /* only ends are left */
    assert_int_equal(airsi_mailbox_look(&mailbox).messages, 0);
    assert_int_equal(airsi_mailbox_look(&mailbox).bytes, 0);
    send(&mailbox, numbered(1, 5));
    expect_first(&mailbox, 1);
    expect_first(&mailbox, 3);
    expect_first(&mailbox, 5);
    assert_null(airsi_mailbox_take_first(&mailbox));
    assert_int_equal(airsi_mailbox_look(&mailbox).ends, 0);
}

static void what_is_counted_but_not_linked_is_not_dropped(void **state) {
    (void)state;
    airsi_mailbox mailbox;
    airsi_mailbox_init(&mailbox, 2, 100);
    airs_envelope *first = numbered(1, 1);
    airs_envelope *second = numbered(1, 2);
    airsi_link *before_first = NULL;
    airsi_link *before_second = NULL;
    assert_int_equal(airsi_mailbox_admit(&mailbox, first, &before_first), AIRSI_ADMITTED);
    assert_int_equal(airsi_mailbox_admit(&mailbox, second, &before_second), AIRSI_ADMITTED);
    assert_null(airsi_mailbox_take_oldest(&mailbox, 1));
    airsi_mailbox_link(&mailbox, first, before_first);
    assert_null(airsi_mailbox_take_oldest(&mailbox, 1)); /* the one behind it would lose its place */
    airsi_mailbox_link(&mailbox, second, before_second);
    assert_ptr_equal(airsi_mailbox_take_oldest(&mailbox, 1), first);
    airs_envelope_free(first);
    expect_first(&mailbox, 2);
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

#define TESTS(X)                                                    \
    X(messages_come_out_in_the_order_they_went_in_I2)               \
    X(a_full_mailbox_refuses_without_a_trace_I7)                    \
    X(exactly_the_first_sender_schedules)                           \
    X(a_message_counted_but_not_linked_keeps_the_actor_scheduled)   \
    X(a_message_that_ended_stays_until_the_one_behind_it_is_linked) \
    X(a_waiter_is_told_when_half_is_free)                           \
    X(the_oldest_is_taken_out_for_want_of_room_only_and_ends_stay)  \
    X(what_is_counted_but_not_linked_is_not_dropped)                \
    X(eight_producers_stay_in_order_and_within_the_bounds_I2_I3_I7)

#define TEST(name) cmocka_unit_test(name),

int main(void) {
    const struct CMUnitTest tests[] = {TESTS(TEST)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
