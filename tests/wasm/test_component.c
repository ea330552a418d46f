/* Components as actors of a running system: what their messages, replies, ends and crashes become. */
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

#include "support.h"

#define TEXT_MAX 2048

typedef struct world {
    airs_system *system;
    airs_wasm_engine *engine;
    pthread_mutex_t lock;
    unsigned events[AIRS_EVENT_STOPPED + 1];                  /* under lock, as all below */
    char reason[AIRS_EVENT_STOPPED + 1][AIRS_ERROR_TEXT_MAX]; /* of the last event of each kind */
    char output[TEXT_MAX];
} world;

/* --- the world ----------------------------------------------------------------------------------------------------------------- */

static void take_event(void *user, const airs_event *event) {
    world *w = user;
    pthread_mutex_lock(&w->lock);
    w->events[event->kind]++;
    snprintf(w->reason[event->kind], AIRS_ERROR_TEXT_MAX, "%s", event->error != NULL ? event->error->text : "");
    pthread_mutex_unlock(&w->lock);
}

static void take_activity(void *user, bool active) {
    world *w = user;
    if (w->engine != NULL) {
        airs_wasm_engine_set_active(w->engine, active);
    }
}

static void take_line(void *user, const airs_component_id *id, int fd, const char *line, size_t length) {
    world *w = user;
    pthread_mutex_lock(&w->lock);
    size_t at = strlen(w->output);
    snprintf(w->output + at, sizeof w->output - at, "%s %d %.*s\n", id->text, fd, (int)length, line);
    pthread_mutex_unlock(&w->lock);
}

static int setup(void **state) {
    world *w = calloc(1, sizeof *w);
    pthread_mutex_init(&w->lock, NULL);
    airs_system_options system_options = {.workers = 2, .on_event = take_event, .on_activity = take_activity, .user = w};
    airs_wasm_engine_options engine_options = {.on_output = take_line, .user = w};
    if (airs_system_new(&system_options, &w->system, NULL) != AIRS_OK) {
        return -1;
    }
    engine_options.system = w->system;
    if (airs_wasm_engine_new(&engine_options, &w->engine, NULL) != AIRS_OK) {
        return -1;
    }
    *state = w;
    return 0;
}

static int teardown(void **state) {
    world *w = *state;
    airs_system_free(w->system);
    airs_wasm_engine_free(w->engine);
    free(w);
    return 0;
}

static airs_component spawn_as(world *w, const char *id, const char *guest, const char *config, const airs_limits *limits) {
    static const char *const everybody[] = {"*/*/*"};
    airs_wasm_spawn_options options = {.limits = AIRS_LIMITS_DEFAULT, .config_json = config};
    airs_component component = 0;
    airs_error error = {0};
    airs_wasm_module *module = test_load(w->engine, guest);
    options.capabilities = (airs_capabilities){.send = everybody, .send_count = 1, .receive = everybody, .receive_count = 1};
    if (limits != NULL) {
        options.limits = *limits;
    }
    assert_int_equal(airs_component_id_parse(id, strlen(id), &options.id, NULL), AIRS_OK);
    if (airs_wasm_spawn(w->engine, module, &options, &component, &error) != AIRS_OK) {
        fail_msg("%s", error.text);
    }
    airs_wasm_module_unref(module);
    return component;
}

static airs_component start_one(world *w, const char *guest) {
    airs_component component = spawn_as(w, "test/one/main", guest, NULL, NULL);
    assert_int_equal(airs_system_start(w->system, NULL), AIRS_OK);
    return component;
}

/* A request whose end is compared: a reply, or the reason and the detail of its failure. */
static void asks(world *w, airs_component to, const char *payload, airs_status wanted, const char *part) {
    void *reply = NULL;
    size_t length = 0;
    airs_error error = {0};
    airs_status status = airs_request_wait(w->system, to, payload, strlen(payload), 0, &reply, &length, &error);
    if (status != wanted) {
        fail_msg("\"%s\" ended with %s (%s), not with %s", payload, airs_status_name(status), error.text, airs_status_name(wanted));
    }
    if (status == AIRS_OK) {
        assert_string_equal(reply, part);
        free(reply);
    } else {
        test_contains(error.text, part);
    }
}

