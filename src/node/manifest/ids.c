#include "node/manifest/ids.h"

#include <stdio.h>
#include <string.h>

#include "base/memory.h"
#include "node/text/units.h"

#define RANGE_RULE "{FIRST..LAST} with two numbers, as in {0..3}, is right"
#define DIGITS_MAX 9

/* A number of a range: no sign, no leading zeros, so that a name has one spelling. */
static bool read_bound(const char *text, size_t length, uint64_t *ret_number) {
    if (length > DIGITS_MAX || (length > 1 && text[0] == '0')) {
        return false;
    }
    return airsi_parse_count(text, length, ret_number, NULL) == AIRS_OK;
}

typedef struct range {
    const char *before, *after;
    size_t before_length, after_length;
    uint64_t first, last;
} range;

static airs_status find_range(const char *text, size_t length, range *ret_range, airs_error *error) {
    const char *open = memchr(text, '{', length);
    const char *end = text + length;
    const char *close = open != NULL ? memchr(open, '}', (size_t)(end - open)) : NULL;
    const char *dots = close != NULL ? memmem(open, (size_t)(close - open), "..", 2) : NULL;
    range r = {.before = text};
    if (dots == NULL || !read_bound(open + 1, (size_t)(dots - open - 1), &r.first) ||
        !read_bound(dots + 2, (size_t)(close - dots - 2), &r.last)) {
        return airs_error_set(error, AIRS_ECONFIG, "\"%.*s\" has no valid range; " RANGE_RULE, (int)(length < 80 ? length : 80), text);
    }
    if (r.last < r.first) {
        return airs_error_set(error, AIRS_ECONFIG, "the range of \"%.*s\" ends before it begins; " RANGE_RULE,
                              (int)(length < 80 ? length : 80), text);
    }
    r.before_length = (size_t)(open - text);
    r.after = close + 1;
    r.after_length = (size_t)(end - r.after);
    if (memchr(r.after, '{', r.after_length) != NULL) {
        return airs_error_set(error, AIRS_ECONFIG, "\"%.*s\" has two ranges; one is right", (int)(length < 80 ? length : 80), text);
    }
    *ret_range = r;
    return AIRS_OK;
}

static airs_status make_id(const char *text, size_t length, airs_component_id *ret_id, airs_error *error) {
    airs_component_id id;
    airs_status status = airs_component_id_parse(text, length, &id, error);
    if (status == AIRS_OK && strncmp(id.text, "airs/", 5) == 0) {
        return airs_error_set(error, AIRS_EINVALID_ID, "the namespace airs is reserved; another one is right");
    }
    if (status == AIRS_OK) {
        *ret_id = id;
    }
    return status;
}

static airs_status make_range(const range *r, airs_component_id *ids, airs_error *error) {
    for (uint64_t number = r->first; number <= r->last; number++) {
        char text[2 * AIRS_ID_TEXT_MAX];
        int used = snprintf(text, sizeof text, "%.*s%llu%.*s", (int)r->before_length, r->before, (unsigned long long)number,
                            (int)r->after_length, r->after);
        airs_status status = make_id(text, (size_t)used, &ids[number - r->first], error);
        if (status != AIRS_OK) {
            return status;
        }
    }
    return AIRS_OK;
}

airs_status airsi_expand_ids(const char *text, size_t length, size_t most, airs_component_id **ret_ids, size_t *ret_count,
                             airs_error *error) {
    range r = {.first = 0, .last = 0};
    bool ranged = memchr(text, '{', length) != NULL || memchr(text, '}', length) != NULL;
    if (length > AIRS_ID_TEXT_MAX + 2 * DIGITS_MAX) {
        return airs_error_set(error, AIRS_EINVALID_ID, "the id has %zu characters; three segments of at most %d are right", length,
                              AIRS_ID_SEGMENT_MAX);
    }
    if (ranged) {
        airs_status status = find_range(text, length, &r, error);
        if (status != AIRS_OK) {
            return status;
        }
    }
    uint64_t count = r.last - r.first + 1;
    if (count > most) {
        return airs_error_set(error, AIRS_ECONFIG, "%llu more components are too many; at most %u in a manifest are right",
                              (unsigned long long)count, AIRSI_MANIFEST_COMPONENTS_MAX);
    }
    airs_component_id *ids = airsi_calloc(count, sizeof *ids);
    if (ids == NULL) {
        return airs_error_set(error, AIRS_ENOMEM, "no memory for %llu ids", (unsigned long long)count);
    }
    airs_status status = ranged ? make_range(&r, ids, error) : make_id(text, length, ids, error);
    if (status != AIRS_OK) {
        airsi_free(ids);
        return status;
    }
    *ret_ids = ids;
    *ret_count = count;
    return AIRS_OK;
}

typedef struct named {
    const airs_component_id *id;
    const airsi_manifest_entry *entry;
} named;

/* By text, then by where it stands, so that the later one is the duplicate. */
static int compare_named(const void *left, const void *right) {
    const named *a = left;
    const named *b = right;
    int order = strcmp(a->id->text, b->id->text);
    if (order != 0) {
        return order;
    }
    return (a->entry > b->entry) - (a->entry < b->entry);
}

airs_status airsi_check_duplicate_ids(const airsi_manifest *manifest, airsi_problems *problems) {
    named *all = airsi_calloc(manifest->component_count, sizeof *all);
    if (all == NULL) {
        return AIRS_ENOMEM;
    }
    size_t count = 0;
    for (size_t i = 0; i < manifest->entry_count; i++) {
        for (size_t j = 0; j < manifest->entries[i].id_count; j++) {
            all[count++] = (named){&manifest->entries[i].ids[j], &manifest->entries[i]};
        }
    }
    qsort(all, count, sizeof *all, compare_named);
    for (size_t i = 1; i < count; i++) {
        if (strcmp(all[i - 1].id->text, all[i].id->text) == 0) {
            airs_error error;
            airs_error_set(&error, AIRS_ECONFIG, "%s:%zu:%zu: components[%zu].id: %s is taken by line %zu; each id once is right",
                           manifest->path, all[i].entry->line, all[i].entry->column, (size_t)(all[i].entry - manifest->entries),
                           all[i].id->text, all[i - 1].entry->line);
            airsi_problems_add(problems, &error);
        }
    }
    airsi_free(all);
    return AIRS_OK;
}

airs_status airsi_check_pattern(const char *text, size_t length, airs_error *error) {
    /* A pattern is an id once every `*` segment is a letter. */
    char as_id[AIRS_ID_TEXT_MAX + 1] = "";
    size_t at = 0;
    for (; at < length && at < AIRS_ID_TEXT_MAX; at++) {
        bool starts = at == 0 || text[at - 1] == '/';
        bool ends = at + 1 == length || text[at + 1] == '/';
        as_id[at] = text[at] == '*' && starts && ends ? 'x' : text[at];
    }
    airs_component_id id;
    airs_error why;
    if (length <= AIRS_ID_TEXT_MAX && airs_component_id_parse(as_id, at, &id, &why) == AIRS_OK) {
        return AIRS_OK;
    }
    return airs_error_set(error, AIRS_ECONFIG, "\"%.*s\" is not a pattern; namespace/name/instance, each a name or *, is right",
                          (int)(length < 80 ? length : 80), text);
}
