#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "node/manifest_files.h"

static const char whole[] = "name: logwatch\n"
                            "workers: 3\n"
                            "components:\n"
                            "  - id: demo/parser/main\n"
                            "    file: parser.wasm\n"
                            "    config: { separator: \" \", depth: 3, share: 0.5, on: true, off: ~, quoted: \"7\", list: [1, two] }\n"
                            "    capabilities: { send: [\"demo/counter/*\"], receive: [\"*/*/*\"] }\n"
                            "  - id: demo/counter/{0..3}\n"
                            "    file: /abs/counter.wasm\n"
                            "    capabilities:\n"
                            "      receive: [\"demo/parser/main\", demo/report/main]\n"
                            "    limits: { memory: 8MiB, handler-time: 50ms, init-time: 2s, mailbox-messages: 64, mailbox-bytes: 4MiB,\n"
                            "              payload: 64KiB, in-flight: 7, timers: 8, hold-messages: 9, hold-bytes: 10, overflow: reject }\n"
                            "    memory-profile: auto\n"
                            "    restart: permanent\n";

static void a_whole_manifest_is_read(void **state) {
    (void)state;
    loaded *l = load_text(whole);
    assert_string_equal(problem_text(l, 0), "");
    assert_int_equal(l->status, AIRS_OK);
    const airsi_manifest *m = l->manifest;
    assert_string_equal(m->name, "logwatch");
    assert_int_equal(m->workers, 3);
    assert_int_equal(m->entry_count, 2);
    assert_int_equal(m->component_count, 5);

    const airsi_manifest_entry *parser = &m->entries[0];
    char expected[128];
    snprintf(expected, sizeof expected, "%s/parser.wasm", l->folder);
    assert_string_equal(parser->file, expected);
    assert_string_equal(parser->ids[0].text, "demo/parser/main");
    assert_string_equal(parser->config_json,
                        "{\"separator\":\" \",\"depth\":3,\"share\":0.5,\"on\":true,\"off\":null,\"quoted\":\"7\",\"list\":[1,\"two\"]}");
    assert_int_equal(parser->send.count, 1);
    assert_string_equal(parser->send.items[0], "demo/counter/*");
    const airs_limits defaults = AIRS_LIMITS_DEFAULT;
    assert_memory_equal(&parser->limits, &defaults, sizeof defaults);

    const airsi_manifest_entry *counter = &m->entries[1];
    assert_string_equal(counter->file, "/abs/counter.wasm");
    assert_string_equal(counter->config_json, "{}");
    assert_int_equal(counter->id_count, 4);
    assert_string_equal(counter->ids[3].text, "demo/counter/3");
    assert_int_equal(counter->receive.count, 2);
    assert_string_equal(counter->receive.items[1], "demo/report/main");
    const airs_limits limits = {64, 4u << 20, 64u << 10, 7, 8, 9, 10, AIRS_OVERFLOW_REJECT, 8u << 20, 50, 2000};
    assert_memory_equal(&counter->limits, &limits, sizeof limits);
    close_loaded(l);
}

/* The one component of a manifest, with a line of its own added. */
static loaded *with_line(const char *line) {
    char text[1024];
    snprintf(text, sizeof text, "components:\n  - id: a/b/c\n    file: x.wasm\n    %s\n", line);
    return load_text(text);
}

typedef struct wrong {
    const char *line;
    const char *says;
} wrong;

static void assert_all_wrong(const wrong *cases, size_t count, loaded *(*load)(const char *)) {
    for (size_t i = 0; i < count; i++) {
        loaded *l = load(cases[i].line);
        if (l->status != AIRS_ECONFIG || strstr(problem_text(l, 0), cases[i].says) == NULL) {
            print_error("case %zu: \"%s\" said \"%s\", not \"%s\"\n", i, cases[i].line, problem_text(l, 0), cases[i].says);
            fail();
        }
        close_loaded(l);
    }
}

#define COUNT_OF(array) (sizeof(array) / sizeof((array)[0]))

