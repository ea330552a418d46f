/* Manifests with random damage are read or refused, never more than that. The sanitizers see the rest. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "node/manifest_files.h"

#define ROUNDS 4000

static const char whole[] = "name: noise\nworkers: auto\ncomponents:\n"
                            "  - id: demo/parser/main\n    file: parser.wasm\n"
                            "    config: { separator: \" \", depth: 0x1f, share: 0.5e3, on: true, off: ~, list: [1, two, [3]] }\n"
                            "    capabilities: { send: [\"demo/counter/*\"], receive: [\"*/*/*\"] }\n"
                            "  - id: demo/counter/{0..3}\n    file: counter.wasm\n"
                            "    limits: { memory: 8MiB, handler-time: 50ms, mailbox-messages: 64, payload: 64KiB, overflow: reject }\n"
                            "    memory-profile: auto\n    restart: permanent\n";

static const char *const pieces[] = {
    "&a ", "*a",   "!!int ",       "---\n",      "...\n", "{",    "}",        "[",        "]",      "\"",         "'",
    "|\n", ">\n",  "? ",           ": ",         "- ",    "\t",   "\n",       "  ",       "{0..9}", "{1..99999}", "99999999999999999999",
    "\0",  "\xff", "\xef\xbb\xbf", "%TAG ! x\n", "#",     "<<: ", "limits: ", "config: ", "id: "};

static size_t damage(char *text, size_t length, size_t capacity) {
    size_t at = (size_t)rand() % length;
    switch (rand() % 4) {
    case 0:
        text[at] = (char)(rand() & 0xff);
        return length;
    case 1: { /* a part goes */
        size_t gone = 1 + (size_t)rand() % 20;
        gone = gone < length - at ? gone : length - at - 1;
        memmove(text + at, text + at + gone, length - at - gone);
        return length - gone;
    }
    case 2: { /* a part comes twice */
        size_t more = 1 + (size_t)rand() % 60;
        more = more < length - at ? more : length - at;
        if (length + more > capacity) {
            return length;
        }
        memmove(text + at + more, text + at, length - at);
        return length + more;
    }
    default: {
        const char *piece = pieces[(size_t)rand() % (sizeof pieces / sizeof pieces[0])];
        size_t more = piece[0] != '\0' ? strlen(piece) : 1;
        if (length + more > capacity) {
            return length;
        }
        memmove(text + at + more, text + at, length - at);
        memcpy(text + at, piece, more);
        return length + more;
    }
    }
}

static void assert_sound(const loaded *l) {
    if (l->status != AIRS_OK) {
        assert_int_equal(l->status, AIRS_ECONFIG);
        assert_true(l->problems.count > 0);
        return;
    }
    assert_int_equal(l->problems.count, 0);
    size_t ids = 0;
    for (size_t i = 0; i < l->manifest->entry_count; i++) {
        const airsi_manifest_entry *entry = &l->manifest->entries[i];
        assert_true(entry->id_count > 0);
        assert_non_null(entry->file);
        assert_non_null(entry->config_json);
        assert_int_equal(airs_limits_check(&entry->limits, NULL), AIRS_OK);
        ids += entry->id_count;
    }
    assert_int_equal(ids, l->manifest->component_count);
}

static void a_damaged_manifest_is_read_or_refused(void **state) {
    (void)state;
    const char *given = getenv("SEED");
    unsigned seed = given != NULL ? (unsigned)strtoul(given, NULL, 10) : (unsigned)time(NULL);
    print_message("SEED=%u\n", seed);
    srand(seed);
    unsigned read = 0;
    for (int round = 0; round < ROUNDS; round++) {
        char text[4096];
        size_t length = sizeof whole - 1;
        memcpy(text, whole, length);
        for (int hits = 1 + rand() % 3; hits > 0; hits--) {
            length = damage(text, length, sizeof text);
        }
        loaded *l = load_bytes(text, length);
        assert_sound(l);
        read += l->status == AIRS_OK;
        for (size_t i = 0; i < l->problems.count; i++) {
            assert_null(strpbrk(l->problems.items[i].text, "\n\r\033"));
        }
        close_loaded(l);
    }
    /* Both happen, or the damage is of the wrong kind. */
    assert_in_range(read, 1, ROUNDS - 1);
}

#define TESTS(X) X(a_damaged_manifest_is_read_or_refused)

#define TEST(name) cmocka_unit_test(name),

int main(void) {
    const struct CMUnitTest tests[] = {TESTS(TEST)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
