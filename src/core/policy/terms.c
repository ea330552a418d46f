#include "core/policy/terms.h"

#include <assert.h>
#include <string.h>

#include "base/hash.h"
#include "base/memory.h"
#include "base/random.h"

#define FIRST_BUCKETS 16

airs_status airsi_terms_table_init(airsi_terms_table *table) {
    memset(table, 0, sizeof *table);
    if (airsi_random_bytes(table->key, sizeof table->key) != 0) {
        return AIRS_EUNAVAILABLE;
    }
    table->buckets = airsi_calloc(FIRST_BUCKETS, sizeof *table->buckets);
    if (table->buckets == NULL) {
        return AIRS_ENOMEM;
    }
    table->bucket_count = FIRST_BUCKETS;
    airsi_spin_init(&table->lock, AIRSI_RANK_TERMS);
    return AIRS_OK;
}

void airsi_terms_table_fini(airsi_terms_table *table) {
    if (table->buckets != NULL) {
        assert(table->count == 0);
        airsi_free(table->buckets);
    }
}

static uint64_t add_patterns(const airsi_terms_table *table, uint64_t hash, const char *const *patterns, size_t count) {
    for (size_t i = 0; i < count; i++) {
        hash = hash * 31 + airsi_siphash(table->key, patterns[i], strlen(patterns[i]));
    }
    return hash * 31 + count;
}

/* What is asked for. */
typedef struct terms_wanted {
    const airs_limits *limits;
    const airs_capabilities *capabilities;
    const char *name; /* "namespace/name/"; of length 0 when a pattern names an instance */
    size_t name_length;
} terms_wanted;

static bool names_an_instance(const char *const *patterns, size_t count) {
    for (size_t i = 0; i < count; i++) {
        size_t length = strlen(patterns[i]);
        if (length < 2 || strcmp(patterns[i] + length - 2, "/*") != 0) {
            return true;
        }
    }
    return false;
}

static terms_wanted read_options(const airs_spawn_options *options) {
    const airs_capabilities *capabilities = &options->capabilities;
    bool classless = names_an_instance(capabilities->send, capabilities->send_count) ||
                     names_an_instance(capabilities->receive, capabilities->receive_count);
    terms_wanted wanted = {.limits = &options->limits,
                           .capabilities = capabilities,
                           .name = options->id.text,
                           .name_length = classless ? 0 : options->id.instance_at};
    return wanted;
}

static uint64_t hash_of(const airsi_terms_table *table, const terms_wanted *wanted) {
    uint64_t hash = airsi_siphash(table->key, wanted->limits, sizeof *wanted->limits);
    hash = hash * 31 + airsi_siphash(table->key, wanted->name, wanted->name_length);
    hash = add_patterns(table, hash, wanted->capabilities->send, wanted->capabilities->send_count);
    return add_patterns(table, hash, wanted->capabilities->receive, wanted->capabilities->receive_count);
}

static bool are(const airsi_terms *terms, const terms_wanted *wanted) {
    return terms->name_length == wanted->name_length && memcmp(terms->name, wanted->name, wanted->name_length) == 0 &&
           memcmp(&terms->limits, wanted->limits, sizeof *wanted->limits) == 0 && airsi_policy_is(&terms->policy, wanted->capabilities);
}

static airsi_terms **bucket_of(airsi_terms_table *table, uint64_t hash) {
    return &table->buckets[hash & (table->bucket_count - 1)];
}

/* Twice the buckets; when there is no memory chains just get longer. */
static void grow(airsi_terms_table *table) {
    size_t old_count = table->bucket_count;
    airsi_terms **old = table->buckets;
    airsi_terms **larger = airsi_calloc(old_count * 2, sizeof(airsi_terms *));
    if (larger == NULL) {
        return;
    }
    table->buckets = larger;
    table->bucket_count = old_count * 2;
    for (size_t i = 0; i < old_count; i++) {
        while (old[i] != NULL) {
            airsi_terms *terms = old[i];
            old[i] = terms->next;
            airsi_terms **bucket = bucket_of(table, terms->hash);
            terms->next = *bucket;
            *bucket = terms;
        }
    }
    airsi_free(old);
}

