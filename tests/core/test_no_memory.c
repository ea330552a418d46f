/* Whatever allocation fails: an error, outputs untouched (I12), nothing leaked (a sanitizer looks), and the system goes on.
 * The linker puts our functions before the allocator's (--wrap in cmake/AirsTests.cmake). */
#include "kit.h"

#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>

#include "base/heap/heap.h"

void *__real_malloc(size_t size);
void *__real_calloc(size_t count, size_t size);
void *__real_realloc(void *old, size_t size);
void *__real_mmap(void *address, size_t length, int protection, int flags, int fd, off_t offset);
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t count, size_t size);
void *__wrap_realloc(void *old, size_t size);
void *__wrap_mmap(void *address, size_t length, int protection, int flags, int fd, off_t offset);

static __thread unsigned left; /* allocations of this thread until one fails; 0: none does */

static atomic_ulong taken; /* allocations of all threads */

static bool fails(void) {
    atomic_fetch_add(&taken, 1);
    if (left == 0) {
        return false;
    }
    left--;
    return left == 0;
}

void *__wrap_malloc(size_t size) {
    return fails() ? NULL : __real_malloc(size);
}

void *__wrap_calloc(size_t count, size_t size) {
    return fails() ? NULL : __real_calloc(count, size);
}

void *__wrap_realloc(void *old, size_t size) {
    return fails() ? NULL : __real_realloc(old, size);
}

void *__wrap_mmap(void *address, size_t length, int protection, int flags, int fd, off_t offset) {
    return fails() ? MAP_FAILED : __real_mmap(address, length, protection, flags, fd, offset);
}

int __real_pthread_create(pthread_t *thread, const pthread_attr_t *attributes, void *(*run)(void *), void *argument);
int __wrap_pthread_create(pthread_t *thread, const pthread_attr_t *attributes, void *(*run)(void *), void *argument);

static __thread unsigned threads_left; /* threads this one makes until one can't be made; 0: all can */

int __wrap_pthread_create(pthread_t *thread, const pthread_attr_t *attributes, void *(*run)(void *), void *argument) {
    if (threads_left > 0) {
        threads_left--;
        if (threads_left == 0) {
            return EAGAIN;
        }
    }
    return __real_pthread_create(thread, attributes, run, argument);
}

typedef struct call {
    airs_status (*attempt)(void *user, unsigned number);
    void *user;
    unsigned number;
    airs_status status;
    bool reached;
} call;

static void *run(void *argument) {
    call *call = argument;
    left = call->number;
    call->status = call->attempt(call->user, call->number);
    call->reached = left == 0;
    left = 0;
    return NULL;
}

/* Calls `attempt` with every one of its allocations failing in turn, until there are none left to fail. Returns how many failed.
 * Each time on a fresh thread, whose first call makes its record too. */
static unsigned with_each_failing(airs_status (*attempt)(void *user, unsigned number), void *user) {
    for (unsigned number = 1;; number++) {
        call call = {.attempt = attempt, .user = user, .number = number};
        pthread_t thread;
        assert_int_equal(pthread_create(&thread, NULL, run, &call), 0);
        pthread_join(thread, NULL);
        if (!call.reached) {
            assert_int_equal(call.status, AIRS_OK);
            return number - 1;
        }
        assert_true(call.status == AIRS_OK || call.status == AIRS_ENOMEM); /* OK: it could do without */
    }
}

static airs_status make_system(void *user, unsigned number) {
    (void)user;
    (void)number;
    airs_system *system = NULL;
    airs_system_options options = {.workers = 3};
    airs_status status = airs_system_new(&options, &system, NULL);
    if (status == AIRS_OK) {
        unsigned rest = left;
        left = 0;
        airs_system_free(system);
        left = rest;
    } else {
        assert_null(system);
    }
    return status;
}

static void a_system_is_made_or_not_I12(void **state) {
    (void)state;
    assert_true(with_each_failing(make_system, NULL) >= 8);
}

static kit_actor actors[64];

static airs_result handle(void *state, airs_context *context, const airs_message *message, airs_error *error) {
    return kit_count(state, context, message, error);
}

