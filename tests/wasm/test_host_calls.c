/* Every host call with everything a hostile guest can hand it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "host_world.h"

#define ARGUMENTS_MAX 10u
#define WASI_INVAL 28u
#define WASI_NOSYS 52u

/* Places in the guest's memory with something sensible at each. */
enum {
    AT_BYTES = CALLER_SCRATCH,        /* "test", "sink", "main" */
    AT_RESULT = CALLER_SCRATCH + 256, /* room for every result */
    AT_TARGETS = CALLER_SCRATCH + 512,
    AT_VECTORS = CALLER_SCRATCH + 1024,
    AT_SUBSCRIPTIONS = CALLER_SCRATCH + 2048,
    AT_EVENTS = CALLER_SCRATCH + 4096,
};
#define SINK UINT64_MAX /* stands for the sink's handle in a row of arguments */

/* What each parameter is: v a value, b bytes, l how many, t targets, i vectors, s subscriptions, o events, n how many of those, r the
 * result, q a result too, x an address at which nothing is touched. */
typedef struct call_row {
    const char *name, *roles;
    uint32_t result_size, result_align;
    uint64_t good[ARGUMENTS_MAX];
} call_row;

static const call_row rows[] = {
    {"lookup", "blblblr", 16, 8, {AT_BYTES, 4, AT_BYTES + 4, 4, AT_BYTES + 8, 4, AT_RESULT}},
    {"component-id-of", "vr", 28, 4, {SINK, AT_RESULT}},
    {"send-message", "vblr", 2, 1, {SINK, AT_BYTES, 4, AT_RESULT}},
    {"broadcast", "tnblr", 8, 4, {AT_TARGETS, 2, AT_BYTES, 4, AT_RESULT}},
    {"send-request", "vblvr", 16, 8, {SINK, AT_BYTES, 4, 1, AT_RESULT}},
    {"reply", "vblr", 2, 1, {12345, AT_BYTES, 4, AT_RESULT}},
    {"reply-failure", "vblr", 2, 1, {12345, AT_BYTES, 4, AT_RESULT}},
    {"send-after", "vvblr", 16, 8, {1, SINK, AT_BYTES, 4, AT_RESULT}},
    {"log", "vbl", 0, 1, {0, AT_BYTES, 4}},
    {"args_get", "xx", 0, 1, {AT_RESULT, AT_RESULT}},
    {"args_sizes_get", "rq", 4, 4, {AT_RESULT, AT_RESULT + 8}},
    {"environ_get", "xx", 0, 1, {AT_RESULT, AT_RESULT}},
    {"environ_sizes_get", "rq", 4, 4, {AT_RESULT, AT_RESULT + 8}},
    {"clock_res_get", "vr", 8, 8, {1, AT_RESULT}},
    {"clock_time_get", "vvr", 8, 8, {1, 0, AT_RESULT}},
    {"fd_fdstat_get", "vr", 24, 8, {1, AT_RESULT}},
    {"fd_read", "vinr", 4, 4, {0, AT_VECTORS, 2, AT_RESULT}},
    {"fd_write", "vinr", 4, 4, {1, AT_VECTORS, 2, AT_RESULT}},
    {"poll_oneoff", "sonr", 4, 4, {AT_SUBSCRIPTIONS, AT_EVENTS, 2, AT_RESULT}},
    {"random_get", "bl", 0, 1, {AT_BYTES + 64, 16}},
};
#define ROW_COUNT (sizeof rows / sizeof rows[0])

static void prepare(host_world *world) {
    host_new_guest(world);
    memcpy(host_memory(world, AT_BYTES, 12), "testsinkmain", 12);
    for (uint32_t i = 0; i < 2; i++) {
        airsi_store_u64(host_memory(world, AT_TARGETS + 8 * i, 8), world->sink);
        airsi_store_u32(host_memory(world, AT_VECTORS + 8 * i, 4), AT_BYTES);
        airsi_store_u32(host_memory(world, AT_VECTORS + 8 * i + 4, 4), 4);
    }
}

