/* What WASI preview 1 says to a guest that nothing was granted to (docs/DESIGN.md 5.11): errnos, and how much a call does at most. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "host_world.h"
#include "wasm/component/output.h"

#define ARGUMENTS_MAX 10 /* as many as host_call reads */
#define AT_RESULT 4096u
#define AT_VECTORS 8192u
#define AT_BYTES 65536u
#define BADF 8u
#define INVAL 28u
#define NOSYS 52u
#define NOTSUP 58u
#define SPIPE 70u

static void answers(host_world *world, const char *name, const uint64_t *arguments, uint64_t expected) {
    uint64_t value = UINT64_MAX;
    airsi_trap trap = {0};
    airs_status status = host_call(world, host_import(world, name), arguments, &value, &trap);
    host_check(world, status == AIRS_OK, "%s: %s", name, trap.text);
    host_check(world, value == expected, "%s answered %llu, not %llu", name, (unsigned long long)value, (unsigned long long)expected);
}

typedef struct row {
    const char *name;
    uint64_t errnum;
    uint64_t arguments[ARGUMENTS_MAX];
} row;

static void check_errnos(host_world *world) {
    static const row rows[] = {
        {"fd_write", BADF, {0, AT_VECTORS, 1, AT_RESULT}},
        {"fd_write", BADF, {3, AT_VECTORS, 1, AT_RESULT}},
        {"fd_write", INVAL, {1, AT_VECTORS, 1025, AT_RESULT}},
        {"fd_read", BADF, {1, AT_VECTORS, 1, AT_RESULT}},
        {"fd_read", BADF, {0xffffffff, AT_VECTORS, 1, AT_RESULT}},
        {"fd_read", INVAL, {0, AT_VECTORS, 1025, AT_RESULT}},
        {"fd_close", 0, {1}},
        {"fd_close", BADF, {3}},
        {"fd_seek", SPIPE, {1, 0, 0, AT_RESULT}},
        {"fd_seek", BADF, {3, 0, 0, AT_RESULT}},
        {"fd_fdstat_get", 0, {2, AT_RESULT}},
        {"fd_fdstat_get", BADF, {3, AT_RESULT}},
        {"fd_prestat_get", BADF, {3, AT_RESULT}},
        {"clock_time_get", 0, {1, 0, AT_RESULT}},
        {"clock_time_get", NOTSUP, {2, 0, AT_RESULT}},
        {"clock_time_get", INVAL, {4, 0, AT_RESULT}},
        {"random_get", 0, {AT_BYTES, 65536}},
        {"random_get", INVAL, {AT_BYTES, 65537}},
        {"poll_oneoff", INVAL, {AT_BYTES, AT_BYTES, 0, AT_RESULT}},
        {"poll_oneoff", INVAL, {AT_BYTES, AT_BYTES, 1025, AT_RESULT}},
        {"sched_yield", 0, {0}},
        {"path_open", NOSYS, {3, 0, AT_BYTES, 4, 0, 0, 0, 0, AT_RESULT}},
        {"sock_recv", NOSYS, {3, AT_VECTORS, 1, 0, AT_RESULT, AT_RESULT}},
        {"proc_raise", NOSYS, {9}},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        answers(world, rows[i].name, rows[i].arguments, rows[i].errnum);
    }
}

static void every_call_has_its_errno(void **state) {
    host_world_run(*state, CALLER_REALLOC_BUMP, check_errnos);
}

static void check_nothing_granted(host_world *world) {
    static const char *const names[] = {"args_sizes_get", "environ_sizes_get"};
    static const uint64_t arguments[ARGUMENTS_MAX] = {AT_RESULT, AT_RESULT + 4};
    for (size_t i = 0; i < 2; i++) {
        memset(host_memory(world, AT_RESULT, 8), 0xff, 8);
        answers(world, names[i], arguments, 0);
        host_check(world, airsi_load_u64(host_memory(world, AT_RESULT, 8)) == 0, "%s told of something", names[i]);
    }
}

static void there_are_no_arguments_and_no_environment(void **state) {
    host_world_run(*state, CALLER_REALLOC_BUMP, check_nothing_granted);
}

/* Two vectors of 200 KiB of the same bytes: the second is taken as far as the limit goes, and the guest is told. */
static void check_large_write(host_world *world) {
    static const uint64_t arguments[ARGUMENTS_MAX] = {1, AT_VECTORS, 2, AT_RESULT};
    uint8_t *vectors = host_memory(world, AT_VECTORS, 16);
    for (size_t i = 0; i < 2; i++) {
        airsi_store_u32(vectors + 8 * i, AT_BYTES);
        airsi_store_u32(vectors + 8 * i + 4, 200 * 1024);
    }
    answers(world, "fd_write", arguments, 0);
    uint32_t written = airsi_load_u32(host_memory(world, AT_RESULT, 4));
    host_check(world, written == 256 * 1024, "%u bytes written", (unsigned)written);
    airsi_component_flush_output(&world->component);
}

static void one_call_writes_256_kib_at_most_and_says_so(void **state) {
    host_world_run(*state, CALLER_REALLOC_BUMP, check_large_write);
}

#define TESTS(X)                                 \
    X(every_call_has_its_errno)                  \
    X(there_are_no_arguments_and_no_environment) \
    X(one_call_writes_256_kib_at_most_and_says_so)

#define TEST(name) cmocka_unit_test_setup_teardown(name, host_world_setup, host_world_teardown),

int main(void) {
    const struct CMUnitTest tests[] = {TESTS(TEST)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
