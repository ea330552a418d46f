#include "node/manifest/schema.h"

#include <inttypes.h>
#include <stdint.h>
#include <string.h>

#include "base/memory.h"
#include "node/manifest/ids.h"
#include "node/manifest/yaml_json.h"
#include "node/text/units.h"

#define COUNT_OF(array) (sizeof(array) / sizeof((array)[0]))

/* --- values ----------------------------------------------------------------------------------------------------------- */

typedef airs_status (*parser)(const char *text, size_t length, uint64_t *ret_number, airs_error *error);

static bool read_number(airsi_reading *reading, const airsi_yaml_node *value, parser parse, const char *what, uint64_t most,
                        uint64_t *ret) {
    if (!airsi_expect_text(reading, value, what)) {
        return false;
    }
    airs_error error;
    uint64_t number;
    if (!value->plain) {
        airsi_reading_complain(reading, value, "it is quoted text; %s without quotes is right", what);
        return false;
    }
    if (parse(value->text, value->length, &number, &error) != AIRS_OK) {
        airsi_reading_complain_error(reading, value, &error);
        return false;
    }
    if (number > most) {
        airsi_reading_complain(reading, value, "%s is too large; at most %" PRIu64 " is right", value->text, most);
        return false;
    }
    *ret = number;
    return true;
}

static void read_count_32(airsi_reading *reading, const airsi_yaml_node *value, void *target) {
    uint64_t number;
    if (read_number(reading, value, airsi_parse_count, "a whole number", UINT32_MAX, &number)) {
        *(uint32_t *)target = (uint32_t)number;
    }
}

static void read_size_32(airsi_reading *reading, const airsi_yaml_node *value, void *target) {
    uint64_t number;
    if (read_number(reading, value, airsi_parse_size, "a size like 64KiB", UINT32_MAX, &number)) {
        *(uint32_t *)target = (uint32_t)number;
    }
}

static void read_size_64(airsi_reading *reading, const airsi_yaml_node *value, void *target) {
    uint64_t number;
    if (read_number(reading, value, airsi_parse_size, "a size like 8MiB", UINT64_MAX, &number)) {
        *(uint64_t *)target = number;
    }
}

static void read_duration_32(airsi_reading *reading, const airsi_yaml_node *value, void *target) {
    uint64_t number;
    if (read_number(reading, value, airsi_parse_duration, "a duration like 50ms", UINT32_MAX, &number)) {
        *(uint32_t *)target = (uint32_t)number;
    }
}

static void read_workers(airsi_reading *reading, const airsi_yaml_node *value, void *target) {
    if (value->kind == AIRSI_YAML_SCALAR && strcmp(value->text, "auto") == 0) {
        *(unsigned *)target = 0;
        return;
    }
    if (!airsi_expect_text(reading, value, "auto or a whole number")) {
        return;
    }
    uint64_t number;
    if (airsi_parse_count(value->text, value->length, &number, NULL) != AIRS_OK || number < 1 || number > AIRSI_MANIFEST_WORKERS_MAX) {
        airsi_reading_complain(reading, value, "\"%.40s\" workers; auto or 1 to %u is right", value->text, AIRSI_MANIFEST_WORKERS_MAX);
        return;
    }
    if (!value->plain) {
        airsi_reading_complain(reading, value, "it is quoted text; %s without quotes is right", value->text);
        return;
    }
    *(unsigned *)target = (unsigned)number;
}

static void read_name(airsi_reading *reading, const airsi_yaml_node *value, void *target) {
    static const char right[] = "a name of 1 to 63 characters of a-z, 0-9 and -";
    if (!airsi_expect_text(reading, value, right)) {
        return;
    }
    if (value->length > AIRS_ID_SEGMENT_MAX || strspn(value->text, "abcdefghijklmnopqrstuvwxyz0123456789-") != value->length) {
        airsi_reading_complain(reading, value, "\"%.80s\" is no name; %s is right", value->text, right);
        return;
    }
    char *name = airsi_strndup(value->text, value->length);
    if (name == NULL) {
        airsi_reading_complain(reading, value, "no memory for the name");
        return;
    }
    *(char **)target = name;
}

/* --- one component ---------------------------------------------------------------------------------------------------- */

/* What the readers of an entry need besides the entry: they get a pointer to their field only. */
typedef struct entry_record {
    airsi_manifest_entry entry;
    const airsi_manifest *manifest;
} entry_record;

