/* Modules with bytes changed at random, loaded and run: whatever comes of it, the host goes on. The seed is printed; AIRS_SEED repeats a run. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/memory.h"
#include "support.h"
#include "wasm/component/outcome.h"
#include "wasm/component/output.h"
#include "wasm/engine/binary.h"

#define ROUNDS 40

static uint64_t seed;

/* xorshift64* */
static uint32_t next(uint32_t bound) {
    seed ^= seed >> 12;
    seed ^= seed << 25;
    seed ^= seed >> 27;
    return (uint32_t)((seed * 0x2545f4914f6cdd1dull) >> 33) % bound;
}

static void mutate(uint8_t *bytes, size_t length) {
    for (uint32_t i = 1 + next(4); i > 0; i--) {
        uint8_t *at = &bytes[8 + next((uint32_t)length - 8)];
        switch (next(3)) {
        case 0:
            *at ^= (uint8_t)(1u << next(8));
            break;
        case 1:
            *at = (uint8_t)next(256);
            break;
        default:
            *at = (uint8_t)(*at + next(3) - 1);
            break;
        }
    }
}

static void run(airs_wasm_module *module, const airs_limits *limits) {
    test_guest t = {.module = module, .owner = {.limits = *limits}};
    uint32_t at = 0;
    airsi_outcome outcome;
    if (airsi_guest_new(module, &t.owner, limits, &t.guest, &t.trap) == AIRS_OK) {
        if (test_guest_message(&t, "a payload", 9, &at) == AIRS_OK &&
            !airsi_outcome_lift_handled(t.guest, at, "handle-message", &outcome)) {
            assert_true(airsi_guest_failed(t.guest, &t.trap));
        }
        airsi_guest_free(t.guest);
    }
    airsi_component_flush_output(&t.owner);
    if (t.trap.kind != AIRSI_TRAP_NONE) {
        assert_in_range(strlen(t.trap.text), 1, AIRS_ERROR_TEXT_MAX - 1);
        assert_null(strpbrk(t.trap.text, "\n\x1b"));
    }
}

static void load_and_run(airs_wasm_engine *engine, const uint8_t *bytes, size_t length, unsigned *ran) {
    airs_limits limits = AIRS_LIMITS_DEFAULT;
    airs_wasm_module *module = NULL;
    airs_error error = {0};
    limits.handler_ms = 2;
    limits.init_ms = 2;
    if (airs_wasm_module_load(engine, "mutated", bytes, length, &limits, &module, &error) == AIRS_OK) {
        run(module, &limits);
        airs_wasm_module_unref(module);
        (*ran)++;
        return;
    }
    assert_int_equal(error.status, AIRS_EBADMODULE);
    assert_null(strpbrk(error.text, "\n\x1b"));
}

/* None of these imports messaging, which needs an actor around the guest. */
static void mutated_modules_never_hurt_the_host(void **state) {
    static const char *const names[] = {"feature_used_by_clang", "handle_calls_nothing", "handle_grows",    "handle_recurses",
                                        "handle_unreachable",    "realloc_grows",        "realloc_imports", "result_error",
                                        "start_prints",          "start_data_outside"};
    const char *given = getenv("AIRS_SEED");
    seed = given != NULL ? strtoull(given, NULL, 0) : (uint64_t)time(NULL);
    seed |= 1;
    print_message("AIRS_SEED=%llu\n", (unsigned long long)seed);
    test_keep_signals();
    unsigned ran = 0;
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        char path[1024];
        uint8_t *bytes = NULL;
        size_t length = 0;
        assert_int_equal(airsi_binary_read(test_guest_path(names[i], path), &bytes, &length, NULL), AIRS_OK);
        uint8_t *copy = malloc(length);
        assert_non_null(copy);
        for (unsigned round = 0; round < ROUNDS; round++) {
            memcpy(copy, bytes, length);
            mutate(copy, length);
            load_and_run(*state, copy, length, &ran);
        }
        free(copy);
        airsi_free(bytes);
    }
    assert_true(ran > 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(mutated_modules_never_hurt_the_host)};
    return cmocka_run_group_tests(tests, test_engine_setup, test_engine_teardown);
}
