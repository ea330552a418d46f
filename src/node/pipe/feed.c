/* Lines in, replies out. */
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/memory.h"
#include "node/pipe/pipe_run.h"

/* Replies that wait for an earlier one hold at most so much before reading pauses. */
#define WAITING_REPLIES_BYTES (16u << 20)

void airsi_pipe_tell(const char *format, ...) {
    char text[AIRS_ERROR_TEXT_MAX];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    airs_error error;
    airs_error_set(&error, AIRS_OK, "%s", text);
    fprintf(stderr, "airs: %s\n", error.text);
}

static void fail_line(airsi_pipe_run *run, uint64_t number, airs_status status, const char *detail, size_t length) {
    airsi_fetch_add_relaxed(&run->failed, UINT64_C(1));
    if (length == 0) {
        detail = airs_status_text(status);
        length = strlen(detail);
    }
    int shown = (int)(length < AIRS_ERROR_TEXT_MAX ? length : AIRS_ERROR_TEXT_MAX);
    airsi_pipe_tell("line %" PRIu64 ": %s: %.*s", number, airs_status_name(status), shown, detail);
}

static void fail_long_line(airsi_pipe_run *run, const airsi_line *line) {
    char text[128];
    int length =
        snprintf(text, sizeof text, "%" PRIu64 " bytes; at most %zu are right (limits: payload)", line->length, run->payload_limit);
    fail_line(run, line->number, AIRS_EPAYLOAD_TOO_LARGE, text, (size_t)length);
}

/* --- replies ---------------------------------------------------------------------------------------------------------- */

void airsi_pipe_on_reply(void *slot, airs_status status, const void *data, size_t length) {
    airsi_reply_slot_end(slot, status, data, length);
}

static void *print_replies(void *user) {
    airsi_pipe_run *run = user;
    airsi_reply reply;
    while (airsi_reply_window_take(run->window, &reply)) {
        if (reply.status == AIRS_OK) {
            airsi_output_line(run->output, reply.data, reply.length);
        } else {
            fail_line(run, reply.number, reply.status, reply.data, reply.length);
        }
        airsi_free(reply.data);
    }
    return NULL;
}

airs_status airsi_pipe_start_printing(airsi_pipe_run *run, airs_error *error) {
    if (!run->options->replies) {
        return AIRS_OK;
    }
    airs_status status = airsi_reply_window_new(run->options->window, WAITING_REPLIES_BYTES, &run->window, error);
    if (status != AIRS_OK) {
        return status;
    }
    int code = pthread_create(&run->printer, NULL, print_replies, run);
    if (code != 0) {
        return airs_error_set(error, AIRS_EUNAVAILABLE, "no thread to print the replies (%s)", strerror(code));
    }
    run->printing = true;
    return AIRS_OK;
}

void airsi_pipe_finish_printing(airsi_pipe_run *run) {
    if (run->printing) {
        airsi_reply_window_close(run->window);
        pthread_join(run->printer, NULL);
        run->printing = false;
    }
}

/* --- lines ------------------------------------------------------------------------------------------------------------ */

static airs_status request_line(airsi_pipe_run *run, const airsi_line *line) {
    airsi_reply_slot *slot = airsi_reply_window_begin(run->window, line->number);
    if (slot == NULL) {
        return AIRS_ESTOPPING;
    }
    airs_status status = airs_request_async(run->system, run->target, line->data, line->length, run->options->request_ms,
                                            AIRS_BLOCK_WHEN_FULL, airsi_pipe_on_reply, slot);
    if (status != AIRS_OK) {
        airsi_reply_window_undo(run->window);
    }
    return status;
}

static airs_status send_line(airsi_pipe_run *run, const airsi_line *line) {
    if (run->window != NULL) {
        return request_line(run, line);
    }
    return airs_send(run->system, run->target, line->data, line->length, AIRS_BLOCK_WHEN_FULL);
}

/* Whether the next line can do no better than one that was refused so. */
static bool is_final(airs_status status) {
    return status == AIRS_EPERMISSION_DENIED || status == AIRS_ETARGET_STOPPED || status == AIRS_ECOMPONENT_NOT_FOUND ||
           status == AIRS_ENOSUBSCRIBER || status == AIRS_ENOTSTARTED || status == AIRS_EDEADLK;
}

/* False: no line after this one. */
static bool take_line(airsi_pipe_run *run, const airsi_line *line) {
    if (line->too_long) {
        run->taken++;
        fail_long_line(run, line);
        return true;
    }
    airs_status status = send_line(run, line);
    if (status == AIRS_OK) {
        run->taken++;
        return true;
    }
    if (status == AIRS_ESTOPPING) {
        run->refused = status; /* the line stays where it was: outside */
        return false;
    }
    run->taken++;
    static const char receive[] = "the target does not receive from outside; receive: [\"airs/outside/0\"] is right";
    bool denied = status == AIRS_EPERMISSION_DENIED;
    fail_line(run, line->number, status, denied ? receive : NULL, denied ? sizeof receive - 1 : 0);
    if (is_final(status)) {
        run->refused = status;
        return false;
    }
    return true;
}

void airsi_pipe_feed(airsi_pipe_run *run) {
    airsi_line line;
    airs_error error;
    airsi_line_outcome outcome;
    do {
        outcome = airsi_line_reader_next(run->reader, &line, &error);
        if (outcome == AIRSI_LINE_READ && !take_line(run, &line)) {
            break;
        }
        airsi_progress_set(&run->progress, run->taken, airsi_line_reader_bytes(run->reader));
    } while (outcome == AIRSI_LINE_READ);

    if (outcome == AIRSI_LINE_FAILED) {
        run->refused = error.status;
        airsi_pipe_tell("%s", error.text);
        return;
    }
    if (outcome == AIRSI_LINE_STOPPED) {
        run->refused = AIRS_ESTOPPING;
    }
    if (run->refused != AIRS_OK && !run->options->quiet) {
        airsi_stop_cause cause = airsi_control_cause(airsi_host_control(run->host));
        const char *why = run->refused == AIRS_ESTOPPING ? airsi_stop_cause_text(cause) : airs_status_text(run->refused);
        airsi_pipe_tell("reading stopped after line %" PRIu64 ": %s", run->taken, why);
    }
}
