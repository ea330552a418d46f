/* Requests and timers under every race: replies, failures, timeouts, cancels, crashes, exits, stops, full mailboxes, from several workers and host
 * threads at once. What happened is written down by those it happened to, in a ledger that knows nothing of the core's counters.
 * AIRS_TEST_SEED repeats a run; AIRS_TEST_SCALE (1) makes it so many times longer. */
#include "kit.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define KINDS 2    /* those that ask, those that answer */
#define PLACES 4   /* of each kind, living at a time */
#define LIVES 2000 /* of each kind, in all */
#define HOSTS 3
#define STEPS 8000    /* of a host thread, times the scale */
#define OPEN_MAX 24   /* of one that asks */
#define KEPT_MAX 6    /* of one that answers later */
#define FATES 400000u /* requests and timers in all */

/* What became of one request or timer. */
typedef struct fate {
    atomic_int ends;      /* told to who asked; fired */
    atomic_int answered;  /* replies that were taken */
    atomic_int cancelled; /* a cancel was accepted */
    atomic_int given_up;  /* who asked is gone */
    int status;           /* of the end */
    bool timer;
    uint64_t not_before_ns;
} fate;

typedef struct open_request {
    airs_request request; /* or timer */
    uint32_t fate;
} open_request;

/* One actor that comes and goes. */
typedef struct life {
    kit_actor actor;
    uint64_t random;
    open_request open[OPEN_MAX]; /* its turn */
    airs_request kept[KEPT_MAX]; /* its turn */
    uint32_t kept_fates[KEPT_MAX];
    unsigned open_count, kept_count;
    bool timers;
} life;

static fate *ledger;
static atomic_uint fates;
static life *lives[KINDS];
static atomic_uint lives_used[KINDS];
static atomic_uint_fast64_t places[KINDS][PLACES]; /* the handles of who lives there */
static airs_system *system_under_test;
static unsigned scale;