typedef struct last_letter {
    airs_status reason;
    char detail[AIRS_ERROR_TEXT_MAX];
    char data[64];
} last_letter;

static int keep_letter(void *user, const airs_dead_letter *letter) {
    last_letter *last = user;
    last->reason = letter->reason;
    snprintf(last->detail, sizeof last->detail, "%s", letter->detail);
    snprintf(last->data, sizeof last->data, "%.*s", (int)letter->length, (const char *)letter->data);
    return 0;
}

static last_letter newest_letter(world *w) {
    last_letter last = {0};
    assert_int_equal(airs_system_wait_quiescent(w->system, 0), AIRS_OK); /* a request may end before its message is a dead letter */
    airs_dead_letters_list(w->system, keep_letter, &last);
    return last;
}

static void stops_with_a_balance(world *w) {
    airs_balance b;
    assert_int_equal(airs_system_stop(w->system), AIRS_OK);
    airs_system_balance(w->system, &b);
    assert_int_equal(b.accepted, b.delivered + b.dead + b.dropped + b.queued + b.held + b.in_hand);
    assert_int_equal(b.queued + b.held + b.in_hand, 0);
}

/* --- messages ------------------------------------------------------------------------------------------------------------------ */

static void a_payload_returned_answers_the_request(void **state) {
    world *w = *state;
    airs_component echo = start_one(w, "realloc_grows");
    asks(w, echo, "hello", AIRS_OK, "hello");
    asks(w, echo, "", AIRS_OK, "");
    asks(w, echo, "again", AIRS_OK, "again");
    stops_with_a_balance(w);
}

static void a_payload_returned_to_nobody_is_nothing(void **state) {
    world *w = *state;
    airs_component echo = start_one(w, "realloc_grows");
    assert_int_equal(airs_send(w->system, echo, "hello", 5, AIRS_REJECT_WHEN_FULL), AIRS_OK);
    assert_int_equal(airs_system_drain(w->system, 5000), AIRS_OK);
    stops_with_a_balance(w);
    assert_int_equal(airs_dead_letters_count(w->system), 0);
}

static void a_payload_at_the_limit_arrives_and_one_byte_more_does_not(void **state) {
    world *w = *state;
    airs_limits limits = AIRS_LIMITS_DEFAULT;
    limits.payload_bytes = 1000;
    airs_component echo = spawn_as(w, "test/echo/main", "echo", NULL, &limits);
    char payload[1002];
    memset(payload, 'x', sizeof payload);
    assert_int_equal(airs_system_start(w->system, NULL), AIRS_OK);
    payload[1001] = '\0';
    asks(w, echo, payload, AIRS_EPAYLOAD_TOO_LARGE, "");
    payload[1000] = '\0';
    asks(w, echo, payload, AIRS_OK, payload);
    stops_with_a_balance(w);
}

static void a_component_made_with_the_sdk_answers(void **state) {
    world *w = *state;
    asks(w, start_one(w, "echo"), "from C", AIRS_OK, "from C");
}

static void an_error_is_a_failure_with_the_guests_words_and_no_crash(void **state) {
    world *w = *state;
    airs_component one = start_one(w, "result_error");
    asks(w, one, "x", AIRS_EHANDLER_FAILED, "no\\nsuch\\x1b[31mk");
    asks(w, one, "y", AIRS_EHANDLER_FAILED, "no\\nsuch");
    last_letter letter = newest_letter(w);
    assert_int_equal(letter.reason, AIRS_EHANDLER_FAILED);
    assert_string_equal(letter.data, "y");
    assert_int_equal(w->events[AIRS_EVENT_RESTARTED], 0);
    stops_with_a_balance(w);
}

