/* What happens to a message for a full mailbox, policy by policy, one step at a time. */
#include "kit.h"

#include <pthread.h>
#include <string.h>

#define SEEN_MAX 64

/* An actor with a small mailbox whose first handler waits at a gate, and what it has seen. */
typedef struct shop {
    kit_actor actor;
    kit_gate gate;
    airs_system *system;
    airs_component self;
    uint64_t seen[SEEN_MAX];
    uint64_t count;
    atomic_uint_fast64_t told, told_full; /* ends of requests from outside, and those with mailbox-full */
} shop;

static airs_result serve(kit_actor *self, airs_context *context, const airs_message *message, airs_error *error) {
    (void)error;
    shop *s = self->user;
    kit_gate_wait(&s->gate);
    KIT_REQUIRE(s->count < SEEN_MAX);
    s->seen[s->count++] = message->kind == AIRS_MESSAGE_REPLY ? 1000 : kit_number(message);
    if (message->kind != AIRS_MESSAGE_REPLY && message->request != AIRS_NO_REQUEST) {
        airs_context_reply(context, message->request, "", 0);
    }
    return AIRS_HANDLED;
}

static kit_options small_mailbox(airs_overflow policy, uint32_t messages) {
    kit_options options = kit_defaults();
    options.limits.mailbox_messages = messages;
    options.limits.overflow = policy;
    return options;
}

/* Opens with message 1 in hand. */
static void open_shop(shop *s, const kit_options *options) {
    memset(s, 0, sizeof *s);
    s->system = kit_system(2);
    s->actor.handle = serve;
    s->actor.user = s;
    s->self = kit_spawn_with(s->system, "overflow/shop/0", &s->actor, options);
    kit_start(s->system);
    assert_int_equal(kit_send_number(s->system, s->self, 1, AIRS_REJECT_WHEN_FULL), AIRS_OK);
    kit_gate_reached(&s->gate, 1);
}

static void send_numbers(shop *s, uint64_t from, uint64_t to) {
    for (uint64_t n = from; n <= to; n++) {
        assert_int_equal(kit_send_number(s->system, s->self, n, AIRS_REJECT_WHEN_FULL), AIRS_OK);
    }
}

static void on_end(void *user, airs_status status, const void *data, size_t length) {
    (void)data;
    (void)length;
    shop *s = user;
    atomic_fetch_add(&s->told, 1);
    atomic_fetch_add(&s->told_full, status == AIRS_EMAILBOX_FULL);
}

static airs_status ask(shop *s, uint64_t number) {
    return airs_request_async(s->system, s->self, &number, sizeof number, 0, AIRS_REJECT_WHEN_FULL, on_end, s);
}

static void expect_seen(const shop *s, const uint64_t *expected, uint64_t count) {
    assert_int_equal(s->count, count);
    assert_memory_equal(s->seen, expected, count * sizeof *expected);
}

static void close_shop(shop *s, uint64_t dropped) {
    kit_gate_open(&s->gate);
    assert_int_equal(airs_system_wait_quiescent(s->system, 20000), AIRS_OK);
    assert_int_equal(kit_stats(s->system).dropped, dropped);
    assert_int_equal(kit_stats(s->system).routing_failures, 0);
    kit_finish(s->system);
}

static void drop_new_accepts_what_it_drops_and_keeps_the_oldest(void **state) {
    (void)state;
    shop s;
    kit_options options = small_mailbox(AIRS_OVERFLOW_DROP_NEW, 4);
    open_shop(&s, &options);
    send_numbers(&s, 2, 9);
    assert_int_equal(kit_stats(s.system).dropped, 5);
    close_shop(&s, 5);
    expect_seen(&s, (uint64_t[]){1, 2, 3, 4}, 4);
}

static void drop_old_keeps_the_newest_in_order(void **state) {
    (void)state;
    shop s;
    kit_options options = small_mailbox(AIRS_OVERFLOW_DROP_OLD, 4);
    open_shop(&s, &options);
    send_numbers(&s, 2, 10);
    assert_int_equal(kit_stats(s.system).dropped, 5);
    airs_balance balance;
    airs_system_balance(s.system, &balance);
    assert_int_equal(balance.queued, 4);
    assert_int_equal(balance.in_hand, 1);
    close_shop(&s, 5);
    expect_seen(&s, (uint64_t[]){1, 7, 8, 9, 10}, 5);
}

