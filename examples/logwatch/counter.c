/* Counts lines and bytes of the keys it owns, and tells them page by page.
 *
 * Keys stand in the order they came, so that an index means the same key while the table grows; a hash table of indexes finds them. When memory
 * runs out new keys are refused (their lines become dead letters that say so) and known ones go on being counted. */
#include "wire.h"

#define RESERVE (96u * 1024u) /* given back when memory is full: messages still come in, pages still go out */
#define FIRST_KEYS 64u

typedef struct entry {
    uint64_t lines, bytes;
    char *key;
    uint32_t length, hash;
} entry;

static entry *entries;
static uint32_t count, capacity;
static uint32_t *slots; /* index + 1 of an entry, 0: free; twice the capacity, a power of two */
static void *reserve;
static bool full;

static uint32_t slot_of(uint32_t hash) {
    return (hash ^ hash >> 15) * 2654435761u >> (__builtin_clz(capacity * 2) + 1);
}

static entry *find(const char *key, uint32_t length, uint32_t hash) {
    uint32_t mask = capacity * 2 - 1;
    for (uint32_t at = capacity > 0 ? slot_of(hash) : 0; capacity > 0 && slots[at] != 0; at = (at + 1) & mask) {
        entry *found = &entries[slots[at] - 1];
        if (found->hash == hash && found->length == length && memcmp(found->key, key, length) == 0) {
            return found;
        }
    }
    return NULL;
}

static void place(uint32_t index) {
    uint32_t mask = capacity * 2 - 1;
    uint32_t at = slot_of(entries[index].hash);
    while (slots[at] != 0) {
        at = (at + 1) & mask;
    }
    slots[at] = index + 1;
}

/* Doubles the room; false: no memory, and everything is as it was. */
static bool grow(void) {
    uint32_t wanted = capacity > 0 ? capacity * 2 : FIRST_KEYS;
    uint32_t *new_slots = calloc((size_t)wanted * 2, sizeof *new_slots);
    entry *new_entries = new_slots != NULL ? realloc(entries, wanted * sizeof *new_entries) : NULL;
    if (new_entries == NULL) {
        free(new_slots);
        return false;
    }
    free(slots);
    slots = new_slots;
    entries = new_entries;
    capacity = wanted;
    for (uint32_t i = 0; i < count; i++) {
        place(i);
    }
    return true;
}

static entry *add(const char *key, uint32_t length, uint32_t hash) {
    char *copy = NULL;
    if (!full && (count < capacity || grow())) {
        copy = malloc(length > 0 ? length : 1);
    }
    if (copy == NULL) {
        full = true;
        free(reserve);
        reserve = NULL;
        return NULL;
    }
    memcpy(copy, key, length);
    entries[count] = (entry){.key = copy, .length = length, .hash = hash};
    place(count);
    return &entries[count++];
}

static airs_result count_line(const char *data, size_t length) {
    if (length < sizeof(uint32_t) || length > sizeof(uint32_t) + KEY_MAX) {
        return airs_failf("a line is its length and a key of at most %u bytes; this message has %zu bytes", KEY_MAX, length);
    }
    const char *key = data + sizeof(uint32_t);
    uint32_t key_length = (uint32_t)(length - sizeof(uint32_t));
    uint32_t hash = wire_hash(key, key_length);
    entry *found = find(key, key_length, hash);
    if (found == NULL) {
        found = add(key, key_length, hash);
    }
    if (found == NULL) {
        return airs_failf("memory is full at %u keys: raise limits.memory or choose a field with fewer values", count);
    }
    found->lines++;
    found->bytes += wire_u32(data);
    return airs_ok();
}

static size_t put_row(char *at, const entry *row) {
    size_t length = wire_put(at, &row->lines, sizeof row->lines);
    length += wire_put(at + length, &row->bytes, sizeof row->bytes);
    length += wire_put(at + length, &row->length, sizeof row->length);
    return length + wire_put(at + length, row->key, row->length);
}

static airs_result reply_page(uint32_t index) {
    char *page = malloc(PAGE_BYTES);
    if (page == NULL) {
        return airs_fail("no memory for a page");
    }
    size_t length = sizeof(uint32_t);
    while (index < count && length + ROW_MAX <= PAGE_BYTES) {
        length += put_row(page + length, &entries[index++]);
    }
    uint32_t next = index < count ? index : 0;
    wire_put(page, &next, sizeof next);
    return airs_reply_own(page, length);
}

static airs_result handle_message(const airs_message *message) {
    if (!message->has_request) {
        return count_line(message->data, message->length);
    }
    if (message->length != sizeof(uint32_t)) {
        return airs_failf("a request is the index of a key, 4 bytes; this one has %zu", message->length);
    }
    return reply_page(wire_u32(message->data));
}
AIRS_HANDLE_MESSAGE(handle_message);

/* What was counted, for whoever looks at the log at the end of a run that was cut short. */
static void shutdown(void) {
    uint64_t lines = 0;
    for (uint32_t i = 0; i < count; i++) {
        lines += entries[i].lines;
    }
    airs_logf(AIRS_DEBUG, "counted %llu lines of %u keys", (unsigned long long)lines, count);
}
AIRS_SHUTDOWN(shutdown);

static airs_result init(const char *config, size_t length) {
    (void)config;
    (void)length;
    reserve = malloc(RESERVE);
    return reserve != NULL ? airs_ok() : airs_fail("no memory: limits.memory must be at least 256KiB");
}
AIRS_INIT(init);