static void good_arguments(const host_world *world, const call_row *row, uint64_t *arguments) {
    memcpy(arguments, row->good, sizeof row->good);
    for (size_t i = 0; i < ARGUMENTS_MAX; i++) {
        arguments[i] = arguments[i] == SINK ? world->sink : arguments[i];
    }
}

static airs_status call(host_world *world, const char *name, const uint64_t *arguments, uint64_t *ret_value, airsi_trap *ret_trap) {
    return host_call(world, host_import(world, name), arguments, ret_value, ret_trap);
}

static void good_calls(host_world *world) {
    for (size_t r = 0; r < ROW_COUNT; r++) {
        uint64_t arguments[ARGUMENTS_MAX], value = 0;
        airsi_trap trap = {0};
        prepare(world);
        good_arguments(world, &rows[r], arguments);
        airs_status status = call(world, rows[r].name, arguments, &value, &trap);
        host_check(world,
                   status == AIRS_OK && (strchr(world->imports[host_import(world, rows[r].name)]->signature, ':')[1] != 'i' || value == 0),
                   "%s: %s, returned %llu", rows[r].name, trap.text, (unsigned long long)value);
    }
}

static void good_arguments_are_taken(void **state) {
    host_world *world = *state;
    uint64_t before = airsi_load_relaxed(&world->sunk);
    host_world_run(world, CALLER_REALLOC_BUMP, good_calls);
    /* send-message, two of broadcast, send-request; the timer may or may not have fired */
    uint64_t sunk = airsi_load_relaxed(&world->sunk) - before;
    assert_in_range(sunk, 4, 5);
}

/* One argument of a row replaced: it must trap as a breach of the ABI, or be an errno. */
static void try_bad(host_world *world, const call_row *row, size_t parameter, uint64_t bad) {
    uint64_t arguments[ARGUMENTS_MAX], value = 0;
    airsi_trap trap = {0};
    prepare(world);
    good_arguments(world, row, arguments);
    arguments[parameter] = bad;
    airs_status status = call(world, row->name, arguments, &value, &trap);
    if (status == AIRS_OK) {
        bool wasi = host_import(world, row->name) >= airsi_messaging_import_count + airsi_services_import_count;
        host_check(world, wasi && value == WASI_INVAL, "%s with %#llx as argument %zu was taken", row->name, (unsigned long long)bad,
                   parameter);
    } else {
        host_check(world, trap.kind == AIRSI_TRAP_ABI, "%s with %#llx as argument %zu: %s", row->name, (unsigned long long)bad, parameter,
                   trap.text);
    }
}

static uint32_t size_at(const call_row *row, size_t parameter) {
    switch (row->roles[parameter]) {
    case 'b':
        return 4; /* the good length of all but random_get */
    case 't':
        return 16;
    case 'i':
        return 16;
    case 's':
        return 96;
    case 'o':
        return 64;
    case 'x':
        return 0;
    default:
        return row->result_size;
    }
}

static uint32_t align_at(const call_row *row, size_t parameter) {
    switch (row->roles[parameter]) {
    case 't':
    case 's':
    case 'o':
        return 8;
    case 'i':
        return 4;
    case 'r':
    case 'q':
        return row->result_align;
    default:
        return 1;
    }
}

static void bad_calls(host_world *world) {
    for (size_t r = 0; r < ROW_COUNT; r++) {
        for (size_t p = 0; rows[r].roles[p] != '\0'; p++) {
            char role = rows[r].roles[p];
            if (role == 'v') {
                continue;
            }
            try_bad(world, &rows[r], p, UINT32_MAX);
            try_bad(world, &rows[r], p, UINT32_C(1) << 31);
            try_bad(world, &rows[r], p, CALLER_MEMORY + 8);
            if (role == 'n') {
                try_bad(world, &rows[r], p, UINT32_C(1) << 29); /* times 8 is 0 in 32 bits */
                try_bad(world, &rows[r], p, 1025);
            }
            if (role != 'n' && role != 'l') {
                uint32_t align = align_at(&rows[r], p);
                try_bad(world, &rows[r], p, size_at(&rows[r], p) > 0 ? CALLER_MEMORY - size_at(&rows[r], p) + align : CALLER_MEMORY + 1);
                for (uint32_t off = 1; off < align; off++) {
                    try_bad(world, &rows[r], p, rows[r].good[p] + off);
                }
            }
        }
    }
}