static void a_wrong_value_says_where_and_what_would_be_right(void **state) {
    (void)state;
    static const wrong cases[] = {
        {"limit: { memory: 8MiB }", ":4:5: components[0].limit: unknown key; did you mean limits?"},
        {"zzzzzzz: 1",
         ":4:5: components[0].zzzzzzz: unknown key; id, file, config, capabilities, limits, memory-profile or restart is right"},
        {"limits: { memroy: 8MiB }", ":4:15: components[0].limits.memroy: unknown key; did you mean memory?"},
        {"limits: { memory: 8MB }",
         ":4:23: components[0].limits.memory: \"8MB\" is not a size; bytes or a whole number of KiB, MiB or GiB"},
        {"limits: { memory: -1 }", "is not a size"},
        {"limits: { memory: 99999999999999999999 }", "is not a size"},
        {"limits: { memory: 18446744073709551615GiB }", "is not a size"},
        {"limits: { memory: \"8MiB\" }", "it is quoted text"},
        {"limits: { memory: [1] }", "it is a list; a size like 8MiB is right"},
        {"limits: { handler-time: 50 }", "\"50\" is not a duration; a whole number of ms, s, m or h"},
        {"limits: { handler-time: 0 }", "limit handler-time is 0;"},
        {"limits: { mailbox-messages: 0 }", ":4:13: components[0].limits: limit mailbox-messages is 0;"},
        {"limits: { mailbox-bytes: 8GiB }", "8GiB is too large; at most 4294967295"},
        {"limits: { payload: 2MiB }", "limit mailbox-bytes is 1048576, less than one payload (2097152 bytes)"},
        {"limits: { overflow: drop }", "\"drop\" is no policy; hold, reject, drop-new, drop-old or block is right"},
        {"limits: 5", "it is text; a mapping (key: value) is right"},
        {"memory-profile: dense", "dense comes with a later version; auto or guarded is right"},
        {"memory-profile: huge", "\"huge\" is not known; auto or guarded is right"},
        {"restart: transient", "transient comes with a later version; permanent is right"},
        {"capabilities: { send: demo/x/y }", "components[0].capabilities.send: it is text; a list is right"},
        {"capabilities: { send: [\"demo/x\"] }", ".send[0]: \"demo/x\" is not a pattern;"},
        {"capabilities: { send: [\"a/b/c\", \"demo/x*/y\"] }", ".send[1]: \"demo/x*/y\" is not a pattern;"},
        {"capabilities: { recieve: [] }", "unknown key; did you mean receive?"},
        {"config: 99999999999999999999", "is over 64 bits"},
        {"config: { a: { b: .inf } }", ":4:23: components[0].config: \".inf\" has no form in JSON"},
        {"config: { a: 1, a: 2 }", ":4:21: a: the key stands twice, first in line 4; once is right"},
        {"config: { [a]: 1 }", "a key is a list; text is right"},
        {"config: &anchor 1", "&anchor: anchors are not taken"},
        {"config: *alias", "*alias: aliases are not taken"},
        {"config: !!str 1", "tag:yaml.org,2002:str: tags are not taken"},
        {"config: !own { a: 1 }", "!own: tags are not taken"},
        {"file: y.wasm", "file: the key stands twice"},
        {"config: { unclosed", "not valid YAML: "},
    };
    assert_all_wrong(cases, COUNT_OF(cases), with_line);
}

static loaded *with_id(const char *id) {
    char text[512];
    snprintf(text, sizeof text, "components:\n  - file: x.wasm\n    id: %s\n", id);
    return load_text(text);
}

static void a_wrong_id_is_refused(void **state) {
    (void)state;
    static const wrong cases[] = {
        {"a/b", ":3:9: components[0].id: \"a/b\" has 2 segments; an id is namespace/name/instance"},
        {"a/B/c", "the name of the id has 'B' at position 1"},
        {"a/b/c_d", "has '_'"},
        {"airs/b/c", "the namespace airs is reserved"},
        {"a/b/{3..1}", "ends before it begins"},
        {"a/b/{0-3}", "has no valid range; {FIRST..LAST}"},
        {"a/b/{0..}", "has no valid range"},
        {"a/b/{00..03}", "has no valid range"},
        {"a/b/0..3}", "has no valid range"},
        {"a/{0..1}/{0..1}", "two ranges"},
        {"a/b/{0..999999999}", "too many"},
        {"a/b/{0..9999999999}", "no valid range"},
        {"\"\"", "it is empty; namespace/name/instance is right"},
        {"[a]", "it is a list"},
    };
    assert_all_wrong(cases, COUNT_OF(cases), with_id);
}

