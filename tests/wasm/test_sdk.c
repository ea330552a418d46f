/* Components written in C, through the whole system: what they can do, and what they see when something goes wrong. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <airs/dead_letter.h>
#include <airs/system.h>
#include <airs/wasm.h>

#include "support.h"

#define TEXT_MAX 4096

typedef struct house {
    airs_system *system;
    airs_wasm_engine *engine;
    pthread_mutex_t lock;
    char printed[TEXT_MAX]; /* under lock: "fd:line;" for each line */
    size_t printed_length;
    char reply[TEXT_MAX];
} house;

static void on_output(void *user, const airs_component_id *id, int fd, const char *line, size_t length) {
    house *home = user;
    (void)id;
    pthread_mutex_lock(&home->lock);
    size_t room = sizeof home->printed - home->printed_length;
    int written = snprintf(home->printed + home->printed_length, room, "%d:%.*s;", fd, (int)(length < 200 ? length : 200), line);
    home->printed_length += (size_t)written < room ? (size_t)written : 0;
    pthread_mutex_unlock(&home->lock);
}

static void on_activity(void *user, bool active) {
    house *home = user;
    if (home->engine != NULL) {
        airs_wasm_engine_set_active(home->engine, active);
    }
}

static int setup(void **state) {
    house *home = calloc(1, sizeof *home);
    assert_non_null(home);
    pthread_mutex_init(&home->lock, NULL);
    const airs_system_options system_options = {.workers = 2, .on_activity = on_activity, .user = home};
    assert_int_equal(airs_system_new(&system_options, &home->system, NULL), AIRS_OK);
    const airs_wasm_engine_options options = {.system = home->system, .on_output = on_output, .user = home};
    assert_int_equal(airs_wasm_engine_new(&options, &home->engine, NULL), AIRS_OK);
    test_keep_signals();
    assert_int_equal(airs_system_start(home->system, NULL), AIRS_OK);
    *state = home;
    return 0;
}

static int teardown(void **state) {
    house *home = *state;
    airs_system_free(home->system);
    airs_wasm_engine_free(home->engine);
    pthread_mutex_destroy(&home->lock);
    free(home);
    return 0;
}

/* A component of the guest `name`, which may send to namespace `test` and be sent to by anybody. */
static airs_component spawn(house *home, const char *name, const char *id, const char *config) {
    static const char *const anybody[] = {"*/*/*"}, *const tests[] = {"test/*/*"};
    airs_error error = {0};
    airs_wasm_module *module = test_load(home->engine, name);
    airs_wasm_spawn_options options = {.limits = AIRS_LIMITS_DEFAULT, .config_json = config};
    options.capabilities = (airs_capabilities){.send = tests, .send_count = 1, .receive = anybody, .receive_count = 1};
    options.limits.memory_bytes = 1u << 20;
    assert_int_equal(airs_component_id_parse(id, strlen(id), &options.id, NULL), AIRS_OK);
    airs_component component;
    if (airs_wasm_spawn(home->engine, module, &options, &component, &error) != AIRS_OK) {
        fail_msg("%s: %s", id, error.text);
    }
    airs_wasm_module_unref(module);
    return component;
}

/* The reply to a request, or "STATUS: what the error says". */
static const char *ask(house *home, airs_component component, const char *text) {
    void *data = NULL;
    size_t length = 0;
    airs_error error = {0};
    test_keep_signals();
    airs_status status = airs_request_wait(home->system, component, text, strlen(text), 0, &data, &length, &error);
    if (status == AIRS_OK) {
        snprintf(home->reply, sizeof home->reply, "%.*s", (int)length, (const char *)data);
    } else {
        snprintf(home->reply, sizeof home->reply, "%s: %s", airs_status_name(status), error.text);
    }
    free(data);
    return home->reply;
}

static void tell(house *home, airs_component component, const char *text) {
    assert_int_equal(airs_send(home->system, component, text, strlen(text), AIRS_BLOCK_WHEN_FULL), AIRS_OK);
}

static void settle(house *home) {
    assert_int_equal(airs_system_wait_quiescent(home->system, 0), AIRS_OK);
}

static const char *printed(house *home) {
    pthread_mutex_lock(&home->lock);
    snprintf(home->reply, sizeof home->reply, "%s", home->printed);
    pthread_mutex_unlock(&home->lock);
    return home->reply;
}

/* --- messages ------------------------------------------------------------------------------------------------------------------- */

static void a_reply_is_what_the_handler_returned(void **state) {
    house *home = *state;
    airs_component echo = spawn(home, "echo", "test/echo/main", NULL);
    assert_string_equal(ask(home, echo, "hello"), "hello");
    assert_string_equal(ask(home, echo, ""), "");
}

static void what_is_sent_arrives_once(void **state) {
    house *home = *state;
    airs_component sink = spawn(home, "sink", "test/sink/main", NULL);
    airs_component forwarder = spawn(home, "forwarder", "test/forwarder/main", "{\"target\":\"test/sink/main\",\"copies\":3}");
    for (int i = 0; i < 500; i++) {
        tell(home, forwarder, "four");
    }
    settle(home);
    assert_string_equal(ask(home, sink, "count"), "1500 6000");
    assert_string_equal(ask(home, forwarder, "x"), "ok");
}

