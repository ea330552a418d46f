/* Takes the key out of each line and sends it, with the line's length, to the counter that owns this key.
 *
 * Config: field (from 1, default 3) and separator (one character, default a blank) say where the key stands; counters (default "demo/counter")
 * and shards (default 4) say who counts: <counters>/0 to <counters>/<shards - 1>. A blank as separator means runs of blanks and tabs, leading
 * ones ignored, as awk splits. A line without that field counts under "(none)". */
#include "config.h"
#include "wire.h"

#define SHARDS_MAX 64

static const char none[] = "(none)";

static airs_component counters[SHARDS_MAX];
static unsigned long shards;
static unsigned long field;
static char separator;

static bool is_separator(char byte) {
    return byte == separator || (separator == ' ' && byte == '\t');
}

/* The wanted field of the line; false: the line has fewer. */
static bool find_field(const char *line, size_t length, const char **ret_key, size_t *ret_length) {
    bool runs = separator == ' ';
    size_t at = 0;
    if (length == 0) {
        return false;
    }
    for (unsigned long number = 1;; number++) {
        while (runs && at < length && is_separator(line[at])) {
            at++;
        }
        size_t start = at;
        while (at < length && !is_separator(line[at])) {
            at++;
        }
        if (number == field && (at > start || !runs)) {
            *ret_key = line + start;
            *ret_length = at - start;
            return true;
        }
        if (at >= length || number == field) {
            return false;
        }
        at++;
    }
}

static airs_result handle_message(const airs_message *line) {
    const char *key;
    size_t length;
    if (!find_field(line->data, line->length, &key, &length)) {
        key = none;
        length = sizeof none - 1;
    }
    length = length > KEY_MAX ? KEY_MAX : length;

    char message[sizeof(uint32_t) + KEY_MAX];
    uint32_t line_length = (uint32_t)line->length;
    size_t at = wire_put(message, &line_length, sizeof line_length);
    at += wire_put(message + at, key, length);
    unsigned long shard = wire_hash(key, length) % shards;
    airs_status status = airs_send(counters[shard], message, at);
    return status == AIRS_OK ? airs_ok() : airs_failf("counter %lu can't be sent to: %s", shard, airs_status_name(status));
}
AIRS_HANDLE_MESSAGE(handle_message);

static airs_result init(const char *config, size_t length) {
    (void)length;
    char prefix[AIRS_ID_MAX + 1];
    char separators[8];
    config_text(config, "counters", "demo/counter", prefix, sizeof prefix);
    config_text(config, "separator", " ", separators, sizeof separators);
    field = config_number(config, "field", 3);
    shards = config_number(config, "shards", 4);
    if (field < 1 || strlen(separators) != 1 || shards < 1 || shards > SHARDS_MAX) {
        return airs_failf("config: field counts from 1, separator is one character, shards 1 to %d", SHARDS_MAX);
    }
    separator = separators[0];
    for (unsigned long i = 0; i < shards; i++) {
        char id[AIRS_ID_MAX + 1];
        snprintf(id, sizeof id, "%s/%lu", prefix, i);
        airs_status status = airs_lookup(id, &counters[i]);
        if (status != AIRS_OK) {
            return airs_failf("counter %s: %s", id, airs_status_name(status));
        }
    }
    return airs_ok();
}
AIRS_INIT(init);
