/* Guests without an actor around them: how they start, how they end, what their limits do. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/memory.h"
#include "support.h"
#include "wasm/engine/binary.h"
#include "wasm/engine/engine.h"

static const airs_limits defaults = AIRS_LIMITS_DEFAULT;

/* Of wasmtime.h, which only the engine includes: the clock, moved by hand. */
void wasmtime_engine_increment_epoch(struct wasm_engine_t *engine);

static void message_traps(void **state, const char *name, airsi_trap_kind kind, const char *part, const char *other_part) {
    test_guest t;
    test_guest_open(&t, *state, name, NULL);
    assert_int_equal(test_guest_message(&t, "", 0, NULL), AIRS_ETRAP);
    assert_int_equal(t.trap.kind, kind);
    test_contains(t.trap.text, part);
    test_contains(t.trap.text, other_part);
    assert_null(strchr(t.trap.text, '\n'));
    /* Dead is dead: it is never entered again, and says the same. */
    airsi_trap again;
    airsi_value values[AIRSI_VALUES_MAX] = {0};
    assert_int_equal(airsi_guest_call(t.guest, AIRSI_EXPORT_HANDLE_MESSAGE, values, &again), AIRS_ETRAP);
    assert_string_equal(again.text, t.trap.text);
    test_guest_close(&t);
}

/* --- traps --------------------------------------------------------------------------------------------------------------------- */

static void a_trap_names_its_kind_its_frames_and_the_memory(void **state) {
    test_guest t;
    test_guest_open(&t, *state, "handle_unreachable", NULL);
    assert_int_equal(test_guest_message(&t, "", 0, NULL), AIRS_ETRAP);
    assert_string_equal(t.trap.text, "unreachable executed at parse_line < read_lines < handle_message; memory 64 KiB of 64 MiB");
    test_guest_close(&t);
}

static void frames_are_cut_at_sixteen(void **state) {
    test_guest t;
    test_guest_open(&t, *state, "handle_unreachable_deep", NULL);
    assert_int_equal(test_guest_message(&t, "", 0, NULL), AIRS_ETRAP);
    unsigned frames = 0;
    for (const char *p = t.trap.text; (p = strstr(p, "down")) != NULL; p++) {
        frames++;
    }
    assert_int_equal(frames, 16);
    test_contains(t.trap.text, "down ...; memory");
    test_guest_close(&t);
}

/* The guest's author chooses the names of functions, any UTF-8 at all. */
static void names_of_functions_are_escaped(void **state) {
    char path[1024];
    uint8_t *bytes = NULL;
    size_t length = 0;
    assert_int_equal(airsi_binary_read(test_guest_path("handle_unreachable", path), &bytes, &length, NULL), AIRS_OK);
    char *name = memmem(bytes, length, "parse_line", 10);
    assert_non_null(name);
    memcpy(name, "x\n\x1b[31m\0yz", 10);
    test_guest t = {0};
    test_keep_signals();
    assert_int_equal(airs_wasm_module_load(*state, "renamed", bytes, length, NULL, &t.module, NULL), AIRS_OK);
    t.owner.limits = defaults;
    assert_int_equal(airsi_guest_new(t.module, &t.owner, &defaults, &t.guest, &t.trap), AIRS_OK);
    assert_int_equal(test_guest_message(&t, "", 0, NULL), AIRS_ETRAP);
    test_contains(t.trap.text, "at x\\n\\x1b[31m\\x00yz < read_lines");
    airsi_free(bytes);
    test_guest_close(&t);
}

static void an_access_outside_the_memory_traps(void **state) {
    message_traps(state, "handle_out_of_bounds", AIRSI_TRAP_MEMORY, "memory access out of bounds", "at peek");
}

static void a_division_by_zero_traps(void **state) {
    message_traps(state, "handle_divides_by_zero", AIRSI_TRAP_ARITHMETIC, "integer division by zero", "at divide");
}

static void a_call_of_an_empty_slot_traps(void **state) {
    message_traps(state, "handle_calls_nothing", AIRSI_TRAP_INDIRECT_CALL, "indirect call of an empty table slot", "at dispatch");
}

