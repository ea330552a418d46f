#include "base/id.h"

#include <assert.h>
#include <stdio.h>

#include "base/hash.h"

#define SEGMENT_RULE "1 to 63 characters of a-z, 0-9 and - are right"

static const uint8_t hash_key[16] = "airs.componentid";

static const char *const segment_names[3] = {"namespace", "name", "instance"};

typedef struct segment {
    const char *text;
    size_t length;
} segment;

typedef enum kind { REFUSED, IN_SEGMENT, BETWEEN } kind;

static const uint8_t kinds[256] = {['a' ... 'z'] = IN_SEGMENT, ['0' ... '9'] = IN_SEGMENT, ['-'] = IN_SEGMENT, ['/'] = BETWEEN};

static kind kind_of(char c) {
    return (kind)kinds[(uint8_t)c];
}

static airs_status check_segment(const segment *s, const char *which, airs_error *error) {
    if (s->length == 0) {
        return airs_error_set(error, AIRS_EINVALID_ID, "the %s of the id is empty; " SEGMENT_RULE, which);
    }
    if (s->length > AIRS_ID_SEGMENT_MAX) {
        return airs_error_set(error, AIRS_EINVALID_ID, "the %s of the id has %zu characters; " SEGMENT_RULE, which, s->length);
    }
    for (size_t i = 0; i < s->length; i++) {
        if (kind_of(s->text[i]) != IN_SEGMENT) {
            return airs_error_set(error, AIRS_EINVALID_ID, "the %s of the id has '%c' at position %zu; " SEGMENT_RULE, which, s->text[i],
                                  i + 1);
        }
    }
    return AIRS_OK;
}
/* Whether a text is an id; if so, where its name and its instance start. */
static bool scan(const char *text, size_t length, size_t *ret_name_at, size_t *ret_instance_at) {
    size_t starts[3] = {0, 0, 0};
    size_t slashes = 0;
    if (length > AIRS_ID_TEXT_MAX) {
        return false;
    }
    for (size_t i = 0; i < length; i++) {
        kind found = kind_of(text[i]);
        if (found != IN_SEGMENT) {
            if (found == REFUSED || slashes == 2) {
                return false;
            }
            starts[++slashes] = i + 1;
        }
    }
    if (slashes != 2 || starts[1] - 2 >= AIRS_ID_SEGMENT_MAX || starts[2] - starts[1] - 2 >= AIRS_ID_SEGMENT_MAX ||
        length - starts[2] - 1 >= AIRS_ID_SEGMENT_MAX) {
        return false; /* an empty one wraps around */
    }
    *ret_name_at = starts[1];
    *ret_instance_at = starts[2];
    return true;
}

static uint64_t hash_of(const char *text, size_t length) {
    return airsi_siphash(hash_key, text, length);
}

/* The rest of an id whose text is there. */
static void complete(airs_component_id *id, size_t name_at, size_t instance_at, size_t length) {
    size_t written = offsetof(airs_component_id, text) + length;
    memset((char *)id + written, 0, sizeof *id - written);
    id->name_at = (uint8_t)name_at;
    id->instance_at = (uint8_t)instance_at;
    id->length = (uint8_t)length;
    id->hash = hash_of(id->text, length);
}

airs_status airs_component_id_make(const char *ns, size_t ns_length, const char *name, size_t name_length, const char *instance,
                                   size_t instance_length, airs_component_id *ret_id, airs_error *error) {
    if (ret_id == NULL || (ns == NULL && ns_length > 0) || (name == NULL && name_length > 0) || (instance == NULL && instance_length > 0)) {
        return airs_error_set(error, AIRS_EINVAL, "airs_component_id_make needs three segments and a place for the id");
    }
    const segment segments[3] = {{ns, ns_length}, {name, name_length}, {instance, instance_length}};
    for (int i = 0; i < 3; i++) {
        airs_status status = check_segment(&segments[i], segment_names[i], error);
        if (status != AIRS_OK) {
            return status;
        }
    }
    assert(ns != NULL && name != NULL && instance != NULL); /* none of them is empty */
    airs_component_id id;
    size_t name_at = ns_length + 1;
    size_t instance_at = name_at + name_length + 1;
    memcpy(id.text, ns, ns_length);
    id.text[ns_length] = '/';
    memcpy(id.text + name_at, name, name_length);
    id.text[instance_at - 1] = '/';
    memcpy(id.text + instance_at, instance, instance_length);
    complete(&id, name_at, instance_at, instance_at + instance_length);
    *ret_id = id;
    return AIRS_OK;
}

/* What is wrong with a text that is no id. */
static airs_status refuse(const char *text, size_t length, airs_error *error) {
    segment segments[3];
    size_t count = 0;
    size_t start = 0;
    for (size_t at = 0; at <= length; at++) {
        if (at < length && text[at] != '/') {
            continue;
        }
        if (count < 3) {
            segments[count].text = text + start;
            segments[count].length = at - start;
        }
        count++;
        start = at + 1;
    }
    if (count != 3) {
        int shown = (int)(length < 80 ? length : 80);
        return airs_error_set(error, AIRS_EINVALID_ID, "\"%.*s\" has %zu segment%s; an id is namespace/name/instance", shown,
                              text != NULL ? text : "", count, count == 1 ? "" : "s");
    }
    airs_status status = AIRS_OK;
    for (int i = 0; i < 3 && status == AIRS_OK; i++) {
        status = check_segment(&segments[i], segment_names[i], error);
    }
    return status;
}

airs_status airs_component_id_parse(const char *text, size_t length, airs_component_id *ret_id, airs_error *error) {
    if (ret_id == NULL || (text == NULL && length > 0)) {
        return airs_error_set(error, AIRS_EINVAL, "airs_component_id_parse needs a text and a place for the id");
    }
    size_t name_at;
    size_t instance_at;
    if (!scan(text, length, &name_at, &instance_at)) {
        return refuse(text, length, error);
    }
    assert(text != NULL);                /* an empty one is no id */
    memmove(ret_id->text, text, length); /* it may be its own */
    complete(ret_id, name_at, instance_at, length);
    return AIRS_OK;
}

bool airs_component_id_equal(const airs_component_id *a, const airs_component_id *b) {
    return a != NULL && b != NULL && airsi_id_equal(airsi_component_id_look(a), airsi_component_id_look(b));
}

bool airsi_component_id_made(const airs_component_id *id) {
    size_t name_at;
    size_t instance_at;
    if (!scan(id->text, id->length, &name_at, &instance_at) || id->name_at != name_at || id->instance_at != instance_at) {
        return false;
    }
    for (size_t i = id->length; i < airsi_id_text_bytes(id); i++) {
        if (id->text[i] != '\0') {
            return false;
        }
    }
    return id->hash == hash_of(id->text, id->length);
}

void airsi_id_init(airsi_id *to, const airs_component_id *from) {
    to->hash = from->hash;
    to->length = from->length;
    to->name_at = from->name_at;
    to->instance_at = from->instance_at;
    memcpy(to->text, from->text, airsi_id_text_bytes(from));
}

airs_component_id airsi_id_expand(const airsi_id *id) {
    airs_component_id expanded;
    memset(&expanded, 0, sizeof expanded);
    expanded.hash = id->hash;
    expanded.length = id->length;
    expanded.name_at = id->name_at;
    expanded.instance_at = id->instance_at;
    memcpy(expanded.text, id->text, id->length);
    return expanded;
}
