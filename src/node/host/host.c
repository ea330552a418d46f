#include "node/host/host.h"

#include "base/atomic.h"
#include "base/memory.h"
#include "node/host/modules.h"

struct airsi_host {
    airs_log *log; /* may be NULL */
    airs_system *system;
    airs_wasm_engine *engine;
    airsi_modules modules;
    airsi_control *control;
    AIRSI_ATOMIC(size_t) live;     /* components that have not stopped; worker threads */
    AIRSI_ATOMIC(int) ending;      /* set before the system stops components; worker threads read it */
    AIRSI_ATOMIC(unsigned) failed; /* components that were given up or whose init failed; worker threads */
};

/* What an operator reads. Crashes and failed messages are logged where they happen. */
static void log_event(airs_log *log, const airs_event *event, bool ending) {
    if (event->kind == AIRS_EVENT_STOPPED && !ending) {
        airs_logf(log, AIRS_LOG_INFO, event->id->text, "stopped", NULL, "it ended itself");
        return;
    }
    static const struct {
        airs_log_level level;
        const char *event, *text;
    } rows[] = {
        [AIRS_EVENT_STARTED] = {AIRS_LOG_DEBUG, "started", "ready for messages"},
        [AIRS_EVENT_INIT_FAILED] = {AIRS_LOG_ERROR, "init-failed", "stopped, its init failed"},
        [AIRS_EVENT_RESTARTED] = {AIRS_LOG_INFO, "restarted", "a fresh instance took its place"},
        [AIRS_EVENT_GAVE_UP] = {AIRS_LOG_ERROR, "gave-up", "stopped after the 4th crash within 60 s, the last one"},
        [AIRS_EVENT_STOPPED] = {AIRS_LOG_DEBUG, "stopped", "stopped"},
    };
    bool failed = rows[event->kind].level == AIRS_LOG_ERROR && event->error != NULL;
    airs_logf(log, rows[event->kind].level, event->id->text, rows[event->kind].event,
              failed ? airs_status_name(event->error->status) : NULL, "%s%s%s", rows[event->kind].text, failed ? ": " : "",
              failed ? event->error->text : "");
}

static void on_event(void *user, const airs_event *event) {
    airsi_host *host = user;
    log_event(host->log, event, airsi_load_acquire(&host->ending) != 0);
    bool failed = event->kind == AIRS_EVENT_INIT_FAILED || event->kind == AIRS_EVENT_GAVE_UP;
    if (failed) {
        airsi_fetch_add_relaxed(&host->failed, 1u);
    }
    if ((failed || event->kind == AIRS_EVENT_STOPPED) && airsi_fetch_sub_acq_rel(&host->live, (size_t)1) == 1) {
        airsi_control_request(host->control, AIRSI_STOP_ALL_STOPPED);
    }
}

static void on_activity(void *user, bool active) {
    airsi_host *host = user;
    airs_wasm_engine_set_active(host->engine, active);
}

static airs_status make_parts(airsi_host *host, const airsi_manifest *manifest, const airsi_host_options *options, airs_error *error) {
    airs_status status = airsi_control_new(&host->control, error);
    if (status != AIRS_OK) {
        return status;
    }
    airs_system_options system_options = {
        .workers = options->workers != 0 ? options->workers : manifest->workers,
        .log = options->log,
        .on_event = on_event,
        .on_activity = on_activity,
        .user = host,
    };
    status = airs_system_new(&system_options, &host->system, error);
    if (status != AIRS_OK) {
        return status;
    }
    airs_wasm_engine_options engine_options = {
        .system = host->system, .log = options->log, .on_output = options->on_output, .user = options->user};
    return airs_wasm_engine_new(&engine_options, &host->engine, error);
}

static airs_status spawn_one(airsi_host *host, const airsi_manifest *manifest, size_t entry, size_t id, airs_error *error) {
    const airsi_manifest_entry *e = &manifest->entries[entry];
    airs_wasm_spawn_options options = {
        .id = e->ids[id],
        .limits = e->limits,
        .capabilities = {.send = (const char *const *)e->send.items,
                         .send_count = e->send.count,
                         .receive = (const char *const *)e->receive.items,
                         .receive_count = e->receive.count},
        .config_json = e->config_json,
    };
    airs_component component;
    airs_status status = airs_wasm_spawn(host->engine, host->modules.of_entry[entry], &options, &component, error);
    if (status == AIRS_OK) {
        airsi_fetch_add_relaxed(&host->live, (size_t)1);
        return AIRS_OK;
    }
    return airs_error_prefix(error, "%s:%zu:%zu: %s", manifest->path, e->line, e->column, e->ids[id].text);
}

