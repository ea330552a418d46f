#include "node/host/modules.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "base/memory.h"

/* Which file an entry means: two paths may lead to one. */
typedef struct file_key {
    dev_t device;
    ino_t inode;
    bool known;
} file_key;

static file_key key_of(const char *path) {
    struct stat info;
    file_key key = {0};
    if (path != NULL && stat(path, &info) == 0) {
        key = (file_key){info.st_dev, info.st_ino, true};
    }
    return key;
}

static bool same_file(const airsi_manifest *manifest, const file_key *keys, size_t a, size_t b) {
    if (keys[a].known && keys[b].known) {
        return keys[a].device == keys[b].device && keys[a].inode == keys[b].inode;
    }
    const char *left = manifest->entries[a].file;
    const char *right = manifest->entries[b].file;
    return left != NULL && right != NULL && strcmp(left, right) == 0;
}

/* The limits a shared module is checked against: the most memory any of its users grants. Spawning checks each user's own. */
static airs_limits limits_of(const airsi_manifest *manifest, const file_key *keys, size_t first) {
    airs_limits limits = manifest->entries[first].limits;
    for (size_t i = first + 1; i < manifest->entry_count; i++) {
        if (same_file(manifest, keys, first, i) && manifest->entries[i].limits.memory_bytes > limits.memory_bytes) {
            limits.memory_bytes = manifest->entries[i].limits.memory_bytes;
        }
    }
    return limits;
}

/* Says where the manifest names the file, before what is wrong with it. */
static void tell_where(const airsi_manifest *manifest, size_t entry, bool missing, airs_error *error) {
    const airsi_manifest_entry *e = &manifest->entries[entry];
    airs_error_prefix(error, "%s:%zu:%zu: components[%zu].file", manifest->path, e->file_line, e->file_column, entry);
    if (missing) {
        size_t length = strlen(error->text);
        snprintf(error->text + length, sizeof error->text - length, "; paths are relative to the manifest");
    }
}

static airs_status load_one(airsi_modules *modules, airs_wasm_engine *engine, const airsi_manifest *manifest, const file_key *keys,
                            size_t entry, airsi_problems *problems) {
    airs_limits limits = limits_of(manifest, keys, entry);
    airs_wasm_module *module = NULL;
    airs_error error = {0};
    if (airs_wasm_module_load_file(engine, manifest->entries[entry].file, &limits, &module, &error) != AIRS_OK) {
        tell_where(manifest, entry, !keys[entry].known, &error);
        return airsi_problems_add(problems, &error);
    }
    modules->of_entry[entry] = module;
    modules->file_count++;
    return AIRS_OK;
}

static airs_status load_all(airsi_modules *modules, airs_wasm_engine *engine, const airsi_manifest *manifest, const file_key *keys,
                            airsi_problems *problems) {
    airs_status first = AIRS_OK;
    for (size_t i = 0; i < manifest->entry_count; i++) {
        size_t before = 0;
        while (before < i && !same_file(manifest, keys, before, i)) {
            before++;
        }
        airs_status status = AIRS_OK;
        if (before < i) {
            airs_wasm_module *shared = modules->of_entry[before];
            modules->of_entry[i] = shared != NULL ? airs_wasm_module_ref(shared) : NULL;
        } else if (manifest->entries[i].file != NULL) {
            status = load_one(modules, engine, manifest, keys, i, problems);
        }
        first = first == AIRS_OK ? status : first;
    }
    return first;
}

airs_status airsi_modules_load(airsi_modules *modules, airs_wasm_engine *engine, const airsi_manifest *manifest, airsi_problems *problems) {
    *modules = (airsi_modules){0};
    file_key *keys = airsi_calloc(manifest->entry_count, sizeof *keys);
    modules->of_entry = airsi_calloc(manifest->entry_count, sizeof(airs_wasm_module *));
    airs_status status;
    if (keys == NULL || modules->of_entry == NULL) {
        airs_error error;
        airs_error_set(&error, AIRS_ENOMEM, "no memory for the modules");
        status = airsi_problems_add(problems, &error);
        goto out;
    }
    modules->entry_count = manifest->entry_count;
    for (size_t i = 0; i < manifest->entry_count; i++) {
        keys[i] = key_of(manifest->entries[i].file);
    }
    status = load_all(modules, engine, manifest, keys, problems);
out:
    airsi_free(keys);
    return status;
}

void airsi_modules_fini(airsi_modules *modules) {
    for (size_t i = 0; i < modules->entry_count; i++) {
        airs_wasm_module_unref(modules->of_entry[i]);
    }
    airsi_free(modules->of_entry);
    *modules = (airsi_modules){0};
}