static void drop_old_drops_as_many_as_a_long_message_needs(void **state) {
    (void)state;
    shop s;
    kit_options options = small_mailbox(AIRS_OVERFLOW_DROP_OLD, 100);
    options.limits.payload_bytes = 80;
    options.limits.mailbox_bytes = 80;
    open_shop(&s, &options);
    send_numbers(&s, 2, 11); /* 8 bytes each: full to the byte */
    uint64_t longer[6] = {12};
    assert_int_equal(airs_send(s.system, s.self, longer, sizeof longer, AIRS_REJECT_WHEN_FULL), AIRS_OK);
    close_shop(&s, 6);
    expect_seen(&s, (uint64_t[]){1, 8, 9, 10, 11, 12}, 6);
}

static void a_dropped_request_ends_with_mailbox_full(void **state) {
    (void)state;
    for (int policy = AIRS_OVERFLOW_DROP_NEW; policy <= AIRS_OVERFLOW_DROP_OLD; policy++) {
        shop s;
        kit_options options = small_mailbox((airs_overflow)policy, 2);
        open_shop(&s, &options);
        for (uint64_t n = 2; n <= 6; n++) {
            assert_int_equal(ask(&s, n), AIRS_OK);
        }
        uint64_t dropped = policy == AIRS_OVERFLOW_DROP_NEW ? 4 : 3;
        assert_int_equal(s.told_full, dropped);
        close_shop(&s, dropped);
        assert_int_equal(s.told, 5);
        assert_int_equal(s.told_full, dropped);
    }
}

/* Asks a full shop; is told the end. */
static airs_result ask_the_peer(kit_actor *self, airs_context *context, const airs_message *message, airs_error *error) {
    (void)error;
    if (message->kind == AIRS_MESSAGE_REPLY) {
        KIT_REQUIRE(message->request == self->last_request);
        KIT_REQUIRE(message->status == AIRS_EMAILBOX_FULL);
        self->number++;
        return AIRS_HANDLED;
    }
    uint64_t number = 99;
    KIT_REQUIRE(airs_context_request(context, self->peer, &number, sizeof number, 0, &self->last_request) == AIRS_OK);
    return AIRS_HANDLED;
}

static void a_component_is_told_that_its_request_was_dropped(void **state) {
    (void)state;
    shop s;
    kit_options options = small_mailbox(AIRS_OVERFLOW_DROP_NEW, 2);
    open_shop(&s, &options);
    send_numbers(&s, 2, 2);
    kit_actor asker = {.handle = ask_the_peer, .peer = s.self};
    airs_component component = kit_spawn(s.system, "overflow/asker/0", &asker);
    assert_int_equal(airs_send(s.system, component, "", 0, AIRS_REJECT_WHEN_FULL), AIRS_OK);
    kit_wait(&asker.handled, 2);
    assert_int_equal(asker.number, 1);
    close_shop(&s, 1);
    expect_seen(&s, (uint64_t[]){1, 2}, 2);
}

/* Waits at its gate, then asks three times, and sees the answers come behind what it was sent meanwhile. */
static airs_result ask_thrice(kit_actor *self, airs_context *context, const airs_message *message, airs_error *error) {
    shop *s = self->user;
    if (message->kind != AIRS_MESSAGE_REPLY && kit_number(message) == 0) {
        for (int i = 0; i < 3; i++) {
            uint64_t number = 7;
            airs_request request;
            KIT_REQUIRE(airs_context_request(context, self->peer, &number, sizeof number, 0, &request) == AIRS_OK);
        }
        return AIRS_HANDLED;
    }
    return serve(&s->actor, context, message, error);
}

