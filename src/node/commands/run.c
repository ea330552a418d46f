#include "node/cli/cli.h"
#include "node/commands/commands.h"
#include "node/commands/options.h"
#include "node/host/host.h"
#include "node/host/summary.h"

typedef struct run_options {
    unsigned workers;
    uint32_t drain_ms;
    airs_log *log;
} run_options;

static airs_status read_options(const airsi_arguments *arguments, run_options *options, airs_error *error) {
    options->drain_ms = airsi_duration_flag(arguments, "drain-timeout", AIRSI_DRAIN_MS_DEFAULT);
    airs_status status = airsi_workers_setting(arguments, &options->workers, error);
    return status == AIRS_OK ? airsi_open_log(&arguments->settings, &options->log, error) : status;
}

static void log_warning(void *user, const char *file, const char *warning) {
    airs_logf(user, AIRS_LOG_WARN, NULL, "module", NULL, "%s: %s", file, warning);
}

static int run_host(airsi_host *host, const airsi_manifest *manifest, const run_options *options, const airsi_settings *settings) {
    const airsi_control_hooks hooks = {0};
    airs_error error = {0};
    airs_system *system = airsi_host_system(host);
    airsi_host_warnings(host, manifest, log_warning, options->log);
    airs_logf(options->log, AIRS_LOG_INFO, NULL, "starting", NULL, "%s: components %zu, modules %zu, workers %u",
              manifest->name != NULL ? manifest->name : manifest->path, manifest->component_count, airsi_host_module_count(host),
              airs_system_workers(system));
    if (airsi_host_start(host, &hooks, &error) != AIRS_OK) {
        return airsi_cli_fail(&error);
    }
    airsi_stop_cause cause = airsi_control_wait(airsi_host_control(host));
    airs_logf(options->log, AIRS_LOG_INFO, NULL, "draining", NULL, "%s", airsi_stop_cause_text(cause));
    airsi_host_end end = airsi_host_drain(host, options->drain_ms);
    airsi_host_stop(host);
    if (!settings->quiet) {
        airsi_summary summary;
        airsi_summary_take(&summary, system, NULL);
        airsi_summary_print(&summary, stderr, settings->json);
    }
    return airsi_host_exit_code(host, &end);
}

static int run(const airsi_arguments *arguments) {
    run_options options = {0};
    airs_error error = {0};
    if (read_options(arguments, &options, &error) != AIRS_OK) {
        error.status = error.status == AIRS_ENOMEM ? AIRS_ENOMEM : AIRS_EUSAGE;
        return airsi_cli_fail(&error);
    }
    airsi_control_block_signals();
    airsi_problems problems = {0};
    airsi_manifest *manifest = NULL;
    airsi_host *host = NULL;
    int code;
    const airsi_host_options host_options = {.workers = options.workers, .log = options.log};
    if (airsi_manifest_load(arguments->operands[0], &problems, &manifest) != AIRS_OK ||
        airsi_host_new(manifest, &host_options, &problems, &host) != AIRS_OK) {
        airsi_problems_print(&problems, stderr);
        code = airs_status_exit_code(airsi_problems_status(&problems));
    } else {
        code = run_host(host, manifest, &options, &arguments->settings);
    }
    airsi_host_free(host);
    airsi_manifest_free(manifest);
    airsi_problems_fini(&problems);
    airs_log_free(options.log);
    return code;
}

static const airsi_flag flags[] = {AIRSI_DRAIN_FLAG, AIRSI_WORKERS_FLAG};

const airsi_command airsi_command_run = {
    .name = "run",
    .operands = "MANIFEST",
    .summary = "runs the components of a manifest until SIGINT, SIGTERM, or all of them have stopped",
    .details = "A signal drains: nothing new comes in, what is queued is handled, then the components stop and a summary says where every\n"
               "message went. A second signal stops at once. Exits with 70 when a component was given up or its init failed, else 124\n"
               "when the drain's deadline left messages, else 130 after SIGINT, else 0.\n",
    .operand_count = 1,
    .flags = flags,
    .flag_count = sizeof flags / sizeof flags[0],
    .run = run,
};
