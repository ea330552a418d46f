/* Lines of a stream, read in large chunks, in bounded memory: never more than the limit and a chunk, however long a line is. */
#ifndef AIRSI_NODE_PIPE_LINE_READER_H
#define AIRSI_NODE_PIPE_LINE_READER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <airs/status.h>

#define AIRSI_LINE_CHUNK (256u * 1024u)

typedef struct airsi_line_reader airsi_line_reader;

/* A line without its LF; a last line without one counts. */
typedef struct airsi_line {
    const char *data; /* valid until the next call; NULL when too long */
    uint64_t length;  /* the true length, also of a line that is too long */
    uint64_t number;  /* from 1 */
    bool too_long;    /* over the limit: it was skipped */
} airsi_line;

typedef enum airsi_line_outcome { AIRSI_LINE_READ, AIRSI_LINE_END, AIRSI_LINE_STOPPED, AIRSI_LINE_FAILED } airsi_line_outcome;

/* Reads `fd`, which stays the caller's. `stop_fd`: readable ends the reading (-1: none). Errors: AIRS_ENOMEM. */
airs_status airsi_line_reader_new(int fd, int stop_fd, size_t limit, airsi_line_reader **ret_reader, airs_error *error);
void airsi_line_reader_free(airsi_line_reader *reader); /* NULL is fine */

/* The next line. After END, STOPPED or FAILED (then `error` says why) there is none. */
airsi_line_outcome airsi_line_reader_next(airsi_line_reader *reader, airsi_line *ret_line, airs_error *error);

/* Bytes read so far, LFs included. */
uint64_t airsi_line_reader_bytes(const airsi_line_reader *reader);

#endif
