#include "soak/world.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define COUNT(world, field) atomic_fetch_add(&(world)->ledger.field, 1)

bool soak_is_refusal(airs_status status) {
    return status == AIRS_ETARGET_STOPPED || status == AIRS_EMAILBOX_FULL || status == AIRS_ECOMPONENT_NOT_FOUND;
}

size_t soak_write_note(const soak_note *note, uint64_t dice, void *buffer) {
    soak_note written = *note;
    /* Mostly small ones, which lie inside a message; now and then one that doesn't. */
    written.filling = (uint32_t)(dice >> 8) % (dice % 128 == 0 ? FILLING_MAX : 64);
    written.mark = (uint32_t)(dice >> 40) & 0xff;
    memcpy(buffer, &written, sizeof written);
    memset((char *)buffer + sizeof written, (int)written.mark, written.filling);
    return sizeof written + written.filling;
}

static soak_note read_note(const airs_message *message) {
    soak_note note;
    KIT_REQUIRE(message->length >= sizeof note);
    memcpy(&note, message->data, sizeof note);
    KIT_REQUIRE(message->length == sizeof note + note.filling);
    for (uint32_t i = 0; i < note.filling; i++) {
        KIT_REQUIRE(((const unsigned char *)message->data)[sizeof note + i] == note.mark);
    }
    return note;
}

/* --- children: made in a handler, one message, gone ------------------------------------------------------------------- */

static airs_result child_handle(void *state, airs_context *context, const airs_message *message, airs_error *error) {
    (void)context;
    (void)error;
    soak_world *world = *(soak_world **)state;
    read_note(message);
    COUNT(world, ok);
    return AIRS_EXIT;
}

static void child_free(void *state) {
    COUNT(*(soak_world **)state, children_freed);
    free(state);
}

static const airs_behavior child_behavior = {.kind = "child", .handle = child_handle, .free = child_free};

static void bear_child(soak_slot *slot, airs_context *context) {
    soak_world *world = slot->world;
    static const char *const anybody = "*/*/*";
    airs_spawn_options options = {
        .limits = AIRS_LIMITS_DEFAULT, .capabilities = {.receive = &anybody, .receive_count = 1}, .behavior = &child_behavior};
    char id[48];
    int length = snprintf(id, sizeof id, "soak/child/%llu", (unsigned long long)COUNT(world, children));
    soak_world **state = malloc(sizeof *state);
    airs_component child = AIRS_OUTSIDE;
    KIT_REQUIRE(state != NULL && airs_component_id_parse(id, (size_t)length, &options.id, NULL) == AIRS_OK);
    *state = world;
    options.state = state;
    KIT_REQUIRE(airs_spawn(world->system, &options, &child, NULL) == AIRS_OK);
    soak_note note = {.sender = slot->index};
    KIT_REQUIRE(airs_context_send(context, child, &note, sizeof note) == AIRS_OK);
    COUNT(world, sent);
}

/* --- what an actor does ----------------------------------------------------------------------------------------------- */

static uint32_t choose_target(soak_slot *slot) {
    return (uint32_t)(kit_random(&slot->seed) % (slot->index < REJECTING ? SLOTS : REJECTING));
}

static size_t next_note(soak_slot *slot, uint32_t hops, uint32_t to, void *buffer) {
    soak_note note = {
        .hops = hops, .sender = slot->index, .target = to, .life = slot->life, .sequence = slot->sent[to] + 1, .hasty = slot->hasty[to]};
    return soak_write_note(&note, kit_random(&slot->seed), buffer);
}

/* true: accepted. */
static bool note_outcome(soak_slot *slot, airs_status status) {
    KIT_REQUIRE(status == AIRS_OK || status == AIRS_ELIMIT_REACHED || soak_is_refusal(status));
    if (status == AIRS_OK) {
        COUNT(slot->world, sent);
    } else {
        COUNT(slot->world, refused);
    }
    return status == AIRS_OK;
}

static void send_to(soak_slot *slot, airs_context *context, uint32_t to, uint32_t hops) {
    char buffer[sizeof(soak_note) + FILLING_MAX];
    size_t length = next_note(slot, hops, to, buffer);
    slot->sent[to] += note_outcome(slot, airs_context_send(context, atomic_load(&slot->world->components[to]), buffer, length));
}

/* Many to one: it is full somewhere in between, and may have room again before the last. */
static void send_run(soak_slot *slot, airs_context *context) {
    uint32_t to = choose_target(slot);
    for (int i = 0; i < 16; i++) {
        send_to(slot, context, to, 0);
    }
}

