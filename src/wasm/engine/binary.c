#include "wasm/engine/binary.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/memory.h"

#define MAGIC "\0asm"
#define MAGIC_LENGTH 4u

/* --- the file ------------------------------------------------------------------------------------------------------------------ */

static airs_status cannot_read(airs_error *error, const char *path, int code) {
    if (code == ENOENT) {
        return airs_error_set(error, AIRS_ENOINPUT, "%s: no such file", path);
    }
    return airs_error_set(error, AIRS_ENOINPUT, "%s: can't be read: %s", path, strerrordesc_np(code));
}

static airs_status check_file(int fd, const char *path, size_t *ret_length, airs_error *error) {
    struct stat found;
    if (fstat(fd, &found) != 0) {
        return cannot_read(error, path, errno);
    }
    if (!S_ISREG(found.st_mode)) {
        return airs_error_set(error, AIRS_ENOINPUT, "%s: %s; expected a file with a WebAssembly module", path,
                              S_ISDIR(found.st_mode) ? "is a folder" : "is no regular file");
    }
    if (found.st_size > (off_t)AIRSI_MODULE_BYTES_MAX) {
        return airs_error_set(error, AIRS_EBADMODULE, "%s: has %" PRIu64 " bytes; the limit is %u", path, (uint64_t)found.st_size,
                              AIRSI_MODULE_BYTES_MAX);
    }
    *ret_length = (size_t)found.st_size;
    return AIRS_OK;
}

/* A file that shrinks meanwhile is read as far as it goes. */
static airs_status read_whole(int fd, const char *path, uint8_t *bytes, size_t length, size_t *ret_length, airs_error *error) {
    size_t done = 0;
    while (done < length) {
        ssize_t got = read(fd, bytes + done, length - done);
        if (got < 0 && errno == EINTR) {
            continue;
        }
        if (got < 0) {
            return cannot_read(error, path, errno);
        }
        if (got == 0) {
            break;
        }
        done += (size_t)got;
    }
    *ret_length = done;
    return AIRS_OK;
}

airs_status airsi_binary_read(const char *path, uint8_t **ret_bytes, size_t *ret_length, airs_error *error) {
    /* Non-blocking, so that a named pipe is refused instead of waited for. */
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0) {
        return cannot_read(error, path, errno);
    }
    size_t size = 0;
    size_t length = 0;
    uint8_t *bytes = NULL;
    airs_status status = check_file(fd, path, &size, error);
    if (status == AIRS_OK && (bytes = airsi_malloc(size)) == NULL) {
        status = airs_error_set(error, AIRS_ENOMEM, "%s: no memory for its %zu bytes", path, size);
    }
    if (status == AIRS_OK) {
        status = read_whole(fd, path, bytes, size, &length, error);
    }
    close(fd);
    if (status != AIRS_OK) {
        airsi_free(bytes);
        return status;
    }
    *ret_bytes = bytes;
    *ret_length = length;
    return AIRS_OK;
}

/* --- what it is ---------------------------------------------------------------------------------------------------------------- */

static airs_status check_magic(const uint8_t *bytes, size_t length, airs_error *error) {
    size_t seen = length < MAGIC_LENGTH ? length : MAGIC_LENGTH;
    if (seen == MAGIC_LENGTH && memcmp(bytes, MAGIC, MAGIC_LENGTH) == 0) {
        return AIRS_OK;
    }
    if (length == 0) {
        return airs_error_set(error, AIRS_EBADMODULE, "is empty; expected a WebAssembly module");
    }
    char text[4 * MAGIC_LENGTH + 1] = "";
    for (size_t i = 0; i < seen; i++) {
        sprintf(text + 3 * i, i + 1 < seen ? "%02x " : "%02x", bytes[i]);
    }
    const char *hint = bytes[0] == '(' ? "; this looks like the text format: make a binary of it with wat2wasm" : "";
    return airs_error_set(error, AIRS_EBADMODULE, "not WebAssembly: starts with the bytes %s, expected 00 61 73 6d (\\0asm)%s", text, hint);
}

airs_status airsi_binary_scan(const void *bytes, size_t length, airsi_wasm_scan *ret_scan, airs_error *error) {
    airs_status status = check_magic(bytes, length, error);
    if (status != AIRS_OK) {
        return status;
    }
    uint8_t message[AIRS_ERROR_TEXT_MAX];
    size_t message_length = 0;
    uint64_t offset = 0;
    if (airsi_wasmtime_scan(bytes, length, ret_scan, message, sizeof message, &message_length, &offset) != 0) {
        return airs_error_set(error, AIRS_EBADMODULE, "malformed at byte %" PRIu64 " of %zu: %.*s", offset, length, (int)message_length,
                              (const char *)message);
    }
    return AIRS_OK;
}

/* --- what it declares ---------------------------------------------------------------------------------------------------------- */

void airsi_size_text(uint64_t bytes, char ret_text[32]) {
    static const char *const units[] = {"bytes", "KiB", "MiB", "GiB"};
    size_t unit = 0;
    double size = (double)bytes;
    while (size >= 1024.0 && unit + 1 < sizeof units / sizeof units[0]) {
        size /= 1024.0;
        unit++;
    }
    bool whole = size == (double)(uint64_t)size;
    snprintf(ret_text, 32, whole ? "%.0f %s" : "%.1f %s", size, units[unit]);
}

static void check_count(airsi_findings *findings, const char *what, uint32_t found, uint32_t limit) {
    if (found > limit) {
        airsi_findings_problem(findings, "declares %" PRIu32 " %s; the limit is %" PRIu32, found, what, limit);
    }
}

static void check_memory(const airsi_wasm_scan *scan, const airs_limits *limits, airsi_findings *findings) {
    if (scan->imported_memories > 0) {
        airsi_findings_problem(findings, "imports a memory; expected one of its own, exported as \"memory\"");
    }
    check_count(findings, "memories", scan->memories, 1);
    if (scan->memory_shared != 0) {
        airsi_findings_problem(findings, "its memory is shared; expected an unshared one (build without -pthread)");
    }
    if (scan->memory_64 != 0) {
        airsi_findings_problem(findings, "its memory is addressed with 64 bits; expected 32 (build for wasm32)");
    }
    uint64_t minimum = 0;
    if (__builtin_mul_overflow(scan->memory_minimum_pages, (uint64_t)AIRSI_WASM_PAGE, &minimum)) {
        minimum = UINT64_MAX;
    }
    if (minimum > limits->memory_bytes) {
        char needed[32];
        char allowed[32];
        airsi_size_text(minimum, needed);
        airsi_size_text(limits->memory_bytes, allowed);
        airsi_findings_problem(findings, "its memory starts with %s; the limit `memory` is %s", needed, allowed);
    }
}

void airsi_binary_check(const airsi_wasm_scan *scan, const airs_limits *limits, airsi_findings *findings) {
    if (scan->component != 0) {
        airsi_findings_problem(findings,
                               "is a component; this version hosts core modules only. Build the core module instead (C: the SDK's "
                               "airs_add_guest; Rust: target wasm32-unknown-unknown without `wasm-tools component new`)");
        return;
    }
    check_memory(scan, limits, findings);
    check_count(findings, "imports", scan->imports, AIRSI_IMPORTS_MAX);
    check_count(findings, "exports", scan->exports, AIRSI_IMPORTS_MAX);
    check_count(findings, "functions", scan->functions, AIRSI_FUNCTIONS_MAX);
    check_count(findings, "globals", scan->globals, AIRSI_GLOBALS_MAX);
    check_count(findings, "tables", scan->tables, AIRSI_TABLES_MAX);
}