static void a_bad_pointer_traps_before_anything_happens(void **state) {
    host_world *world = *state;
    uint64_t before = airsi_load_relaxed(&world->sunk);
    host_world_run(world, CALLER_REALLOC_BUMP, bad_calls);
    assert_int_equal(airsi_load_relaxed(&world->sunk), before);
}

static bool has_row(const char *name) {
    for (size_t r = 0; r < ROW_COUNT; r++) {
        if (strcmp(rows[r].name, name) == 0) {
            return true;
        }
    }
    return false;
}

static void other_calls(host_world *world) {
    static const uint64_t all_ones[ARGUMENTS_MAX] = {UINT64_MAX, UINT64_MAX, UINT64_MAX, UINT64_MAX, UINT64_MAX,
                                                     UINT64_MAX, UINT64_MAX, UINT64_MAX, UINT64_MAX, UINT64_MAX};
    for (size_t i = 0; i < world->import_count; i++) {
        airsi_trap trap = {0};
        uint64_t value = 0;
        if (has_row(world->imports[i]->name) || strcmp(world->imports[i]->name, "proc_exit") == 0) {
            continue;
        }
        host_check(world, host_call(world, i, all_ones, &value, &trap) == AIRS_OK, "%s: %s", world->imports[i]->name, trap.text);
        if (strncmp(world->imports[i]->name, "path_", 5) == 0 || strncmp(world->imports[i]->name, "sock_", 5) == 0) {
            host_check(world, value == WASI_NOSYS, "%s is granted: %llu", world->imports[i]->name, (unsigned long long)value);
        }
    }
}

static void a_call_that_is_not_in_the_table_looks_at_no_memory(void **state) {
    host_world_run(*state, CALLER_REALLOC_BUMP, other_calls);
}

/* --- random arguments ----------------------------------------------------------------------------------------------------------- */

static uint64_t random_state;

static uint64_t next_random(void) { /* splitmix64 */
    uint64_t z = random_state += UINT64_C(0x9e3779b97f4a7c15);
    z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
    return z ^ z >> 31;
}

static uint64_t random_argument(const host_world *world) {
    static const uint64_t edges[] = {0,
                                     1,
                                     2,
                                     3,
                                     4,
                                     8,
                                     1024,
                                     1025,
                                     65536,
                                     AT_BYTES,
                                     AT_RESULT,
                                     AT_TARGETS,
                                     AT_VECTORS,
                                     CALLER_MEMORY - 8,
                                     CALLER_MEMORY,
                                     INT32_MAX,
                                     UINT32_C(1) << 31,
                                     UINT32_MAX,
                                     UINT64_MAX};
    size_t choice = next_random() % (sizeof edges / sizeof edges[0] + 3);
    if (choice < sizeof edges / sizeof edges[0]) {
        return edges[choice];
    }
    return choice % 3 == 0 ? world->sink : choice % 3 == 1 ? next_random() % CALLER_MEMORY : next_random();
}

static void random_calls(host_world *world) {
    prepare(world);
    for (unsigned i = 0; i < 20000; i++) {
        uint64_t arguments[ARGUMENTS_MAX], value;
        airsi_trap trap = {0};
        for (size_t a = 0; a < ARGUMENTS_MAX; a++) {
            arguments[a] = random_argument(world);
        }
        size_t index = next_random() % world->import_count;
        if (host_call(world, index, arguments, &value, &trap) != AIRS_OK) {
            host_check(world,
                       trap.text[0] != '\0' &&
                           (trap.kind == AIRSI_TRAP_ABI || trap.kind == AIRSI_TRAP_EXIT || trap.kind == AIRSI_TRAP_TIME),
                       "%s: kind %d, %s", world->imports[index]->name, (int)trap.kind, trap.text);
            prepare(world);
        }
    }
}

