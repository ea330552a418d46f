/* airs_wasm_inspect_file: everything about a module, also about one that is refused. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "support.h"

static airs_wasm_inspection *inspect(void **state, const char *name) {
    char path[1024];
    airs_wasm_inspection *found = NULL;
    airs_error error = {0};
    if (airs_wasm_inspect_file(*state, test_guest_path(name, path), NULL, &found, &error) != AIRS_OK) {
        fail_msg("%s", error.text);
    }
    return found;
}

static const airs_wasm_item *item_named(const airs_wasm_item *items, size_t count, const char *name) {
    for (size_t i = 0; i < count; i++) {
        if (strcmp(items[i].name, name) == 0) {
            return &items[i];
        }
    }
    fail_msg("no item \"%s\"", name);
    return NULL;
}

static void a_good_module_is_described(void **state) {
    airs_wasm_inspection *found = inspect(state, "start_prints");
    assert_string_equal(found->kind, "core module");
    assert_string_equal(found->world, "airs:actor/component@0.1.0");
    assert_string_equal(found->path, "fast");
    assert_int_equal(found->problem_count, 0);
    assert_int_equal(found->warning_count, 0);
    assert_true(found->has_start);
    assert_int_equal(found->functions, 3);
    assert_int_equal(found->memory_minimum, 65536);
    assert_int_equal(found->memory_maximum, 0);
    assert_in_range(found->size, found->code_bytes + found->data_bytes + found->custom_bytes, 8192);
    assert_int_equal(found->import_count, 1);
    assert_string_equal(found->imports[0].name, "wasi_snapshot_preview1#fd_write");
    assert_string_equal(found->imports[0].signature, "(i32, i32, i32, i32) -> (i32)");
    assert_string_equal(found->imports[0].note, "known");
    assert_int_equal(found->export_count, 3);
    assert_string_equal(item_named(found->exports, 3, "memory")->signature, "memory 1.. pages");
    assert_string_equal(item_named(found->exports, 3, "cabi_realloc")->note, "required");
    airs_wasm_inspection_free(found);
}

static void every_problem_is_listed(void **state) {
    airs_wasm_inspection *found = inspect(state, "refused_everything");
    assert_string_equal(found->path, "refused");
    assert_string_equal(found->world, "none");
    assert_int_equal(found->problem_count, 6);
    static const char *const wanted[] = {"imports \"env#abort\"", "imports \"env#exit\"", "export \"cabi_realloc\" has the signature",
                                         "exports \"_start\"",    "exports no memory",    "exports no \"airs:actor/message-handler"};
    for (size_t i = 0; i < 6; i++) {
        test_contains(found->problems[i], wanted[i]);
    }
    assert_true(item_named(found->imports, found->import_count, "env#abort")->problem);
    assert_true(item_named(found->exports, found->export_count, "cabi_realloc")->problem);
    airs_wasm_inspection_free(found);
}

static void what_a_load_refuses_an_inspection_finds(void **state) {
    static const char *const names[] = {"refused_command",      "refused_cm32p2",        "refused_import_memory", "refused_large_memory",
                                        "refused_tables",       "feature_multi_memory",  "feature_memory64",      "feature_shared_memory",
                                        "feature_relaxed_simd", "refused_post_signature"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        char path[1024];
        airs_wasm_module *module = NULL;
        airs_error error = {0};
        assert_int_equal(airs_wasm_module_load_file(*state, test_guest_path(names[i], path), NULL, &module, &error), AIRS_EBADMODULE);
        airs_wasm_inspection *found = inspect(state, names[i]);
        assert_string_equal(found->path, "refused");
        assert_true(found->problem_count > 0);
        test_contains(error.text, found->problems[0]);
        airs_wasm_inspection_free(found);
    }
}

static void a_component_is_named_and_refused(void **state) {
    char path[] = "/tmp/airs-test-inspect-XXXXXX";
    int fd = mkstemp(path);
    assert_int_equal(write(fd, "\0asm\x0d\0\x01\0", 8), 8);
    close(fd);
    airs_wasm_inspection *found = NULL;
    assert_int_equal(airs_wasm_inspect_file(*state, path, NULL, &found, NULL), AIRS_OK);
    assert_string_equal(found->kind, "component");
    assert_string_equal(found->path, "refused");
    test_contains(found->problems[0], "is a component");
    airs_wasm_inspection_free(found);
    unlink(path);
}

static void warnings_are_listed(void **state) {
    airs_wasm_inspection *found = inspect(state, "exports_unused");
    assert_string_equal(found->world, "airs:actor/service@0.1.0");
    assert_string_equal(found->path, "fast");
    assert_int_equal(found->warning_count, 1);
    airs_wasm_inspection_free(found);
}

static void what_is_no_module_is_an_error(void **state) {
    airs_wasm_inspection *found = NULL;
    airs_error error = {0};
    assert_int_equal(airs_wasm_inspect_file(*state, "/nowhere.wasm", NULL, &found, &error), AIRS_ENOINPUT);
    assert_int_equal(airs_wasm_inspect_file(*state, "/bin/sh", NULL, &found, &error), AIRS_EBADMODULE);
    test_contains(error.text, "/bin/sh: not WebAssembly");
    assert_null(found);
    airs_wasm_inspection_free(NULL);
}

#define TESTS(X)                               \
    X(a_good_module_is_described)              \
    X(every_problem_is_listed)                 \
    X(what_a_load_refuses_an_inspection_finds) \
    X(a_component_is_named_and_refused)        \
    X(warnings_are_listed)                     \
    X(what_is_no_module_is_an_error)

#define TEST(name) cmocka_unit_test(name),

int main(void) {
    const struct CMUnitTest tests[] = {TESTS(TEST)};
    return cmocka_run_group_tests(tests, test_engine_setup, test_engine_teardown);
}
