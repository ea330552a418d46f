/* The engine's settings: every feature that is switched off, pinned by a module that uses it, and the clock. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "support.h"
#include "wasm/engine/binary.h"
#include "wasm/engine/module.h"

static void refused_for(void **state, const char *name, const char *part) {
    char path[1024];
    airs_wasm_module *module = NULL;
    airs_error error = {0};
    assert_int_equal(airs_wasm_module_load_file(*state, test_guest_path(name, path), NULL, &module, &error), AIRS_EBADMODULE);
    test_contains(error.text, part);
}

/* A module with one function of this type and body, and a memory of this declaration; for what wat2wasm can't write. */
static void bytes_refused_for(void **state, const char *type, size_t type_length, const char *memory, size_t memory_length,
                              const char *body, size_t body_length, const char *part) {
    char bytes[256];
    size_t at = 0;
#define PUT(text, size) (memcpy(bytes + at, (text), (size)), at += (size))
#define BYTE(value) (bytes[at++] = (char)(value))
    PUT("\0asm\1\0\0\0", 8);
    BYTE(1), BYTE(type_length + 1), BYTE(1), PUT(type, type_length);
    PUT("\3\2\1\0", 4);
    BYTE(5), BYTE(memory_length + 1), BYTE(1), PUT(memory, memory_length);
    BYTE(10), BYTE(body_length + 3), BYTE(1), BYTE(body_length + 1), BYTE(0), PUT(body, body_length);
#undef PUT
#undef BYTE
    airs_wasm_module *module = NULL;
    airs_error error = {0};
    assert_int_equal(airs_wasm_module_load(*state, "bytes", bytes, at, NULL, &module, &error), AIRS_EBADMODULE);
    test_contains(error.text, part);
    assert_null(strchr(error.text, '\n'));
}

/* What is refused by the sections alone is refused by the compiler too. */
static void compiler_refuses(void **state, const char *name, const char *part) {
    char path[1024];
    uint8_t *bytes = NULL;
    size_t length = 0;
    struct wasmtime_module *module = NULL;
    airsi_findings findings = {0};
    assert_int_equal(airsi_binary_read(test_guest_path(name, path), &bytes, &length, NULL), AIRS_OK);
    airsi_module_compile(*state, bytes, length, &module, &findings);
    assert_null(module);
    assert_int_equal(findings.problems.total, 1);
    test_contains(findings.problems.lines[0], part);
    airsi_findings_fini(&findings);
    free(bytes);
}

static void memory64_is_off(void **state) {
    refused_for(state, "feature_memory64", "addressed with 64 bits");
    compiler_refuses(state, "feature_memory64", "memory64");
}

static void shared_memory_is_off(void **state) {
    refused_for(state, "feature_shared_memory", "is shared");
    compiler_refuses(state, "feature_shared_memory", "threads must be enabled");
}

static void multi_memory_is_off(void **state) {
    refused_for(state, "feature_multi_memory", "declares 2 memories");
    compiler_refuses(state, "feature_multi_memory", "multiple memories");
}

static void threads_are_off(void **state) {
    refused_for(state, "feature_threads", "threads support is not enabled");
}

static void relaxed_simd_is_off(void **state) {
    refused_for(state, "feature_relaxed_simd", "relaxed SIMD support is not enabled");
}

static void exceptions_are_off(void **state) {
    refused_for(state, "feature_exceptions", "exceptions");
}

static void custom_page_sizes_are_off(void **state) {
    bytes_refused_for(state, "\x60\0\0", 3, "\x08\0\0", 3, "\x0b", 1, "custom page sizes");
}

static void wide_arithmetic_is_off(void **state) {
    /* (param i64 x 4) (result i64 i64): i64.add128 */
    bytes_refused_for(state, "\x60\4\x7e\x7e\x7e\x7e\2\x7e\x7e", 9, "\0\0", 2, "\x20\0\x20\1\x20\2\x20\3\xfc\x13\x0b", 11,
                      "wide arithmetic support is not enabled");
}

static void stack_switching_is_off(void **state) {
    bytes_refused_for(state, "\x60\0\0", 3, "\0\0", 2, "\xe0\0\x0b", 3, "stack switching support is not enabled");
}

static void garbage_collected_types_are_off(void **state) {
    /* (param (ref null any)) */
    bytes_refused_for(state, "\x60\1\x6e\0", 4, "\0\0", 2, "\x0b", 1, "gc");
}

static void what_clang_uses_is_on(void **state) {
    airs_wasm_module_unref(test_load(*state, "feature_used_by_clang"));
}

static void engines_come_and_go_with_their_clocks(void **state) {
    (void)state;
    for (int i = 0; i < 8; i++) {
        void *engine = NULL;
        assert_int_equal(test_engine_setup(&engine), 0);
        airs_wasm_engine_set_active(engine, i % 2 == 0);
        test_engine_teardown(&engine);
    }
    airs_wasm_engine_free(NULL);
}

static void an_engine_without_system_has_no_messaging(void **state) {
    assert_null(airs_wasm_engine_messaging(*state));
}

#define TESTS(X)                             \
    X(memory64_is_off)                       \
    X(shared_memory_is_off)                  \
    X(multi_memory_is_off)                   \
    X(threads_are_off)                       \
    X(relaxed_simd_is_off)                   \
    X(exceptions_are_off)                    \
    X(custom_page_sizes_are_off)             \
    X(wide_arithmetic_is_off)                \
    X(stack_switching_is_off)                \
    X(garbage_collected_types_are_off)       \
    X(what_clang_uses_is_on)                 \
    X(engines_come_and_go_with_their_clocks) \
    X(an_engine_without_system_has_no_messaging)

#define TEST(name) cmocka_unit_test(name),

int main(void) {
    const struct CMUnitTest tests[] = {TESTS(TEST)};
    return cmocka_run_group_tests(tests, test_engine_setup, test_engine_teardown);
}