static void broadcast(soak_slot *slot, airs_context *context) {
    char buffer[sizeof(soak_note) + FILLING_MAX];
    soak_note note = {.sender = slot->index};
    airs_component targets[6];
    airs_status outcomes[6];
    size_t length = soak_write_note(&note, kit_random(&slot->seed), buffer);
    for (int i = 0; i < 6; i++) {
        targets[i] = atomic_load(&slot->world->components[choose_target(slot)]);
    }
    KIT_REQUIRE(airs_context_broadcast(context, targets, 6, buffer, length, outcomes) == AIRS_OK);
    for (int i = 0; i < 6; i++) {
        note_outcome(slot, outcomes[i]);
    }
}

static void ask_one(soak_slot *slot, airs_context *context, uint32_t hops) {
    char buffer[sizeof(soak_note) + FILLING_MAX];
    if (slot->open_count == OPEN_MAX) {
        return;
    }
    uint32_t to = choose_target(slot);
    size_t length = next_note(slot, hops, to, buffer);
    airs_request request = AIRS_NO_REQUEST;
    bool hasty = kit_random(&slot->seed) % 16 == 0;
    airs_component target = atomic_load(&slot->world->components[to]);
    if (note_outcome(slot, airs_context_request(context, target, buffer, length, hasty ? 1 : 200, &request))) {
        slot->sent[to]++;
        slot->hasty[to] += hasty;
        atomic_fetch_add(&slot->world->ledger.hasty, hasty);
        COUNT(slot->world, made);
        slot->open[slot->open_count++] = request;
        if (kit_random(&slot->seed) % 8 == 0) {
            airs_status cancelled = airs_context_cancel_request(context, request);
            KIT_REQUIRE(cancelled == AIRS_OK || cancelled == AIRS_EALREADY_ANSWERED);
        }
    }
}

static void set_timer(soak_slot *slot, airs_context *context, uint32_t hops) {
    soak_note note = {.hops = hops, .sender = slot->index};
    airs_timer timer;
    airs_component to = atomic_load(&slot->world->components[choose_target(slot)]);
    airs_status status = airs_context_send_after(context, kit_random(&slot->seed) % 20, to, &note, sizeof note, &timer);
    KIT_REQUIRE(status == AIRS_OK || status == AIRS_ELIMIT_REACHED || soak_is_refusal(status));
    if (status == AIRS_OK && kit_random(&slot->seed) % 4 == 0) {
        airs_context_cancel_timer(context, timer);
    }
}

/* About one deed a message, so that what a host sends goes on for a while and then ends. */
static void act(soak_slot *slot, airs_context *context, uint32_t hops) {
    uint32_t deeds = hops == 0 || slot->index >= REJECTING + HOLDING ? 0 : (uint32_t)(kit_random(&slot->seed) % 3);
    for (uint32_t i = 0; i < deeds; i++) {
        uint64_t dice = kit_random(&slot->seed) % 64;
        if (dice == 0) {
            bear_child(slot, context);
        } else if (dice < 3) {
            broadcast(slot, context);
        } else if (dice < 5) {
            send_run(slot, context);
        } else if (dice < 10) {
            set_timer(slot, context, hops - 1);
        } else if (dice < 22) {
            ask_one(slot, context, hops - 1);
        } else {
            send_to(slot, context, choose_target(slot), hops - 1);
        }
    }
}

/* Now, later or never. */
static void answer(soak_slot *slot, airs_context *context, airs_request request) {
    uint64_t dice = kit_random(&slot->seed) % 8;
    if (dice == 1 && slot->owed_count < OWED_MAX) {
        slot->owed[slot->owed_count++] = request;
    } else if (dice > 1) {
        airs_context_reply(context, request, "ok", 2);
    }
    if (slot->owed_count > 0 && dice % 2 == 0) {
        airs_context_reply_failure(context, slot->owed[--slot->owed_count], "no", 2);
    }
}

/* I4: no end but that of an open request, and no second one. */
static void note_end(soak_slot *slot, const airs_message *message) {
    COUNT(slot->world, told);
    for (uint32_t i = 0; i < slot->open_count; i++) {
        if (slot->open[i] == message->request) {
            slot->open[i] = slot->open[--slot->open_count];
            return;
        }
    }
    KIT_REQUIRE(!"an end for a request that is not open");
}

