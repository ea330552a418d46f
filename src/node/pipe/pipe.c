#include "node/pipe/pipe.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "node/host/summary.h"
#include "node/pipe/pipe_run.h"
#include "node/text/suggest.h"

/* After the drain's deadline a reader of stdout has so long to take what is printed already. */
#define LAST_WORDS_MS 1000u

/* --- what other threads call ------------------------------------------------------------------------------------------ */

static void on_guest_output(void *user, const airs_component_id *id, int fd, const char *text, size_t length) {
    airsi_pipe_run *run = user;
    if (fd == STDOUT_FILENO) {
        airsi_output_line(run->output, text, length);
        return;
    }
    airs_log_event event = {AIRS_LOG_INFO, id->text, "stderr", text, length, NULL};
    airs_log_write(run->options->log, &event);
}

static void on_output_closed(void *user) {
    airsi_pipe_run *run = user;
    airsi_control_request(airsi_host_control(run->host), AIRSI_STOP_OUTPUT_CLOSED);
}

static void on_stop(void *user) {
    airsi_pipe_run *run = user;
    if (run->window != NULL) {
        airsi_reply_window_close(run->window);
    }
    airsi_reply_window_abandon(run->asking);
    if (run->options->drain_ms != 0) {
        airsi_output_give_up_in(run->output, (uint64_t)run->options->drain_ms + LAST_WORDS_MS);
    }
}

static void on_interrupt(void *user) {
    airsi_pipe_run *run = user;
    airsi_output_give_up_in(run->output, 0);
}

static void on_tick(void *user) {
    airsi_pipe_run *run = user;
    airsi_progress_show(&run->progress);
}

/* --- ending ----------------------------------------------------------------------------------------------------------- */

/* Waits until all has ended, then asks what is to be asked. AIRS_ETIMEOUT: --timeout was over. */
static airs_status settle(airsi_pipe_run *run) {
    uint64_t since_ms = airsi_clock_monotonic_ms();
    airs_status status = airs_system_wait_quiescent(run->system, airsi_pipe_time_left(run, since_ms));
    if (status != AIRS_OK || run->refused == AIRS_ESTOPPING) {
        return status;
    }
    airsi_pipe_finish_printing(run);
    airsi_pipe_ask_all(run, since_ms);
    return airs_system_wait_quiescent(run->system, airsi_pipe_time_left(run, since_ms));
}

static airsi_host_end end_all(airsi_pipe_run *run, airs_status settled) {
    airs_balance balance;
    airs_system_balance(run->system, &balance);
    airsi_host_end end = airsi_host_drain(run->host, settled == AIRS_ETIMEOUT ? 1 : run->options->drain_ms);
    if (settled == AIRS_ETIMEOUT) {
        end.drained = AIRS_ETIMEOUT;
        airsi_pipe_tell("--timeout is over: not all that the lines caused has ended");
    }
    if (end.drained != AIRS_OK) {
        airsi_output_give_up_in(run->output, LAST_WORDS_MS); /* a worker may be waiting for its room */
    }
    airsi_host_stop(run->host);
    airsi_pipe_finish_printing(run);
    airsi_pipe_ask_last(run);
    airsi_progress_clear(&run->progress);
    if (balance.pending_timers > 0 && !run->options->quiet) {
        airsi_pipe_tell("%" PRIu64 " timer%s not yet due: cancelled", balance.pending_timers, balance.pending_timers == 1 ? "" : "s");
    }
    return end;
}

static bool ended_by_signal(const airsi_host_end *end) {
    return end->cause == AIRSI_STOP_SIGINT || end->cause == AIRSI_STOP_SIGTERM;
}

static void print_numbers(const airsi_pipe_run *run, const airsi_host_end *end, const airsi_summary *summary) {
    bool worth_it = run->options->stats || ended_by_signal(end) || summary->balance.dead > 0 || end->drained != AIRS_OK;
    if (worth_it && !run->options->quiet) {
        airsi_summary_print(summary, stderr, run->options->json);
    }
}

static int exit_code(airsi_pipe_run *run, const airsi_host_end *end, const airsi_summary *summary, bool printed) {
    int code = airsi_host_exit_code(run->host, end);
    if (code != 0) {
        return code;
    }
    if (run->refused == AIRS_EPERMISSION_DENIED || run->refused == AIRS_ENOINPUT) {
        return airs_status_exit_code(run->refused);
    }
    bool cut_short = run->refused != AIRS_OK && !(run->refused == AIRS_ESTOPPING && ended_by_signal(end));
    cut_short = cut_short || (run->asked_count < run->options->then_count && !ended_by_signal(end));
    return cut_short || airsi_load_relaxed(&run->failed) > 0 || summary->balance.dead > 0 || !printed ? 1 : 0;
}