static void random_arguments_never_hurt_the_host(void **state) {
    const char *seed = getenv("AIRS_TEST_SEED");
    random_state = seed != NULL ? strtoull(seed, NULL, 0) : 20240607;
    printf("AIRS_TEST_SEED=%llu\n", (unsigned long long)random_state);
    host_world_run(*state, CALLER_REALLOC_BUMP, random_calls);
}

/* --- cabi_realloc in the middle of a call ----------------------------------------------------------------------------------------- */

static void check_results_in_grown_memory(host_world *world) {
    uint64_t arguments[ARGUMENTS_MAX];
    airsi_trap trap = {0};
    static const char *const parts[] = {"test", "sink", "main"};
    prepare(world);
    good_arguments(world, &rows[1], arguments);
    host_check(world, call(world, "component-id-of", arguments, NULL, &trap) == AIRS_OK, "%s", trap.text);
    const uint8_t *ret = host_memory(world, AT_RESULT, 28);
    host_check(world, ret[0] == 1, "the sink has an id");
    for (size_t i = 0; i < 3; i++) {
        uint32_t at = airsi_load_u32(ret + 4 + 8 * i), length = airsi_load_u32(ret + 8 + 8 * i);
        host_check(world, length == 4 && memcmp(host_memory(world, at, 4), parts[i], 4) == 0, "part %zu of the id", i);
    }
    good_arguments(world, &rows[3], arguments);
    airsi_store_u64(host_memory(world, AT_TARGETS + 8, 8), 0);
    host_check(world, call(world, "broadcast", arguments, NULL, &trap) == AIRS_OK, "%s", trap.text);
    ret = host_memory(world, AT_RESULT, 8);
    const uint8_t *outcomes = host_memory(world, airsi_load_u32(ret), 4);
    host_check(world, airsi_load_u32(ret + 4) == 2 && outcomes[0] == 0 && outcomes[2] == 1 && outcomes[3] == 0, "outcomes of a broadcast");
    host_check(world, airsi_guest_memory_bytes(world->guest) == CALLER_MEMORY + 4u * 65536u, "cabi_realloc was called 4 times");
}

static void a_memory_that_grows_in_a_call_is_followed(void **state) {
    host_world_run(*state, CALLER_REALLOC_GROW, check_results_in_grown_memory);
}

static void check_dies(host_world *world, airsi_trap_kind kind, const char *text) {
    for (size_t r = 1; r <= 3; r += 2) { /* component-id-of and broadcast */
        uint64_t arguments[ARGUMENTS_MAX];
        airsi_trap trap = {0};
        prepare(world);
        good_arguments(world, &rows[r], arguments);
        host_check(world,
                   call(world, rows[r].name, arguments, NULL, &trap) == AIRS_ETRAP && trap.kind == kind && strstr(trap.text, text) != NULL,
                   "%s: kind %d, %s", rows[r].name, (int)trap.kind, trap.text);
    }
}

static void check_trapping_realloc(host_world *world) {
    check_dies(world, AIRSI_TRAP_UNREACHABLE, "unreachable");
}

static void check_outside_realloc(host_world *world) {
    check_dies(world, AIRSI_TRAP_ABI, "outside the memory");
}

static void check_sending_realloc(host_world *world) {
    check_dies(world, AIRSI_TRAP_ABI, "cabi_realloc");
}

static void check_aliasing_realloc(host_world *world) {
    uint64_t arguments[ARGUMENTS_MAX];
    airsi_trap trap = {0};
    prepare(world);
    good_arguments(world, &rows[1], arguments);
    arguments[1] = CALLER_SCRATCH; /* the result lies where cabi_realloc says there is room */
    host_check(world, call(world, "component-id-of", arguments, NULL, &trap) == AIRS_OK, "%s", trap.text);
}

