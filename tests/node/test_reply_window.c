#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "node/pipe/reply_window.h"

static airsi_reply_window *window_of(size_t requests, size_t bytes) {
    airsi_reply_window *window = NULL;
    assert_int_equal(airsi_reply_window_new(requests, bytes, &window, NULL), AIRS_OK);
    return window;
}

static void assert_taken(airsi_reply_window *window, uint64_t number, airs_status status, const char *text) {
    airsi_reply reply;
    assert_true(airsi_reply_window_take(window, &reply));
    assert_int_equal(reply.number, number);
    assert_int_equal(reply.status, status);
    assert_int_equal(reply.length, strlen(text));
    assert_memory_equal(reply.length > 0 ? reply.data : "", text, strlen(text));
    airsi_free(reply.data);
}

static void ends_are_taken_in_the_order_of_begin(void **state) {
    (void)state;
    airsi_reply_window *window = window_of(4, 100);
    airsi_reply_slot *slots[3];
    for (uint64_t i = 0; i < 3; i++) {
        slots[i] = airsi_reply_window_begin(window, 10 + i);
    }
    airsi_reply_slot_end(slots[2], AIRS_OK, "three", 5);
    airsi_reply_slot_end(slots[0], AIRS_OK, "", 0);
    airsi_reply_slot_end(slots[1], AIRS_EHANDLER_FAILED, "why", 3);
    assert_taken(window, 10, AIRS_OK, "");
    assert_taken(window, 11, AIRS_EHANDLER_FAILED, "why");
    assert_taken(window, 12, AIRS_OK, "three");
    airsi_reply_window_close(window);
    airsi_reply reply;
    assert_false(airsi_reply_window_take(window, &reply));
    assert_null(airsi_reply_window_begin(window, 13));
    airsi_reply_window_free(window);
}

static void a_begin_taken_back_leaves_no_gap(void **state) {
    (void)state;
    airsi_reply_window *window = window_of(2, 100);
    airsi_reply_slot *slot = airsi_reply_window_begin(window, 1);
    assert_non_null(airsi_reply_window_begin(window, 2));
    airsi_reply_window_undo(window);
    airsi_reply_slot_end(airsi_reply_window_begin(window, 3), AIRS_OK, "b", 1);
    airsi_reply_slot_end(slot, AIRS_OK, "a", 1);
    airsi_reply_window_close(window);
    assert_taken(window, 1, AIRS_OK, "a");
    assert_taken(window, 3, AIRS_OK, "b");
    airsi_reply reply;
    assert_false(airsi_reply_window_take(window, &reply));
    airsi_reply_window_free(window);
}

static void what_was_not_taken_is_freed_with_the_window(void **state) {
    (void)state;
    airsi_reply_window *window = window_of(2, 100);
    airsi_reply_slot_end(airsi_reply_window_begin(window, 1), AIRS_OK, "left", 4);
    airsi_reply_window_free(window);
    airsi_reply_window_free(NULL);
}

#define MANY 20000u

typedef struct answering {
    airsi_reply_window *window;
    pthread_mutex_t lock;
    pthread_cond_t changed;
    airsi_reply_slot *open[8]; /* begun, to be ended by the answerers in any order */
    uint64_t numbers[8];
    size_t count;
    uint64_t most_open; /* begun and not taken, as the beginner saw it */
    uint64_t taken;
    int done;
} answering;

static void *answer(void *argument) {
    answering *a = argument;
    unsigned seed = 7;
    for (;;) {
        pthread_mutex_lock(&a->lock);
        while (a->count == 0 && !a->done) {
            pthread_cond_wait(&a->changed, &a->lock);
        }
        if (a->count == 0) {
            pthread_mutex_unlock(&a->lock);
            return NULL;
        }
        size_t pick = (size_t)rand_r(&seed) % a->count;
        airsi_reply_slot *slot = a->open[pick];
        uint64_t number = a->numbers[pick];
        a->count--;
        a->open[pick] = a->open[a->count];
        a->numbers[pick] = a->numbers[a->count];
        pthread_cond_broadcast(&a->changed);
        pthread_mutex_unlock(&a->lock);
        char text[32];
        int length = snprintf(text, sizeof text, "reply %llu", (unsigned long long)number);
        airsi_reply_slot_end(slot, AIRS_OK, text, (size_t)length);
    }
}