/* The first of its kind. */
static airs_status add(airsi_terms_table *table, uint64_t hash, const terms_wanted *wanted, airsi_terms **ret_terms, airs_error *error) {
    airs_status status = airs_limits_check(wanted->limits, error);
    if (status != AIRS_OK) {
        return status;
    }
    airsi_terms *terms = airsi_calloc(1, sizeof *terms + wanted->name_length);
    if (terms == NULL) {
        return airs_error_set(error, AIRS_ENOMEM, "no memory for its limits and capabilities");
    }
    status = airsi_policy_init(&terms->policy, wanted->capabilities, error);
    if (status != AIRS_OK) {
        airsi_free(terms);
        return status;
    }
    memcpy(&terms->limits, wanted->limits, sizeof terms->limits);
    memcpy(terms->name, wanted->name, wanted->name_length);
    terms->name_length = (uint8_t)wanted->name_length;
    if (wanted->name_length > 0 && table->classes < INT32_MAX) {
        terms->class_number = ++table->classes; /* after two billion, pairs of actors are judged one by one */
    }
    terms->hash = hash;
    if (table->count >= table->bucket_count) {
        grow(table);
    }
    airsi_terms **bucket = bucket_of(table, hash);
    terms->next = *bucket;
    *bucket = terms;
    table->count++;
    *ret_terms = terms;
    return AIRS_OK;
}

/* With the lock held; not referenced yet. */
static airs_status find_or_add(airsi_terms_table *table, const terms_wanted *wanted, airsi_terms **ret_terms, airs_error *error) {
    if (table->recent != NULL && are(table->recent, wanted)) {
        *ret_terms = table->recent;
        return AIRS_OK;
    }
    uint64_t hash = hash_of(table, wanted);
    for (airsi_terms *terms = *bucket_of(table, hash); terms != NULL; terms = terms->next) {
        if (terms->hash == hash && are(terms, wanted)) {
            *ret_terms = terms;
            return AIRS_OK;
        }
    }
    return add(table, hash, wanted, ret_terms, error);
}

airs_status airsi_terms_get(airsi_terms_table *table, const airs_spawn_options *options, airsi_terms **ret_terms, airs_error *error) {
    terms_wanted wanted = read_options(options);
    airsi_terms *terms = NULL;
    airsi_spin_lock(&table->lock);
    airs_status status = find_or_add(table, &wanted, &terms, error);
    if (status == AIRS_OK) {
        airsi_fetch_add_relaxed(&terms->refs, 1);
        table->recent = terms;
        *ret_terms = terms;
    }
    airsi_spin_unlock(&table->lock);
    return status;
}

/* With the lock held. */
static void take_out(airsi_terms_table *table, airsi_terms *terms) {
    airsi_terms **at = bucket_of(table, terms->hash);
    while (*at != terms) {
        at = &(*at)->next;
    }
    *at = terms->next;
    table->count--;
    if (table->recent == terms) {
        table->recent = NULL;
    }
}

void airsi_terms_unref(airsi_terms_table *table, airsi_terms *terms) {
    uint32_t refs = airsi_load_relaxed(&terms->refs);
    while (refs > 1) {
        /* E67 acq_rel, pairs with itself: all who used the terms have done so before they are freed. */
        if (airsi_cas_acq_rel(&terms->refs, &refs, refs - 1)) {
            return;
        }
    }
    /* Perhaps the last: whoever asks for such terms now waits, and finds either these, with another reference, or none. */
    airsi_spin_lock(&table->lock);
    bool last = airsi_fetch_sub_acq_rel(&terms->refs, 1) == 1;
    if (last) {
        take_out(table, terms);
    }
    airsi_spin_unlock(&table->lock);
    if (last) {
        airsi_policy_fini(&terms->policy);
        airsi_free(terms);
    }
}