static void a_recursion_without_end_traps(void **state) {
    message_traps(state, "handle_recurses", AIRSI_TRAP_STACK, "call stack exhausted", "deeper < deeper");
}

static void proc_exit_ends_the_guest_with_its_code(void **state) {
    test_guest t;
    test_guest_open(&t, *state, "handle_exits", NULL);
    assert_int_equal(test_guest_message(&t, "\7", 1, NULL), AIRS_ETRAP);
    assert_int_equal(t.trap.kind, AIRSI_TRAP_EXIT);
    assert_int_equal(t.trap.exit_code, 7);
    test_contains(t.trap.text, "proc_exit(7) called");
    test_guest_close(&t);
}

/* --- time ---------------------------------------------------------------------------------------------------------------------- */

static void a_loop_ends_with_the_budget(void **state) {
    message_traps(state, "handle_loops", AIRSI_TRAP_TIME, "handler-time limit of 100 ms used up", "at spin");
}

/* Each host call is an entry of its own; none of them gives the guest new time. */
static void a_loop_over_an_import_ends_with_the_budget(void **state) {
    message_traps(state, "handle_loops_over_import", AIRSI_TRAP_TIME, "handler-time limit of 100 ms used up", "memory");
}

/* Without a loop or a call of its own functions a guest meets no epoch check. What the host does for it counts all the same, and Wasmtime looks
 * at the epoch inside of a long fill. */
static void ends_within_a_millisecond(void **state, const char *name) {
    airs_limits limits = defaults;
    limits.handler_ms = 1;
    test_guest t;
    test_guest_open(&t, *state, name, &limits);
    assert_int_equal(test_guest_message(&t, "", 0, NULL), AIRS_ETRAP);
    test_contains(t.trap.text, "handler-time limit of 1 ms used up");
    assert_int_equal(t.trap.kind, AIRSI_TRAP_TIME);
    test_guest_close(&t);
}

static void work_of_the_host_ends_with_the_budget(void **state) {
    ends_within_a_millisecond(state, "handle_calls_in_line");
}

static void bulk_work_ends_with_the_budget(void **state) {
    ends_within_a_millisecond(state, "handle_fills_in_line");
}

static void pass_ten_seconds(void *user, const airs_component_id *id, int fd, const char *line, size_t length) {
    airs_wasm_engine *engine = user;
    (void)id, (void)fd, (void)line, (void)length;
    for (int i = 0; i < 10000; i++) {
        wasmtime_engine_increment_epoch(engine->wasmtime);
    }
}

/* As on a machine that gives its thread no time for ten seconds: the clock ticks, and no CPU time is used. */
static void a_guest_that_stands_still_keeps_its_budget(void **state) {
    test_guest t;
    test_guest_open(&t, *state, "handle_prints", NULL);
    t.owner.on_output = pass_ten_seconds;
    t.owner.output_user = *state;
    for (int i = 0; i < 3; i++) {
        if (test_guest_message(&t, "", 0, NULL) != AIRS_OK) {
            fail_msg("%s", t.trap.text);
        }
    }
    test_guest_close(&t);
}

static void the_budget_is_cpu_time(void **state) {
    test_guest t;
    test_guest_open(&t, *state, "handle_loops", NULL);
    uint64_t before = airsi_clock_thread_cpu_ns();
    assert_int_equal(test_guest_message(&t, "", 0, NULL), AIRS_ETRAP);
    assert_true(airsi_clock_thread_cpu_ns() - before >= 100000000u);
    test_guest_close(&t);
}

static void time_blocked_in_host_calls_counts(void **state) {
    test_guest t;
    test_guest_open(&t, *state, "minimal", NULL);
    assert_in_range(airsi_guest_budget_left(t.guest), 1, 100000000);
    airsi_guest_charge_blocked(t.guest, 40000000);
    assert_in_range(airsi_guest_budget_left(t.guest), 1, 60000000);
    airsi_guest_charge_blocked(t.guest, UINT64_MAX);
    assert_int_equal(airsi_guest_budget_left(t.guest), 0);
    airsi_guest_charge_blocked(t.guest, UINT64_MAX);
    assert_int_equal(airsi_guest_budget_left(t.guest), 0);
    assert_int_equal(test_guest_message(&t, "", 0, NULL), AIRS_OK); /* the next message has a budget of its own */
    test_guest_close(&t);
}