static void ends_of_requests_are_never_dropped_and_keep_their_place(void **state) {
    (void)state;
    shop s;
    memset(&s, 0, sizeof s);
    kit_actor echo = {.handle = kit_echo};
    s.system = kit_system(2);
    s.actor.handle = ask_thrice;
    s.actor.user = &s;
    kit_options options = small_mailbox(AIRS_OVERFLOW_DROP_OLD, 3);
    s.self = kit_spawn_with(s.system, "overflow/shop/0", &s.actor, &options);
    s.actor.peer = kit_spawn(s.system, "overflow/echo/0", &echo);
    kit_start(s.system);
    assert_int_equal(kit_send_number(s.system, s.self, 0, AIRS_REJECT_WHEN_FULL), AIRS_OK);
    kit_wait(&echo.handled, 3);
    kit_gate_reached(&s.gate, 1); /* with the first of the three ends in hand */
    send_numbers(&s, 1, 8);
    close_shop(&s, 5);
    expect_seen(&s, (uint64_t[]){1000, 1000, 1000, 6, 7, 8}, 6);
}

/* --- block ------------------------------------------------------------------------------------------------------------ */

typedef struct blocked {
    shop *shop;
    atomic_uint_fast64_t begun;
    airs_status status;
} blocked;

static void *send_while_full(void *argument) {
    blocked *b = argument;
    atomic_fetch_add(&b->begun, 1);
    b->status = kit_send_number(b->shop->system, b->shop->self, 50, AIRS_REJECT_WHEN_FULL);
    return NULL;
}

static void block_makes_a_host_thread_wait_for_room(void **state) {
    (void)state;
    shop s;
    kit_options options = small_mailbox(AIRS_OVERFLOW_BLOCK, 3);
    open_shop(&s, &options);
    send_numbers(&s, 2, 3);
    blocked b = {.shop = &s};
    pthread_t thread;
    assert_int_equal(pthread_create(&thread, NULL, send_while_full, &b), 0);
    kit_wait(&b.begun, 1);
    kit_nap();
    assert_int_equal(kit_stats(s.system).accepted, 3);
    kit_gate_open(&s.gate);
    pthread_join(thread, NULL);
    assert_int_equal(b.status, AIRS_OK);
    close_shop(&s, 0);
    expect_seen(&s, (uint64_t[]){1, 2, 3, 50}, 4);
}

static void closing_the_sources_wakes_who_is_blocked(void **state) {
    (void)state;
    shop s;
    kit_options options = small_mailbox(AIRS_OVERFLOW_BLOCK, 1);
    open_shop(&s, &options);
    blocked b = {.shop = &s};
    pthread_t thread;
    assert_int_equal(pthread_create(&thread, NULL, send_while_full, &b), 0);
    kit_wait(&b.begun, 1);
    kit_nap();
    airs_system_close_sources(s.system);
    pthread_join(thread, NULL);
    assert_int_equal(b.status, AIRS_ESTOPPING);
    kit_gate_open(&s.gate);
    assert_int_equal(airs_system_drain(s.system, 20000), AIRS_OK);
    assert_int_equal(airs_system_stop(s.system), AIRS_OK);
    kit_check_balance(s.system);
    airs_system_free(s.system);
    expect_seen(&s, (uint64_t[]){1}, 1);
}

/* As an embedder may in a handler: not as the component, but from outside. */
static airs_result send_from_inside(kit_actor *self, airs_context *context, const airs_message *message, airs_error *error) {
    (void)message;
    (void)error;
    uint64_t number = 60;
    self->number = (uint64_t)airs_send(airs_context_system(context), self->peer, &number, sizeof number, AIRS_REJECT_WHEN_FULL);
    return AIRS_HANDLED;
}

static void block_never_blocks_inside_a_handler(void **state) {
    (void)state;
    shop s;
    kit_options options = small_mailbox(AIRS_OVERFLOW_BLOCK, 1);
    open_shop(&s, &options);
    kit_actor sender = {.handle = send_from_inside, .peer = s.self};
    airs_component component = kit_spawn(s.system, "overflow/sender/0", &sender);
    assert_int_equal(airs_send(s.system, component, "", 0, AIRS_REJECT_WHEN_FULL), AIRS_OK);
    kit_wait(&sender.handled, 1);
    assert_int_equal(sender.number, AIRS_EMAILBOX_FULL);
    assert_int_equal(kit_stats(s.system).mailbox_send_failures, 1);
    kit_gate_open(&s.gate);
    kit_finish(s.system);
}

