/* Dead letters: accepted messages that nobody handled, with the reason. A bounded ring that lists the newest; counts by reason are complete
 * (airs_routing_stats.dead_by_reason). */
#ifndef AIRS_DEAD_LETTER_H
#define AIRS_DEAD_LETTER_H

#include <stddef.h>
#include <stdint.h>

#include <airs/actor.h>
#include <airs/export.h>
#include <airs/id.h>
#include <airs/message.h>
#include <airs/status.h>

typedef struct airs_dead_letter {
    uint64_t number;  /* 1, 2, ... in the order they died */
    uint64_t wall_ns; /* since the Unix epoch */
    airs_status reason;
    const char *detail;            /* one line, may be empty */
    const airs_component_id *from; /* airs/outside/0 for senders outside */
    const airs_component_id *to;
    airs_message_kind kind;
    const char *operation; /* EXECUTE: as in airs_message */
    size_t operation_length;
    const void *data;
    size_t length;
} airs_dead_letter;

#ifdef __cplusplus
extern "C" {
#endif

/* Calls `visit` from the oldest kept to the newest until it returns non-zero. Everything it is given is valid during the call. Does nothing
 * when `system` or `visit` is NULL.
 * Thread: any. The ring is locked meanwhile: keep it short, and call nothing of the system. */
AIRS_API void airs_dead_letters_list(airs_system *system, int (*visit)(void *user, const airs_dead_letter *letter), void *user);

/* Letters in the ring now; 0 when `system` is NULL. Thread: any. */
AIRS_API size_t airs_dead_letters_count(airs_system *system);

/* Calls `visit` once with the letter of this number. Thread: as airs_dead_letters_list.
 * Errors: AIRS_ENOTFOUND (dropped, redelivered, pushed out by newer ones, or never there), AIRS_EINVAL (a NULL). */
AIRS_API airs_status airs_dead_letters_show(airs_system *system, uint64_t number, void (*visit)(void *user, const airs_dead_letter *letter),
                                            void *user);

/* Publishes the letter's message once more, as a new one from the same sender to whoever bears the target's id now. Rights and bounds are those of
 * now. Its request ended when it died, so nobody hears an answer. The letter leaves the ring only if the message was accepted.
 *
 * Errors: AIRS_ENOTFOUND, AIRS_EBUSY (somebody else is redelivering it), AIRS_EINVAL (a NULL, or it is the end of a request or the notice of an
 *         end, which came once), AIRS_ENOMEM, and what airs_broker_publish refuses with: AIRS_EPERMISSION_DENIED too when its sender is gone.
 * Thread: any. */
AIRS_API airs_status airs_dead_letters_redeliver(airs_system *system, uint64_t number);

/* The same with every letter there is now, oldest first. Returns how many were accepted; the rest stays. Thread: any. */
AIRS_API size_t airs_dead_letters_redeliver_all(airs_system *system);

/* Forgets the letter. Errors: AIRS_ENOTFOUND, AIRS_EBUSY (it is being redelivered), AIRS_EINVAL (a NULL). Thread: any. */
AIRS_API airs_status airs_dead_letters_drop(airs_system *system, uint64_t number);

/* Forgets all that are not being redelivered this moment. Returns how many. Thread: any. */
AIRS_API size_t airs_dead_letters_drop_all(airs_system *system);

#ifdef __cplusplus
}
#endif

#endif