/* What is wrong with one id of an entry is wrong with all of them: it is told once. */
static airs_status spawn_all(airsi_host *host, const airsi_manifest *manifest, airsi_problems *problems) {
    airs_status first = AIRS_OK;
    for (size_t i = 0; i < manifest->entry_count; i++) {
        airs_status status = AIRS_OK;
        for (size_t j = 0; j < manifest->entries[i].id_count && status == AIRS_OK; j++) {
            airs_error error = {0};
            status = spawn_one(host, manifest, i, j, &error);
            if (status != AIRS_OK) {
                airsi_problems_add(problems, &error);
            }
        }
        first = first == AIRS_OK ? status : first;
    }
    return first;
}

airs_status airsi_host_new(const airsi_manifest *manifest, const airsi_host_options *options, airsi_problems *problems,
                           airsi_host **ret_host) {
    airs_error error = {0};
    airsi_host *host = airsi_calloc(1, sizeof *host);
    if (host == NULL) {
        airs_error_set(&error, AIRS_ENOMEM, "no memory for the node");
        return airsi_problems_add(problems, &error);
    }
    host->log = options->log;
    airs_status status = make_parts(host, manifest, options, &error);
    if (status != AIRS_OK) {
        airsi_problems_add(problems, &error);
        goto out;
    }
    status = airsi_modules_load(&host->modules, host->engine, manifest, problems);
    if (status == AIRS_OK && problems->count + problems->left_out == 0) {
        status = spawn_all(host, manifest, problems);
    }
out:
    if (status != AIRS_OK) {
        airsi_host_free(host);
        return status;
    }
    *ret_host = host;
    return AIRS_OK;
}

void airsi_host_free(airsi_host *host) {
    if (host == NULL) {
        return;
    }
    if (host->control != NULL) {
        airsi_control_join(host->control);
    }
    airsi_store_release(&host->ending, 1);
    airs_system_free(host->system);
    airsi_modules_fini(&host->modules);
    airs_wasm_engine_free(host->engine);
    airsi_control_free(host->control);
    airsi_free(host);
}

airs_system *airsi_host_system(airsi_host *host) {
    return host->system;
}

airsi_control *airsi_host_control(airsi_host *host) {
    return host->control;
}

size_t airsi_host_module_count(const airsi_host *host) {
    return host->modules.file_count;
}

void airsi_host_warnings(const airsi_host *host, const airsi_manifest *manifest,
                         void (*visit)(void *user, const char *file, const char *warning), void *user) {
    for (size_t i = 0; i < host->modules.entry_count; i++) {
        bool told = false;
        for (size_t j = 0; j < i && !told; j++) {
            told = host->modules.of_entry[j] == host->modules.of_entry[i];
        }
        const char *const *warnings;
        size_t count = host->modules.of_entry[i] != NULL && !told ? airs_wasm_module_warnings(host->modules.of_entry[i], &warnings) : 0;
        for (size_t j = 0; j < count; j++) {
            visit(user, manifest->entries[i].file, warnings[j]);
        }
    }
}

airs_status airsi_host_start(airsi_host *host, const airsi_control_hooks *hooks, airs_error *error) {
    airs_status status = airsi_control_start(host->control, host->system, hooks, error);
    return status == AIRS_OK ? airs_system_start(host->system, error) : status;
}

airsi_host_end airsi_host_drain(airsi_host *host, uint32_t drain_ms) {
    airsi_store_release(&host->ending, 1);
    airs_status drained = airs_system_drain(host->system, drain_ms);
    return (airsi_host_end){airsi_control_cause(host->control), drained};
}

void airsi_host_stop(airsi_host *host) {
    airsi_store_release(&host->ending, 1);
    airs_system_stop(host->system);
}

int airsi_host_exit_code(const airsi_host *host, const airsi_host_end *end) {
    if (airsi_load_relaxed(&host->failed) > 0) {
        return airs_status_exit_code(AIRS_EINTERNAL);
    }
    if (end->drained == AIRS_ETIMEOUT || end->drained == AIRS_EINTERRUPTED) {
        return airs_status_exit_code(end->drained);
    }
    return end->cause == AIRSI_STOP_SIGINT ? airs_status_exit_code(AIRS_EINTERRUPTED) : 0;
}
