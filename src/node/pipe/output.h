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

/* From so many ms on writing goes on only as long as the reader takes it at once; then what is left is thrown away, and nobody who
 * appends is blocked any more. 0: from now on. Thread: any. */
void airsi_output_give_up_in(airsi_output *output, uint64_t ms);

/* Writes the rest and ends the thread. False when not all was written. */
bool airsi_output_close(airsi_output *output);

/* Whether writing failed or was given up. */
bool airsi_output_failed(airsi_output *output);

void airsi_output_free(airsi_output *output); /* gives up when it is not closed; NULL is fine */

#endif
