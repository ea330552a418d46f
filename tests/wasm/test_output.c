/* What a guest prints and logs. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "wasm/component/output.h"

#define LINES_MAX 8

typedef struct heard {
    size_t count;
    int fd[LINES_MAX];
    size_t length[LINES_MAX];
    char start[LINES_MAX][16];
} heard;

static void hear(void *user, const airs_component_id *id, int fd, const char *line, size_t length) {
    heard *to = user;
    assert_string_equal(id->text, "test/printer/main");
    assert_true(to->count < LINES_MAX);
    to->fd[to->count] = fd;
    to->length[to->count] = length;
    snprintf(to->start[to->count++], sizeof to->start[0], "%.*s", (int)(length < 15 ? length : 15), line);
}

static airsi_component printer(heard *to) {
    airsi_component component = {.on_output = to != NULL ? hear : NULL, .output_user = to};
    static const char id[] = "test/printer/main";
    assert_int_equal(airs_component_id_parse(id, sizeof id - 1, &component.id, NULL), AIRS_OK);
    return component;
}

static void print(airsi_component *component, int fd, const char *text) {
    airsi_component_write(component, fd, text, strlen(text));
}

static void output_goes_out_in_whole_lines(void **state) {
    heard to = {0};
    airsi_component component = printer(&to);
    (void)state;
    print(&component, 1, "one\ntw");
    print(&component, 2, "oops");
    assert_int_equal(to.count, 1);
    print(&component, 1, "o\n\nthr");
    assert_int_equal(to.count, 3);
    assert_string_equal(to.start[1], "two");
    assert_int_equal(to.length[2], 0);
    airsi_component_flush_output(&component);
    assert_int_equal(to.count, 5);
    assert_string_equal(to.start[3], "thr");
    assert_int_equal(to.fd[3], 1);
    assert_string_equal(to.start[4], "oops");
    assert_int_equal(to.fd[4], 2);
    airsi_component_flush_output(&component);
    assert_int_equal(to.count, 5);
}

/* In pieces and in one, just fitting and one byte over. */
static void a_long_line_is_cut_and_the_next_one_is_whole(void **state) {
    char *line = malloc(AIRSI_OUTPUT_LINE_MAX + 3);
    (void)state;
    assert_non_null(line);
    memset(line, 'x', AIRSI_OUTPUT_LINE_MAX + 2);
    for (size_t over = 0; over <= 2; over++) {
        heard to = {0};
        airsi_component component = printer(&to);
        size_t length = AIRSI_OUTPUT_LINE_MAX + over;
        for (size_t at = 0; at < length; at += 1000) {
            airsi_component_write(&component, 1, line + at, length - at < 1000 ? length - at : 1000);
        }
        print(&component, 1, "\nnext\n");
        line[length] = '\n';
        airsi_component_write(&component, 1, line, length + 1);
        line[length] = 'x';
        assert_int_equal(to.count, 3);
        assert_int_equal(to.length[0], AIRSI_OUTPUT_LINE_MAX);
        assert_string_equal(to.start[1], "next");
        assert_int_equal(to.length[2], AIRSI_OUTPUT_LINE_MAX);
        airsi_component_flush_output(&component);
    }
    free(line);
}

/* Counts the lines with this in them that the component's log holds. */
static unsigned lines_with(FILE *file, const char *text) {
    char line[4096];
    unsigned count = 0;
    rewind(file);
    while (fgets(line, sizeof line, file) != NULL) {
        count += strstr(line, text) != NULL;
    }
    return count;
}

static void a_guest_that_floods_the_log_is_cut_off_and_counted(void **state) {
    FILE *file = tmpfile();
    airs_log *log;
    airsi_component component = printer(NULL);
    (void)state;
    if (file == NULL) {
        fail_msg("no temporary file");
        return;
    }
    const airs_log_options options = {.fd = fileno(file), .level = AIRS_LOG_INFO, .format = AIRS_LOG_JSON};
    assert_int_equal(airs_log_new(&options, &log, NULL), AIRS_OK);
    component.log = log;
    airsi_component_log(&component, AIRS_LOG_DEBUG, "below the level", 15);
    print(&component, 2, "a line for the log\n");
    unsigned sent = 0; /* more than a second may have: on a machine that stood still meanwhile, until one has */
    for (uint64_t window = 0; component.log_count <= AIRSI_GUEST_LOG_LINES_A_SECOND + 4 || window != component.log_window_ms; sent++) {
        window = component.log_window_ms;
        airsi_component_log(&component, AIRS_LOG_INFO, "flood", 5);
    }
    unsigned dropped = component.log_count - AIRSI_GUEST_LOG_LINES_A_SECOND;
    unsigned written = lines_with(file, "\"flood\"");
    assert_true(written + dropped <= sent && written >= AIRSI_GUEST_LOG_LINES_A_SECOND - 1);
    component.log_window_ms -= 1000; /* instead of waiting a second */
    airsi_component_log(&component, AIRS_LOG_INFO, "afterwards", 10);
    assert_int_equal(lines_with(file, "below the level"), 0);
    assert_int_equal(lines_with(file, "a line for the log"), 1);
    assert_in_range(lines_with(file, "guest-log-dropped"), 1, 2);
    assert_int_equal(lines_with(file, "afterwards"), 1);
    airs_log_free(log);
    fclose(file);
}

#define TESTS(X)                                    \
    X(output_goes_out_in_whole_lines)               \
    X(a_long_line_is_cut_and_the_next_one_is_whole) \
    X(a_guest_that_floods_the_log_is_cut_off_and_counted)

#define TEST(name) cmocka_unit_test(name),

int main(void) {
    const struct CMUnitTest tests[] = {TESTS(TEST)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