static void a_hostile_cabi_realloc_ends_its_guest_only(void **state) {
    host_world_run(*state, CALLER_REALLOC_TRAP, check_trapping_realloc);
    host_world_run(*state, CALLER_REALLOC_OUTSIDE, check_outside_realloc);
    host_world_run(*state, CALLER_REALLOC_SENDS, check_sending_realloc);
    host_world_run(*state, CALLER_REALLOC_RESULT, check_aliasing_realloc);
    host_world_run(*state, CALLER_REALLOC_BUMP, good_calls);
}

/* --- budgets and texts ------------------------------------------------------------------------------------------------------------ */

static void check_aliases(host_world *world) {
    static const uint64_t looked_up[ARGUMENTS_MAX] = {65536, 500000, 65536, 500000, 65536, 500000, AT_RESULT};
    airsi_trap trap = {0};
    prepare(world);
    memset(host_memory(world, 65536, 500000), 'a', 500000);
    host_check(world, call(world, "lookup", looked_up, NULL, &trap) == AIRS_ETRAP && trap.kind == AIRSI_TRAP_ABI, "lookup: %s", trap.text);

    static const uint64_t written[ARGUMENTS_MAX] = {1, 8192, 1024, AT_RESULT};
    uint64_t error = 1;
    prepare(world);
    for (uint32_t i = 0; i < 1024; i++) {
        airsi_store_u32(host_memory(world, 8192 + 8 * i, 4), 65536);
        airsi_store_u32(host_memory(world, 8192 + 8 * i + 4, 4), 1800000);
    }
    host_check(world, call(world, "fd_write", written, &error, &trap) == AIRS_OK && error == 0, "fd_write: %s", trap.text);
    host_check(world, airsi_load_u32(host_memory(world, AT_RESULT, 4)) == 256u * 1024u, "fd_write takes a bounded part");
}

static void lists_of_the_same_bytes_meet_a_bound(void **state) {
    host_world_run(*state, CALLER_REALLOC_BUMP, check_aliases);
}

static void check_large_payloads(host_world *world) {
    static const char *const names[] = {"send-message", "reply"};
    for (size_t i = 0; i < 2; i++) {
        uint64_t arguments[ARGUMENTS_MAX] = {world->sink, 65536, 1200000, AT_RESULT};
        airsi_trap trap = {0};
        prepare(world);
        host_check(world, call(world, names[i], arguments, NULL, &trap) == AIRS_OK, "%s: %s", names[i], trap.text);
        const uint8_t *ret = host_memory(world, AT_RESULT, 2);
        host_check(world, ret[0] == 1 && ret[1] == (i == 0 ? 3 : 2), "%s: payload-too-large, not %d %d", names[i], ret[0], ret[1]);
    }
}

static void a_payload_over_every_limit_is_an_error_not_a_trap(void **state) {
    host_world_run(*state, CALLER_REALLOC_BUMP, check_large_payloads);
}

static void check_utf8(host_world *world) {
    const uint64_t calls[][ARGUMENTS_MAX] = {
        {0, 65536, 3},
        {12345, 65536, 3, AT_RESULT},
        {AT_BYTES, 4, 65536, 3, AT_BYTES, 4, AT_RESULT},
        {5, AT_BYTES, 4},
    };
    static const char *const names[] = {"log", "reply-failure", "lookup", "log"};
    static const char *const why[] = {"not UTF-8", "not UTF-8", "not UTF-8", "level 5"};
    for (size_t i = 0; i < 4; i++) {
        airsi_trap trap = {0};
        prepare(world);
        memcpy(host_memory(world, 65536, 3), "\xed\xa0\x80", 3); /* a surrogate */
        host_check(world,
                   call(world, names[i], calls[i], NULL, &trap) == AIRS_ETRAP && trap.kind == AIRSI_TRAP_ABI &&
                       strstr(trap.text, why[i]) != NULL,
                   "%s: %s", names[i], trap.text);
    }
}

static void a_text_that_is_not_utf8_and_a_level_that_is_none_trap(void **state) {
    host_world_run(*state, CALLER_REALLOC_BUMP, check_utf8);
}

