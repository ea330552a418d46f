/* Two of the Savina suite (S. Imam, V. Sarkar, "Savina: An Actor Benchmark Suite", 2014): big and chameneos. */

#include <assert.h>
#include <inttypes.h>

#include "bench/kit.h"

#define BIG_ACTORS 120
#define CREATURES 100

/* --- big: everybody pings random others, one ping at a time ------------------------------------------------------------ */

enum { PING = 1, PONG = 2, GO = 3 };

typedef struct member {
    airsi_bench_actor actor;
    uint64_t left;                /* own turn: pings to send */
    uint64_t random;              /* own turn */
    unsigned number;              /* const once the case runs */
    const airs_component *others; /* const once the case runs: all members */
} member;

static uint64_t next_random(uint64_t *state) {
    *state ^= *state << 13;
    *state ^= *state >> 7;
    *state ^= *state << 17;
    return *state;
}

static void ping_somebody(member *self, airs_context *context) {
    unsigned other = (unsigned)(next_random(&self->random) % (BIG_ACTORS - 1));
    other += other >= self->number; /* not oneself */
    airsi_bench_send(&self->actor, context, self->others[other], PING);
}

static void wake_others(member *self, airs_context *context) {
    airsi_bench_begin(self->actor.run);
    for (unsigned i = 0; i < BIG_ACTORS; i++) {
        if (i != self->number) {
            airsi_bench_send(&self->actor, context, self->others[i], GO);
        }
    }
}

static airs_result member_handle(void *state, airs_context *context, const airs_message *message, airs_error *error) {
    (void)error;
    member *self = state;
    uint64_t what = airsi_bench_take(&self->actor, message);
    if (what == PING) {
        airsi_bench_send(&self->actor, context, message->from, PONG);
        return AIRS_HANDLED;
    }
    if (what == PONG && --self->left == 0) {
        airsi_bench_finish(self->actor.run);
        return AIRS_HANDLED;
    }
    if (message->from == AIRS_OUTSIDE) {
        wake_others(self, context);
    }
    ping_somebody(self, context);
    return AIRS_HANDLED;
}

static const char *const members[] = {"member", NULL};
static const char *const members_and_outside[] = {"member", "", NULL};
static const airsi_bench_kind member_kind = {
    .name = "member", .behavior = {.kind = "native", .handle = member_handle}, .sends_to = members, .takes_from = members_and_outside};

static airs_status big(airsi_bench_run *run, airsi_bench_round *round, airs_error *error) {
    airs_component *all = airsi_bench_keep(run, BIG_ACTORS * sizeof *all, error);
    if (all == NULL) {
        return error->status;
    }
    uint64_t pings = run->task->n / (2 * BIG_ACTORS) > 0 ? run->task->n / (2 * BIG_ACTORS) : 1;
    for (unsigned i = 0; i < BIG_ACTORS; i++) {
        member *made = airsi_bench_spawn(run, &member_kind, i, sizeof *made, error);
        if (made == NULL) {
            return error->status;
        }
        made->left = pings;
        made->random = 0x9e3779b97f4a7c15u * (i + 1);
        made->number = i;
        made->others = all;
        all[i] = made->actor.component;
    }
    airsi_bench_expect(run, BIG_ACTORS);
    airsi_bench_post(run, all[0], GO);
    return airsi_bench_conclude(run, pings * 2 * BIG_ACTORS, round, error);
}

airs_status airsi_case_big(const airsi_bench_task *task, airsi_bench_round *ret_round, airs_error *error) {
    return airsi_bench_in_system(task, big, ret_round, error);
}

/* --- chameneos: creatures come to a mall, which lets pairs of them meet and change colour ------------------------------ */

/* A message's number: what it is, a creature's colour and which creature that is. */
enum { START, MEET, CHANGE, LEAVE };

static uint64_t pack(unsigned what, unsigned colour, unsigned creature) {
    return what | colour << 2 | creature << 4;
}

static unsigned what_of(uint64_t number) {
    return number & 3;
}

static unsigned colour_of(uint64_t number) {
    return number >> 2 & 3;
}

static unsigned creature_of(uint64_t number) {
    return (unsigned)(number >> 4);
}

typedef struct mall {
    airsi_bench_actor actor;
    uint64_t meetings_left;              /* own turn */
    bool waits;                          /* own turn: whether somebody does */
    unsigned waiting;                    /* own turn: who */
    unsigned gone;                       /* own turn: creatures told to leave */
    airs_component creatures[CREATURES]; /* const once the case runs */
} mall;