static const airs_behavior behavior = {.kind = "native", .handle = handle};

static airs_status spawn(void *user, unsigned number) {
    airs_system *system = user;
    const char *everybody = "*/*/*";
    airs_spawn_options options = {.limits = AIRS_LIMITS_DEFAULT,
                                  .capabilities = {.send = &everybody, .send_count = 1, .receive = &everybody, .receive_count = 1},
                                  .behavior = &behavior,
                                  .state = &actors[number]};
    char text[32];
    snprintf(text, sizeof text, "test/actor/%u", number);
    assert_int_equal(airs_component_id_parse(text, strlen(text), &options.id, NULL), AIRS_OK);
    size_t before = airs_registry_count(airs_system_registry(system));
    airs_component component = 99;
    airs_status status = airs_spawn(system, &options, &component, NULL);
    assert_int_equal(airs_registry_count(airs_system_registry(system)), before + (status == AIRS_OK));
    assert_int_equal(component == 99, status != AIRS_OK);
    return status;
}

static void an_actor_is_spawned_or_not_I12(void **state) {
    (void)state;
    airs_system *system = kit_system(2);
    assert_true(with_each_failing(spawn, system) >= 5);
    kit_start(system);
    kit_finish(system);
}

typedef struct sending {
    airs_system *system;
    airs_component to;
    atomic_uint_fast64_t sent, asked, told;
} sending;

static airs_status send(void *user, unsigned number) {
    (void)number;
    sending *s = user;
    airs_status status = airs_send(s->system, s->to, "x", 1, AIRS_BLOCK_WHEN_FULL);
    s->sent += status == AIRS_OK;
    return status;
}

static void on_end(void *user, airs_status status, const void *data, size_t length) {
    (void)data;
    (void)length;
    assert_int_equal(status, AIRS_OK);
    atomic_fetch_add(&((sending *)user)->told, 1);
}

static airs_status ask(void *user, unsigned number) {
    (void)number;
    sending *s = user;
    airs_status status = airs_request_async(s->system, s->to, "x", 1, 0, AIRS_BLOCK_WHEN_FULL, on_end, s);
    s->asked += status == AIRS_OK;
    return status;
}

static void a_message_and_a_request_are_accepted_or_not_I1_I4_I12(void **state) {
    (void)state;
    airs_system *system = kit_system(2);
    kit_actor echo = {.handle = kit_echo};
    sending s = {.system = system, .to = kit_spawn(system, "test/echo/0", &echo)};
    kit_start(system);
    assert_true(with_each_failing(send, &s) >= 2);
    assert_true(with_each_failing(ask, &s) >= 2); /* the thread, the request; messages come from pages it has */
    kit_wait(&s.told, s.asked);
    assert_int_equal(airs_system_wait_quiescent(system, 20000), AIRS_OK);
    assert_int_equal(echo.handled, s.sent + s.asked);
    assert_int_equal(kit_stats(system).requests, s.asked);
    kit_finish(system);
    assert_int_equal(s.told, s.asked);
}

/* Fails, and from here on no text can be copied: not for the requester, not for the dead letter. */
static airs_result fails_without_memory(kit_actor *self, airs_context *context, const airs_message *message, airs_error *error) {
    (void)context;
    (void)message;
    airs_error_set(error, AIRS_EHANDLER_FAILED, "no");
    left = (unsigned)self->number;
    return AIRS_FAILED;
}

static void on_failure(void *user, airs_status status, const void *data, size_t length) {
    (void)data;
    assert_int_equal(status, AIRS_EHANDLER_FAILED);
    assert_true(length == 0 || length == 2);
    atomic_fetch_add((atomic_uint_fast64_t *)user, 1);
}