/* --- what errors look like to the guest --------------------------------------------------------------------------------------------- */

static void check_look_up(host_world *world, const char *text, const uint32_t lengths[3], int error) {
    uint64_t arguments[ARGUMENTS_MAX] = {65536,      lengths[0], 65536 + lengths[0], lengths[1], 65536 + lengths[0] + lengths[1],
                                         lengths[2], AT_RESULT};
    airsi_trap trap = {0};
    prepare(world);
    memcpy(host_memory(world, 65536, (uint32_t)strlen(text)), text, strlen(text));
    host_check(world, call(world, "lookup", arguments, NULL, &trap) == AIRS_OK, "%s: %s", text, trap.text);
    const uint8_t *ret = host_memory(world, AT_RESULT, 16);
    host_check(world, ret[0] == 1 && ret[8] == error, "%s: error %d, not %d %d", text, error, ret[0], ret[8]);
}

static void check_errors(host_world *world) {
    check_look_up(world, "testsinknone", (const uint32_t[]){4, 4, 4}, 0);
    check_look_up(world, "TESTsinkmain", (const uint32_t[]){4, 4, 4}, 1);
    check_look_up(world, "testsink", (const uint32_t[]){4, 4, 0}, 1);
    check_look_up(world, "secretsinkmain", (const uint32_t[]){6, 4, 4}, 2);

    uint64_t to_nobody[ARGUMENTS_MAX] = {0, AT_BYTES, 4, AT_RESULT};
    airsi_trap trap = {0};
    prepare(world);
    host_check(world, call(world, "send-message", to_nobody, NULL, &trap) == AIRS_OK, "%s", trap.text);
    const uint8_t *ret = host_memory(world, AT_RESULT, 2);
    host_check(world, ret[0] == 1 && ret[1] == 0, "handle 0 is component-not-found, not %d %d", ret[0], ret[1]);

    uint64_t answer[ARGUMENTS_MAX] = {12345, AT_BYTES, 4, AT_RESULT};
    host_check(world, call(world, "reply", answer, NULL, &trap) == AIRS_OK, "%s", trap.text);
    ret = host_memory(world, AT_RESULT, 2);
    host_check(world, ret[0] == 1 && ret[1] == 0, "an unknown request is unknown-request, not %d %d", ret[0], ret[1]);
}

static void errors_have_the_numbers_of_the_wit(void **state) {
    host_world_run(*state, CALLER_REALLOC_BUMP, check_errors);
}

static void check_exit(host_world *world) {
    static const uint64_t seven[ARGUMENTS_MAX] = {7};
    airsi_trap trap = {0};
    host_check(world, call(world, "proc_exit", seven, NULL, &trap) == AIRS_ETRAP, "proc_exit returned");
    host_check(world, trap.kind == AIRSI_TRAP_EXIT && trap.exit_code == 7, "kind %d, code %d", (int)trap.kind, trap.exit_code);
}

static void proc_exit_ends_the_guest_with_its_code(void **state) {
    host_world_run(*state, CALLER_REALLOC_BUMP, check_exit);
}

/* --- waiting -------------------------------------------------------------------------------------------------------------------- */

static void subscribe(host_world *world, uint32_t index, uint8_t tag, uint32_t id, uint64_t timeout_ns, uint16_t flags) {
    uint8_t *at = host_memory(world, AT_SUBSCRIPTIONS + 48 * index, 48);
    memset(at, 0, 48);
    airsi_store_u64(at, 100 + index);
    at[8] = tag;
    airsi_store_u32(at + 16, id);
    airsi_store_u64(at + 24, timeout_ns);
    at[40] = (uint8_t)flags;
}