static int run_started(airsi_pipe_run *run) {
    airsi_pipe_feed(run);
    airs_status settled = settle(run);
    double seconds = airsi_progress_seconds(&run->progress);
    airsi_host_end end = end_all(run, settled);
    bool printed = airsi_output_close(run->output);
    airsi_summary_lines lines = {run->taken, airsi_line_reader_bytes(run->reader), airsi_load_relaxed(&run->failed), seconds};
    airsi_summary summary;
    airsi_summary_take(&summary, run->system, &lines);
    print_numbers(run, &end, &summary);
    return exit_code(run, &end, &summary, printed);
}

/* --- beginning -------------------------------------------------------------------------------------------------------- */

static const char *id_at(const void *ids, size_t index) {
    return ((const airs_component_id *)ids)[index].text;
}

static const char *text_at(const void *texts, size_t index) {
    return ((const char *const *)texts)[index];
}

/* The manifest's id nearest to one it lacks; NULL: none is near. Each entry offers its nearest, and of those the nearest counts. */
static const char *near_id(const airsi_manifest *manifest, const airs_component_id *id) {
    const char *best = NULL;
    for (size_t i = 0; i < manifest->entry_count; i++) {
        const airsi_manifest_entry *entry = &manifest->entries[i];
        const char *near = airsi_suggest(id->text, strlen(id->text), id_at, entry->ids, entry->id_count);
        if (near != NULL && best != NULL) {
            const char *const two[] = {best, near};
            near = airsi_suggest(id->text, strlen(id->text), text_at, two, 2);
        }
        best = near != NULL ? near : best;
    }
    return best;
}

static airs_status find_component(airsi_pipe_run *run, const char *what, const airs_component_id *id, airs_component *ret,
                                  airs_error *error) {
    if (airs_registry_find(airs_system_registry(run->system), id, ret) == AIRS_OK) {
        return AIRS_OK;
    }
    const char *near = near_id(run->manifest, id);
    if (near != NULL) {
        return airs_error_set(error, AIRS_EUSAGE, "%s %s: the manifest has no such component; did you mean %s?", what, id->text, near);
    }
    return airs_error_set(error, AIRS_EUSAGE, "%s %s: the manifest has no such component; one of its ids is right", what, id->text);
}

static airs_status find_all(airsi_pipe_run *run, airs_error *error) {
    airs_status status = find_component(run, "pipe:", &run->options->target, &run->target, error);
    for (size_t i = 0; status == AIRS_OK && i < run->options->then_count; i++) {
        airs_component component;
        status = find_component(run, "pipe: --then", &run->options->thens[i].id, &component, error);
    }
    return status == AIRS_OK ? airs_payload_limit(run->system, run->target, &run->payload_limit) : status;
}

static airs_status start_all(airsi_pipe_run *run, airs_error *error) {
    airs_status status = find_all(run, error);
    if (status != AIRS_OK) {
        return status;
    }
    int stop_fd = airsi_control_stop_fd(airsi_host_control(run->host));
    status = airsi_line_reader_new(STDIN_FILENO, stop_fd, run->payload_limit, &run->reader, error);
    if (status == AIRS_OK) {
        status = airsi_output_open(STDOUT_FILENO, on_output_closed, run, &run->output, error);
    }
    if (status == AIRS_OK) {
        status = airsi_reply_window_new(1, SIZE_MAX, &run->asking, error);
    }
    if (status == AIRS_OK) {
        status = airsi_pipe_start_printing(run, error);
    }
    bool terminal = !run->options->quiet && isatty(STDERR_FILENO) == 1;
    const airsi_control_hooks hooks = {on_stop, on_interrupt, on_tick, terminal ? AIRSI_PROGRESS_EVERY_MS : 0, run};
    airsi_progress_start(&run->progress); /* before the control's thread looks at it */
    return status == AIRS_OK ? airsi_host_start(run->host, &hooks, error) : status;
}

int airsi_pipe(const airsi_manifest *manifest, const airsi_pipe_options *options) {
    airsi_pipe_run run = {.manifest = manifest, .options = options};
    airsi_problems problems = {0};
    airs_error error = {0};
    airsi_progress_init(&run.progress);
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
    if (start_all(&run, &error) == AIRS_OK) {
        code = run_started(&run);
    } else {
        airsi_pipe_tell("%s", error.text);
        code = airs_status_exit_code(error.status);
        airsi_pipe_finish_printing(&run);
    }
out:
    airsi_host_free(run.host);
    airsi_output_free(run.output);
    airsi_reply_window_free(run.window);
    airsi_reply_window_free(run.asking);
    airsi_line_reader_free(run.reader);
    airsi_progress_fini(&run.progress);
    airsi_problems_fini(&problems);
    return code;
}