static void each_message_has_a_budget_of_its_own(void **state) {
    test_guest t;
    test_guest_open(&t, *state, "slow", NULL);
    for (int i = 0; i < 4; i++) {
        if (test_guest_message(&t, "40", 2, NULL) != AIRS_OK) { /* ms */
            fail_msg("message %d: %s", i, t.trap.text);
        }
        airsi_guest_charge_blocked(t.guest, UINT64_MAX); /* of this message, not of the next */
    }
    assert_int_equal(test_guest_message(&t, "10000", 5, NULL), AIRS_ETRAP);
    assert_int_equal(t.trap.kind, AIRSI_TRAP_TIME);
    test_guest_close(&t);
}

/* A worker is whatever thread comes next. */
static void *send_one(void *argument) {
    return test_guest_message(argument, "", 0, NULL) == AIRS_ETRAP ? argument : NULL;
}

static void a_guest_may_change_threads_between_messages(void **state) {
    test_guest t;
    test_guest_open(&t, *state, "handle_loops", NULL);
    pthread_t thread;
    void *trapped = NULL;
    assert_int_equal(pthread_create(&thread, NULL, send_one, &t), 0);
    pthread_join(thread, &trapped);
    assert_ptr_equal(trapped, &t);
    assert_int_equal(t.trap.kind, AIRSI_TRAP_TIME);
    test_guest_close(&t);
}

/* --- memory and tables --------------------------------------------------------------------------------------------------------- */

static uint32_t number_answered(test_guest *t) {
    uint32_t at = 0;
    assert_int_equal(test_guest_message(t, "", 0, &at), AIRS_OK);
    const uint8_t *result = airsi_guest_memory(t->guest, at, 16, 4, "result");
    return airsi_load_u32(airsi_guest_memory(t->guest, airsi_load_u32(result + 8), 4, 1, "number"));
}

static void memory_grows_to_the_limit_and_no_further(void **state) {
    airs_limits limits = defaults;
    limits.memory_bytes = 10 * 65536 + 100;
    test_guest t;
    test_guest_open(&t, *state, "handle_grows", &limits);
    assert_int_equal(number_answered(&t), 10);
    assert_int_equal(airsi_guest_memory_bytes(t.guest), 10 * 65536);
    test_guest_close(&t);
}

static void a_table_grows_to_ten_thousand_and_no_further(void **state) {
    test_guest t;
    test_guest_open(&t, *state, "handle_grows_table", NULL);
    assert_int_equal(number_answered(&t), 9001);
    test_guest_close(&t);
}

static void what_the_host_knows_of_the_memory_is_never_stale(void **state) {
    test_guest t;
    test_guest_open(&t, *state, "realloc_grows", NULL);
    for (uint32_t i = 1; i <= 8; i++) {
        uint32_t at = 0;
        assert_int_equal(test_guest_message(&t, "payload", 7, &at), AIRS_OK);
        const uint8_t *result = airsi_guest_memory(t.guest, at, 16, 4, "result");
        assert_int_equal(airsi_load_u32(result + 8), i * 65536);
        assert_memory_equal(airsi_guest_memory(t.guest, i * 65536, 7, 1, "payload"), "payload", 7);
    }
    test_guest_close(&t);
}