static void a_request_may_be_answered_in_a_later_handler(void **state) {
    house *home = *state;
    spawn(home, "deferred", "test/deferred/main", "{\"delay_ms\": 1}");
    airs_component requester = spawn(home, "requester", "test/requester/main", "{\"target\":\"test/deferred/main\"}");
    assert_string_equal(ask(home, requester, "later"), "later");
    test_contains(ask(home, requester, "drop"), "handler-failed: dropped on request");
    settle(home);
    assert_int_equal(airs_dead_letters_count(home->system), 0); /* a second answer is refused, not lost */
}

static void a_request_ends_by_timeout_cancel_or_the_targets_death(void **state) {
    house *home = *state;
    spawn(home, "deferred", "test/deferred/main", NULL);
    airs_component crasher = spawn(home, "crasher", "test/crasher/main", NULL);
    airs_component requester = spawn(home, "requester", "test/requester/main", "{\"target\":\"test/deferred/main\",\"timeout_ms\":20}");
    airs_component risky = spawn(home, "requester", "test/requester/risky", "{\"target\":\"test/crasher/main\"}");
    test_contains(ask(home, requester, "never"), "timeout: ");
    test_contains(ask(home, requester, "cancel"), "cancelled: ");
    test_contains(ask(home, risky, "trap"), "handler-failed: ");
    test_contains(ask(home, risky, "fail no luck"), "handler-failed: no luck");
    tell(home, risky, "good");
    settle(home);
    test_contains(printed(home), "1:ok: good;");
    assert_int_equal(airs_stop(home->system, crasher), AIRS_OK);
}

static void a_timer_fires_once_unless_it_is_cancelled(void **state) {
    house *home = *state;
    airs_component timer = spawn(home, "timer", "test/timer/main", NULL);
    assert_string_equal(ask(home, timer, "3600000 never"), "ok");
    assert_string_equal(ask(home, timer, "cancel"), "true");
    assert_string_equal(ask(home, timer, "cancel"), "false");
    assert_string_equal(ask(home, timer, "1 soon"), "ok");
    while (strcmp(ask(home, timer, "fired"), "1") != 0) {
    }
}

static void names_handles_and_senders_are_told(void **state) {
    house *home = *state;
    airs_component inquirer = spawn(home, "inquirer", "test/inquirer/main", "{\"a\": [1, 2]}");
    airs_component asker = spawn(home, "requester", "test/requester/main", "{\"target\":\"test/inquirer/main\"}");
    spawn(home, "sink", "test/sink/main", NULL);
    spawn(home, "sink", "secret/sink/main", NULL);
    assert_string_equal(ask(home, inquirer, "config"), "{\"a\": [1, 2]}");
    assert_string_equal(ask(home, inquirer, "self"), "test/inquirer/main");
    assert_string_equal(ask(home, inquirer, "sender"), "outside");
    assert_string_equal(ask(home, asker, "sender"), "test/requester/main");
    assert_string_equal(ask(home, inquirer, "lookup test/sink/main"), "test/sink/main");
    assert_string_equal(ask(home, inquirer, "lookup test/sink/none"), "component-not-found");
    assert_string_equal(ask(home, inquirer, "lookup test/sink"), "invalid-id");
    assert_string_equal(ask(home, inquirer, "lookup test/sink/UPPER"), "invalid-id");
    assert_string_equal(ask(home, inquirer, "lookup secret/sink/main"), "permission-denied");
    assert_string_equal(ask(home, inquirer, "send test/sink/main x"), "ok");
    assert_string_equal(ask(home, inquirer, "stale 0"), "component-not-found");
    assert_string_equal(ask(home, inquirer, "stale 0xffffffffffffffff"), "component-not-found");
    assert_string_equal(ask(home, inquirer, "broadcast x test/sink/main test/none/main test/sink/main"), "ok component-not-found ok");
}

static void a_stopped_component_is_gone_for_its_senders(void **state) {
    house *home = *state;
    airs_component sink = spawn(home, "sink", "test/sink/main", NULL);
    airs_component inquirer = spawn(home, "inquirer", "test/inquirer/main", NULL);
    char command[64];
    assert_int_equal(airs_stop(home->system, sink), AIRS_OK);
    settle(home);
    snprintf(command, sizeof command, "stale %llu", (unsigned long long)sink);
    assert_string_equal(ask(home, inquirer, command), "target-stopped");
    assert_int_equal(airs_stop(home->system, inquirer), AIRS_OK);
    airs_system_stop(home->system);
    test_contains(printed(home), "1:good-bye;");
}

/* --- crashes -------------------------------------------------------------------------------------------------------------------- */

