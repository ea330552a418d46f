/* Dead letters: accepted messages that nobody handled, with the reason. A bounded ring that lists the newest; counts by reason are complete
 * (airs_routing_stats.dead_by_reason). */
#ifndef AIRS_DEAD_LETTER_H
#define AIRS_DEAD_LETTER_H

#include <stddef.h>
#include <stdint.h>

#include <airs/actor.h>
#include <airs/export.h>
#include <airs/id.h>
#include <airs/status.h>

typedef struct airs_dead_letter {
    uint64_t number;  /* 1, 2, ... in the order they died */
    uint64_t wall_ns; /* since the Unix epoch */
    airs_status reason;
    const char *detail;            /* one line, may be empty */
    const airs_component_id *from; /* airs/outside/0 for senders outside */
    const airs_component_id *to;
    const void *data;
    size_t length;
} airs_dead_letter;

#ifdef __cplusplus
extern "C" {
#endif

/* Calls `visit` from the oldest kept to the newest until it returns non-zero. Everything it is given is valid during the call.
 * Thread: any. The ring is locked meanwhile: keep it short, and call nothing of the system. */
AIRS_API void airs_dead_letters_list(airs_system *system, int (*visit)(void *user, const airs_dead_letter *letter), void *user);

/* Letters in the ring now. */
AIRS_API size_t airs_dead_letters_count(airs_system *system);

#ifdef __cplusplus
}
#endif

#endif