static void a_reply_over_the_requesters_limit_is_a_failure(void **state) {
    world *w = *state;
    airs_limits small = AIRS_LIMITS_DEFAULT;
    small.payload_bytes = 8;
    spawn_as(w, "test/talks/main", "inquirer", NULL, NULL);
    airs_component asker = spawn_as(w, "test/asker/main", "requester", "{\"target\":\"test/talks/main\"}", &small);
    assert_int_equal(airs_system_start(w->system, NULL), AIRS_OK);
    asks(w, asker, "self", AIRS_EHANDLER_FAILED, "the reply of 15 bytes: ");
    stops_with_a_balance(w);
}

/* --- replies ------------------------------------------------------------------------------------------------------------------- */

static void a_reply_reaches_handle_callback(void **state) {
    world *w = *state;
    spawn_as(w, "test/echo/main", "echo", NULL, NULL);
    airs_component asker = spawn_as(w, "test/asker/main", "requester", "{\"target\":\"test/echo/main\"}", NULL);
    assert_int_equal(airs_system_start(w->system, NULL), AIRS_OK);
    asks(w, asker, "ping", AIRS_OK, "ping");
    asks(w, asker, "", AIRS_OK, "");
    stops_with_a_balance(w);
}

static void a_failure_reaches_handle_callback_with_its_reason_and_detail(void **state) {
    world *w = *state;
    spawn_as(w, "test/other/main", "crasher", NULL, NULL);
    airs_component asker = spawn_as(w, "test/asker/main", "requester", "{\"target\":\"test/other/main\"}", NULL);
    assert_int_equal(airs_system_start(w->system, NULL), AIRS_OK);
    asks(w, asker, "fail not today", AIRS_EHANDLER_FAILED, "handler-failed: not today");
    asks(w, asker, "trap", AIRS_EHANDLER_FAILED, "handler-failed: unreachable executed");
    stops_with_a_balance(w);
}

/* `deferred` keeps the request open, so that there is something to cancel. */
static void a_cancelled_request_ends_in_handle_callback(void **state) {
    world *w = *state;
    spawn_as(w, "test/keeps/main", "deferred", NULL, NULL);
    airs_component asker = spawn_as(w, "test/asker/main", "requester", "{\"target\":\"test/keeps/main\"}", NULL);
    assert_int_equal(airs_system_start(w->system, NULL), AIRS_OK);
    asks(w, asker, "cancel", AIRS_EHANDLER_FAILED, "cancelled: ");
    stops_with_a_balance(w);
}

/* --- crashes ------------------------------------------------------------------------------------------------------------------- */

static void a_trap_is_a_crash_a_dead_letter_and_a_fresh_instance(void **state) {
    world *w = *state;
    airs_component one = start_one(w, "crasher");
    asks(w, one, "count", AIRS_OK, "1");
    asks(w, one, "count", AIRS_OK, "2");
    asks(w, one, "trap", AIRS_EHANDLER_FAILED, "unreachable executed at");
    asks(w, one, "count", AIRS_OK, "1");
    last_letter letter = newest_letter(w);
    assert_string_equal(letter.data, "trap");
    test_contains(letter.detail, "unreachable executed at");
    test_contains(letter.detail, "handle_message");
    assert_int_equal(w->events[AIRS_EVENT_RESTARTED], 1);
    stops_with_a_balance(w);
}

static void every_kind_of_crash_is_told_by_its_own_words(void **state) {
    static const struct {
        const char *guest, *payload, *part;
    } rows[] = {
        {"handle_loops", "x", "handler-time limit of 100 ms used up at spin"},
        {"handle_recurses", "x", "call stack exhausted at deeper"},
        {"handle_out_of_bounds", "x", "memory access out of bounds at peek"},
        {"realloc_outside", "0123456789", "handle-message payload: 10 bytes at 65530 are outside the memory"},
        {"realloc_traps", "x", "unreachable executed at no_room"},
        {"realloc_imports", "x", "wall-clock was called from cabi_realloc"},
        {"result_discriminant", "x", "discriminant 2, expected 0 or 1"},
        {"result_list_outside", "x", "4294967295 bytes at 16 are outside"},
        {"result_misaligned", "x", "not aligned to 4"},
        {"post_return_traps", "x", "unreachable executed at clean_up"},
        {"handle_exits", "\x05", "proc_exit(5) called"},
    };
    world *w = *state;
    airs_component components[sizeof rows / sizeof rows[0]];
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        char id[64];
        snprintf(id, sizeof id, "test/hostile/%zu", i);
        components[i] = spawn_as(w, id, rows[i].guest, NULL, NULL);
    }
    assert_int_equal(airs_system_start(w->system, NULL), AIRS_OK);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        asks(w, components[i], rows[i].payload, AIRS_EHANDLER_FAILED, rows[i].part);
    }
    stops_with_a_balance(w);
    assert_int_equal(w->events[AIRS_EVENT_RESTARTED], sizeof rows / sizeof rows[0]);
}

