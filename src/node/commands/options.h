/* What several commands read from their flags. */
#ifndef AIRSI_NODE_COMMANDS_OPTIONS_H
#define AIRSI_NODE_COMMANDS_OPTIONS_H

#include <stdint.h>

#include <airs/log.h>
#include <airs/status.h>

#include "node/cli/command.h"

#define AIRSI_DRAIN_MS_DEFAULT 10000u

#define AIRSI_WORKERS_FLAG {"workers", "N", "worker threads (AIRS_WORKERS; default the manifest's)", false, airsi_check_workers}
#define AIRSI_DRAIN_FLAG \
    {"drain-timeout", "TIME", "how long a drain may take, as in 10s (the default); 0: no limit", false, airsi_check_duration}

/* For airsi_flag.check. Errors: AIRS_EUSAGE. The same for the next. */
airs_status airsi_check_duration(const char *value, airs_error *error);
airs_status airsi_check_workers(const char *value, airs_error *error);

/* Milliseconds of a flag that airsi_check_duration has checked; `missing` when it was not given. */
uint32_t airsi_duration_flag(const airsi_arguments *arguments, const char *name, uint32_t missing);

/* --workers over AIRS_WORKERS; 0 when neither is there. Errors: AIRS_EUSAGE. */
airs_status airsi_workers_setting(const airsi_arguments *arguments, unsigned *ret_workers, airs_error *error);

/* A logger to stderr as the settings ask. Errors: AIRS_ENOMEM. */
airs_status airsi_open_log(const airsi_settings *settings, airs_log **ret_log, airs_error *error);

#endif
