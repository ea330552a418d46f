/* Loading: what is refused, and with which words. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "support.h"

/* --- helpers ------------------------------------------------------------------------------------------------------------------- */

static void refused_with(airs_wasm_engine *engine, const char *path, airs_status wanted, const char *part, const char *other_part) {
    airs_wasm_module *module = (airs_wasm_module *)&module;
    airs_error error = {0};
    assert_int_equal(airs_wasm_module_load_file(engine, path, NULL, &module, &error), wanted);
    assert_ptr_equal(module, &module);
    assert_int_equal(error.status, wanted);
    assert_null(strchr(error.text, '\n'));
    test_contains(error.text, path); /* where */
    test_contains(error.text, part);
    test_contains(error.text, other_part);
}

static void guest_refused(void **state, const char *name, const char *part, const char *other_part) {
    char path[1024];
    refused_with(*state, test_guest_path(name, path), AIRS_EBADMODULE, part, other_part);
}

static const char *temporary(const char *bytes, size_t length) {
    static char path[] = "/tmp/airs-test-module-XXXXXX";
    memcpy(path + sizeof path - 7, "XXXXXX", 6);
    int fd = mkstemp(path);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, bytes, length), (ssize_t)length);
    close(fd);
    return path;
}

static void bytes_refused(void **state, const char *bytes, size_t length, airs_status status, const char *part, const char *other_part) {
    const char *path = temporary(bytes, length);
    refused_with(*state, path, status, part, other_part);
    unlink(path);
}

/* --- files --------------------------------------------------------------------------------------------------------------------- */

static void a_missing_file_is_no_input(void **state) {
    refused_with(*state, "/nowhere/at/all.wasm", AIRS_ENOINPUT, "no such file", "/nowhere/at/all.wasm: ");
}

static void a_folder_is_no_input(void **state) {
    refused_with(*state, "/tmp", AIRS_ENOINPUT, "is a folder", "expected a file");
}

static void a_pipe_is_refused_and_not_waited_for(void **state) {
    char folder[] = "/tmp/airs-test-pipe-XXXXXX";
    char path[sizeof folder + 8];
    assert_non_null(mkdtemp(folder));
    snprintf(path, sizeof path, "%s/pipe", folder);
    assert_int_equal(mkfifo(path, 0600), 0);
    refused_with(*state, path, AIRS_ENOINPUT, "no regular file", "expected a file");
    unlink(path);
    rmdir(folder);
}

static void an_empty_file_is_refused(void **state) {
    bytes_refused(state, "", 0, AIRS_EBADMODULE, "is empty", "expected a WebAssembly module");
}

static void a_file_that_is_not_wasm_is_told_by_its_first_bytes(void **state) {
    bytes_refused(state,
                  "\x7f"
                  "ELF\x02\x01",
                  6, AIRS_EBADMODULE, "starts with the bytes 7f 45 4c 46", "expected 00 61 73 6d (\\0asm)");
    bytes_refused(state, "hi", 2, AIRS_EBADMODULE, "starts with the bytes 68 69,", "(\\0asm)");
    bytes_refused(state, "\0as", 3, AIRS_EBADMODULE, "starts with the bytes 00 61 73,", "(\\0asm)");
}

static void the_text_format_is_told_from_other_files(void **state) {
    bytes_refused(state, "(module)", 8, AIRS_EBADMODULE, "text format", "wat2wasm");
}

static void a_component_is_refused_with_a_way_out(void **state) {
    bytes_refused(state, "\0asm\x0d\0\x01\0", 8, AIRS_EBADMODULE, "is a component", "core module");
}

/* A module cut anywhere is an error with one line, never anything worse. */
static void a_module_cut_anywhere_is_refused(void **state) {
    char path[1024];
    char bytes[8192];
    int fd = open(test_guest_path("start_prints", path), O_RDONLY);
    ssize_t length = read(fd, bytes, sizeof bytes);
    close(fd);
    assert_in_range(length, 100, sizeof bytes - 1);
    unsigned refused = 0;
    for (size_t cut = 0; cut < (size_t)length; cut++) {
        airs_wasm_module *module = NULL;
        airs_error error = {0};
        if (airs_wasm_module_load(*state, "cut", bytes, cut, NULL, &module, &error) == AIRS_OK) {
            airs_wasm_module_unref(module); /* cut between the custom sections at its end */
            continue;
        }
        assert_int_equal(error.status, AIRS_EBADMODULE);
        test_contains(error.text, "cut: ");
        refused++;
    }
    assert_in_range(refused, (unsigned)length - 5, (unsigned)length);
}

/* --- the contract -------------------------------------------------------------------------------------------------------------- */

static void a_module_without_memory_is_refused(void **state) {
    guest_refused(state, "refused_no_memory", "exports no memory", "as \"memory\"");
}

static void something_else_called_memory_is_refused(void **state) {
    guest_refused(state, "refused_hidden_memory", "exports no memory", "as \"memory\"");
}