static void a_looping_guest_leaves_the_others_their_worker(void **state) {
    world *w = *state;
    airs_component loops = spawn_as(w, "test/loops/main", "handle_loops", NULL, NULL);
    airs_component echo = spawn_as(w, "test/echo/main", "realloc_grows", NULL, NULL);
    assert_int_equal(airs_system_start(w->system, NULL), AIRS_OK);
    assert_int_equal(airs_send(w->system, loops, "", 0, AIRS_REJECT_WHEN_FULL), AIRS_OK);
    for (int i = 0; i < 20; i++) {
        asks(w, echo, "still here", AIRS_OK, "still here");
    }
    assert_int_equal(airs_system_drain(w->system, 0), AIRS_OK);
    test_contains(newest_letter(w).detail, "handler-time limit of 100 ms used up");
    stops_with_a_balance(w);
}

static uint64_t in_hand(world *w) {
    airs_balance b;
    airs_system_balance(w->system, &b);
    return b.in_hand;
}

static unsigned restarted(world *w) {
    pthread_mutex_lock(&w->lock);
    unsigned count = w->events[AIRS_EVENT_RESTARTED];
    pthread_mutex_unlock(&w->lock);
    return count;
}

/* Two workers: with one in the loop the other serves everybody else, before the loop has ended. */
static void others_go_on_while_one_guest_loops(void **state) {
    world *w = *state;
    airs_limits long_time = AIRS_LIMITS_DEFAULT;
    long_time.handler_ms = 2000;
    airs_component loops = spawn_as(w, "test/loops/main", "handle_loops", NULL, &long_time);
    airs_component echo = spawn_as(w, "test/echo/main", "realloc_grows", NULL, NULL);
    assert_int_equal(airs_system_start(w->system, NULL), AIRS_OK);
    assert_int_equal(airs_send(w->system, loops, "", 0, AIRS_REJECT_WHEN_FULL), AIRS_OK);
    while (in_hand(w) == 0) {
        sched_yield();
    }
    asks(w, echo, "still here", AIRS_OK, "still here");
    assert_int_equal(restarted(w), 0);
    assert_int_equal(airs_system_drain(w->system, 0), AIRS_OK);
    assert_int_equal(restarted(w), 1);
    stops_with_a_balance(w);
}

/* With both workers in a loop others are run by spare threads, and wait for none of the budgets to end. */
static void others_go_on_while_every_worker_is_in_a_loop(void **state) {
    enum { MESSAGES = 3 }; /* one more crash would stop them for good */
    world *w = *state;
    airs_limits limits = AIRS_LIMITS_DEFAULT;
    limits.handler_ms = 300;
    airs_component loops[2];
    loops[0] = spawn_as(w, "test/loops/0", "handle_loops", NULL, &limits);
    loops[1] = spawn_as(w, "test/loops/1", "handle_loops", NULL, &limits);
    airs_component echo = spawn_as(w, "test/echo/main", "realloc_grows", NULL, NULL);
    assert_int_equal(airs_system_start(w->system, NULL), AIRS_OK);
    assert_int_equal(airs_system_wait_started(w->system, 0), AIRS_OK);
    for (int i = 0; i < 2 * MESSAGES; i++) {
        assert_int_equal(airs_send(w->system, loops[i % 2], "", 0, AIRS_REJECT_WHEN_FULL), AIRS_OK);
    }
    while (in_hand(w) < 2) {
        sched_yield();
    }
    asks(w, echo, "my turn", AIRS_OK, "my turn");
    assert_true(restarted(w) < 2 * MESSAGES);
    assert_int_equal(airs_system_drain(w->system, 0), AIRS_OK);
    assert_int_equal(restarted(w), 2 * MESSAGES);
    stops_with_a_balance(w);
}

