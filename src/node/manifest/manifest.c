#include "node/manifest/manifest.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/memory.h"
#include "node/manifest/ids.h"
#include "node/manifest/reading.h"
#include "node/manifest/schema.h"
#include "node/manifest/yaml_tree.h"

static airs_status check_file(const char *path, const struct stat *info, airs_error *error) {
    if (!S_ISREG(info->st_mode)) {
        return airs_error_set(error, AIRS_ENOINPUT, "%s: not a regular file; a manifest is right", path);
    }
    if (info->st_size > AIRSI_MANIFEST_BYTES_MAX) {
        return airs_error_set(error, AIRS_ECONFIG, "%s: %lld bytes are too many for a manifest; at most %u are right", path,
                              (long long)info->st_size, AIRSI_MANIFEST_BYTES_MAX);
    }
    return AIRS_OK;
}

/* The bound holds for what is read, not for what stat said: a file may grow meanwhile. */
static airs_status read_open_file(int fd, const char *path, char *bytes, size_t *ret_length, airs_error *error) {
    size_t length = 0;
    for (;;) {
        ssize_t got = read(fd, bytes + length, AIRSI_MANIFEST_BYTES_MAX + 1 - length);
        if (got < 0 && errno == EINTR) {
            continue;
        }
        if (got < 0) {
            return airs_error_set(error, AIRS_ENOINPUT, "%s: can't be read (%s); a readable file is right", path, strerror(errno));
        }
        if (got == 0) {
            break;
        }
        length += (size_t)got;
        if (length > AIRSI_MANIFEST_BYTES_MAX) {
            return airs_error_set(error, AIRS_ECONFIG, "%s: over %u bytes; a smaller manifest is right", path, AIRSI_MANIFEST_BYTES_MAX);
        }
    }
    *ret_length = length;
    return AIRS_OK;
}

static airs_status read_file(const char *path, char **ret_bytes, size_t *ret_length, airs_error *error) {
    /* Non-blocking, so that a FIFO is found out by fstat instead of waited for. */
    int fd = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC | O_NOCTTY);
    if (fd < 0) {
        return airs_error_set(error, AIRS_ENOINPUT, "%s: can't be opened (%s); the path of a manifest is right", path, strerror(errno));
    }
    struct stat info;
    char *bytes = NULL;
    airs_status status = AIRS_OK;
    if (fstat(fd, &info) != 0) {
        status = airs_error_set(error, AIRS_ENOINPUT, "%s: can't be looked at (%s)", path, strerror(errno));
        goto out;
    }
    status = check_file(path, &info, error);
    if (status != AIRS_OK) {
        goto out;
    }
    bytes = airsi_malloc(AIRSI_MANIFEST_BYTES_MAX + 1);
    if (bytes == NULL) {
        status = airs_error_set(error, AIRS_ENOMEM, "%s: no memory to read it", path);
        goto out;
    }
    status = read_open_file(fd, path, bytes, ret_length, error);
out:
    close(fd);
    if (status != AIRS_OK) {
        airsi_free(bytes);
        return status;
    }
    *ret_bytes = bytes;
    return AIRS_OK;
}

static void free_texts(airsi_texts *texts) {
    for (size_t i = 0; i < texts->count; i++) {
        airsi_free(texts->items[i]);
    }
    airsi_free(texts->items);
}

void airsi_manifest_free(airsi_manifest *manifest) {
    if (manifest == NULL) {
        return;
    }
    for (size_t i = 0; i < manifest->entry_count; i++) {
        airsi_manifest_entry *entry = &manifest->entries[i];
        airsi_free(entry->ids);
        airsi_free(entry->file);
        airsi_free(entry->config_json);
        free_texts(&entry->send);
        free_texts(&entry->receive);
    }
    airsi_free(manifest->entries);
    airsi_free(manifest->name);
    airsi_free(manifest->path);
    airsi_free(manifest);
}

static airs_status fail(airsi_problems *problems, airs_status status, const char *path) {
    airs_error error;
    airs_error_set(&error, status, "%s: %s", path, airs_status_text(status));
    return airsi_problems_add(problems, &error);
}

airs_status airsi_manifest_load(const char *path, airsi_problems *problems, airsi_manifest **ret_manifest) {
    airs_error error;
    char *bytes = NULL;
    size_t length = 0;
    *ret_manifest = NULL;
    airs_status status = read_file(path, &bytes, &length, &error);
    if (status != AIRS_OK) {
        return airsi_problems_add(problems, &error);
    }

    airsi_manifest *manifest = airsi_calloc(1, sizeof *manifest);
    char *own_path = airsi_strdup(path);
    airsi_yaml_node *root = NULL;
    if (manifest == NULL || own_path == NULL) {
        airsi_free(own_path);
        status = fail(problems, AIRS_ENOMEM, path);
        goto out;
    }
    manifest->path = own_path;
    size_t before = problems->count + problems->left_out;
    root = airsi_yaml_read(path, bytes, length, problems);
    if (root == NULL) {
        status = AIRS_ECONFIG;
        goto out;
    }
    airsi_reading reading = {.path = path, .problems = problems};
    airsi_schema_read(&reading, root, manifest);
    if (airsi_check_duplicate_ids(manifest, problems) != AIRS_OK) {
        fail(problems, AIRS_ENOMEM, path);
    }
    status = problems->count + problems->left_out > before ? AIRS_ECONFIG : AIRS_OK;
    *ret_manifest = manifest;
    manifest = NULL;
out:
    airsi_yaml_free(root);
    airsi_manifest_free(manifest);
    airsi_free(bytes);
    return status;
}
