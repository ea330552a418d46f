/* What becomes of a message for a mailbox that is full (airs_overflow in airs/limits.h).
 *
 * Held or refused: hold.h, room.h. Dropped, new or old: here. A mailbox that drops its oldest messages has several consumers, its actor's turn and
 * every sender that finds it full; so they take messages out under its room lock, and what is handled is not in the mailbox any more. What nobody
 * drops, the ends of requests and the notices of monitors, keeps its place. Mailboxes with another policy never touch the lock for this.
 *
 * Progress: who drops waits for a sender that has placed its message and not linked it yet, two instructions away. */
#ifndef AIRSI_CORE_ACTOR_OVERFLOW_H
#define AIRSI_CORE_ACTOR_OVERFLOW_H

#include <airs/status.h>

#include "core/actor/actor.h"
#include "core/message/envelope.h"

struct airsi_worker;

/* `target` has just refused `envelope` for want of room; `holder` is the sender if it may hold the message back, in its turn on `worker`, else NULL.
 * Takes `envelope` on AIRS_OK. Errors: AIRS_EMAILBOX_FULL, AIRS_ETARGET_STOPPED, AIRS_EOVERLOADED, AIRS_ENOMEM. Thread: any, online, no lock held; the callbacks of
 * requests that are dropped run on it. */
airs_status airsi_overflow(struct airsi_worker *worker, airsi_actor *holder, airsi_actor *target, airs_envelope *envelope,
                           airsi_record *record);

/* The next message of an actor that drops its oldest, out of its mailbox. NULL: there is none, or it is not linked yet. Thread: its turn. */
airs_envelope *airsi_overflow_take_first(airsi_actor *actor);

#endif
