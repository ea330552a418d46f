#include "node/pipe/pipe.h"

#include <string.h>

#include "node/cli/cli.h"
#include "node/commands/commands.h"
#include "node/commands/options.h"
#include "node/host/control.h"
#include "node/text/units.h"

static airs_status read_then(const char *value, airsi_pipe_then *then, airs_error *error) {
    const char *equals = strchr(value, '=');
    size_t length = equals != NULL ? (size_t)(equals - value) : strlen(value);
    if (airs_component_id_parse(value, length, &then->id, error) != AIRS_OK) {
        airs_error_prefix(error, "%.80s", value);
        return AIRS_EUSAGE;
    }
    then->text = equals != NULL ? equals + 1 : "";
    return AIRS_OK;
}

static airs_status check_then(const char *value, airs_error *error) {
    airsi_pipe_then then;
    return read_then(value, &then, error);
}

static size_t read_thens(const airsi_arguments *arguments, airsi_pipe_then *thens) {
    size_t count = 0;
    for (size_t i = 0; i < arguments->given_count; i++) {
        if (strcmp(arguments->given[i].flag->name, "then") == 0) {
            read_then(arguments->given[i].value, &thens[count++], NULL);
        }
    }
    return count;
}

static airs_status read_window(const char *text, size_t *ret_window, airs_error *error) {
    uint64_t window;
    if (airsi_parse_count(text, strlen(text), &window, NULL) != AIRS_OK || window < 1 || window > AIRSI_PIPE_WINDOW_MAX) {
        return airs_error_set(error, AIRS_EUSAGE, "\"%.40s\" requests; 1 to %u is right", text, AIRSI_PIPE_WINDOW_MAX);
    }
    *ret_window = window;
    return AIRS_OK;
}

static airs_status check_window(const char *value, airs_error *error) {
    size_t window;
    return read_window(value, &window, error);
}

/* Values of flags are checked already, by the checks of the table below. */
static airs_status read_options(const airsi_arguments *arguments, airsi_pipe_options *options, airsi_pipe_then *thens, airs_error *error) {
    const char *target = arguments->operands[1];
    const char *window = airsi_flag_value(arguments, "window");
    options->replies = airsi_flag_value(arguments, "replies") != NULL;
    options->stats = airsi_flag_value(arguments, "stats") != NULL;
    options->quiet = arguments->settings.quiet;
    options->json = arguments->settings.json;
    options->thens = thens;
    options->then_count = read_thens(arguments, thens);
    options->window = AIRSI_PIPE_WINDOW_DEFAULT;
    if (window != NULL) {
        read_window(window, &options->window, NULL);
    }
    options->timeout_ms = airsi_duration_flag(arguments, "timeout", 0);
    options->drain_ms = airsi_duration_flag(arguments, "drain-timeout", AIRSI_DRAIN_MS_DEFAULT);
    options->request_ms = airsi_duration_flag(arguments, "request-timeout", 0);
    if (airs_component_id_parse(target, strlen(target), &options->target, error) != AIRS_OK) {
        airs_error_prefix(error, "pipe: %.80s", target);
        return AIRS_EUSAGE;
    }
    return airsi_workers_setting(arguments, &options->workers, error);
}

static int run(const airsi_arguments *arguments) {
    airsi_pipe_then thens[AIRSI_GIVEN_MAX];
    airsi_pipe_options options = {0};
    airs_error error = {0};
    airs_log *log = NULL;
    if (read_options(arguments, &options, thens, &error) != AIRS_OK) {
        error.status = AIRS_EUSAGE;
        return airsi_cli_fail(&error);
    }
    if (airsi_open_log(&arguments->settings, &log, &error) != AIRS_OK) {
        return airsi_cli_fail(&error);
    }
    options.log = log;
    airsi_control_block_signals();
    airsi_problems problems = {0};
    airsi_manifest *manifest = NULL;
    int code;
    if (airsi_manifest_load(arguments->operands[0], &problems, &manifest) != AIRS_OK) {
        airsi_problems_print(&problems, stderr);
        code = airs_status_exit_code(airsi_problems_status(&problems));
    } else {
        code = airsi_pipe(manifest, &options);
    }
    airsi_manifest_free(manifest);
    airsi_problems_fini(&problems);
    airs_log_free(log);
    return code;
}

static const airsi_flag flags[] = {
    {"replies", NULL, "send each line as a request and print the replies in input order", false, NULL},
    {"window", "N", "requests in flight with --replies (default 256)", false, check_window},
    {"request-timeout", "TIME", "how long one request may take (default 30s)", false, airsi_check_duration},
    {"then", "ID[=TEXT]", "when all is done, ask ID and print its reply; may stand more than once", true, check_then},
    {"timeout", "TIME", "how long the rest may take once the input has ended (default: no limit)", false, airsi_check_duration},
    {"stats", NULL, "say lines and messages a second, peak memory and the balance at the end", false, NULL},
    AIRSI_DRAIN_FLAG,
    AIRSI_WORKERS_FLAG,
};

const airsi_command airsi_command_pipe = {
    .name = "pipe",
    .operands = "MANIFEST NAMESPACE/NAME/INSTANCE",
    .summary = "runs a manifest and sends each line of stdin to a component, until all they caused has ended",
    .details =
        "A message is a line without its LF, bytes untouched. A line over the component's payload limit is reported, counted as failed\n"
        "and skipped. Reading waits while the mailbox is full. What guests print goes to stdout in whole lines; with --replies stdout\n"
        "holds the replies, one a line in input order, and what guests print goes to the log. A failed request prints nothing on\n"
        "stdout, and its line number and reason on stderr. Exits with 1 if any line failed.\n",
    .operand_count = 2,
    .flags = flags,
    .flag_count = sizeof flags / sizeof flags[0],
    .run = run,
};