static void a_module_without_handle_message_is_refused(void **state) {
    guest_refused(state, "refused_no_handler", "exports no \"airs:actor/message-handler@0.1.0#handle-message\"",
                  "(i64, i32, i64, i32, i32) -> (i32)");
}

static void a_module_without_realloc_is_refused(void **state) {
    guest_refused(state, "refused_no_realloc", "exports no \"cabi_realloc\"", "(i32, i32, i32, i32) -> (i32)");
}

static void an_unknown_import_is_refused_with_the_nearest_known(void **state) {
    guest_refused(state, "refused_unknown_import", "imports \"airs:actor/messaging@0.1.0#send-mesage\"", "#send-message\"");
}

static void an_import_of_a_wrong_signature_is_refused(void **state) {
    guest_refused(state, "refused_import_signature", "has the signature (i64, i32, i32) -> ()", "expected (i64, i32, i32, i32) -> ()");
}

static void an_imported_global_is_refused(void **state) {
    guest_refused(state, "refused_import_global", "imports \"env#stack\", a global", "functions only");
}

static void an_imported_memory_is_refused(void **state) {
    guest_refused(state, "refused_import_memory", "imports a memory", "expected one of its own");
}

static void a_handler_of_a_wrong_signature_is_refused(void **state) {
    guest_refused(state, "refused_handler_signature", "has the signature (i64, i32, i32) -> (i32)",
                  "expected (i64, i32, i64, i32, i32) -> (i32)");
}

static void a_handler_that_is_a_global_is_refused(void **state) {
    guest_refused(state, "refused_handler_global", "is a global", "expected a function");
}

static void a_vector_in_a_signature_is_refused(void **state) {
    guest_refused(state, "refused_v128_signature", "(i64, i32, i64, other, i32) -> (i32)", "expected (i64, i32, i64, i32, i32) -> (i32)");
}

static void a_realloc_of_a_wrong_signature_is_refused(void **state) {
    guest_refused(state, "refused_realloc_signature", "export \"cabi_realloc\" has the signature (i32) -> (i32)",
                  "expected (i32, i32, i32, i32) -> (i32)");
}

static void an_initialize_of_a_wrong_signature_is_refused(void **state) {
    guest_refused(state, "refused_initialize_signature", "export \"_initialize\" has the signature (i32) -> ()", "expected () -> ()");
}

static void a_post_return_of_a_wrong_signature_is_refused(void **state) {
    guest_refused(state, "refused_post_signature", "export \"cabi_post_airs:actor/message-handler@0.1.0#handle-message\"",
                  "expected (i32) -> ()");
}

static void a_command_is_refused_with_a_way_out(void **state) {
    guest_refused(state, "refused_command", "a WASI command", "-mexec-model=reactor");
}

static void another_version_of_the_contract_is_named(void **state) {
    guest_refused(state, "refused_version", "message-handler@0.9.0#handle-message",
                  "expected \"airs:actor/message-handler@0.1.0#handle-message\"");
}

static void the_other_spelling_is_refused_in_one_line(void **state) {
    guest_refused(state, "refused_cm32p2", "cm32p2", "plain ones");
}

static void several_problems_are_counted(void **state) {
    guest_refused(state, "refused_everything", "(and ", "`airs inspect` lists them)");
}

/* --- limits -------------------------------------------------------------------------------------------------------------------- */

static void a_memory_that_starts_over_the_limit_is_refused(void **state) {
    guest_refused(state, "refused_large_memory", "starts with 65 MiB", "the limit `memory` is 64 MiB");
}

static void a_fifth_table_is_refused(void **state) {
    guest_refused(state, "refused_tables", "declares 5 tables", "the limit is 4");
}

/* A module of one section that holds `count` times `entry`. */
static char *repeated(uint8_t section, uint32_t count, const char *entry, size_t entry_length, size_t *ret_length) {
    size_t body = 5 + count * entry_length;
    char *bytes = malloc(8 + 6 + body);
    size_t at = 0;
    assert_non_null(bytes);
    memcpy(bytes, "\0asm\1\0\0\0", 8);
    at = 8;
    bytes[at++] = (char)section;
    for (int i = 0; i < 5; i++) {
        bytes[at++] = (char)(((body >> (7 * i)) & 0x7f) | (i < 4 ? 0x80 : 0));
    }
    for (int i = 0; i < 5; i++) {
        bytes[at++] = (char)((((uint64_t)count >> (7 * i)) & 0x7f) | (i < 4 ? 0x80 : 0));
    }
    for (uint32_t i = 0; i < count; i++, at += entry_length) {
        memcpy(bytes + at, entry, entry_length);
    }
    *ret_length = at;
    return bytes;
}

static void count_refused(void **state, uint8_t section, uint32_t count, const char *entry, size_t entry_length, const char *part,
                          const char *other_part) {
    size_t length = 0;
    char *bytes = repeated(section, count, entry, entry_length, &length);
    bytes_refused(state, bytes, length, AIRS_EBADMODULE, part, other_part);
    free(bytes);
}