static void a_wrong_whole_is_refused(void **state) {
    (void)state;
    static const wrong cases[] = {
        {"", ":1:1: the file holds no document"},
        {"# only a comment\n", "the file holds no document"},
        {"just text", ":1:1: it is text; a mapping (key: value) is right"},
        {"name: x\n", "the key components is missing"},
        {"components: []\n", ":1:13: components: the list is empty"},
        {"components: {}\n", "it is a mapping; a list is right"},
        {"components: [1]\n", "components[0]: it is text; a mapping"},
        {"components:\n  - file: x.wasm\n", ":2:5: components[0]: the key id is missing"},
        {"components:\n  - id: a/b/c\n", "the key file is missing"},
        {"name: UPPER\ncomponents: [{id: a/b/c, file: x}]\n", "\"UPPER\" is no name"},
        {"workers: 0\ncomponents: [{id: a/b/c, file: x}]\n", "workers: \"0\" workers; auto or 1 to 255 is right"},
        {"workers: many\ncomponents: [{id: a/b/c, file: x}]\n", "workers: \"many\" workers; auto or 1 to 255 is right"},
        {"workers: \"many\"\ncomponents: [{id: a/b/c, file: x}]\n", "workers: \"many\" workers; auto or 1 to 255 is right"},
        {"workers: \"4\"\ncomponents: [{id: a/b/c, file: x}]\n", "workers: it is quoted text; 4 without quotes is right"},
        {"workers: 256\ncomponents: [{id: a/b/c, file: x}]\n", "workers: \"256\" workers; auto or 1 to 255 is right"},
        {"components: [{id: a/b/c, file: x}]\n---\nname: y\n", ":2:1: a second document begins; one is right"},
        {"%TAG ! tag:x,2000:\n---\ncomponents: [{id: a/b/c, file: x}]\n", "%TAG directives are not taken"},
        {"components: [{id: a/b/c, file: x}, {id: a/b/d, file: x}, {id: a/b/c, file: y}]\n",
         ":1:63: components[2].id: a/b/c is taken by line 1"},
        {"components:\n- {id: \"a/b/{0..3}\", file: x}\n- {id: a/b/2, file: x}\n", ":3:8: components[1].id: a/b/2 is taken by line 2"},
        {"components: [{id: a/b/c, file: \"a\\0b\"}]\n", "holds a NUL character"},
        {"\xff\xff", "not valid YAML"},
    };
    assert_all_wrong(cases, COUNT_OF(cases), load_text);
}

static void every_problem_is_told_not_only_the_first(void **state) {
    (void)state;
    loaded *l = load_text("nme: x\nworkers: 0\ncomponents:\n  - id: a/b\n    file: x.wasm\n    limits: { memory: big, payload: small }\n");
    assert_int_equal(l->problems.count, 5);
    assert_non_null(strstr(problem_text(l, 0), ":1:1: nme"));
    assert_non_null(strstr(problem_text(l, 4), "limits.payload"));
    assert_non_null(l->manifest);
    close_loaded(l);
}

static void a_flood_of_problems_is_bounded_and_counted(void **state) {
    (void)state;
    char *text = calloc(1, 100000);
    for (int i = 0; i < 500; i++) {
        sprintf(text + strlen(text), "key%d: 1\n", i);
    }
    loaded *l = load_text(text);
    assert_int_equal(l->problems.count, AIRSI_PROBLEMS_MAX);
    assert_int_equal(l->problems.left_out, 500 + 1 - AIRSI_PROBLEMS_MAX);
    close_loaded(l);
    free(text);
}

