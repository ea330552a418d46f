#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "node/pipe/line_reader.h"

/* A stream of these bytes. */
static int stream_of(const void *bytes, size_t length) {
    FILE *file = tmpfile();
    fwrite(bytes, 1, length, file);
    fflush(file);
    int fd = dup(fileno(file));
    fclose(file);
    lseek(fd, 0, SEEK_SET);
    return fd;
}

static airsi_line_reader *reader_of(int fd, size_t limit) {
    airsi_line_reader *reader = NULL;
    assert_int_equal(airsi_line_reader_new(fd, -1, limit, &reader, NULL), AIRS_OK);
    return reader;
}

static void assert_line(airsi_line_reader *reader, const char *wanted, size_t length, uint64_t number) {
    airsi_line line;
    assert_int_equal(airsi_line_reader_next(reader, &line, NULL), AIRSI_LINE_READ);
    assert_false(line.too_long);
    assert_int_equal(line.length, length);
    assert_int_equal(line.number, number);
    assert_memory_equal(line.data, wanted, length);
}

static void assert_end(airsi_line_reader *reader) {
    airsi_line line;
    assert_int_equal(airsi_line_reader_next(reader, &line, NULL), AIRSI_LINE_END);
    assert_int_equal(airsi_line_reader_next(reader, &line, NULL), AIRSI_LINE_END);
}

static void lines_come_without_their_lf_and_bytes_untouched(void **state) {
    (void)state;
    static const char text[] = "one\n\n\0\xff\r\nlast";
    int fd = stream_of(text, sizeof text - 1);
    airsi_line_reader *reader = reader_of(fd, 100);
    assert_line(reader, "one", 3, 1);
    assert_line(reader, "", 0, 2);
    assert_line(reader, "\0\xff\r", 3, 3);
    assert_line(reader, "last", 4, 4);
    assert_end(reader);
    assert_int_equal(airsi_line_reader_bytes(reader), sizeof text - 1);
    airsi_line_reader_free(reader);
    close(fd);
}

static void an_empty_stream_has_no_line_and_a_last_lf_adds_none(void **state) {
    (void)state;
    int fd = stream_of("", 0);
    airsi_line_reader *reader = reader_of(fd, 100);
    assert_end(reader);
    airsi_line_reader_free(reader);
    close(fd);
    fd = stream_of("a\n", 2);
    reader = reader_of(fd, 100);
    assert_line(reader, "a", 1, 1);
    assert_end(reader);
    airsi_line_reader_free(reader);
    close(fd);
}

static void a_line_over_the_limit_is_told_with_its_length_and_skipped(void **state) {
    (void)state;
    static const char text[] = "12345\n123456\nok\n1234567";
    int fd = stream_of(text, sizeof text - 1);
    airsi_line_reader *reader = reader_of(fd, 5);
    airsi_line line;
    assert_line(reader, "12345", 5, 1);
    assert_int_equal(airsi_line_reader_next(reader, &line, NULL), AIRSI_LINE_READ);
    assert_true(line.too_long);
    assert_int_equal(line.length, 6);
    assert_int_equal(line.number, 2);
    assert_line(reader, "ok", 2, 3);
    assert_int_equal(airsi_line_reader_next(reader, &line, NULL), AIRSI_LINE_READ);
    assert_true(line.too_long);
    assert_int_equal(line.length, 7);
    assert_end(reader);
    airsi_line_reader_free(reader);
    close(fd);
}

