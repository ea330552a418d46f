/* Requests in flight, and their ends in the order they were made: bounded in number and in bytes of replies that wait. */
#ifndef AIRSI_NODE_PIPE_REPLY_WINDOW_H
#define AIRSI_NODE_PIPE_REPLY_WINDOW_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <airs/status.h>

typedef struct airsi_reply_window airsi_reply_window;

/* The place of one request; it belongs to the window. */
typedef struct airsi_reply_slot airsi_reply_slot;

typedef struct airsi_reply {
    uint64_t number;    /* as given to begin */
    airs_status status; /* how it ended */
    char *data;         /* the reply, or the reason's detail; the taker frees it with airsi_free; may be NULL when length is 0 */
    size_t length;
} airsi_reply;

/* `requests`: at most so many between begin and take. `bytes`: no new one while ends hold so many or more. Errors: AIRS_ENOMEM. */
airs_status airsi_reply_window_new(size_t requests, size_t bytes, airsi_reply_window **ret_window, airs_error *error);
void airsi_reply_window_free(airsi_reply_window *window); /* after every slot has ended; NULL is fine */

/* A place for the next request; waits for room. NULL: the window was closed. Thread: one. */
airsi_reply_slot *airsi_reply_window_begin(airsi_reply_window *window, uint64_t number);

/* Takes the last begin back: its request was not made. Thread: that of begin. */
void airsi_reply_window_undo(airsi_reply_window *window);

/* Ends a request: once a slot. The data is copied. Thread: any; does not wait. */
void airsi_reply_slot_end(airsi_reply_slot *slot, airs_status status, const void *data, size_t length);

/* No begin from now on; take goes on to the last. Thread: any. */
void airsi_reply_window_close(airsi_reply_window *window);

/* Closes, and lets take wait no more: it gives what has ended. Thread: any. */
void airsi_reply_window_abandon(airsi_reply_window *window);

/* The next end in the order of begin; waits for it. False: closed, and all were taken; or abandoned, and it has not ended. Thread: one. */
bool airsi_reply_window_take(airsi_reply_window *window, airsi_reply *ret_reply);

#endif