typedef struct creature {
    airsi_bench_actor actor;
    airs_component mall;             /* const once the case runs */
    const airs_component *creatures; /* const once the case runs */
    unsigned number;                 /* const once the case runs */
    unsigned colour;                 /* own turn: 0, 1 or 2 */
    uint64_t meetings;               /* own turn */
} creature;

static void come_to_mall(mall *self, airs_context *context, uint64_t number) {
    unsigned comer = creature_of(number);
    if (self->meetings_left == 0) {
        airsi_bench_send(&self->actor, context, self->creatures[comer], pack(LEAVE, 0, 0));
        if (++self->gone == CREATURES) {
            airsi_bench_finish(self->actor.run);
        }
    } else if (!self->waits) {
        self->waits = true;
        self->waiting = comer;
    } else {
        self->waits = false;
        self->meetings_left--;
        airsi_bench_send(&self->actor, context, self->creatures[self->waiting], number);
    }
}

static airs_result mall_handle(void *state, airs_context *context, const airs_message *message, airs_error *error) {
    (void)error;
    mall *self = state;
    uint64_t number = airsi_bench_take(&self->actor, message);
    if (what_of(number) == MEET) {
        come_to_mall(self, context, number);
        return AIRS_HANDLED;
    }
    airsi_bench_begin(self->actor.run);
    for (unsigned i = 0; i < CREATURES; i++) {
        airsi_bench_send(&self->actor, context, self->creatures[i], pack(START, 0, 0));
    }
    return AIRS_HANDLED;
}

static unsigned complement(unsigned own, unsigned other) {
    return own == other ? own : 3 - own - other;
}

static airs_result creature_handle(void *state, airs_context *context, const airs_message *message, airs_error *error) {
    (void)error;
    creature *self = state;
    uint64_t number = airsi_bench_take(&self->actor, message);
    unsigned what = what_of(number);
    if (what == LEAVE) {
        return AIRS_HANDLED;
    }
    if (what != START) {
        self->colour = complement(self->colour, colour_of(number));
        self->meetings++;
    }
    if (what == MEET) {
        airsi_bench_send(&self->actor, context, self->creatures[creature_of(number)], pack(CHANGE, self->colour, self->number));
    }
    airsi_bench_send(&self->actor, context, self->mall, pack(MEET, self->colour, self->number));
    return AIRS_HANDLED;
}

static const char *const creatures_only[] = {"creature", NULL};
static const char *const creatures_and_mall[] = {"creature", "mall", NULL};
static const char *const creatures_and_outside[] = {"creature", "", NULL};
static const airsi_bench_kind mall_kind = {
    .name = "mall", .behavior = {.kind = "native", .handle = mall_handle}, .sends_to = creatures_only, .takes_from = creatures_and_outside};
static const airsi_bench_kind creature_kind = {.name = "creature",
                                               .behavior = {.kind = "native", .handle = creature_handle},
                                               .sends_to = creatures_and_mall,
                                               .takes_from = creatures_and_mall};

static airs_status make_creatures(airsi_bench_run *run, mall *place, creature **creatures, airs_error *error) {
    for (unsigned i = 0; i < CREATURES; i++) {
        creature *made = airsi_bench_spawn(run, &creature_kind, i, sizeof *made, error);
        if (made == NULL) {
            assert(error->status != AIRS_OK);
            return error->status;
        }
        made->mall = place->actor.component;
        made->creatures = place->creatures;
        made->number = i;
        made->colour = i % 3;
        creatures[i] = made;
        place->creatures[i] = made->actor.component;
    }
    return AIRS_OK;
}

static airs_status chameneos(airsi_bench_run *run, airsi_bench_round *round, airs_error *error) {
    creature *creatures[CREATURES];
    mall *place = airsi_bench_spawn(run, &mall_kind, 0, sizeof *place, error);
    if (place == NULL || make_creatures(run, place, creatures, error) != AIRS_OK) {
        return error->status;
    }
    uint64_t meetings = run->task->n;
    place->meetings_left = meetings;
    airsi_bench_expect(run, 1);
    airsi_bench_post(run, place->actor.component, pack(START, 0, 0));
    airs_status status = airsi_bench_conclude(run, meetings, round, error);
    if (status != AIRS_OK) {
        return status;
    }
    uint64_t met = 0;
    for (unsigned i = 0; i < CREATURES; i++) {
        met += creatures[i]->meetings;
    }
    if (met != 2 * meetings) {
        return airs_error_set(error, AIRS_EINTERNAL, "%" PRIu64 " meetings were counted by %" PRIu64 " creatures; twice as many is right",
                              meetings, met);
    }
    return AIRS_OK;
}

airs_status airsi_case_chameneos(const airsi_bench_task *task, airsi_bench_round *ret_round, airs_error *error) {
    return airsi_bench_in_system(task, chameneos, ret_round, error);
}