/* Their bodies must be there too, as many, or it is no module. */
static void too_many_functions_are_refused_before_they_are_compiled(void **state) {
    size_t declared_length = 0;
    size_t bodies_length = 0;
    char *declared = repeated(3, 100001, "\0", 1, &declared_length);
    char *bodies = repeated(10, 100001, "\2\0\x0b", 3, &bodies_length);
    char *whole = malloc(declared_length + bodies_length);
    assert_non_null(whole);
    memcpy(whole, declared, declared_length);
    memcpy(whole + declared_length, bodies + 8, bodies_length - 8);
    bytes_refused(state, whole, declared_length + bodies_length - 8, AIRS_EBADMODULE, "declares 100001 functions", "the limit is 100000");
    free(whole);
    free(bodies);
    free(declared);
}

static void too_many_of_anything_is_refused_before_it_is_compiled(void **state) {
    count_refused(state, 6, 10001, "\x7f\x00\x41\x00\x0b", 5, "declares 10001 globals", "the limit is 10000");
    count_refused(state, 2, 10001, "\1m\1f\0\0", 6, "declares 10001 imports", "the limit is 10000");
    count_refused(state, 7, 10001, "\1f\0\0", 4, "declares 10001 exports", "the limit is 10000");
}

/* --- what is good -------------------------------------------------------------------------------------------------------------- */

static void a_module_outlives_its_engine(void **state) {
    (void)state;
    void *own = NULL;
    assert_int_equal(test_engine_setup(&own), 0);
    airs_wasm_module *module = airs_wasm_module_ref(test_load(own, "minimal"));
    test_engine_teardown(&own);
    airs_wasm_module_unref(module);
    airs_wasm_module_unref(module);
    airs_wasm_module_unref(NULL);
}

static void a_requester_without_reply_handler_loads_with_a_warning(void **state) {
    airs_wasm_module *module = test_load(*state, "asks_unheard");
    const char *const *warnings = NULL;
    assert_int_equal(airs_wasm_module_warnings(module, &warnings), 1);
    test_contains(warnings[0], "no reply-handler");
    airs_wasm_module_unref(module);
}

static void an_export_nobody_calls_loads_with_a_warning(void **state) {
    airs_wasm_module *module = test_load(*state, "exports_unused");
    const char *const *warnings = NULL;
    assert_int_equal(airs_wasm_module_warnings(module, &warnings), 1);
    test_contains(warnings[0], "health-check@0.1.0#health");
    airs_wasm_module_unref(module);
}

#define TESTS(X)                                               \
    X(a_missing_file_is_no_input)                              \
    X(a_folder_is_no_input)                                    \
    X(a_pipe_is_refused_and_not_waited_for)                    \
    X(an_empty_file_is_refused)                                \
    X(a_file_that_is_not_wasm_is_told_by_its_first_bytes)      \
    X(the_text_format_is_told_from_other_files)                \
    X(a_component_is_refused_with_a_way_out)                   \
    X(a_module_cut_anywhere_is_refused)                        \
    X(a_module_without_memory_is_refused)                      \
    X(something_else_called_memory_is_refused)                 \
    X(a_module_without_handle_message_is_refused)              \
    X(a_module_without_realloc_is_refused)                     \
    X(an_unknown_import_is_refused_with_the_nearest_known)     \
    X(an_import_of_a_wrong_signature_is_refused)               \
    X(an_imported_global_is_refused)                           \
    X(an_imported_memory_is_refused)                           \
    X(a_handler_of_a_wrong_signature_is_refused)               \
    X(a_handler_that_is_a_global_is_refused)                   \
    X(a_vector_in_a_signature_is_refused)                      \
    X(a_realloc_of_a_wrong_signature_is_refused)               \
    X(an_initialize_of_a_wrong_signature_is_refused)           \
    X(a_post_return_of_a_wrong_signature_is_refused)           \
    X(a_command_is_refused_with_a_way_out)                     \
    X(another_version_of_the_contract_is_named)                \
    X(the_other_spelling_is_refused_in_one_line)               \
    X(several_problems_are_counted)                            \
    X(a_memory_that_starts_over_the_limit_is_refused)          \
    X(a_fifth_table_is_refused)                                \
    X(too_many_of_anything_is_refused_before_it_is_compiled)   \
    X(too_many_functions_are_refused_before_they_are_compiled) \
    X(a_module_outlives_its_engine)                            \
    X(a_requester_without_reply_handler_loads_with_a_warning)  \
    X(an_export_nobody_calls_loads_with_a_warning)

#define TEST(name) cmocka_unit_test(name),

int main(void) {
    const struct CMUnitTest tests[] = {TESTS(TEST)};
    return cmocka_run_group_tests(tests, test_engine_setup, test_engine_teardown);
}
