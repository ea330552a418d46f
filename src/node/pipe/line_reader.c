#include "node/pipe/line_reader.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <unistd.h>

#include "base/memory.h"

/* buffer[start, end) has been read and not given out; no LF is in buffer[start, scanned). */
struct airsi_line_reader {
    int fd;
    int stop_fd;
    size_t limit;
    char *buffer;
    size_t capacity;
    size_t start, scanned, end;
    uint64_t number;
    uint64_t bytes;
    uint64_t skipped; /* of a line that is too long: bytes of it that were thrown away */
    bool ended;
};

airs_status airsi_line_reader_new(int fd, int stop_fd, size_t limit, airsi_line_reader **ret_reader, airs_error *error) {
    airsi_line_reader *reader = airsi_calloc(1, sizeof *reader);
    char *buffer = airsi_malloc(AIRSI_LINE_CHUNK);
    if (reader == NULL || buffer == NULL) {
        airsi_free(reader);
        airsi_free(buffer);
        return airs_error_set(error, AIRS_ENOMEM, "no memory to read lines");
    }
    *reader = (airsi_line_reader){.fd = fd, .stop_fd = stop_fd, .limit = limit, .buffer = buffer, .capacity = AIRSI_LINE_CHUNK};
    *ret_reader = reader;
    return AIRS_OK;
}

void airsi_line_reader_free(airsi_line_reader *reader) {
    if (reader != NULL) {
        airsi_free(reader->buffer);
        airsi_free(reader);
    }
}

uint64_t airsi_line_reader_bytes(const airsi_line_reader *reader) {
    return reader->bytes;
}

/* Throws away what can't become a line any more: the beginning was longer than the limit. */
static void skip_long(airsi_line_reader *reader) {
    size_t waiting = reader->end - reader->start;
    if (reader->skipped > 0 || waiting > reader->limit) {
        reader->skipped += waiting;
        reader->start = reader->scanned = reader->end = 0;
    }
}

/* Room for a read worth its call: moves what waits to the front, or doubles, up to the limit and a chunk. */
static bool make_room(airsi_line_reader *reader) {
    if (reader->capacity - reader->end >= AIRSI_LINE_CHUNK / 2) {
        return true;
    }
    if (reader->start > 0) {
        memmove(reader->buffer, reader->buffer + reader->start, reader->end - reader->start);
        reader->scanned -= reader->start;
        reader->end -= reader->start;
        reader->start = 0;
        return true;
    }
    if (reader->end < reader->capacity && reader->capacity == reader->limit + AIRSI_LINE_CHUNK) {
        return true;
    }
    size_t most = reader->limit + AIRSI_LINE_CHUNK;
    size_t capacity = 2 * reader->capacity < most ? 2 * reader->capacity : most;
    char *buffer = airsi_realloc(reader->buffer, capacity);
    if (buffer == NULL) {
        return false;
    }
    reader->buffer = buffer;
    reader->capacity = capacity;
    return true;
}

/* Waits for bytes or the stop. */
static airsi_line_outcome wait_for_input(const airsi_line_reader *reader) {
    struct pollfd fds[2] = {{reader->fd, POLLIN, 0}, {reader->stop_fd, POLLIN, 0}};
    while (poll(fds, 2, -1) < 0 && errno == EINTR) {
    }
    return fds[1].revents != 0 ? AIRSI_LINE_STOPPED : AIRSI_LINE_READ;
}

static airsi_line_outcome fill(airsi_line_reader *reader, airs_error *error) {
    skip_long(reader);
    if (!make_room(reader)) {
        airs_error_set(error, AIRS_ENOMEM, "input line %llu: no memory to read it", (unsigned long long)reader->number + 1);
        return AIRSI_LINE_FAILED;
    }
    for (;;) {
        if (wait_for_input(reader) == AIRSI_LINE_STOPPED) {
            return AIRSI_LINE_STOPPED;
        }
        ssize_t got = read(reader->fd, reader->buffer + reader->end, reader->capacity - reader->end);
        if (got > 0) {
            reader->end += (size_t)got;
            reader->bytes += (uint64_t)got;
            return AIRSI_LINE_READ;
        }
        if (got == 0) {
            return AIRSI_LINE_END;
        }
        if (errno != EINTR && errno != EAGAIN) {
            airs_error_set(error, AIRS_ENOINPUT, "stdin: can't be read after %llu lines (%s); a readable file or pipe is right",
                           (unsigned long long)reader->number, strerror(errno));
            return AIRSI_LINE_FAILED;
        }
    }
}

/* The line buffer[start, line_end); what follows it begins at `next`. */
static void give_out(airsi_line_reader *reader, size_t line_end, size_t next, airsi_line *ret_line) {
    uint64_t length = reader->skipped + (line_end - reader->start);
    bool too_long = length > reader->limit;
    ret_line->data = too_long ? NULL : reader->buffer + reader->start;
    ret_line->length = length;
    ret_line->number = ++reader->number;
    ret_line->too_long = too_long;
    reader->skipped = 0;
    reader->start = reader->scanned = next;
}

airsi_line_outcome airsi_line_reader_next(airsi_line_reader *reader, airsi_line *ret_line, airs_error *error) {
    while (!reader->ended) {
        const char *lf = memchr(reader->buffer + reader->scanned, '\n', reader->end - reader->scanned);
        if (lf != NULL) {
            size_t line_end = (size_t)(lf - reader->buffer);
            give_out(reader, line_end, line_end + 1, ret_line);
            return AIRSI_LINE_READ;
        }
        reader->scanned = reader->end;
        airsi_line_outcome outcome = fill(reader, error);
        if (outcome == AIRSI_LINE_READ) {
            continue;
        }
        reader->ended = true;
        bool rest = reader->end > reader->start || reader->skipped > 0;
        if (outcome == AIRSI_LINE_END && rest) {
            give_out(reader, reader->end, reader->end, ret_line);
            return AIRSI_LINE_READ;
        }
        return outcome;
    }
    return AIRSI_LINE_END;
}