static void depth_and_size_are_bounded(void **state) {
    (void)state;
    char *text = calloc(1, AIRSI_MANIFEST_BYTES_MAX + 2);
    memset(text, '[', 500);
    loaded *l = load_text(text);
    assert_non_null(strstr(problem_text(l, 0), "more than 64 levels"));
    close_loaded(l);

    memset(text, '#', AIRSI_MANIFEST_BYTES_MAX + 1);
    l = load_text(text);
    assert_int_equal(l->status, AIRS_ECONFIG);
    assert_non_null(strstr(problem_text(l, 0), "are too many for a manifest"));
    close_loaded(l);

    strcpy(text, "components: [{id: a/b/c, file: x, config: {");
    for (int i = 0; i < 1001; i++) {
        sprintf(text + strlen(text), "key%d: 1,\n", i);
    }
    strcat(text, "}}]");
    l = load_text(text);
    assert_non_null(strstr(problem_text(l, 0), "more than 1000 keys"));
    close_loaded(l);
    free(text);
}

static void what_is_no_regular_file_is_not_waited_for(void **state) {
    (void)state;
    static const char *const paths[] = {"/tmp", "/dev/null", "/dev/tty", "/nonexistent/app.yaml"};
    for (size_t i = 0; i < COUNT_OF(paths); i++) {
        airsi_problems problems = {0};
        airsi_manifest *manifest;
        assert_int_equal(airsi_manifest_load(paths[i], &problems, &manifest), AIRS_ENOINPUT);
        assert_int_equal(problems.count, 1);
        assert_null(manifest);
        airsi_problems_fini(&problems);
    }
    char fifo[64];
    snprintf(fifo, sizeof fifo, "/tmp/airs-test-fifo-%d", (int)getpid());
    assert_int_equal(mkfifo(fifo, 0600), 0);
    airsi_problems problems = {0};
    airsi_manifest *manifest;
    assert_int_equal(airsi_manifest_load(fifo, &problems, &manifest), AIRS_ENOINPUT);
    airsi_problems_fini(&problems);
    unlink(fifo);
}

static void config_keeps_its_types(void **state) {
    (void)state;
    static const struct {
        const char *yaml, *json;
    } cases[] = {
        {"", "null"},
        {"null", "null"},
        {"~", "null"},
        {"True", "true"},
        {"FALSE", "false"},
        {"yes", "\"yes\""},
        {"0", "0"},
        {"-12", "-12"},
        {"+7", "7"},
        {"010", "10"},
        {"0o17", "15"},
        {"0xff", "255"},
        {"0x", "\"0x\""},
        {"1_000", "\"1_000\""},
        {"1.5", "1.5"},
        {"1e3", "1000.0"},
        {".5", "0.5"},
        {"5.", "5.0"},
        {".", "\".\""},
        {"1e", "\"1e\""},
        {"\"true\"", "\"true\""},
        {"'3'", "\"3\""},
        {"plain text", "\"plain text\""},
        {"9223372036854775807", "9223372036854775807"},
        {"{}", "{}"},
        {"[]", "[]"},
        {"\"a\\0b\"", "\"a\\u0000b\""},
        {"{1: a, true: b}", "{\"1\":\"a\",\"true\":\"b\"}"},
        {"\"\\u00fc\"", "\"\xC3\xBC\""},
        {"1.2.3", "\"1.2.3\""},
        {"2024-01-01", "\"2024-01-01\""},
        {"[[1], {a: [b]}]", "[[1],{\"a\":[\"b\"]}]"},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        char line[256];
        snprintf(line, sizeof line, "config: %s", cases[i].yaml);
        loaded *l = with_line(line);
        assert_string_equal(problem_text(l, 0), "");
        assert_string_equal(l->manifest->entries[0].config_json, cases[i].json);
        close_loaded(l);
    }
}

#define TESTS(X)                                        \
    X(a_whole_manifest_is_read)                         \
    X(a_wrong_value_says_where_and_what_would_be_right) \
    X(a_wrong_id_is_refused)                            \
    X(a_wrong_whole_is_refused)                         \
    X(every_problem_is_told_not_only_the_first)         \
    X(a_flood_of_problems_is_bounded_and_counted)       \
    X(depth_and_size_are_bounded)                       \
    X(what_is_no_regular_file_is_not_waited_for)        \
    X(config_keeps_its_types)

#define TEST(name) cmocka_unit_test(name),

int main(void) {
    const struct CMUnitTest tests[] = {TESTS(TEST)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
