/* Numbers with units, as the manifest and the command line take them. */
#ifndef AIRSI_NODE_TEXT_UNITS_H
#define AIRSI_NODE_TEXT_UNITS_H

#include <stddef.h>
#include <stdint.h>

#include <airs/status.h>

/* "4096". Errors: AIRS_EINVAL: what it is, and what would be right. The same for the next two. */
airs_status airsi_parse_count(const char *text, size_t length, uint64_t *ret_count, airs_error *error);

/* Bytes: "4096", "64KiB", "8MiB", "1GiB". */
airs_status airsi_parse_size(const char *text, size_t length, uint64_t *ret_bytes, airs_error *error);

/* Milliseconds: "50ms", "5s", "2m", "1h", and "0". */
airs_status airsi_parse_duration(const char *text, size_t length, uint64_t *ret_ms, airs_error *error);

#endif