/* Polls `count` subscriptions; exactly one event, with this user data and errno. */
static void poll_for_one(host_world *world, uint64_t count, uint64_t user_data, uint32_t error) {
    const uint64_t arguments[ARGUMENTS_MAX] = {AT_SUBSCRIPTIONS, AT_EVENTS, count, AT_RESULT};
    airsi_trap trap = {0};
    uint64_t value = 1;
    host_check(world, call(world, "poll_oneoff", arguments, &value, &trap) == AIRS_OK && value == 0, "poll_oneoff: %llu %s",
               (unsigned long long)value, trap.text);
    const uint8_t *event = host_memory(world, AT_EVENTS, 32);
    uint32_t events = airsi_load_u32(host_memory(world, AT_RESULT, 4));
    host_check(world, events == 1 && airsi_load_u64(event) == user_data && (airsi_load_u32(event + 8) & 0xffff) == error,
               "%u events, the first of %llu with errno %u", (unsigned)events, (unsigned long long)airsi_load_u64(event),
               (unsigned)(airsi_load_u32(event + 8) & 0xffff));
}

static void check_polls(host_world *world) {
    prepare(world);
    subscribe(world, 0, 0, 1, 3600000000000u, 0);
    subscribe(world, 1, 0, 1, 1000000, 0);
    poll_for_one(world, 2, 101, 0); /* the sooner of two clocks */
    subscribe(world, 1, 0, 0, 1, 1);
    poll_for_one(world, 2, 101, 0); /* a time that has passed */
    subscribe(world, 1, 1, 0, 0, 0);
    poll_for_one(world, 2, 101, 0); /* an input at its end is ready */
    subscribe(world, 1, 2, 7, 0, 0);
    poll_for_one(world, 2, 101, 8); /* no such descriptor */
    subscribe(world, 1, 0, 9, 0, 0);
    poll_for_one(world, 2, 101, 28); /* no such clock */
    host_check(world, airsi_guest_budget_left(world->guest) > 0, "nothing of this used up the time");
    subscribe(world, 0, 0, 1, UINT64_MAX, 0);
    poll_for_one(world, 1, 100, 0);
    host_check(world, airsi_guest_budget_left(world->guest) == 0, "a sleep past the budget used it up");
}

static void a_guest_sleeps_no_longer_than_its_time(void **state) {
    host_world_run(*state, CALLER_REALLOC_BUMP, check_polls);
}

/* --- names ------------------------------------------------------------------------------------------------------------------------ */

static const airsi_import *find(const char *module, const char *name, const airsi_import **ret_nearest) {
    return airsi_import_find(module, strlen(module), name, strlen(name), ret_nearest);
}

static void an_unknown_import_gets_the_one_that_was_meant(void **state) {
    const airsi_import *nearest = NULL;
    (void)state;
    assert_non_null(find("wasi_snapshot_preview1", "fd_write", &nearest));
    assert_null(find("airs:actor/messaging@0.2.0", "send-mesage", &nearest));
    assert_string_equal(nearest->name, "send-message");
    assert_null(find("wasi_unstable", "fd_write", &nearest));
    assert_null(find("env", "abort", &nearest));
    assert_null(nearest);
    assert_null(find("", "", &nearest));
    assert_null(nearest);
}

#define TESTS(X)                                             \
    X(good_arguments_are_taken)                              \
    X(a_bad_pointer_traps_before_anything_happens)           \
    X(a_call_that_is_not_in_the_table_looks_at_no_memory)    \
    X(random_arguments_never_hurt_the_host)                  \
    X(a_memory_that_grows_in_a_call_is_followed)             \
    X(a_hostile_cabi_realloc_ends_its_guest_only)            \
    X(lists_of_the_same_bytes_meet_a_bound)                  \
    X(a_payload_over_every_limit_is_an_error_not_a_trap)     \
    X(a_text_that_is_not_utf8_and_a_level_that_is_none_trap) \
    X(errors_have_the_numbers_of_the_wit)                    \
    X(proc_exit_ends_the_guest_with_its_code)                \
    X(a_guest_sleeps_no_longer_than_its_time)                \
    X(an_unknown_import_gets_the_one_that_was_meant)

#define TEST(name) cmocka_unit_test_setup_teardown(name, host_world_setup, host_world_teardown),

int main(void) {
    const struct CMUnitTest tests[] = {TESTS(TEST)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