static void every_pointer_is_checked(void **state) {
    static const struct {
        uint32_t at, length, align;
        bool good;
    } rows[] = {
        {0, 65536, 1, true},
        {0, 65537, 1, false},
        {65536, 0, 1, true},
        {65537, 0, 1, false},
        {65535, 2, 1, false},
        {0xffffffffu, 1, 1, false},
        {0xffffffffu, 0xffffffffu, 1, false},
        {1, 0xffffffffu, 1, false},
        {65532, 4, 4, true},
        {65534, 0, 4, false},
        {2, 4, 4, false},
        {4, 8, 8, false},
        {8, 8, 8, true},
        {0, 0, 8, true},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        test_guest t;
        test_guest_open(&t, *state, "minimal", NULL);
        bool good = airsi_guest_memory(t.guest, rows[i].at, rows[i].length, rows[i].align, "send-message payload") != NULL;
        if (good != rows[i].good || airsi_guest_failed(t.guest, &t.trap) == good) {
            fail_msg("row %zu", i);
        }
        if (!good) {
            assert_int_equal(t.trap.kind, AIRSI_TRAP_ABI);
            test_contains(t.trap.text, "send-message payload: ");
        }
        test_guest_close(&t);
    }
}

static void one_call_lifts_no_more_than_its_budget(void **state) {
    airs_limits limits = defaults;
    limits.payload_bytes = 1000;
    test_guest t;
    test_guest_open(&t, *state, "minimal", &limits);
    for (unsigned i = 0; i < 16; i++) { /* the same 64 KiB sixteen times are one mebibyte */
        assert_non_null(airsi_guest_lift(t.guest, 0, 65536, 1, "list"));
    }
    assert_non_null(airsi_guest_lift(t.guest, 0, 1000, 1, "list"));
    assert_non_null(airsi_guest_lift(t.guest, 0, 0, 1, "list"));
    assert_null(airsi_guest_lift(t.guest, 0, 1, 1, "list"));
    assert_true(airsi_guest_failed(t.guest, &t.trap));
    test_contains(t.trap.text, "list: one call passes more than 1049576 bytes");
    test_guest_close(&t);
}

/* --- starting ------------------------------------------------------------------------------------------------------------------ */

static void start_ends(void **state, const char *name, airsi_trap_kind kind, const char *part, const char *other_part) {
    airs_limits limits = defaults;
    limits.init_ms = 50;
    airsi_trap trap = {0};
    test_guest_refuses_to_start(*state, name, &limits, &trap);
    assert_int_equal(trap.kind, kind);
    test_contains(trap.text, part);
    test_contains(trap.text, other_part);
}

static void a_start_section_that_loops_ends_with_the_budget(void **state) {
    start_ends(state, "start_loops", AIRSI_TRAP_TIME, "init-time limit of 50 ms used up", "at spin");
}

static void a_start_section_that_traps_is_told(void **state) {
    start_ends(state, "start_traps", AIRSI_TRAP_UNREACHABLE, "unreachable executed", "at begin");
}

static void a_start_section_that_sends_traps(void **state) {
    start_ends(state, "start_sends", AIRSI_TRAP_ABI, "send-message was called from a start section or _initialize", "at begin");
}

static void an_initialize_that_loops_ends_with_the_budget(void **state) {
    start_ends(state, "initialize_loops", AIRSI_TRAP_TIME, "init-time limit of 50 ms used up", "memory 64 KiB");
}

static void an_initialize_that_traps_is_told(void **state) {
    start_ends(state, "initialize_traps", AIRSI_TRAP_UNREACHABLE, "unreachable executed", "at constructors");
}

static void an_initialize_that_sends_traps(void **state) {
    start_ends(state, "initialize_sends", AIRSI_TRAP_ABI, "send-message was called from a start section or _initialize",
               "messaging works from init");
}

static void data_outside_the_memory_is_told(void **state) {
    start_ends(state, "start_data_outside", AIRSI_TRAP_MEMORY, "memory access out of bounds", "");
}

static void a_table_that_starts_too_large_is_told(void **state) {
    start_ends(state, "start_large_table", AIRSI_TRAP_OTHER, "a table starts with more than 10000 elements", "not instantiated");
}

static void initialize_runs_once_before_anything_else(void **state) {
    test_guest t;
    test_guest_open(&t, *state, "initialize_once", NULL);
    assert_int_equal(test_guest_message(&t, "", 0, NULL), AIRS_OK);
    assert_int_equal(test_guest_message(&t, "", 0, NULL), AIRS_OK);
    test_guest_close(&t);
}