static void read_id(airsi_reading *reading, const airsi_yaml_node *value, void *target) {
    entry_record *record = target;
    record->entry.line = value->line;
    record->entry.column = value->column;
    if (!airsi_expect_text(reading, value, "namespace/name/instance")) {
        return;
    }
    airs_error error;
    size_t most = AIRSI_MANIFEST_COMPONENTS_MAX - record->manifest->component_count;
    if (airsi_expand_ids(value->text, value->length, most, &record->entry.ids, &record->entry.id_count, &error) != AIRS_OK) {
        airsi_reading_complain_error(reading, value, &error);
    }
}

static void read_file(airsi_reading *reading, const airsi_yaml_node *value, void *target) {
    entry_record *record = target;
    if (!airsi_expect_text(reading, value, "the path of a WebAssembly module")) {
        return;
    }
    const char *slash = strrchr(record->manifest->path, '/');
    size_t folder = value->text[0] != '/' && slash != NULL ? (size_t)(slash - record->manifest->path) + 1 : 0;
    char *file = airsi_malloc(folder + value->length + 1);
    if (file == NULL) {
        airsi_reading_complain(reading, value, "no memory for the path");
        return;
    }
    memcpy(file, record->manifest->path, folder);
    memcpy(file + folder, value->text, value->length + 1);
    record->entry.file = file;
    record->entry.file_line = value->line;
    record->entry.file_column = value->column;
}

static void read_config(airsi_reading *reading, const airsi_yaml_node *value, void *target) {
    const airsi_yaml_node *wrong;
    char *json;
    airs_error error;
    if (airsi_yaml_to_json(value, &json, &wrong, &error) != AIRS_OK) {
        airsi_reading_complain_error(reading, wrong, &error);
        return;
    }
    *(char **)target = json;
}

static void read_pattern(airsi_reading *reading, const airsi_yaml_node *item, void *target) {
    airsi_texts *texts = target;
    airs_error error;
    if (!airsi_expect_text(reading, item, "a pattern like \"demo/counter/*\"")) {
        return;
    }
    if (airsi_check_pattern(item->text, item->length, &error) != AIRS_OK) {
        airsi_reading_complain_error(reading, item, &error);
        return;
    }
    char *text = airsi_strndup(item->text, item->length);
    char **items = text != NULL ? airsi_realloc(texts->items, (texts->count + 1) * sizeof *items) : NULL;
    if (items == NULL) {
        airsi_free(text);
        airsi_reading_complain(reading, item, "no memory for the pattern");
        return;
    }
    texts->items = items;
    texts->items[texts->count++] = text;
}

static void read_patterns(airsi_reading *reading, const airsi_yaml_node *value, void *target) {
    airsi_read_list(reading, value, read_pattern, target);
}

static void read_capabilities(airsi_reading *reading, const airsi_yaml_node *value, void *target) {
    static const airsi_field fields[] = {
        {"send", read_patterns, offsetof(airsi_manifest_entry, send), false},
        {"receive", read_patterns, offsetof(airsi_manifest_entry, receive), false},
    };
    airsi_read_mapping(reading, value, fields, COUNT_OF(fields), target);
}

static void read_overflow(airsi_reading *reading, const airsi_yaml_node *value, void *target) {
    static const struct {
        const char *name;
        airs_overflow policy;
    } policies[] = {
        {"hold", AIRS_OVERFLOW_HOLD},         {"reject", AIRS_OVERFLOW_REJECT}, {"drop-new", AIRS_OVERFLOW_DROP_NEW},
        {"drop-old", AIRS_OVERFLOW_DROP_OLD}, {"block", AIRS_OVERFLOW_BLOCK},
    };
    if (!airsi_expect_text(reading, value, "hold, reject, drop-new, drop-old or block")) {
        return;
    }
    for (size_t i = 0; i < COUNT_OF(policies); i++) {
        if (strcmp(value->text, policies[i].name) == 0) {
            *(airs_overflow *)target = policies[i].policy;
            return;
        }
    }
    airsi_reading_complain(reading, value, "\"%.60s\" is no policy; hold, reject, drop-new, drop-old or block is right", value->text);
}