/* The host, called at the very end of the guest's stack, enters the guest once more. */
static void a_stack_that_ends_in_a_host_call_ends_the_guest_only(void **state) {
    world *w = *state;
    airs_component one = start_one(w, "handle_recurses_over_import");
    asks(w, one, "", AIRS_EHANDLER_FAILED, "call stack exhausted at");
    asks(w, one, "", AIRS_EHANDLER_FAILED, "call stack exhausted at");
    stops_with_a_balance(w);
}

static void a_request_to_one_that_exits_ends(void **state) {
    world *w = *state;
    asks(w, start_one(w, "handle_exits"), "", AIRS_ETARGET_STOPPED, "");
    stops_with_a_balance(w);
}

static void proc_exit_0_stops_the_component_and_delivers_the_message(void **state) {
    world *w = *state;
    airs_component one = start_one(w, "handle_exits");
    assert_int_equal(airs_send(w->system, one, "", 0, AIRS_REJECT_WHEN_FULL), AIRS_OK);
    assert_int_equal(airs_system_wait_quiescent(w->system, 10000), AIRS_OK);
    while (airs_registry_count(airs_system_registry(w->system)) > 0) {
        sched_yield();
    }
    assert_int_equal(airs_send(w->system, one, "", 0, AIRS_REJECT_WHEN_FULL), AIRS_ETARGET_STOPPED);
    stops_with_a_balance(w);
    assert_int_equal(airs_dead_letters_count(w->system), 0);
    assert_int_equal(w->events[AIRS_EVENT_STOPPED], 1);
}

/* --- starting and stopping ----------------------------------------------------------------------------------------------------- */

static void init_fails_with(void **state, const char *guest, const char *part, const char *other_part) {
    world *w = *state;
    airs_limits limits = AIRS_LIMITS_DEFAULT;
    limits.init_ms = 50;
    spawn_as(w, "test/one/main", guest, "{\"colour\":\"gr\xC3\xBCn\"}", &limits);
    assert_int_equal(airs_system_start(w->system, NULL), AIRS_OK);
    assert_int_equal(airs_system_wait_started(w->system, 0), AIRS_OK);
    assert_int_equal(w->events[AIRS_EVENT_INIT_FAILED], 1);
    test_contains(w->reason[AIRS_EVENT_INIT_FAILED], part);
    test_contains(w->reason[AIRS_EVENT_INIT_FAILED], other_part);
    stops_with_a_balance(w);
}

static void an_init_that_returns_an_error_is_told(void **state) {
    init_fails_with(state, "init_fail", "init returned an error: this config is not what I want: {\"colour\":\"gr\xC3\xBCn\"}", "");
}

static void an_init_that_loops_ends_with_the_budget(void **state) {
    init_fails_with(state, "init_loop", "init: init-time limit of 50 ms used up", " at ");
}

static void an_init_that_traps_is_told(void **state) {
    init_fails_with(state, "init_trap", "init: unreachable executed", " at ");
}

static void an_init_that_exits_is_told(void **state) {
    init_fails_with(state, "init_exit", "init: proc_exit(3) called", "");
}

static void a_start_section_that_traps_is_told(void **state) {
    init_fails_with(state, "start_traps", "start: unreachable executed at begin", "");
}

static void a_start_section_that_exits_is_told(void **state) {
    init_fails_with(state, "start_exits", "start: proc_exit(0) called", "");
}

/* Shutdown is the last thing: however it ends, the component is gone afterwards. */
static void a_shutdown_that_does_not_end_well_holds_nobody_up(void **state) {
    world *w = *state;
    spawn_as(w, "test/loops/main", "shutdown_loops", NULL, NULL);
    spawn_as(w, "test/exits/main", "shutdown_exits", NULL, NULL);
    assert_int_equal(airs_system_start(w->system, NULL), AIRS_OK);
    assert_int_equal(airs_system_wait_started(w->system, 0), AIRS_OK);
    stops_with_a_balance(w);
    assert_int_equal(airs_registry_count(airs_system_registry(w->system)), 0);
    assert_int_equal(w->events[AIRS_EVENT_STOPPED], 2);
}

