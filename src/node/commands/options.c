#include "node/commands/options.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "node/manifest/manifest.h"
#include "node/text/units.h"

airs_status airsi_duration_flag(const airsi_arguments *arguments, const char *name, uint32_t missing, uint32_t *ret_ms, airs_error *error) {
    const char *text = airsi_flag_value(arguments, name);
    if (text == NULL) {
        *ret_ms = missing;
        return AIRS_OK;
    }
    uint64_t ms;
    if (airsi_parse_duration(text, strlen(text), &ms, error) != AIRS_OK) {
        airs_error_prefix(error, "--%s", name);
        return AIRS_EUSAGE;
    }
    if (ms >= UINT32_MAX) {
        return airs_error_set(error, AIRS_EUSAGE, "--%s: %s is too long; less than 49 days is right", name, text);
    }
    *ret_ms = (uint32_t)ms;
    return AIRS_OK;
}

airs_status airsi_workers_setting(const airsi_arguments *arguments, unsigned *ret_workers, airs_error *error) {
    const char *source = "--workers";
    const char *text = airsi_flag_value(arguments, "workers");
    if (text == NULL) {
        source = "AIRS_WORKERS";
        text = getenv(source);
    }
    if (text == NULL || text[0] == '\0') {
        *ret_workers = 0;
        return AIRS_OK;
    }
    uint64_t workers;
    if (airsi_parse_count(text, strlen(text), &workers, NULL) != AIRS_OK || workers < 1 || workers > AIRSI_MANIFEST_WORKERS_MAX) {
        return airs_error_set(error, AIRS_EUSAGE, "%s: \"%.40s\" workers; 1 to %u is right", source, text, AIRSI_MANIFEST_WORKERS_MAX);
    }
    *ret_workers = (unsigned)workers;
    return AIRS_OK;
}

airs_status airsi_open_log(const airsi_settings *settings, airs_log **ret_log, airs_error *error) {
    const airs_log_options options = {STDERR_FILENO, settings->log_level, settings->log_format};
    return airs_log_new(&options, ret_log, error);
}
