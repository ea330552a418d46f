#include "wasm/host/imports.h"

#include <string.h>

#define NAME_MAX_COMPARED 64u /* longer names are not near anything we know; it also bounds what a hostile module can make us compute */

typedef struct table {
    const airsi_import *imports;
    const size_t *count;
} table;

static const table tables[] = {
    {airsi_messaging_imports, &airsi_messaging_import_count},
    {airsi_services_imports, &airsi_services_import_count},
    {airsi_preview1_imports, &airsi_preview1_import_count},
};

#define TABLE_COUNT (sizeof tables / sizeof tables[0])

static bool is(const char *known, const char *text, size_t length) {
    return strlen(known) == length && memcmp(known, text, length) == 0;
}

static size_t least(size_t a, size_t b) {
    return a < b ? a : b;
}

/* Insertions, deletions and replacements that make `text` of `known`; SIZE_MAX when it is too long to be near. */
static size_t edits(const char *known, const char *text, size_t length) {
    size_t known_length = strlen(known);
    if (known_length > NAME_MAX_COMPARED || length > NAME_MAX_COMPARED) {
        return SIZE_MAX;
    }
    size_t row[NAME_MAX_COMPARED + 1]; /* row[j]: edits from the first i of known to the first j of text */
    for (size_t j = 0; j <= length; j++) {
        row[j] = j;
    }
    for (size_t i = 1; i <= known_length; i++) {
        size_t diagonal = row[0];
        row[0] = i;
        for (size_t j = 1; j <= length; j++) {
            size_t replaced = diagonal + (known[i - 1] != text[j - 1]);
            diagonal = row[j];
            row[j] = least(replaced, least(row[j], row[j - 1]) + 1);
        }
    }
    return row[length];
}

/* Near enough to be what was meant: at most every third character differs. */
static bool near_enough(size_t distance, size_t length) {
    return distance <= (length + 2) / 3;
}

/* Every table is of one module, named by each of its rows. */
static const table *nearest_table(const char *module, size_t length) {
    const table *best = NULL;
    size_t best_distance = SIZE_MAX;
    for (size_t i = 0; i < TABLE_COUNT; i++) {
        size_t distance = edits(tables[i].imports[0].module, module, length);
        if (distance < best_distance) {
            best = &tables[i];
            best_distance = distance;
        }
    }
    return best != NULL && near_enough(best_distance, length) ? best : NULL;
}

static const airsi_import *nearest_import(const char *module, size_t module_length, const char *name, size_t name_length) {
    const table *in = nearest_table(module, module_length);
    const airsi_import *best = NULL;
    size_t best_distance = SIZE_MAX;
    for (size_t i = 0; in != NULL && i < *in->count; i++) {
        size_t distance = edits(in->imports[i].name, name, name_length);
        if (distance < best_distance) {
            best = &in->imports[i];
            best_distance = distance;
        }
    }
    return best != NULL && near_enough(best_distance, name_length) ? best : NULL;
}

const airsi_import *airsi_import_find(const char *module, size_t module_length, const char *name, size_t name_length,
                                      const airsi_import **ret_nearest) {
    for (size_t t = 0; t < TABLE_COUNT; t++) {
        const airsi_import *imports = tables[t].imports;
        if (!is(imports[0].module, module, module_length)) {
            continue;
        }
        for (size_t i = 0; i < *tables[t].count; i++) {
            if (is(imports[i].name, name, name_length)) {
                return &imports[i];
            }
        }
    }
    if (ret_nearest != NULL) {
        *ret_nearest = nearest_import(module, module_length, name, name_length);
    }
    return NULL;
}
