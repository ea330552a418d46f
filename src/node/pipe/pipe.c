#include "node/pipe/pipe.h"

#include <inttypes.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/atomic.h"
#include "base/clock.h"
#include "base/memory.h"
#include "node/host/host.h"
#include "node/host/summary.h"
#include "node/pipe/line_reader.h"
#include "node/pipe/output.h"
#include "node/pipe/progress.h"
#include "node/pipe/reply_window.h"

/* Replies that wait for an earlier one hold at most so much before reading pauses. */
#define WAITING_REPLIES_BYTES (16u << 20)
/* After a drain that left messages, a reader of stdout has so long to take what is printed already. */
#define LAST_WORDS_MS 1000u

typedef struct pipe_run {
    const airsi_pipe_options *options; /* const, as are the next four */
    airsi_host *host;
    airs_system *system;
    airs_component target;
    size_t payload_limit;
    airsi_output *output;
    airsi_reply_window *window; /* with --replies only */
    pthread_t printer;          /* takes from the window, writes to the output */
    bool printing;              /* main thread */
    airsi_progress progress;
    uint64_t taken;                /* lines that were sent, or failed; main thread */
    AIRSI_ATOMIC(uint64_t) failed; /* lines and closing requests; main thread and printer */
    airs_status refused;           /* why reading stopped before the end; main thread */
} pipe_run;

/* --- telling ---------------------------------------------------------------------------------------------------------- */

static AIRS_PRINTF(1, 2) void tell(const char *format, ...) {
    airs_error error = {.status = AIRS_OK};
    va_list arguments;
    va_start(arguments, format);
    char text[AIRS_ERROR_TEXT_MAX];
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    airs_error_set(&error, AIRS_OK, "%s", text);
    fprintf(stderr, "airs: %s\n", error.text);
}

static void fail_line(pipe_run *run, uint64_t number, airs_status status, const char *detail, size_t length) {
    airsi_fetch_add_relaxed(&run->failed, UINT64_C(1));
    const char *text = length > 0 ? detail : airs_status_text(status);
    int shown = (int)(length > 0 ? (length < AIRS_ERROR_TEXT_MAX ? length : AIRS_ERROR_TEXT_MAX) : strlen(text));
    tell("line %" PRIu64 ": %s: %.*s", number, airs_status_name(status), shown, text);
}

static void fail_long_line(pipe_run *run, const airsi_line *line) {
    char text[128];
    int length =
        snprintf(text, sizeof text, "%" PRIu64 " bytes; at most %zu are right (limits: payload)", line->length, run->payload_limit);
    fail_line(run, line->number, AIRS_EPAYLOAD_TOO_LARGE, text, (size_t)length);
}

/* --- what other threads call ------------------------------------------------------------------------------------------ */

static void on_guest_output(void *user, const airs_component_id *id, int fd, const char *text, size_t length) {
    pipe_run *run = user;
    if (fd == STDOUT_FILENO) {
        airsi_output_line(run->output, text, length);
        return;
    }
    airs_log_event event = {AIRS_LOG_INFO, id->text, "stderr", text, length, NULL};
    airs_log_write(run->options->log, &event);
}

static void on_output_closed(void *user) {
    pipe_run *run = user;
    airsi_control_request(airsi_host_control(run->host), AIRSI_STOP_OUTPUT_CLOSED);
}

static void on_stop(void *user) {
    pipe_run *run = user;
    if (run->window != NULL) {
        airsi_reply_window_close(run->window);
    }
}

static void on_interrupt(void *user) {
    pipe_run *run = user;
    airsi_output_abandon(run->output);
}

static void on_tick(void *user) {
    pipe_run *run = user;
    airsi_progress_show(&run->progress);
}

static void on_reply(void *user, airs_status status, const void *data, size_t length) {
    airsi_reply_slot_end(user, status, data, length);
}