static void *begin_many(void *argument) {
    answering *a = argument;
    for (uint64_t i = 0; i < MANY; i++) {
        airsi_reply_slot *slot = airsi_reply_window_begin(a->window, i);
        pthread_mutex_lock(&a->lock);
        while (a->count == 8) {
            pthread_cond_wait(&a->changed, &a->lock);
        }
        a->open[a->count] = slot;
        a->numbers[a->count++] = i;
        uint64_t open = i + 1 - a->taken;
        a->most_open = open > a->most_open ? open : a->most_open;
        pthread_cond_broadcast(&a->changed);
        pthread_mutex_unlock(&a->lock);
    }
    airsi_reply_window_close(a->window);
    return NULL;
}

static void replies_of_many_threads_keep_their_order_and_the_bound(void **state) {
    (void)state;
    answering a = {.window = window_of(5, 1000)};
    pthread_mutex_init(&a.lock, NULL);
    pthread_cond_init(&a.changed, NULL);
    pthread_t answerers[2];
    pthread_t beginner;
    pthread_create(&answerers[0], NULL, answer, &a);
    pthread_create(&answerers[1], NULL, answer, &a);
    pthread_create(&beginner, NULL, begin_many, &a);
    airsi_reply reply;
    uint64_t next = 0;
    while (airsi_reply_window_take(a.window, &reply)) {
        char text[32];
        snprintf(text, sizeof text, "reply %llu", (unsigned long long)next);
        assert_int_equal(reply.number, next++);
        assert_int_equal(reply.length, strlen(text));
        assert_memory_equal(reply.data, text, reply.length);
        airsi_free(reply.data);
        pthread_mutex_lock(&a.lock);
        a.taken = next;
        pthread_mutex_unlock(&a.lock);
    }
    assert_int_equal(next, MANY);
    /* One more than the window: it is counted taken here a moment after it left. */
    assert_in_range(a.most_open, 2, 6);
    pthread_join(beginner, NULL);
    pthread_mutex_lock(&a.lock);
    a.done = 1;
    pthread_cond_broadcast(&a.changed);
    pthread_mutex_unlock(&a.lock);
    pthread_join(answerers[0], NULL);
    pthread_join(answerers[1], NULL);
    airsi_reply_window_free(a.window);
}

static void *begin_one(void *window) {
    return airsi_reply_window_begin(window, 2);
}

static void bytes_that_wait_hold_the_next_request_back(void **state) {
    (void)state;
    airsi_reply_window *window = window_of(8, 4);
    airsi_reply_slot_end(airsi_reply_window_begin(window, 1), AIRS_OK, "12345", 5);
    pthread_t thread;
    pthread_create(&thread, NULL, begin_one, window);
    assert_taken(window, 1, AIRS_OK, "12345");
    void *slot = NULL;
    pthread_join(thread, &slot); /* returns only because there is room again */
    assert_non_null(slot);
    airsi_reply_slot_end(slot, AIRS_OK, "12345", 5);
    pthread_create(&thread, NULL, begin_one, window);
    airsi_reply_window_close(window);
    pthread_join(thread, &slot);
    assert_null(slot);
    airsi_reply_window_free(window);
}

#define TESTS(X)                                              \
    X(ends_are_taken_in_the_order_of_begin)                   \
    X(a_begin_taken_back_leaves_no_gap)                       \
    X(what_was_not_taken_is_freed_with_the_window)            \
    X(replies_of_many_threads_keep_their_order_and_the_bound) \
    X(bytes_that_wait_hold_the_next_request_back)

#define TEST(name) cmocka_unit_test(name),

int main(void) {
    const struct CMUnitTest tests[] = {TESTS(TEST)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