static void read_limits(airsi_reading *reading, const airsi_yaml_node *value, void *target) {
    static const airsi_field fields[] = {
        {"memory", read_size_64, offsetof(airs_limits, memory_bytes), false},
        {"handler-time", read_duration_32, offsetof(airs_limits, handler_ms), false},
        {"init-time", read_duration_32, offsetof(airs_limits, init_ms), false},
        {"mailbox-messages", read_count_32, offsetof(airs_limits, mailbox_messages), false},
        {"mailbox-bytes", read_size_32, offsetof(airs_limits, mailbox_bytes), false},
        {"payload", read_size_32, offsetof(airs_limits, payload_bytes), false},
        {"in-flight", read_count_32, offsetof(airs_limits, in_flight), false},
        {"timers", read_count_32, offsetof(airs_limits, timers), false},
        {"hold-messages", read_count_32, offsetof(airs_limits, hold_messages), false},
        {"hold-bytes", read_size_32, offsetof(airs_limits, hold_bytes), false},
        {"overflow", read_overflow, offsetof(airs_limits, overflow), false},
    };
    airs_error error;
    if (airsi_read_mapping(reading, value, fields, COUNT_OF(fields), target) && airs_limits_check(target, &error) != AIRS_OK) {
        airsi_reading_complain_error(reading, value, &error);
    }
}

/* Values that have one form now; the others are named, since they are known words that wait for their version. */
static void read_word(airsi_reading *reading, const airsi_yaml_node *value, const char *const *taken, const char *const *later,
                      const char *right) {
    if (!airsi_expect_text(reading, value, right)) {
        return;
    }
    for (; *taken != NULL; taken++) {
        if (strcmp(value->text, *taken) == 0) {
            return;
        }
    }
    for (; *later != NULL; later++) {
        if (strcmp(value->text, *later) == 0) {
            airsi_reading_complain(reading, value, "%s comes with a later version; %s is right in this one", *later, right);
            return;
        }
    }
    airsi_reading_complain(reading, value, "\"%.60s\" is not known; %s is right", value->text, right);
}

static void read_memory_profile(airsi_reading *reading, const airsi_yaml_node *value, void *target) {
    static const char *const taken[] = {"auto", "guarded", NULL};
    static const char *const later[] = {"dense", NULL};
    (void)target;
    read_word(reading, value, taken, later, "auto or guarded");
}

static void read_restart(airsi_reading *reading, const airsi_yaml_node *value, void *target) {
    static const char *const taken[] = {"permanent", NULL};
    static const char *const later[] = {"transient", "temporary", NULL};
    (void)target;
    read_word(reading, value, taken, later, "permanent");
}

/* --- the whole -------------------------------------------------------------------------------------------------------- */

static void read_entry(airsi_reading *reading, const airsi_yaml_node *item, void *target) {
    static const airsi_field fields[] = {
        {"id", read_id, 0, true},
        {"file", read_file, 0, true},
        {"config", read_config, offsetof(entry_record, entry.config_json), false},
        {"capabilities", read_capabilities, offsetof(entry_record, entry), false},
        {"limits", read_limits, offsetof(entry_record, entry.limits), false},
        {"memory-profile", read_memory_profile, 0, false},
        {"restart", read_restart, 0, false},
    };
    airsi_manifest *manifest = target;
    entry_record record = {.entry = {.line = item->line, .column = item->column, .limits = AIRS_LIMITS_DEFAULT}, .manifest = manifest};
    airsi_read_mapping(reading, item, fields, COUNT_OF(fields), &record);
    if (record.entry.config_json == NULL) {
        record.entry.config_json = airsi_strdup("{}");
        if (record.entry.config_json == NULL) {
            airsi_reading_complain(reading, item, "no memory for the component");
        }
    }
    manifest->component_count += record.entry.id_count;
    manifest->entries[manifest->entry_count++] = record.entry;
}

static void read_components(airsi_reading *reading, const airsi_yaml_node *value, void *target) {
    airsi_manifest *manifest = target;
    if (value->kind == AIRSI_YAML_SEQUENCE && value->count == 0) {
        airsi_reading_complain(reading, value, "the list is empty; at least one component is right");
    }
    manifest->entries = airsi_calloc(value->count, sizeof *manifest->entries);
    if (manifest->entries == NULL) {
        airsi_reading_complain(reading, value, "no memory for the components");
        return;
    }
    airsi_read_list(reading, value, read_entry, manifest);
}

void airsi_schema_read(airsi_reading *reading, const airsi_yaml_node *root, airsi_manifest *manifest) {
    static const airsi_field fields[] = {
        {"name", read_name, offsetof(airsi_manifest, name), false},
        {"workers", read_workers, offsetof(airsi_manifest, workers), false},
        {"components", read_components, 0, true},
    };
    airsi_read_mapping(reading, root, fields, COUNT_OF(fields), manifest);
}