static void a_failure_ends_its_request_without_memory_too_I4(void **state) {
    (void)state;
    airs_system *system = kit_system(1);
    kit_actor actor = {.handle = fails_without_memory};
    airs_component to = kit_spawn(system, "test/actor/0", &actor);
    kit_start(system);
    atomic_uint_fast64_t told = 0;
    for (unsigned i = 1; i <= 2; i++) {
        actor.number = i;
        assert_int_equal(airs_request_async(system, to, "x", 1, 0, AIRS_REJECT_WHEN_FULL, on_failure, &told), AIRS_OK);
        kit_wait(&told, i);
        assert_int_equal(airs_system_wait_quiescent(system, 20000), AIRS_OK);
    }
    assert_int_equal(kit_dead(system, AIRS_EHANDLER_FAILED), 2);
    kit_finish(system);
}

static airs_result pass_on(kit_actor *self, airs_context *context, const airs_message *message, airs_error *error) {
    (void)error;
    KIT_REQUIRE(airs_context_send(context, self->peer, message->data, message->length) == AIRS_OK);
    return AIRS_HANDLED;
}

/* On host threads and workers alike: all have heaps, and what they take from the system is for many messages, and for good. */
static void messages_cost_hardly_an_allocation(void **state) {
    (void)state;
    enum { MESSAGES = 20000 };
    airs_system *system = kit_system(2);
    kit_actor sink = {.handle = kit_count};
    kit_actor relay = {.handle = pass_on, .peer = kit_spawn(system, "test/sink/0", &sink)};
    airs_component to = kit_spawn(system, "test/relay/0", &relay);
    kit_start(system);
    unsigned long before = taken;
    for (int i = 0; i < MESSAGES; i++) {
        assert_int_equal(airs_send(system, to, "xyz", 3, AIRS_BLOCK_WHEN_FULL), AIRS_OK);
    }
    assert_int_equal(airs_system_wait_quiescent(system, 20000), AIRS_OK);
    assert_int_equal(sink.handled, MESSAGES);
    assert_true(taken - before <= MESSAGES / 20 || AIRSI_BLOCK_MAX == 0); /* under the address sanitizer all is malloc's */
    kit_finish(system);
}

static void note_activity(void *user, bool active) {
    *(bool *)user = active;
}

static void a_system_whose_threads_can_not_be_made_can_be_started_again(void **state) {
    (void)state;
    bool active = false;
    airs_system_options options = {.workers = 3, .on_activity = note_activity, .user = &active};
    airs_system *system = NULL;
    assert_int_equal(airs_system_new(&options, &system, NULL), AIRS_OK);
    kit_actor actor = {.handle = kit_count};
    airs_component to = kit_spawn(system, "test/actor/0", &actor);
    unsigned failed = 0;
    for (unsigned number = 1;; number++) {
        airs_error error = {0};
        threads_left = number;
        airs_status status = airs_system_start(system, &error);
        bool reached = threads_left == 0;
        threads_left = 0;
        if (!reached) {
            assert_int_equal(status, AIRS_OK);
            break;
        }
        assert_int_equal(status, AIRS_EUNAVAILABLE);
        assert_true(strlen(error.text) > 0);
        assert_false(active);
        assert_int_equal(airs_broker_subscriber_count(airs_messaging_broker(airs_system_messaging(system))), 0);
        assert_int_equal(airs_send(system, to, "x", 1, AIRS_REJECT_WHEN_FULL), AIRS_ENOSUBSCRIBER);
        assert_int_equal(actor.starts, 0);
        failed++;
    }
    assert_true(failed >= 3);
    assert_int_equal(airs_send(system, to, "x", 1, AIRS_BLOCK_WHEN_FULL), AIRS_OK);
    kit_finish(system);
    assert_int_equal(actor.handled, 1);
    assert_int_equal(actor.starts, 1);
}

#define TESTS(X)                                                   \
    X(a_system_is_made_or_not_I12)                                 \
    X(an_actor_is_spawned_or_not_I12)                              \
    X(a_message_and_a_request_are_accepted_or_not_I1_I4_I12)       \
    X(a_failure_ends_its_request_without_memory_too_I4)            \
    X(a_system_whose_threads_can_not_be_made_can_be_started_again) \
    X(messages_cost_hardly_an_allocation)

#define TEST(name) cmocka_unit_test(name),

int main(void) {
    const struct CMUnitTest tests[] = {TESTS(TEST)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
