/* The dead letters of a system: a ring bounded in entries and bytes that keeps the newest. */
#ifndef AIRSI_CORE_DEAD_LETTERS_H
#define AIRSI_CORE_DEAD_LETTERS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/lock.h"

#include <airs/dead_letter.h>
#include <airs/status.h>

#include "core/message/envelope.h"
#include "core/reclaim/reclaim.h"

typedef struct airsi_letter {
    struct airsi_letter *next;
    uint64_t number, wall_ns;
    airs_status reason;
    bool busy; /* somebody is redelivering it */
    airs_envelope *envelope;
    airs_component_id from, to;
    char detail[]; /* terminated */
} airsi_letter;

typedef struct airsi_dead_letters {
    airsi_mutex mutex; /* guards all below */
    airsi_letter *oldest, *newest;
    size_t count, bytes;
    size_t max_count, max_bytes; /* const after init */
    uint64_t last_number;
} airsi_dead_letters;

void airsi_dead_letters_init(airsi_dead_letters *letters, size_t max_count, size_t max_bytes);
void airsi_dead_letters_fini(airsi_dead_letters *letters);

/* The end of an accepted message that nobody handled: counts it, ends its request, and keeps it. Takes `envelope`.
 * Thread: any, online, no lock held. */
void airsi_dead_letter(struct airs_system *system, airsi_record *record, airs_envelope *envelope, airs_status reason, const char *detail);

/* With the mutex held: the letter of this number, NULL when there is none. */
airsi_letter *airsi_dead_letters_find(airsi_dead_letters *letters, uint64_t number);

/* With the mutex held: takes it out of the ring; the caller frees it once the mutex is released. */
void airsi_dead_letters_unlink(airsi_dead_letters *letters, airsi_letter *letter);

void airsi_letter_free(airsi_letter *letter); /* NULL is fine */

#endif