static uint64_t now_ns(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

static airs_component somebody(int kind, uint64_t random) {
    return atomic_load(&places[kind][random % PLACES]);
}

static uint32_t new_fate(uint64_t wait_ms) {
    uint32_t number = atomic_fetch_add(&fates, 1);
    assert_true(number < FATES);
    ledger[number].not_before_ns = now_ns() + wait_ms * 1000000u;
    return number;
}

static void note_end(uint32_t number, airs_status status, const void *data, size_t length) {
    fate *fate = &ledger[number];
    fate->status = (int)status;
    if (status == AIRS_OK) {
        assert_int_equal(length, sizeof number);
        assert_memory_equal(data, &number, sizeof number);
    }
    if (status == AIRS_ETIMEOUT) {
        assert_true(now_ns() >= fate->not_before_ns);
    }
    assert_int_equal(atomic_fetch_add(&fate->ends, 1), 0);
}

/* Most are so short that they race with the answer; some take the other way through the wheel. */
static uint32_t some_timeout(uint64_t *random) {
    uint64_t choice = kit_random(random) % 16;
    return choice < 10 ? 1 + (uint32_t)(kit_random(random) % 20) : choice < 14 ? 256 + (uint32_t)(kit_random(random) % 100) : 1000;
}

/* --- those that ask, and set timers ------------------------------------------------------------------------------------- */

static open_request take_open(life *life, unsigned at) {
    open_request taken = life->open[at];
    life->open[at] = life->open[--life->open_count];
    return taken;
}

static void ask_once(life *life, airs_context *context) {
    uint32_t timeout_ms = some_timeout(&life->random);
    uint32_t number = new_fate(timeout_ms);
    airs_request request = AIRS_NO_REQUEST;
    airs_status status =
        airs_context_request(context, somebody(1, kit_random(&life->random)), &number, sizeof number, timeout_ms, &request);
    if (status == AIRS_OK) {
        life->open[life->open_count++] = (open_request){request, number};
    } else {
        assert_int_equal(request, AIRS_NO_REQUEST);
        atomic_store(&ledger[number].given_up, 2); /* never began: it has no end */
    }
}

static void cancel_one(life *life, airs_context *context) {
    open_request chosen = life->open[kit_random(&life->random) % life->open_count];
    airs_status status = airs_context_cancel_request(context, chosen.request);
    assert_true(status == AIRS_OK || status == AIRS_EALREADY_ANSWERED);
    atomic_fetch_add(&ledger[chosen.fate].cancelled, status == AIRS_OK);
}

static void set_timer(life *life, airs_context *context) {
    uint64_t delay_ms = some_timeout(&life->random) - 1;
    uint32_t number = new_fate(delay_ms);
    ledger[number].timer = true;
    airs_timer timer;
    airs_component to = kit_random(&life->random) % 4 == 0 ? somebody(0, life->random) : airs_context_self(context);
    if (airs_context_send_after(context, delay_ms, to, &number, sizeof number, &timer) != AIRS_OK) {
        atomic_store(&ledger[number].given_up, 2);
        return;
    }
    if (to != airs_context_self(context)) {
        atomic_store(&ledger[number].given_up, 1); /* the other may be gone by then */
    }
    bool cancelled = kit_random(&life->random) % 3 == 0 && airs_context_cancel_timer(context, timer);
    if (cancelled) {
        atomic_store(&ledger[number].cancelled, 1);
        assert_false(airs_context_cancel_timer(context, timer));
    } else if (to == airs_context_self(context)) {
        life->open[life->open_count++] = (open_request){timer, number};
    }
}

/* One that can't be cancelled any more is on its way here. */
static void cancel_timer(life *life, airs_context *context) {
    unsigned at = (unsigned)(kit_random(&life->random) % life->open_count);
    if (airs_context_cancel_timer(context, life->open[at].request)) {
        atomic_store(&ledger[take_open(life, at).fate].cancelled, 1);
    }
}

static airs_result end_of(life *life, const airs_message *message) {
    unsigned at = 0;
    while (at < life->open_count && life->open[at].request != message->request) {
        at++;
    }
    assert_true(at < life->open_count); /* one that an earlier incarnation asked would not be found */
    note_end(take_open(life, at).fate, message->status, message->data, message->length);
    return AIRS_HANDLED;
}

static airs_result fired(life *life, const airs_message *message) {
    uint32_t number;
    memcpy(&number, message->data, sizeof number);
    assert_true(now_ns() >= ledger[number].not_before_ns);
    assert_int_equal(atomic_load(&ledger[number].cancelled), 0);
    assert_int_equal(atomic_fetch_add(&ledger[number].ends, 1), 0);
    for (unsigned at = 0; at < life->open_count; at++) {
        if (life->open[at].fate == number) {
            take_open(life, at);
        }
    }
    return AIRS_HANDLED;
}

static airs_result perish(life *life) {
    uint64_t choice = kit_random(&life->random) % 200;
    return choice < 2 ? AIRS_CRASHED : choice == 2 ? AIRS_EXIT : AIRS_HANDLED;
}

static airs_result asks(kit_actor *self, airs_context *context, const airs_message *message, airs_error *error) {
    (void)error;
    life *life = self->user;
    if (message->kind == AIRS_MESSAGE_REPLY) {
        airs_result result = end_of(life, message);
        return kit_random(&life->random) % 500 == 0 ? AIRS_CRASHED : result;
    }
    if (message->kind == AIRS_MESSAGE_TIMER) {
        return fired(life, message);
    }
    for (unsigned i = (unsigned)(kit_random(&life->random) % 5); i > 0 && life->open_count < OPEN_MAX; i--) {
        (life->timers ? set_timer : ask_once)(life, context);
    }
    if (life->open_count > 0 && kit_random(&life->random) % 4 == 0) {
        (life->timers ? cancel_timer : cancel_one)(life, context);
    }
    return perish(life);
}

static void forgets(kit_actor *self, airs_context *context, airs_stop_reason reason) {
    (void)context;
    (void)reason;
    life *life = self->user;
    while (life->open_count > 0) {
        atomic_store(&ledger[take_open(life, 0).fate].given_up, 1);
    }
    life->kept_count = 0;
}

/* --- those that answer -------------------------------------------------------------------------------------------------- */

static void reply(airs_context *context, airs_request request, uint32_t number) {
    airs_status status = airs_context_reply(context, request, &number, sizeof number);
    assert_true(status == AIRS_OK || status == AIRS_EALREADY_ANSWERED || status == AIRS_EREQUESTER_GONE);
    assert_int_equal(atomic_fetch_add(&ledger[number].answered, status == AIRS_OK) + (status == AIRS_OK) <= 1, 1);
    assert_int_not_equal(airs_context_reply(context, request, "again", 5), AIRS_OK);
}

static airs_result answers(kit_actor *self, airs_context *context, const airs_message *message, airs_error *error) {
    life *life = self->user;
    if (message->request == AIRS_NO_REQUEST) {
        return perish(life);
    }
    if (life->kept_count > 0 && kit_random(&life->random) % 2 == 0) {
        life->kept_count--;
        reply(context, life->kept[life->kept_count], life->kept_fates[life->kept_count]);
    }
    uint32_t number;
    memcpy(&number, message->data, sizeof number);
    uint64_t choice = kit_random(&life->random) % 100;
    if (choice < 55) {
        reply(context, message->request, number);
    } else if (choice < 75 && life->kept_count < KEPT_MAX) {
        life->kept[life->kept_count] = message->request;
        life->kept_fates[life->kept_count++] = number;
    } else if (choice < 80) {
        airs_context_reply_failure(context, message->request, "no", 2);
    } else if (choice < 84) {
        airs_error_set(error, AIRS_EHANDLER_FAILED, "failed on purpose");
        return AIRS_FAILED;
    } /* else nobody ever answers it */
    return perish(life);
}

/* --- host threads ------------------------------------------------------------------------------------------------------- */

static void settle_in(int kind, unsigned place, uint64_t *random) {
    unsigned number = atomic_fetch_add(&lives_used[kind], 1);
    if (number >= LIVES) {
        return;
    }
    life *life = &lives[kind][number];
    life->random = kit_random(random) | 1;
    life->actor.user = life;
    life->actor.handle = kind == 0 ? asks : answers;
    life->actor.stop = forgets;
    life->timers = kind == 0 && place % 2 == 1;
    kit_options options = kit_defaults();
    options.limits.mailbox_messages = 8;
    options.limits.hold_messages = 2;
    char id[64];
    snprintf(id, sizeof id, "test/kind-%d/%u", kind, number);
    atomic_store(&places[kind][place], kit_spawn_with(system_under_test, id, &life->actor, &options));
}

static void on_end(void *user, airs_status status, const void *data, size_t length) {
    note_end((uint32_t)(uintptr_t)user, status, data, length);
}

static void ask_from_outside(uint64_t *random) {
    uint32_t timeout_ms = some_timeout(random);
    uint32_t number = new_fate(timeout_ms);
    airs_when_full when_full = kit_random(random) % 2 == 0 ? AIRS_REJECT_WHEN_FULL : AIRS_BLOCK_WHEN_FULL;
    airs_status status = airs_request_async(system_under_test, somebody(1, kit_random(random)), &number, sizeof number, timeout_ms,
                                            when_full, on_end, (void *)(uintptr_t)number);
    if (status != AIRS_OK) {
        atomic_store(&ledger[number].given_up, 2);
    }
}

static void wait_for_answer(uint64_t *random) {
    uint32_t timeout_ms = 1 + (uint32_t)(kit_random(random) % 5);
    uint32_t number = new_fate(timeout_ms);
    void *data = NULL;
    size_t length = 0;
    airs_status status =
        airs_request_wait(system_under_test, somebody(1, kit_random(random)), &number, sizeof number, timeout_ms, &data, &length, NULL);
    note_end(number, status == AIRS_OK ? AIRS_OK : AIRS_EHANDLER_FAILED, data, length);
    atomic_store(&ledger[number].given_up, status != AIRS_OK);
    free(data);
}

static void *host_thread(void *argument) {
    uint64_t random = *(uint64_t *)argument;
    for (unsigned step = 0; step < STEPS * scale; step++) {
        uint64_t choice = kit_random(&random) % 256;
        int kind = (int)(kit_random(&random) % KINDS);
        unsigned place = (unsigned)(kit_random(&random) % PLACES);
        if (choice < 3) {
            airs_stop(system_under_test, somebody(kind, place));
            settle_in(kind, place, &random);
        } else if (choice < 6) {
            wait_for_answer(&random);
        } else if (choice < 60) {
            ask_from_outside(&random);
        } else {
            kind = choice < 70;
            if (airs_send(system_under_test, somebody(kind, place), "go", 2, AIRS_REJECT_WHEN_FULL) == AIRS_ETARGET_STOPPED) {
                settle_in(kind, place, &random);
            }
        }
        if (choice % 16 == 0) {
            sched_yield();
        }
    }
    return NULL;
}

/* --- the reckoning ------------------------------------------------------------------------------------------------------ */

/* How often it must have ended at least, and at most. */
static void expected(const fate *fate, int *ret_least, int *ret_most) {
    int given_up = atomic_load(&fate->given_up);
    bool cancelled_timer = fate->timer && atomic_load(&fate->cancelled) != 0;
    *ret_least = given_up == 0 && !cancelled_timer;
    *ret_most = given_up != 2 && !cancelled_timer;
}

static void check_fate(uint32_t number, const fate *fate) {
    int least;
    int most;
    expected(fate, &least, &most);
    int ends = atomic_load(&fate->ends);
    int answered = atomic_load(&fate->answered);
    int cancelled = atomic_load(&fate->cancelled);
    if (ends < least || ends > most || answered + cancelled > 1) {
        fail_msg("%s %u: %d ends (%d to %d), %d answers, %d cancels, status %d", fate->timer ? "timer" : "request", number, ends, least,
                 most, answered, cancelled, fate->status);
    }
    if (ends == 1 && least == 1 && !fate->timer) {
        assert_int_equal(answered == 1, fate->status == AIRS_OK);
        assert_int_equal(cancelled == 1, fate->status == AIRS_ECANCELLED);
    }
}

static void what_is_asked_ends_exactly_once_under_every_race_I4(void **state) {
    (void)state;
    const char *given = getenv("AIRS_TEST_SCALE");
    scale = given != NULL && atoi(given) > 0 ? (unsigned)atoi(given) : 1;
    uint64_t seed = kit_seed();
    ledger = calloc(FATES, sizeof *ledger);
    assert_non_null(ledger);
    for (int kind = 0; kind < KINDS; kind++) {
        lives[kind] = calloc(LIVES, sizeof *lives[kind]);
        assert_non_null(lives[kind]);
    }
    system_under_test = kit_system(3);
    for (unsigned place = 0; place < PLACES; place++) {
        settle_in(0, place, &seed);
        settle_in(1, place, &seed);
    }
    kit_start(system_under_test);
    pthread_t threads[HOSTS];
    uint64_t seeds[HOSTS];
    for (int i = 0; i < HOSTS; i++) {
        seeds[i] = kit_random(&seed) | 1;
        assert_int_equal(pthread_create(&threads[i], NULL, host_thread, &seeds[i]), 0);
    }
    for (int i = 0; i < HOSTS; i++) {
        pthread_join(threads[i], NULL);
    }
    assert_int_equal(airs_system_wait_quiescent(system_under_test, 60000), AIRS_OK);
    assert_int_equal(airs_system_drain(system_under_test, 60000), AIRS_OK);
    kit_finish(system_under_test);
    uint32_t count = atomic_load(&fates);
    for (uint32_t i = 0; i < count; i++) {
        check_fate(i, &ledger[i]);
    }
    printf("%u requests and timers, %u and %u actors\n", count, atomic_load(&lives_used[0]), atomic_load(&lives_used[1]));
    for (int kind = 0; kind < KINDS; kind++) {
        free(lives[kind]);
    }
    free(ledger);
}

#define TESTS(X) X(what_is_asked_ends_exactly_once_under_every_race_I4)

#define TEST(name) cmocka_unit_test(name),

int main(void) {
    const struct CMUnitTest tests[] = {TESTS(TEST)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
