/* A node: system, engine, modules and components of one manifest. */
#ifndef AIRSI_NODE_HOST_HOST_H
#define AIRSI_NODE_HOST_HOST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <airs/system.h>
#include <airs/wasm.h>

#include "node/host/control.h"
#include "node/manifest/manifest.h"
#include "node/text/problems.h"

typedef struct airsi_host airsi_host;

typedef struct airsi_host_options {
    unsigned workers; /* over the manifest's; 0: the manifest's */
    airs_log *log;
    void (*on_output)(void *user, const airs_component_id *id, int fd, const char *line, size_t length); /* airs_wasm_engine_options */
    void *user;
} airsi_host_options;

/* Makes everything and starts nothing: modules are compiled and checked, components spawned. Every problem found is added.
 * Errors: the first problem's status. */
airs_status airsi_host_new(const airsi_manifest *manifest, const airsi_host_options *options, airsi_problems *problems,
                           airsi_host **ret_host);

void airsi_host_free(airsi_host *host); /* NULL is fine */

airs_system *airsi_host_system(airsi_host *host);
airsi_control *airsi_host_control(airsi_host *host);
size_t airsi_host_module_count(const airsi_host *host);

/* Calls `visit` with each thing a module's loading warned of. */
void airsi_host_warnings(const airsi_host *host, const airsi_manifest *manifest,
                         void (*visit)(void *user, const char *file, const char *warning), void *user);

/* Begins to listen for signals, then starts the system. */
airs_status airsi_host_start(airsi_host *host, const airsi_control_hooks *hooks, airs_error *error);

/* How a drain ended, and with it the run. */
typedef struct airsi_host_end {
    airsi_stop_cause cause;
    airs_status drained; /* AIRS_OK, AIRS_ETIMEOUT, AIRS_EINTERRUPTED */
} airsi_host_end;

/* Closes the sources and waits until the system is quiet, for at most drain_ms (0: no limit). */
airsi_host_end airsi_host_drain(airsi_host *host, uint32_t drain_ms);

/* Stops the system. Signals are listened to until the host is freed: printing may still take its time. */
void airsi_host_stop(airsi_host *host);

/* 70 when a component was stopped by the stop rule or a failed init, 124 when the drain's deadline left messages, 130 after SIGINT or a
 * second signal, else 0. */
int airsi_host_exit_code(const airsi_host *host, const airsi_host_end *end);

#endif
