#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "node/pipe/output.h"

static void count_close(void *user) {
    ++*(int *)user;
}

static char *read_all(int fd, size_t *ret_length) {
    size_t capacity = 1u << 22;
    char *bytes = malloc(capacity);
    size_t length = 0;
    ssize_t got;
    while ((got = read(fd, bytes + length, capacity - length)) > 0) {
        length += (size_t)got;
    }
    *ret_length = length;
    return bytes;
}

static void what_is_appended_is_written_with_an_lf(void **state) {
    (void)state;
    int fds[2];
    assert_int_equal(pipe(fds), 0);
    int closed = 0;
    airsi_output *output = NULL;
    assert_int_equal(airsi_output_open(fds[1], count_close, &closed, &output, NULL), AIRS_OK);
    airsi_output_line(output, "one", 3);
    airsi_output_line(output, NULL, 0);
    airsi_output_line(output, "\0two", 4);
    assert_true(airsi_output_close(output));
    airsi_output_free(output);
    close(fds[1]);
    size_t length;
    char *bytes = read_all(fds[0], &length);
    assert_int_equal(length, 10);
    assert_memory_equal(bytes, "one\n\n\0two\n", 10);
    assert_int_equal(closed, 0);
    free(bytes);
    close(fds[0]);
}

static void a_line_is_written_without_waiting_for_more(void **state) {
    (void)state;
    int fds[2];
    assert_int_equal(pipe(fds), 0);
    airsi_output *output = NULL;
    assert_int_equal(airsi_output_open(fds[1], NULL, NULL, &output, NULL), AIRS_OK);
    airsi_output_line(output, "now", 3);
    char bytes[4];
    assert_int_equal(read(fds[0], bytes, 4), 4); /* returns only because it was written */
    airsi_output_free(output);
    close(fds[0]);
    close(fds[1]);
}

typedef struct writer {
    airsi_output *output;
    char letter;
} writer;

static void *write_lines(void *argument) {
    const writer *w = argument;
    char line[600];
    memset(line, w->letter, sizeof line);
    for (size_t i = 0; i < 2000; i++) {
        airsi_output_line(w->output, line, i % sizeof line);
    }
    return NULL;
}

static void *read_in_thread(void *argument) {
    size_t *length = calloc(1, sizeof *length);
    char *bytes = read_all(*(int *)argument, length);
    for (size_t i = 1; i < *length; i++) {
        if (bytes[i] != '\n' && bytes[i - 1] != '\n') {
            assert_int_equal(bytes[i], bytes[i - 1]);
        }
    }
    free(bytes);
    return length;
}

static void lines_of_many_threads_stay_whole_and_none_is_lost(void **state) {
    (void)state;
    int fds[2];
    assert_int_equal(pipe(fds), 0);
    airsi_output *output = NULL;
    assert_int_equal(airsi_output_open(fds[1], NULL, NULL, &output, NULL), AIRS_OK);
    pthread_t threads[4];
    pthread_t reader;
    writer writers[4];
    pthread_create(&reader, NULL, read_in_thread, &fds[0]);
    for (int i = 0; i < 4; i++) {
        writers[i] = (writer){output, (char)('a' + i)};
        pthread_create(&threads[i], NULL, write_lines, &writers[i]);
    }
    for (int i = 0; i < 4; i++) {
        pthread_join(threads[i], NULL);
    }
    assert_true(airsi_output_close(output));
    airsi_output_free(output);
    close(fds[1]);
    void *length;
    pthread_join(reader, &length);
    size_t wanted = 0;
    for (size_t i = 0; i < 2000; i++) {
        wanted += i % 600 + 1;
    }
    assert_int_equal(*(size_t *)length, 4 * wanted);
    free(length);
    close(fds[0]);
}

static void a_closed_reader_is_told_once_and_nobody_blocks(void **state) {
    (void)state;
    int fds[2];
    assert_int_equal(pipe(fds), 0);
    close(fds[0]);
    int closed = 0;
    airsi_output *output = NULL;
    assert_int_equal(airsi_output_open(fds[1], count_close, &closed, &output, NULL), AIRS_OK);
    char line[1000];
    memset(line, 'x', sizeof line);
    for (int i = 0; i < 2000; i++) {
        airsi_output_line(output, line, sizeof line);
    }
    assert_false(airsi_output_close(output));
    assert_int_equal(closed, 1);
    assert_true(airsi_output_failed(output));
    airsi_output_free(output);
    close(fds[1]);
}

static void *fill(void *output) {
    char line[1000];
    memset(line, 'x', sizeof line);
    for (int i = 0; i < 2000; i++) {
        airsi_output_line(output, line, sizeof line);
    }
    return NULL;
}

static void a_reader_that_does_not_read_can_be_given_up(void **state) {
    (void)state;
    int fds[2];
    assert_int_equal(pipe(fds), 0);
    airsi_output *output = NULL;
    assert_int_equal(airsi_output_open(fds[1], NULL, NULL, &output, NULL), AIRS_OK);
    char *line = calloc(1, 200000); /* over what the pipe holds */
    airsi_output_line(output, line, 200000);
    free(line);
    pthread_t thread;
    pthread_create(&thread, NULL, fill, output); /* blocks: 2 MB are more than the pipe and the buffer take */
    airsi_output_give_up_in(output, 0);
    pthread_join(thread, NULL);
    assert_false(airsi_output_close(output));
    airsi_output_free(output);
    close(fds[0]);
    close(fds[1]);
}

static void a_close_with_a_deadline_does_not_wait_for_ever(void **state) {
    (void)state;
    int fds[2];
    assert_int_equal(pipe(fds), 0);
    airsi_output *output = NULL;
    assert_int_equal(airsi_output_open(fds[1], NULL, NULL, &output, NULL), AIRS_OK);
    char *line = calloc(1, 200000); /* over what the pipe holds, under what blocks the appender */
    airsi_output_line(output, line, 200000);
    airsi_output_give_up_in(output, 20);
    assert_false(airsi_output_close(output));
    airsi_output_free(output);
    free(line);
    close(fds[0]);
    close(fds[1]);
}

static void what_a_reader_takes_at_once_is_written_after_the_deadline_too(void **state) {
    (void)state;
    int fds[2];
    assert_int_equal(pipe(fds), 0);
    airsi_output *output = NULL;
    assert_int_equal(airsi_output_open(fds[1], NULL, NULL, &output, NULL), AIRS_OK);
    airsi_output_give_up_in(output, 0);
    char line[5000] = "";
    airsi_output_line(output, line, sizeof line);
    assert_true(airsi_output_close(output));
    airsi_output_free(output);
    close(fds[0]);
    close(fds[1]);
}

static int ignore_broken_pipes(void **state) {
    (void)state;
    signal(SIGPIPE, SIG_IGN);
    return 0;
}

#define TESTS(X)                                         \
    X(what_is_appended_is_written_with_an_lf)            \
    X(a_line_is_written_without_waiting_for_more)        \
    X(lines_of_many_threads_stay_whole_and_none_is_lost) \
    X(a_closed_reader_is_told_once_and_nobody_blocks)    \
    X(a_reader_that_does_not_read_can_be_given_up)       \
    X(a_close_with_a_deadline_does_not_wait_for_ever)    \
    X(what_a_reader_takes_at_once_is_written_after_the_deadline_too)

#define TEST(name) cmocka_unit_test(name),

int main(void) {
    const struct CMUnitTest tests[] = {TESTS(TEST)};
    return cmocka_run_group_tests(tests, ignore_broken_pipes, NULL);
}