static airs_result send_two_to_the_peer(kit_actor *self, airs_context *context, const airs_message *message, airs_error *error) {
    (void)message;
    (void)error;
    for (uint64_t n = 20; n <= 21; n++) {
        KIT_REQUIRE(airs_context_send(context, self->peer, &n, sizeof n) == AIRS_OK);
    }
    return AIRS_HANDLED;
}

static void block_holds_components_back(void **state) {
    (void)state;
    shop s;
    kit_options options = small_mailbox(AIRS_OVERFLOW_BLOCK, 1);
    open_shop(&s, &options);
    kit_actor sender = {.handle = send_two_to_the_peer, .peer = s.self};
    airs_component component = kit_spawn(s.system, "overflow/sender/0", &sender);
    assert_int_equal(airs_send(s.system, component, "", 0, AIRS_REJECT_WHEN_FULL), AIRS_OK);
    kit_wait(&sender.handled, 1);
    airs_balance balance;
    airs_system_balance(s.system, &balance);
    assert_int_equal(balance.held, 2);
    close_shop(&s, 0);
    expect_seen(&s, (uint64_t[]){1, 20, 21}, 3);
}

/* --- callbacks -------------------------------------------------------------------------------------------------------- */

#define TRIES 200000

typedef struct stubborn {
    shop *shop;
    uint64_t tries;
    unsigned depth, deepest;
} stubborn;

static void try_again(void *user, airs_status status, const void *data, size_t length) {
    (void)data;
    (void)length;
    stubborn *t = user;
    t->depth++;
    t->deepest = t->depth > t->deepest ? t->depth : t->deepest;
    if (status == AIRS_EMAILBOX_FULL && t->tries < TRIES) {
        t->tries++;
        uint64_t number = 70;
        KIT_REQUIRE(airs_request_async(t->shop->system, t->shop->self, &number, sizeof number, 0, AIRS_REJECT_WHEN_FULL, try_again, t) ==
                    AIRS_OK);
    }
    t->depth--;
}

static void a_callback_that_tries_again_at_once_never_calls_itself(void **state) {
    (void)state;
    for (int policy = AIRS_OVERFLOW_DROP_NEW; policy <= AIRS_OVERFLOW_DROP_OLD; policy++) {
        shop s;
        kit_options options = small_mailbox((airs_overflow)policy, 1);
        open_shop(&s, &options);
        stubborn t = {.shop = &s};
        uint64_t number = 70;
        for (int i = 0; i < 2; i++) { /* with drop-old the second takes the place of the first */
            assert_int_equal(airs_request_async(s.system, s.self, &number, sizeof number, 0, AIRS_REJECT_WHEN_FULL, try_again, &t),
                             AIRS_OK);
        }
        assert_int_equal(t.tries, TRIES);
        assert_int_equal(t.deepest, 1);
        kit_gate_open(&s.gate);
        kit_finish(s.system);
    }
}

#define TESTS(X)                                               \
    X(drop_new_accepts_what_it_drops_and_keeps_the_oldest)     \
    X(drop_old_keeps_the_newest_in_order)                      \
    X(drop_old_drops_as_many_as_a_long_message_needs)          \
    X(a_dropped_request_ends_with_mailbox_full)                \
    X(a_component_is_told_that_its_request_was_dropped)        \
    X(ends_of_requests_are_never_dropped_and_keep_their_place) \
    X(block_makes_a_host_thread_wait_for_room)                 \
    X(closing_the_sources_wakes_who_is_blocked)                \
    X(block_never_blocks_inside_a_handler)                     \
    X(block_holds_components_back)                             \
    X(a_callback_that_tries_again_at_once_never_calls_itself)

#define TEST(name) cmocka_unit_test(name),

int main(void) {
    const struct CMUnitTest tests[] = {TESTS(TEST)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