static void *print_replies(void *user) {
    pipe_run *run = user;
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

/* --- reading ---------------------------------------------------------------------------------------------------------- */

static airs_status request_line(pipe_run *run, const airsi_line *line) {
    airsi_reply_slot *slot = airsi_reply_window_begin(run->window, line->number);
    if (slot == NULL) {
        return AIRS_ESTOPPING;
    }
    airs_status status = airs_request_async(run->system, run->target, line->data, line->length, run->options->request_ms,
                                            AIRS_BLOCK_WHEN_FULL, on_reply, slot);
    if (status != AIRS_OK) {
        airsi_reply_window_undo(run->window);
    }
    return status;
}

static airs_status send_line(pipe_run *run, const airsi_line *line) {
    if (run->window != NULL) {
        return request_line(run, line);
    }
    return airs_send(run->system, run->target, line->data, line->length, AIRS_BLOCK_WHEN_FULL);
}

/* Whether the next line can do better than one that was refused so. */
static bool is_final(airs_status status) {
    return status == AIRS_EPERMISSION_DENIED || status == AIRS_ETARGET_STOPPED || status == AIRS_ECOMPONENT_NOT_FOUND ||
           status == AIRS_ENOSUBSCRIBER || status == AIRS_EDEADLK || status == AIRS_ENOTSTARTED;
}

/* False: no line after this one. */
static bool take_line(pipe_run *run, const airsi_line *line) {
    if (line->too_long) {
        run->taken++;
        fail_long_line(run, line);
        return true;
    }
    airs_status status = send_line(run, line);
    if (status == AIRS_ESTOPPING) {
        run->refused = status; /* the line stays where it was: outside */
        return false;
    }
    run->taken++;
    if (status != AIRS_OK) {
        const char *hint =
            status == AIRS_EPERMISSION_DENIED ? "the target does not receive from airs/outside/0; a pattern for it is right" : "";
        fail_line(run, line->number, status, hint, strlen(hint));
    }
    if (is_final(status)) {
        run->refused = status;
        return false;
    }
    return true;
}

static void feed(pipe_run *run, airsi_line_reader *reader) {
    airsi_line line;
    airs_error error;
    airsi_line_outcome outcome = AIRSI_LINE_READ;
    bool going = true;
    while (going) {
        outcome = airsi_line_reader_next(reader, &line, &error);
        going = outcome == AIRSI_LINE_READ && take_line(run, &line);
        airsi_progress_set(&run->progress, run->taken, airsi_line_reader_bytes(reader));
    }
    if (outcome == AIRSI_LINE_STOPPED) {
        run->refused = AIRS_ESTOPPING;
    } else if (outcome == AIRSI_LINE_FAILED) {
        tell("%s", error.text);
        run->refused = error.status;
    }
    if (run->refused != AIRS_OK && run->refused != AIRS_ENOINPUT && !run->options->quiet) {
        tell("reading stopped after line %" PRIu64 ": %s", run->taken, airs_status_text(run->refused));
    }
}

/* --- ending ----------------------------------------------------------------------------------------------------------- */

/* What is left of --timeout; 0: no limit. */
static uint32_t time_left(const pipe_run *run, uint64_t since_ms) {
    if (run->options->timeout_ms == 0) {
        return 0;
    }
    uint64_t used = airsi_clock_monotonic_ms() - since_ms;
    return used < run->options->timeout_ms ? (uint32_t)(run->options->timeout_ms - used) : 1;
}

static void finish_printing(pipe_run *run) {
    if (run->printing) {
        airsi_reply_window_close(run->window);
        pthread_join(run->printer, NULL);
        run->printing = false;
    }
}

static void ask_then(pipe_run *run, const airsi_pipe_then *then, uint32_t timeout_ms) {
    airs_component component;
    airs_error error = {0};
    void *data = NULL;
    size_t length = 0;
    airs_status status = airs_registry_find(airs_system_registry(run->system), &then->id, &component);
    if (status == AIRS_OK) {
        status = airs_request_wait(run->system, component, then->text, strlen(then->text), timeout_ms, &data, &length, &error);
    }
    if (status == AIRS_OK) {
        airsi_output_line(run->output, data, length);
        free(data);
        return;
    }
    airsi_fetch_add_relaxed(&run->failed, UINT64_C(1));
    tell("--then %s: %s: %s", then->id.text, airs_status_name(status), error.text[0] != '\0' ? error.text : airs_status_text(status));
}

/* Waits until all has ended, then asks what is to be asked. AIRS_ETIMEOUT: --timeout was over. */
static airs_status settle(pipe_run *run) {
    uint64_t since_ms = airsi_clock_monotonic_ms();
    airs_status status = airs_system_wait_quiescent(run->system, time_left(run, since_ms));
    if (status != AIRS_OK || run->refused == AIRS_ESTOPPING) {
        return status;
    }
    finish_printing(run);
    for (size_t i = 0; i < run->options->then_count; i++) {
        uint32_t left = time_left(run, since_ms);
        uint32_t request_ms = run->options->request_ms;
        ask_then(run, &run->options->thens[i], left != 0 && (request_ms == 0 || left < request_ms) ? left : request_ms);
    }
    return airs_system_wait_quiescent(run->system, time_left(run, since_ms));
}

static airsi_host_end end_all(pipe_run *run, airs_status settled) {
    airs_balance balance;
    airs_system_balance(run->system, &balance);
    airsi_host_end end = airsi_host_drain(run->host, settled == AIRS_ETIMEOUT ? 1 : run->options->drain_ms);
    if (settled == AIRS_ETIMEOUT) {
        end.drained = AIRS_ETIMEOUT;
        tell("--timeout is over: not all that the lines caused has ended");
    }
    if (end.drained != AIRS_OK && !airsi_output_flush(run->output, LAST_WORDS_MS)) {
        airsi_output_abandon(run->output); /* a worker may be waiting for its room */
    }
    airsi_host_stop(run->host);
    finish_printing(run);
    airsi_progress_clear(&run->progress);
    if (balance.pending_timers > 0 && !run->options->quiet) {
        tell("%" PRIu64 " timers not yet due were cancelled", balance.pending_timers);
    }
    return end;
}

static void print_numbers(pipe_run *run, const airsi_host_end *end, const airsi_summary *summary) {
    bool asked = run->options->stats || end->cause == AIRSI_STOP_SIGINT || end->cause == AIRSI_STOP_SIGTERM;
    if (!run->options->quiet && (asked || summary->balance.dead > 0 || end->drained != AIRS_OK)) {
        airsi_summary_print(summary, stderr, run->options->json);
    }
}

static int exit_code(pipe_run *run, const airsi_host_end *end, const airsi_summary *summary, bool printed) {
    int code = airsi_host_exit_code(run->host, end);
    if (code != 0) {
        return code;
    }
    bool by_signal = end->cause == AIRSI_STOP_SIGINT || end->cause == AIRSI_STOP_SIGTERM;
    if (run->refused != AIRS_OK && !(by_signal && run->refused == AIRS_ESTOPPING)) {
        return run->refused == AIRS_EPERMISSION_DENIED || run->refused == AIRS_ENOINPUT ? airs_status_exit_code(run->refused) : 1;
    }
    return airsi_load_relaxed(&run->failed) > 0 || summary->balance.dead > 0 || !printed ? 1 : 0;
}

static int run_started(pipe_run *run, airsi_line_reader *reader) {
    airsi_progress_start(&run->progress);
    feed(run, reader);
    airs_status settled = settle(run);
    double seconds = airsi_progress_seconds(&run->progress);
    airsi_host_end end = end_all(run, settled);
    bool printed = airsi_output_close(run->output, end.cause == AIRSI_STOP_NONE ? UINT64_MAX : LAST_WORDS_MS);
    airsi_summary_lines lines = {run->taken, airsi_line_reader_bytes(reader), airsi_load_relaxed(&run->failed), seconds};
    airsi_summary summary;
    airsi_summary_take(&summary, run->system, &lines);
    print_numbers(run, &end, &summary);
    return exit_code(run, &end, &summary, printed);
}

/* --- beginning -------------------------------------------------------------------------------------------------------- */

static airs_status start_printing(pipe_run *run, airs_error *error) {
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

static airs_status find_component(pipe_run *run, const char *what, const airs_component_id *id, airs_component *ret, airs_error *error) {
    if (airs_registry_find(airs_system_registry(run->system), id, ret) != AIRS_OK) {
        return airs_error_set(error, AIRS_EUSAGE, "%s %s: the manifest has no such component; one of its ids is right", what, id->text);
    }
    return AIRS_OK;
}

static airs_status find_all(pipe_run *run, airs_error *error) {
    airs_status status = find_component(run, "pipe:", &run->options->target, &run->target, error);
    for (size_t i = 0; status == AIRS_OK && i < run->options->then_count; i++) {
        airs_component component;
        status = find_component(run, "pipe: --then", &run->options->thens[i].id, &component, error);
    }
    return status == AIRS_OK ? airs_payload_limit(run->system, run->target, &run->payload_limit) : status;
}

static airs_status start_all(pipe_run *run, airsi_line_reader **ret_reader, airs_error *error) {
    airs_status status = find_all(run, error);
    if (status != AIRS_OK) {
        return status;
    }
    int stop_fd = airsi_control_stop_fd(airsi_host_control(run->host));
    status = airsi_line_reader_new(STDIN_FILENO, stop_fd, run->payload_limit, ret_reader, error);
    if (status == AIRS_OK) {
        status = airsi_output_open(STDOUT_FILENO, on_output_closed, run, &run->output, error);
    }
    if (status == AIRS_OK) {
        status = start_printing(run, error);
    }
    bool terminal = !run->options->quiet && isatty(STDERR_FILENO) == 1;
    const airsi_control_hooks hooks = {on_stop, on_interrupt, on_tick, terminal ? AIRSI_PROGRESS_EVERY_MS : 0, run};
    return status == AIRS_OK ? airsi_host_start(run->host, &hooks, error) : status;
}

int airsi_pipe(const airsi_manifest *manifest, const airsi_pipe_options *options) {
    pipe_run run = {.options = options};
    airsi_problems problems = {0};
    airs_error error = {0};
    airsi_line_reader *reader = NULL;
    /* With --replies stdout is theirs, and what guests print goes to the log. */
    const airsi_host_options host_options = {
        .workers = options->workers, .log = options->log, .on_output = options->replies ? NULL : on_guest_output, .user = &run};
    int code;
    if (airsi_host_new(manifest, &host_options, &problems, &run.host) != AIRS_OK) {
        airsi_problems_print(&problems, stderr);
        code = airs_status_exit_code(airsi_problems_status(&problems));
        goto out;
    }
    run.system = airsi_host_system(run.host);
    if (start_all(&run, &reader, &error) == AIRS_OK) {
        code = run_started(&run, reader);
    } else {
        tell("%s", error.text);
        code = airs_status_exit_code(error.status);
        finish_printing(&run);
    }
out:
    airsi_host_free(run.host);
    airsi_output_free(run.output);
    airsi_reply_window_free(run.window);
    airsi_line_reader_free(reader);
    airsi_problems_fini(&problems);
    return code;
}