static void an_initialize_that_loops_ends_with_the_budget(void **state) {
    init_fails_with(state, "initialize_loops", "start: init-time limit of 50 ms used up", "");
}

static void init_has_the_config_and_messaging_works(void **state) {
    world *w = *state;
    airs_component one = spawn_as(w, "test/one/main", "inquirer", "{\"a\":[1,2]}", NULL);
    assert_int_equal(airs_system_start(w->system, NULL), AIRS_OK);
    asks(w, one, "config", AIRS_OK, "{\"a\":[1,2]}");
    asks(w, one, "self", AIRS_OK, "test/one/main");
    asks(w, one, "sender", AIRS_OK, "outside");
    stops_with_a_balance(w);
    test_contains(w->output, "test/one/main 1 good-bye\n"); /* shutdown ran, and its output came out */
}

static void a_module_over_the_components_limit_is_not_spawned(void **state) {
    world *w = *state;
    airs_wasm_module *module = test_load(w->engine, "minimal");
    airs_wasm_spawn_options options = {.limits = AIRS_LIMITS_DEFAULT};
    airs_component component = 77;
    airs_error error = {0};
    options.limits.memory_bytes = 65535;
    assert_int_equal(airs_component_id_parse("test/one/main", 13, &options.id, NULL), AIRS_OK);
    assert_int_equal(airs_wasm_spawn(w->engine, module, &options, &component, &error), AIRS_EBADMODULE);
    test_contains(error.text, "test/one/main: ");
    test_contains(error.text, "its memory starts with 64 KiB");
    assert_int_equal(component, 77);
    airs_wasm_module_unref(module);
}

/* Its clock would not be the one that runs while the system does, and its guests would have no time limit. */
static void a_module_of_another_engine_is_not_spawned(void **state) {
    world *w = *state;
    airs_wasm_engine *other = NULL;
    assert_int_equal(airs_wasm_engine_new(NULL, &other, NULL), AIRS_OK);
    airs_wasm_module *module = test_load(other, "handle_loops");
    airs_wasm_spawn_options options = {.limits = AIRS_LIMITS_DEFAULT};
    airs_component component = 77;
    airs_error error = {0};
    assert_int_equal(airs_component_id_parse("test/one/main", 13, &options.id, NULL), AIRS_OK);
    assert_int_equal(airs_wasm_spawn(w->engine, module, &options, &component, &error), AIRS_EINVAL);
    test_contains(error.text, "test/one/main: ");
    test_contains(error.text, "handle_loops.wasm was loaded by another engine");
    assert_int_equal(component, 77);
    airs_wasm_module_unref(module);
    airs_wasm_engine_free(other);
}

static void a_taken_id_is_refused_and_nothing_leaks(void **state) {
    world *w = *state;
    spawn_as(w, "test/one/main", "minimal", NULL, NULL);
    airs_wasm_module *module = test_load(w->engine, "minimal");
    airs_wasm_spawn_options options = {.limits = AIRS_LIMITS_DEFAULT};
    airs_component component = 77;
    assert_int_equal(airs_component_id_parse("test/one/main", 13, &options.id, NULL), AIRS_OK);
    assert_int_equal(airs_wasm_spawn(w->engine, module, &options, &component, NULL), AIRS_EALREADY_EXISTS);
    assert_int_equal(component, 77);
    airs_wasm_module_unref(module);
}