static char printed[64];

static void take_output(void *user, const airs_component_id *id, int fd, const char *line, size_t length) {
    (void)user;
    (void)id;
    snprintf(printed, sizeof printed, "%d:%.*s", fd, (int)length, line);
}

static void a_start_section_may_print(void **state) {
    airs_wasm_module *module = test_load(*state, "start_prints");
    airsi_component owner = {.limits = defaults, .on_output = take_output};
    airsi_guest *guest = NULL;
    airsi_trap trap = {0};
    if (airsi_guest_new(module, &owner, &defaults, &guest, &trap) != AIRS_OK) {
        fail_msg("%s", trap.text);
    }
    assert_string_equal(printed, "1:hello");
    airsi_guest_free(guest);
    airs_wasm_module_unref(module);
}

static void one_module_serves_many_guests(void **state) {
    enum { GUESTS = 200 };
    airs_wasm_module *module = test_load(*state, "realloc_grows");
    static airsi_guest *guests[GUESTS];
    airsi_trap trap;
    for (int i = 0; i < GUESTS; i++) {
        assert_int_equal(airsi_guest_new(module, NULL, &defaults, &guests[i], &trap), AIRS_OK);
    }
    for (int i = 0; i < GUESTS; i++) {
        uint32_t at = 0;
        airsi_guest_begin(guests[i], 100);
        assert_true(airsi_guest_allocate(guests[i], 8, 8, &at, "room"));
        airsi_store_u64(airsi_guest_memory(guests[i], at, 8, 8, "room"), (uint64_t)i);
    }
    for (int i = 0; i < GUESTS; i++) {
        assert_int_equal(airsi_load_u64(airsi_guest_memory(guests[i], 65536, 8, 8, "room")), i);
        airsi_guest_free(guests[i]);
    }
    airs_wasm_module_unref(module);
    airsi_guest_free(NULL);
}

#define TESTS(X)                                        \
    X(a_trap_names_its_kind_its_frames_and_the_memory)  \
    X(frames_are_cut_at_sixteen)                        \
    X(names_of_functions_are_escaped)                   \
    X(an_access_outside_the_memory_traps)               \
    X(a_division_by_zero_traps)                         \
    X(a_call_of_an_empty_slot_traps)                    \
    X(a_recursion_without_end_traps)                    \
    X(proc_exit_ends_the_guest_with_its_code)           \
    X(a_loop_ends_with_the_budget)                      \
    X(a_loop_over_an_import_ends_with_the_budget)       \
    X(work_of_the_host_ends_with_the_budget)            \
    X(bulk_work_ends_with_the_budget)                   \
    X(a_guest_that_stands_still_keeps_its_budget)       \
    X(the_budget_is_cpu_time)                           \
    X(time_blocked_in_host_calls_counts)                \
    X(each_message_has_a_budget_of_its_own)             \
    X(a_guest_may_change_threads_between_messages)      \
    X(memory_grows_to_the_limit_and_no_further)         \
    X(a_table_grows_to_ten_thousand_and_no_further)     \
    X(what_the_host_knows_of_the_memory_is_never_stale) \
    X(every_pointer_is_checked)                         \
    X(one_call_lifts_no_more_than_its_budget)           \
    X(a_start_section_that_loops_ends_with_the_budget)  \
    X(a_start_section_that_traps_is_told)               \
    X(a_start_section_that_sends_traps)                 \
    X(an_initialize_that_loops_ends_with_the_budget)    \
    X(an_initialize_that_traps_is_told)                 \
    X(an_initialize_that_sends_traps)                   \
    X(data_outside_the_memory_is_told)                  \
    X(a_table_that_starts_too_large_is_told)            \
    X(initialize_runs_once_before_anything_else)        \
    X(a_start_section_may_print)                        \
    X(one_module_serves_many_guests)

#define TEST(name) cmocka_unit_test(name),

int main(void) {
    const struct CMUnitTest tests[] = {TESTS(TEST)};
    return cmocka_run_group_tests(tests, test_engine_setup, test_engine_teardown);
}