/* I2: from one incarnation of a sender each is one more than the last. Hasty requests may be missing; and what waited in vain for room for 5 s,
 * which the statistics tell. */
static void check_order(soak_slot *slot, const soak_note *note) {
    KIT_REQUIRE(note->sender < SENDERS && note->life >= slot->seen_life[note->sender]);
    uint64_t last = slot->seen[note->sender];
    if (note->life == slot->seen_life[note->sender] && note->sequence != last + 1) {
        uint64_t missing = note->sequence - last - 1;
        bool gave_up = kit_dead(slot->world->system, AIRS_EMAILBOX_FULL) > 0;
        if (note->sequence <= last || (!gave_up && missing > note->hasty - slot->seen_hasty[note->sender])) {
            fprintf(stderr, "from %u to %u: %llu after %llu\n", note->sender, slot->index, (unsigned long long)note->sequence,
                    (unsigned long long)last);
            KIT_REQUIRE(!"order holds");
        }
    }
    slot->seen_hasty[note->sender] = note->hasty;
    slot->seen_life[note->sender] = note->life;
    slot->seen[note->sender] = note->sequence;
}

static airs_result choose_fate(soak_slot *slot, airs_error *error) {
    uint64_t fate = kit_random(&slot->seed) % 2000;
    if (fate < 2) {
        airs_error_set(error, AIRS_ETRAP, "crashed by chance");
        return AIRS_CRASHED;
    }
    if (fate == 2) {
        return AIRS_EXIT;
    }
    bool fragile = slot->index >= REJECTING + HOLDING;
    return fate < (fragile ? 500 : 20) ? AIRS_FAILED : AIRS_HANDLED;
}

static void take_message(soak_slot *slot, airs_context *context, const airs_message *message) {
    soak_note note = read_note(message);
    KIT_REQUIRE(note.sequence == 0 || note.target == slot->index);
    KIT_REQUIRE(message->kind != AIRS_MESSAGE_EXECUTE || (message->operation_length == 2 && memcmp(message->operation, "do", 2) == 0));
    if (message->kind == AIRS_MESSAGE_TIMER) {
        COUNT(slot->world, timers);
    } else if (note.sequence != 0 && slot->index < REJECTING + HOLDING) {
        check_order(slot, &note);
    }
    if (message->request != AIRS_NO_REQUEST) {
        answer(slot, context, message->request);
    }
    act(slot, context, note.hops);
}

static airs_result slot_handle(kit_actor *self, airs_context *context, const airs_message *message, airs_error *error) {
    soak_slot *slot = self->user;
    if (message->kind == AIRS_MESSAGE_REPLY) {
        note_end(slot, message);
    } else {
        take_message(slot, context, message);
    }
    airs_result result = choose_fate(slot, error);
    if (result == AIRS_HANDLED || result == AIRS_EXIT) {
        COUNT(slot->world, ok);
    } else {
        COUNT(slot->world, failed);
    }
    return result;
}

static airs_status slot_start(kit_actor *self, airs_context *context, airs_error *error) {
    (void)context;
    soak_slot *slot = self->user;
    slot->life = atomic_fetch_add(&slot->world->lives, 1) + 1;
    slot->open_count = 0;
    slot->owed_count = 0;
    memset(slot->sent, 0, sizeof slot->sent);
    memset(slot->hasty, 0, sizeof slot->hasty);
    return kit_random(&slot->seed) % 64 == 0 ? airs_error_set(error, AIRS_EINIT_FAILED, "not today") : AIRS_OK;
}

void soak_spawn(soak_world *world, uint32_t index, uint64_t seed) {
    soak_slot *slot = &world->slots[index];
    memset(slot, 0, sizeof *slot);
    slot->world = world;
    slot->index = index;
    slot->seed = seed | 1;
    slot->actor.handle = slot_handle;
    slot->actor.start = slot_start;
    slot->actor.user = slot;
    bool holding = index >= REJECTING && index < REJECTING + HOLDING;
    kit_options options = kit_defaults();
    options.limits.mailbox_messages = 1 + (uint32_t)(seed >> 7) % (holding ? 8 : 100);
    options.limits.overflow = holding ? AIRS_OVERFLOW_HOLD : AIRS_OVERFLOW_REJECT;
    char id[32];
    snprintf(id, sizeof id, "soak/%s/%u", index < REJECTING + HOLDING ? "actor" : "fragile", index);
    atomic_store(&world->components[index], kit_spawn_with(world->system, id, &slot->actor, &options));
}
