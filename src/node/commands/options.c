#include "node/commands/options.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "node/manifest/manifest.h"
#include "node/text/units.h"

static airs_status read_duration(const char *text, uint32_t *ret_ms, airs_error *error) {
    uint64_t ms;
    if (airsi_parse_duration(text, strlen(text), &ms, error) != AIRS_OK) {
        return AIRS_EUSAGE;
    }
    if (ms >= UINT32_MAX) {
        return airs_error_set(error, AIRS_EUSAGE, "%s is too long; less than 49 days is right", text);
    }
    *ret_ms = (uint32_t)ms;
    return AIRS_OK;
}

static airs_status read_workers(const char *text, unsigned *ret_workers, airs_error *error) {
    uint64_t workers;
    if (airsi_parse_count(text, strlen(text), &workers, NULL) != AIRS_OK || workers < 1 || workers > AIRSI_MANIFEST_WORKERS_MAX) {
        return airs_error_set(error, AIRS_EUSAGE, "\"%.40s\" workers; 1 to %u is right", text, AIRSI_MANIFEST_WORKERS_MAX);
    }
    *ret_workers = (unsigned)workers;
    return AIRS_OK;
}

airs_status airsi_check_duration(const char *value, airs_error *error) {
    uint32_t ms;
    return read_duration(value, &ms, error);
}

airs_status airsi_check_workers(const char *value, airs_error *error) {
    unsigned workers;
    return read_workers(value, &workers, error);
}

uint32_t airsi_duration_flag(const airsi_arguments *arguments, const char *name, uint32_t missing) {
    const char *text = airsi_flag_value(arguments, name);
    uint32_t ms = missing;
    if (text != NULL) {
        read_duration(text, &ms, NULL);
    }
    return ms;
}

airs_status airsi_workers_setting(const airsi_arguments *arguments, unsigned *ret_workers, airs_error *error) {
    const char *source = "--workers";
    const char *text = airsi_flag_value(arguments, "workers");
    if (text == NULL) {
        source = "AIRS_WORKERS";
        text = getenv(source);
        if (text == NULL || text[0] == '\0') {
            *ret_workers = 0;
            return AIRS_OK;
        }
    }
    airs_status status = read_workers(text, ret_workers, error);
    if (status != AIRS_OK) {
        airs_error_prefix(error, "%s: %s", arguments->command->name, source);
    }
    return status;
}

airs_status airsi_open_log(const airsi_settings *settings, airs_log **ret_log, airs_error *error) {
    const airs_log_options options = {STDERR_FILENO, settings->log_level, settings->log_format};
    return airs_log_new(&options, ret_log, error);
}