static void a_reply_nobody_hears_is_a_dead_letter(void **state) {
    world *w = *state;
    spawn_as(w, "test/echo/main", "echo", NULL, NULL);
    airs_component asker = spawn_as(w, "test/asker/main", "asks_unheard", NULL, NULL);
    airs_component echo = 0;
    airs_component_id id;
    assert_int_equal(airs_component_id_parse("test/echo/main", 14, &id, NULL), AIRS_OK);
    assert_int_equal(airs_registry_find(airs_system_registry(w->system), &id, &echo), AIRS_OK);
    assert_int_equal(airs_system_start(w->system, NULL), AIRS_OK);
    assert_int_equal(airs_send(w->system, asker, &echo, sizeof echo, AIRS_REJECT_WHEN_FULL), AIRS_OK); /* whom to ask, as a handle */
    assert_int_equal(airs_system_wait_quiescent(w->system, 10000), AIRS_OK);
    last_letter letter = newest_letter(w);
    assert_int_equal(letter.reason, AIRS_ENOHANDLER);
    test_contains(letter.detail, "reply-handler");
    stops_with_a_balance(w);
}

static void an_operation_that_no_guest_executes_ends_with_no_handler(void **state) {
    world *w = *state;
    airs_component echo = start_one(w, "echo");
    void *result = NULL;
    size_t length = 0;
    assert_int_equal(airs_execute(w->system, echo, "reindex", "{}", 2, 0, &result, &length, NULL), AIRS_ENOHANDLER);
    assert_int_equal(newest_letter(w).reason, AIRS_ENOHANDLER);
    asks(w, echo, "still there", AIRS_OK, "still there");
    stops_with_a_balance(w);
}

#define TESTS(X)                                                    \
    X(a_payload_returned_answers_the_request)                       \
    X(a_payload_returned_to_nobody_is_nothing)                      \
    X(a_payload_at_the_limit_arrives_and_one_byte_more_does_not)    \
    X(a_component_made_with_the_sdk_answers)                        \
    X(an_error_is_a_failure_with_the_guests_words_and_no_crash)     \
    X(a_reply_over_the_requesters_limit_is_a_failure)               \
    X(a_reply_reaches_handle_callback)                              \
    X(a_failure_reaches_handle_callback_with_its_reason_and_detail) \
    X(a_cancelled_request_ends_in_handle_callback)                  \
    X(a_trap_is_a_crash_a_dead_letter_and_a_fresh_instance)         \
    X(every_kind_of_crash_is_told_by_its_own_words)                 \
    X(a_looping_guest_leaves_the_others_their_worker)               \
    X(others_go_on_while_one_guest_loops)                           \
    X(others_go_on_while_every_worker_is_in_a_loop)                 \
    X(a_stack_that_ends_in_a_host_call_ends_the_guest_only)         \
    X(a_request_to_one_that_exits_ends)                             \
    X(proc_exit_0_stops_the_component_and_delivers_the_message)     \
    X(an_init_that_returns_an_error_is_told)                        \
    X(an_init_that_loops_ends_with_the_budget)                      \
    X(an_init_that_traps_is_told)                                   \
    X(an_init_that_exits_is_told)                                   \
    X(a_start_section_that_traps_is_told)                           \
    X(a_start_section_that_exits_is_told)                           \
    X(a_shutdown_that_does_not_end_well_holds_nobody_up)            \
    X(an_initialize_that_loops_ends_with_the_budget)                \
    X(init_has_the_config_and_messaging_works)                      \
    X(a_module_over_the_components_limit_is_not_spawned)            \
    X(a_module_of_another_engine_is_not_spawned)                    \
    X(a_taken_id_is_refused_and_nothing_leaks)                      \
    X(a_reply_nobody_hears_is_a_dead_letter)                        \
    X(an_operation_that_no_guest_executes_ends_with_no_handler)

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown),

/* An engine first, so that Wasmtime's handlers can be kept before cmocka puts its own in their place. */
static int keep_handlers(void **state) {
    airs_wasm_engine *engine = NULL;
    (void)state;
    if (airs_wasm_engine_new(NULL, &engine, NULL) != AIRS_OK) {
        return -1;
    }
    test_keep_signals();
    airs_wasm_engine_free(engine);
    return 0;
}

int main(void) {
    const struct CMUnitTest tests[] = {TESTS(TEST)};
    return cmocka_run_group_tests(tests, keep_handlers, NULL);
}