static void a_crash_costs_one_message_and_the_rest_goes_on(void **state) {
    house *home = *state;
    static const char *const ways[] = {"trap", "divide", "outside"};
    for (size_t i = 0; i < sizeof ways / sizeof ways[0]; i++) {
        char id[64];
        snprintf(id, sizeof id, "test/crasher/n%zu", i);
        airs_component crasher = spawn(home, "crasher", id, NULL);
        assert_string_equal(ask(home, crasher, "count"), "1");
        assert_string_equal(ask(home, crasher, "count"), "2");
        test_contains(ask(home, crasher, ways[i]), "handler-failed");
        assert_string_equal(ask(home, crasher, "count"), "1"); /* a fresh instance, same handle */
    }
    assert_int_equal(airs_dead_letters_count(home->system), 3);
}

static void a_loop_ends_with_its_time_and_a_stack_with_its_page(void **state) {
    house *home = *state;
    airs_component crasher = spawn(home, "crasher", "test/crasher/main", NULL);
    test_contains(ask(home, crasher, "loop"), "handler-failed");
    test_contains(ask(home, crasher, "stack"), "handler-failed");
    assert_string_equal(ask(home, crasher, "grow"), "16 pages"); /* the limit of 1 MiB, and it lives */
    assert_string_equal(ask(home, crasher, "count"), "2");
}

static void exit_0_stops_a_component_and_another_code_is_a_crash(void **state) {
    house *home = *state;
    airs_component first = spawn(home, "crasher", "test/crasher/first", NULL);
    airs_component second = spawn(home, "crasher", "test/crasher/second", NULL);
    ask(home, first, "exit 0");
    settle(home);
    test_contains(ask(home, first, "count"), "target-stopped");
    test_contains(ask(home, second, "exit 3"), "handler-failed");
    assert_string_equal(ask(home, second, "count"), "1");
}

static void an_init_that_does_not_end_well_leaves_no_component(void **state) {
    house *home = *state;
    static const char *const names[] = {"init_fail", "init_trap", "init_exit"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        char id[64];
        snprintf(id, sizeof id, "test/init/n%zu", i);
        airs_component component = spawn(home, names[i], id, NULL);
        assert_int_equal(airs_system_wait_started(home->system, 0), AIRS_OK);
        test_contains(ask(home, component, "x"), "target-stopped");
    }
}

/* --- the C library ---------------------------------------------------------------------------------------------------------------- */

static void the_c_library_works_as_far_as_nothing_is_granted(void **state) {
    house *home = *state;
    airs_component wasi = spawn(home, "wasi", "test/wasi/main", NULL);
    assert_string_equal(ask(home, wasi, "clock"), "ok");
    assert_string_equal(ask(home, wasi, "random"), "ok");
    assert_string_equal(ask(home, wasi, "files"), "none");
    assert_string_equal(ask(home, wasi, "stdin"), "end");
    assert_string_equal(ask(home, wasi, "environment"), "empty");
    assert_string_equal(ask(home, wasi, "tty"), "ok");
    assert_true(strtoul(ask(home, wasi, "sleep 5"), NULL, 10) >= 5);
}

static void a_sleep_past_the_handlers_time_ends_with_it(void **state) {
    house *home = *state;
    airs_component wasi = spawn(home, "wasi", "test/wasi/main", NULL);
    test_contains(ask(home, wasi, "sleep 3600000"), "handler-failed");
    assert_string_equal(ask(home, wasi, "clock"), "ok");
}

static void what_is_printed_comes_out_in_whole_lines(void **state) {
    house *home = *state;
    airs_component crasher = spawn(home, "crasher", "test/crasher/main", NULL);
    airs_component wasi = spawn(home, "wasi", "test/wasi/main", NULL);
    ask(home, crasher, "print to stdout");
    ask(home, crasher, "complain to stderr");
    ask(home, wasi, "part one");
    ask(home, wasi, "part  line");
    assert_string_equal(printed(home), "1:to stdout;2:to stderr;");
    ask(home, wasi, "much 100000");
    test_contains(printed(home), "1:one linexxxx");
    ask(home, wasi, "part unfinished");
    assert_int_equal(airs_stop(home->system, wasi), AIRS_OK);
    airs_system_stop(home->system);
    test_contains(printed(home), ";1:unfinished;");
}

#define TESTS(X)                                             \
    X(a_reply_is_what_the_handler_returned)                  \
    X(what_is_sent_arrives_once)                             \
    X(a_request_may_be_answered_in_a_later_handler)          \
    X(a_request_ends_by_timeout_cancel_or_the_targets_death) \
    X(a_timer_fires_once_unless_it_is_cancelled)             \
    X(names_handles_and_senders_are_told)                    \
    X(a_stopped_component_is_gone_for_its_senders)           \
    X(a_crash_costs_one_message_and_the_rest_goes_on)        \
    X(a_loop_ends_with_its_time_and_a_stack_with_its_page)   \
    X(exit_0_stops_a_component_and_another_code_is_a_crash)  \
    X(an_init_that_does_not_end_well_leaves_no_component)    \
    X(the_c_library_works_as_far_as_nothing_is_granted)      \
    X(a_sleep_past_the_handlers_time_ends_with_it)           \
    X(what_is_printed_comes_out_in_whole_lines)

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown),

int main(void) {
    const struct CMUnitTest tests[] = {TESTS(TEST)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
