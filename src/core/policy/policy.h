/* Capabilities: who may send to whom. Deny by default, checked on both sides: the sender's send patterns must match the target's id and the
 * target's receive patterns the sender's id. A pattern is three segments, each a literal or `*` for one whole segment. */
#ifndef AIRSI_CORE_POLICY_H
#define AIRSI_CORE_POLICY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <airs/actor.h>
#include <airs/id.h>
#include <airs/status.h>

#include "base/id.h"

/* A compiled pattern; the text stands in the policy. Length 0 of a segment means `*`. */
typedef struct airsi_pattern {
    uint32_t at[3];
    uint8_t length[3];
} airsi_pattern;

typedef struct airsi_policy {
    char *text; /* all patterns, one allocation */
    airsi_pattern *patterns;
    uint32_t send_count, receive_count; /* the send patterns come first */
    bool from_outside;                  /* whether airs/outside/0 matches a receive pattern */
    bool to_all, from_all;              /* whether there is the pattern that matches every id */
} airsi_policy;

/* Errors: AIRS_EINVAL naming the pattern, AIRS_ENOMEM. */
airs_status airsi_policy_init(airsi_policy *policy, const airs_capabilities *capabilities, airs_error *error);
void airsi_policy_fini(airsi_policy *policy);

/* Whether it was made of these. */
bool airsi_policy_is(const airsi_policy *policy, const airs_capabilities *capabilities);

bool airsi_policy_sends_to(const airsi_policy *policy, airsi_id_view target);
bool airsi_policy_receives_from(const airsi_policy *policy, airsi_id_view sender);

/* airs/outside/0 */
const airs_component_id *airsi_outside_id(void);

#endif
