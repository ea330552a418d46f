#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <jansson.h>

#include <airs/log.h>

/* A log into a file that can be read back. */
typedef struct fixture {
    FILE *file;
    airs_log *log;
    char line[65536];
} fixture;

static fixture *open_log(airs_log_level level, airs_log_format format) {
    fixture *f = calloc(1, sizeof *f);
    f->file = tmpfile();
    airs_log_options options = {fileno(f->file), level, format};
    assert_int_equal(airs_log_new(&options, &f->log, NULL), AIRS_OK);
    return f;
}

static void close_log(fixture *f) {
    airs_log_free(f->log);
    fclose(f->file);
    free(f);
}

static const char *read_back(fixture *f) {
    rewind(f->file);
    size_t length = fread(f->line, 1, sizeof f->line - 1, f->file);
    f->line[length] = '\0';
    return f->line;
}

static void not_a_terminal_gets_json_lines(void **state) {
    (void)state;
    fixture *f = open_log(AIRS_LOG_INFO, AIRS_LOG_AUTO);
    airs_logf(f->log, AIRS_LOG_WARN, "a/b/c", "trap", "handler-failed", "say \"%s\"\n", "hi");
    const char *text = read_back(f);
    assert_ptr_equal(strchr(text, '\n'), text + strlen(text) - 1);
    json_t *line = json_loads(text, 0, NULL);
    assert_non_null(line);
    assert_string_equal(json_string_value(json_object_get(line, "level")), "warn");
    assert_string_equal(json_string_value(json_object_get(line, "component")), "a/b/c");
    assert_string_equal(json_string_value(json_object_get(line, "event")), "trap");
    assert_string_equal(json_string_value(json_object_get(line, "msg")), "say \"hi\"\n");
    assert_string_equal(json_string_value(json_object_get(line, "err")), "handler-failed");
    assert_int_equal(strlen(json_string_value(json_object_get(line, "ts"))), strlen("2025-01-01T00:00:00.000000Z"));
    json_decref(line);
    close_log(f);
}

static void text_has_one_line_an_event_and_no_colour_outside_a_terminal(void **state) {
    (void)state;
    fixture *f = open_log(AIRS_LOG_TRACE, AIRS_LOG_TEXT);
    airs_log_event event = {AIRS_LOG_INFO, "a/b/c", "guest-log", "one\ntwo\x1b[31m\0!", 14, NULL};
    airs_log_write(f->log, &event);
    airs_logf(f->log, AIRS_LOG_ERROR, NULL, NULL, NULL, "plain");
    const char *text = read_back(f);
    assert_non_null(strstr(text, " INFO  a/b/c guest-log: one\\ntwo\\x1b[31m\\x00!\n"));
    assert_non_null(strstr(text, " ERROR plain\n"));
    assert_null(strchr(text, '\033'));
    close_log(f);
}

static void events_below_the_level_are_not_written(void **state) {
    (void)state;
    fixture *f = open_log(AIRS_LOG_WARN, AIRS_LOG_TEXT);
    airs_logf(f->log, AIRS_LOG_INFO, NULL, NULL, NULL, "no");
    assert_false(airs_log_enabled(f->log, AIRS_LOG_INFO));
    assert_true(airs_log_enabled(f->log, AIRS_LOG_WARN));
    assert_false(airs_log_enabled(NULL, AIRS_LOG_ERROR));
    airs_logf(NULL, AIRS_LOG_ERROR, NULL, NULL, NULL, "nowhere");
    assert_string_equal(read_back(f), "");
    close_log(f);
}

static void a_line_is_at_most_four_kilobytes_and_still_json(void **state) {
    (void)state;
    char *many = malloc(100000);
    memset(many, 1, 100000);
    fixture *f = open_log(AIRS_LOG_TRACE, AIRS_LOG_JSON);
    airs_log_event event = {AIRS_LOG_INFO, "a/b/c", "guest-log", many, 100000, "trap"};
    airs_log_write(f->log, &event);
    const char *text = read_back(f);
    assert_true(strlen(text) <= 4096);
    json_t *line = json_loads(text, 0, NULL);
    assert_non_null(line);
    const char *message = json_string_value(json_object_get(line, "msg"));
    assert_string_equal(message + strlen(message) - 3, "...");
    assert_string_equal(json_string_value(json_object_get(line, "err")), "trap");
    json_decref(line);
    free(many);
    close_log(f);
}

static void *write_many(void *log) {
    for (int i = 0; i < 500; i++) {
        airs_logf(log, AIRS_LOG_INFO, "a/b/c", "count", NULL, "%0500d", i);
    }
    return NULL;
}

static void lines_of_several_threads_do_not_mix(void **state) {
    (void)state;
    FILE *file = tmpfile();
    /* Append, as a log file is opened: two writers of one offset would overwrite each other, whoever wrote them. */
    char path[64];
    snprintf(path, sizeof path, "/proc/self/fd/%d", fileno(file));
    FILE *appending = fopen(path, "a");
    airs_log *log = NULL;
    airs_log_options options = {fileno(appending), AIRS_LOG_INFO, AIRS_LOG_JSON};
    assert_int_equal(airs_log_new(&options, &log, NULL), AIRS_OK);
    pthread_t threads[4];
    for (int i = 0; i < 4; i++) {
        pthread_create(&threads[i], NULL, write_many, log);
    }
    for (int i = 0; i < 4; i++) {
        pthread_join(threads[i], NULL);
    }
    rewind(file);
    char line[2048];
    int count = 0;
    while (fgets(line, sizeof line, file) != NULL) {
        json_t *one = json_loads(line, 0, NULL);
        assert_non_null(one);
        json_decref(one);
        count++;
    }
    assert_int_equal(count, 2000);
    airs_log_free(log);
    fclose(appending);
    fclose(file);
}

static void levels_are_read_by_name(void **state) {
    (void)state;
    airs_log_level level = AIRS_LOG_OFF;
    assert_int_equal(airs_log_level_parse("debug", &level, NULL), AIRS_OK);
    assert_int_equal(level, AIRS_LOG_DEBUG);
    airs_error error;
    assert_int_equal(airs_log_level_parse("loud", &level, &error), AIRS_EINVAL);
    assert_int_equal(level, AIRS_LOG_DEBUG);
    assert_non_null(strstr(error.text, "trace, debug, info"));
}

static void bad_options_are_refused(void **state) {
    (void)state;
    airs_log *log = NULL;
    airs_log_options options = {-1, AIRS_LOG_INFO, AIRS_LOG_AUTO};
    assert_int_equal(airs_log_new(&options, &log, NULL), AIRS_EINVAL);
    assert_int_equal(airs_log_new(NULL, &log, NULL), AIRS_EINVAL);
    assert_null(log);
    airs_log_free(NULL);
}

#define TESTS(X)                                                   \
    X(not_a_terminal_gets_json_lines)                              \
    X(text_has_one_line_an_event_and_no_colour_outside_a_terminal) \
    X(events_below_the_level_are_not_written)                      \
    X(a_line_is_at_most_four_kilobytes_and_still_json)             \
    X(lines_of_several_threads_do_not_mix)                         \
    X(levels_are_read_by_name)                                     \
    X(bad_options_are_refused)

#define TEST(name) cmocka_unit_test(name),

int main(void) {
    const struct CMUnitTest tests[] = {TESTS(TEST)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
