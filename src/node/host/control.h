/* What ends a run: signals, every component having stopped, a closed output. One thread waits for all of them, so that nobody else has to. */
#ifndef AIRSI_NODE_HOST_CONTROL_H
#define AIRSI_NODE_HOST_CONTROL_H

#include <stdbool.h>

#include <airs/status.h>
#include <airs/system.h>

typedef enum airsi_stop_cause {
    AIRSI_STOP_NONE,
    AIRSI_STOP_SIGINT,
    AIRSI_STOP_SIGTERM,
    AIRSI_STOP_ALL_STOPPED,   /* no component is left */
    AIRSI_STOP_OUTPUT_CLOSED, /* nobody reads what is printed */
} airsi_stop_cause;

/* "SIGTERM", "stdout is closed" ...; for people. */
const char *airsi_stop_cause_text(airsi_stop_cause cause);

typedef struct airsi_control airsi_control;

/* Called on the control's thread; must not block. Each may be NULL. */
typedef struct airsi_control_hooks {
    void (*on_stop)(void *user);      /* once, after the system's sources were closed */
    void (*on_interrupt)(void *user); /* a signal after that: give up waiting */
    void (*on_tick)(void *user);      /* every tick_ms until the end */
    unsigned tick_ms;                 /* 0: no ticks */
    void *user;
} airsi_control_hooks;

/* Blocks SIGINT and SIGTERM in this thread and in those it makes from now on, and ignores SIGPIPE. Before any thread is started. */
void airsi_control_block_signals(void);

/* Errors: AIRS_EUNAVAILABLE, AIRS_ENOMEM. */
airs_status airsi_control_new(airsi_control **ret_control, airs_error *error);

/* Begins to listen. From the first cause on the system's sources are closed. Errors: AIRS_EUNAVAILABLE. */
airs_status airsi_control_start(airsi_control *control, airs_system *system, const airsi_control_hooks *hooks, airs_error *error);

/* Asks for the end; the first cause counts. Thread: any; never blocks. */
void airsi_control_request(airsi_control *control, airsi_stop_cause cause);

/* Waits for the first cause. */
airsi_stop_cause airsi_control_wait(airsi_control *control);

airsi_stop_cause airsi_control_cause(const airsi_control *control);

/* Readable from the first cause on; for poll. */
int airsi_control_stop_fd(const airsi_control *control);

/* Ends the thread. The hooks are not called any more. */
void airsi_control_join(airsi_control *control);

void airsi_control_free(airsi_control *control); /* joins; NULL is fine */

#endif