/* Lengths around every size the reader works with: chunk, limit, both. */
static void lines_of_any_length_come_whole(void **state) {
    (void)state;
    const size_t chunk = AIRSI_LINE_CHUNK;
    const size_t limit = 3 * chunk;
    const size_t lengths[] = {0,     1,         chunk - 1,     chunk,     chunk + 1, 2 * chunk, limit - 1,
                              limit, limit + 1, limit + chunk, 7 * chunk, 2,         limit,     limit + chunk + 1,
                              0,     chunk / 2};
    const size_t count = sizeof lengths / sizeof lengths[0];
    size_t total = 0;
    for (size_t i = 0; i < count; i++) {
        total += lengths[i] + 1;
    }
    char *text = malloc(total);
    size_t at = 0;
    for (size_t i = 0; i < count; i++) {
        memset(text + at, 'a' + (int)i, lengths[i]);
        text[at + lengths[i]] = '\n';
        at += lengths[i] + 1;
    }
    int fd = stream_of(text, total);
    airsi_line_reader *reader = reader_of(fd, limit);
    for (size_t i = 0; i < count; i++) {
        airsi_line line;
        assert_int_equal(airsi_line_reader_next(reader, &line, NULL), AIRSI_LINE_READ);
        assert_int_equal(line.length, lengths[i]);
        assert_int_equal(line.too_long, lengths[i] > limit);
        for (size_t j = 0; !line.too_long && j < line.length; j += 997) {
            assert_int_equal(line.data[j], 'a' + (int)i);
        }
    }
    assert_end(reader);
    airsi_line_reader_free(reader);
    close(fd);
    free(text);
}

static void *write_slowly(void *argument) {
    const int fd = *(int *)argument;
    static const char text[] = "first\nsecond, in pie";
    for (size_t i = 0; i < sizeof text - 1; i++) {
        assert_int_equal(write(fd, text + i, 1), 1);
    }
    assert_int_equal(write(fd, "ces\nend", 7), 7);
    close(fd);
    return NULL;
}

static void a_pipe_that_gives_a_byte_at_a_time_gives_the_same_lines(void **state) {
    (void)state;
    int fds[2];
    assert_int_equal(pipe(fds), 0);
    pthread_t thread;
    pthread_create(&thread, NULL, write_slowly, &fds[1]);
    airsi_line_reader *reader = reader_of(fds[0], 100);
    assert_line(reader, "first", 5, 1);
    assert_line(reader, "second, in pieces", 17, 2);
    assert_line(reader, "end", 3, 3);
    assert_end(reader);
    pthread_join(thread, NULL);
    airsi_line_reader_free(reader);
    close(fds[0]);
}

static void a_stop_ends_the_wait_for_a_silent_stream(void **state) {
    (void)state;
    int fds[2];
    assert_int_equal(pipe(fds), 0);
    int stop_fd = eventfd(0, 0);
    airsi_line_reader *reader = NULL;
    assert_int_equal(airsi_line_reader_new(fds[0], stop_fd, 100, &reader, NULL), AIRS_OK);
    assert_int_equal(write(fds[1], "a\nb", 3), 3);
    assert_line(reader, "a", 1, 1);
    assert_int_equal(eventfd_write(stop_fd, 1), 0);
    airsi_line line;
    assert_int_equal(airsi_line_reader_next(reader, &line, NULL), AIRSI_LINE_STOPPED);
    assert_int_equal(airsi_line_reader_next(reader, &line, NULL), AIRSI_LINE_END);
    airsi_line_reader_free(reader);
    close(fds[0]);
    close(fds[1]);
    close(stop_fd);
}

static void a_stream_that_cannot_be_read_is_told(void **state) {
    (void)state;
    int fd = open("/", O_RDONLY | O_DIRECTORY);
    airsi_line_reader *reader = reader_of(fd, 100);
    airsi_line line;
    airs_error error;
    assert_int_equal(airsi_line_reader_next(reader, &line, &error), AIRSI_LINE_FAILED);
    assert_int_equal(error.status, AIRS_ENOINPUT);
    assert_non_null(strstr(error.text, "stdin: can't be read after 0 lines"));
    airsi_line_reader_free(reader);
    close(fd);
}

#define TESTS(X)                                                 \
    X(lines_come_without_their_lf_and_bytes_untouched)           \
    X(an_empty_stream_has_no_line_and_a_last_lf_adds_none)       \
    X(a_line_over_the_limit_is_told_with_its_length_and_skipped) \
    X(lines_of_any_length_come_whole)                            \
    X(a_pipe_that_gives_a_byte_at_a_time_gives_the_same_lines)   \
    X(a_stop_ends_the_wait_for_a_silent_stream)                  \
    X(a_stream_that_cannot_be_read_is_told)

#define TEST(name) cmocka_unit_test(name),

int main(void) {
    const struct CMUnitTest tests[] = {TESTS(TEST)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
