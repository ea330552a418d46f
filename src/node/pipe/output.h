/* Whole lines of many threads to one descriptor: a bounded buffer and a thread that writes it, so that a slow reader slows its writers
 * and a waiting one is told at once. */
#ifndef AIRSI_NODE_PIPE_OUTPUT_H
#define AIRSI_NODE_PIPE_OUTPUT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <airs/status.h>

typedef struct airsi_output airsi_output;

/* Writes to `fd`, which stays the caller's. `on_closed` is told once, on the writing thread, when nobody reads it any more or writing
 * fails; what is appended from then on is thrown away. Errors: AIRS_ENOMEM, AIRS_EUNAVAILABLE. */
airs_status airsi_output_open(int fd, void (*on_closed)(void *user), void *user, airsi_output **ret_output, airs_error *error);

/* Appends `length` bytes and an LF. Blocks while the buffer is full. Thread: any. */
void airsi_output_line(airsi_output *output, const void *data, size_t length);

/* Waits until all that was appended is written, for at most timeout_ms. False when it is not. */
bool airsi_output_flush(airsi_output *output, uint64_t timeout_ms);

/* Gives up what can't be written at once: blocked appenders and the close return. Thread: any. */
void airsi_output_abandon(airsi_output *output);

/* Writes the rest, for at most timeout_ms (UINT64_MAX: no limit), and ends the thread. False when not all was written. */
bool airsi_output_close(airsi_output *output, uint64_t timeout_ms);

/* Whether writing failed or was abandoned. */
bool airsi_output_failed(airsi_output *output);

void airsi_output_free(airsi_output *output); /* abandons when it is not closed; NULL is fine */

#endif
