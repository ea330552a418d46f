#include "core/policy/policy.h"

#include <assert.h>
#include <string.h>

#include "base/memory.h"

static const airs_component_id outside = {
    .hash = 0x9a86c404de1b38f4, .length = 14, .name_at = 5, .instance_at = 13, .text = "airs/outside/0"};

const airs_component_id *airsi_outside_id(void) {
    return &outside;
}

static bool segment_valid(const char *segment, size_t length) {
    if (length == 1 && segment[0] == '*') {
        return true;
    }
    if (length == 0 || length > AIRS_ID_SEGMENT_MAX) {
        return false;
    }
    for (size_t i = 0; i < length; i++) {
        char c = segment[i];
        if (!((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-')) {
            return false;
        }
    }
    return true;
}

/* Reads the pattern that stands at `base` in `text`. */
static bool compile(const char *text, uint32_t base, airsi_pattern *pattern) {
    const char *at = text + base;
    for (int i = 0; i < 3; i++) {
        size_t length = i < 2 ? strcspn(at, "/") : strlen(at);
        if (!segment_valid(at, length) || (i < 2 && at[length] != '/')) {
            return false;
        }
        pattern->at[i] = (uint32_t)(at - text);
        pattern->length[i] = at[0] == '*' ? 0 : (uint8_t)length;
        at += length + 1;
    }
    return true;
}

static airs_status compile_all(airsi_policy *policy, const char *const *texts, size_t count, uint32_t *at, uint32_t *index,
                               const char *side, airs_error *error) {
    for (size_t i = 0; i < count; i++) {
        size_t length = strlen(texts[i]);
        assert(policy->text != NULL);
        memcpy(policy->text + *at, texts[i], length + 1);
        if (!compile(policy->text, *at, &policy->patterns[*index])) {
            return airs_error_set(
                error, AIRS_EINVAL,
                "%s pattern \"%s\" is not valid: expected three segments like demo/counter/*, each `*` or 1 to 63 of [a-z0-9-]", side,
                texts[i]);
        }
        *at += (uint32_t)length + 1;
        *index += 1;
    }
    return AIRS_OK;
}

static size_t text_bytes(const char *const *texts, size_t count) {
    size_t bytes = 0;
    for (size_t i = 0; i < count; i++) {
        bytes += strlen(texts[i]) + 1;
    }
    return bytes;
}

static bool any_is_all(const airsi_policy *policy, uint32_t first, uint32_t count) {
    for (uint32_t i = first; i < first + count; i++) {
        const uint8_t *length = policy->patterns[i].length;
        if (length[0] == 0 && length[1] == 0 && length[2] == 0) {
            return true;
        }
    }
    return false;
}

airs_status airsi_policy_init(airsi_policy *policy, const airs_capabilities *capabilities, airs_error *error) {
    airsi_policy made = {0};
    size_t count = capabilities->send_count + capabilities->receive_count;
    if (count > 0) {
        made.text = airsi_malloc(text_bytes(capabilities->send, capabilities->send_count) +
                                 text_bytes(capabilities->receive, capabilities->receive_count));
        made.patterns = airsi_calloc(count, sizeof *made.patterns);
        if (made.text == NULL || made.patterns == NULL) {
            airsi_policy_fini(&made);
            return airs_error_set(error, AIRS_ENOMEM, "no memory for %zu capability patterns", count);
        }
    }
    uint32_t at = 0;
    uint32_t index = 0;
    airs_status status = compile_all(&made, capabilities->send, capabilities->send_count, &at, &index, "send", error);
    made.send_count = index;
    if (status == AIRS_OK) {
        status = compile_all(&made, capabilities->receive, capabilities->receive_count, &at, &index, "receive", error);
    }
    if (status != AIRS_OK) {
        airsi_policy_fini(&made);
        return status;
    }
    made.receive_count = index - made.send_count;
    made.to_all = any_is_all(&made, 0, made.send_count);
    made.from_all = any_is_all(&made, made.send_count, made.receive_count);
    made.from_outside = airsi_policy_receives_from(&made, airsi_component_id_look(&outside));
    *policy = made;
    return AIRS_OK;
}

void airsi_policy_fini(airsi_policy *policy) {
    airsi_free(policy->text);
    airsi_free(policy->patterns);
    memset(policy, 0, sizeof *policy);
}

static bool texts_are(const char *text, const char *const *patterns, size_t count, const char **ret_end) {
    for (size_t i = 0; i < count; i++) {
        size_t length = strlen(patterns[i]) + 1;
        if (strcmp(text, patterns[i]) != 0) {
            return false;
        }
        text += length;
    }
    *ret_end = text;
    return true;
}

bool airsi_policy_is(const airsi_policy *policy, const airs_capabilities *capabilities) {
    const char *text = policy->text;
    return policy->send_count == capabilities->send_count && policy->receive_count == capabilities->receive_count &&
           texts_are(text, capabilities->send, capabilities->send_count, &text) &&
           texts_are(text, capabilities->receive, capabilities->receive_count, &text);
}

static bool segment_matches(const airsi_policy *policy, const airsi_pattern *pattern, int i, airsi_id_view id, size_t start) {
    return pattern->length[i] == 0 || memcmp(policy->text + pattern->at[i], id.text + start, pattern->length[i]) == 0;
}

static bool matches(const airsi_policy *policy, const airsi_pattern *pattern, airsi_id_view id) {
    const size_t lengths[3] = {id.name_at - 1u, (size_t)(id.instance_at - id.name_at - 1), (size_t)(id.length - id.instance_at)};
    for (int i = 0; i < 3; i++) {
        if (pattern->length[i] != 0 && pattern->length[i] != lengths[i]) {
            return false; /* most differ in a length, which is quickly seen */
        }
    }
    return segment_matches(policy, pattern, 1, id, id.name_at) && segment_matches(policy, pattern, 2, id, id.instance_at) &&
           segment_matches(policy, pattern, 0, id, 0);
}

static bool any_matches(const airsi_policy *policy, uint32_t first, uint32_t count, airsi_id_view id) {
    for (uint32_t i = first; i < first + count; i++) {
        if (matches(policy, &policy->patterns[i], id)) {
            return true;
        }
    }
    return false;
}

bool airsi_policy_sends_to(const airsi_policy *policy, airsi_id_view target) {
    return any_matches(policy, 0, policy->send_count, target);
}

bool airsi_policy_receives_from(const airsi_policy *policy, airsi_id_view sender) {
    return any_matches(policy, policy->send_count, policy->receive_count, sender);
}
