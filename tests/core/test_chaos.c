/* Random actors that send, ask, answer, set timers, crash and are stopped and spawned anew, from a seed. Whatever happens: every accepted message
 * ends once (I1), order holds (I2), every request ends at most once and, for who lives, exactly once (I4), nothing is left (I9). */
#include "kit.h"

#include <stdio.h>
#include <string.h>

#define ACTORS 10
#define OPEN_MAX 64
#define FIRST_HOLDING 6 /* actors from here on have senders hold back; they don't send to each other, so nobody waits in a circle */
#define ROUNDS 6
#define SEEDS_A_ROUND 1500

typedef struct note {
    uint32_t hops;     /* left */
    uint32_t sender;   /* index, ACTORS: the host */
    uint64_t life;     /* of the sender's incarnation */
    uint64_t sequence; /* per sender incarnation and target, user sends only */
} note;

typedef struct wild {
    kit_actor actor;
    struct world *world;
    uint32_t index;
    uint64_t seed;
    uint64_t life;                                    /* counts up with every start */
    uint64_t sent[ACTORS];                            /* the next sequence for each target */
    uint64_t seen[ACTORS + 1], seen_life[ACTORS + 1]; /* the last sequence of each sender's incarnation */
    airs_request open[OPEN_MAX];
    uint32_t open_count;
    airs_request to_answer[8];
    uint32_t to_answer_count;
} wild;

typedef struct world {
    airs_system *system;
    wild wilds[ACTORS];
    atomic_uint_fast64_t components[ACTORS];
    atomic_uint_fast64_t lives;
    atomic_uint_fast64_t accepted_sends, made, told;
} world;

static airs_status wild_start(kit_actor *self, airs_context *context, airs_error *error) {
    (void)context;
    (void)error;
    wild *w = self->user;
    w->life = atomic_fetch_add(&w->world->lives, 1) + 1;
    memset(w->sent, 0, sizeof w->sent);
    w->open_count = 0;
    w->to_answer_count = 0;
    return AIRS_OK;
}

static note next_note(wild *w, uint32_t hops, uint32_t to) {
    note n = {.hops = hops - 1, .sender = w->index, .life = w->life, .sequence = w->sent[to] + 1};
    return n;
}

static uint32_t choose_target(wild *w) {
    return (uint32_t)(kit_random(&w->seed) % (w->index < FIRST_HOLDING ? ACTORS : FIRST_HOLDING));
}

static void one_send(wild *w, airs_context *context, uint32_t hops) {
    uint32_t to = choose_target(w);
    note n = next_note(w, hops, to);
    airs_status status = airs_context_send(context, atomic_load(&w->world->components[to]), &n, sizeof n);
    if (status == AIRS_OK) {
        w->sent[to]++;
        atomic_fetch_add(&w->world->accepted_sends, 1);
    } else {
        KIT_REQUIRE(status == AIRS_ETARGET_STOPPED || status == AIRS_EMAILBOX_FULL);
    }
}

static void one_request(wild *w, airs_context *context, uint32_t hops) {
    uint32_t to = choose_target(w);
    note n = next_note(w, hops, to);
    airs_request request = AIRS_NO_REQUEST;
    if (w->open_count == OPEN_MAX) {
        return;
    }
    uint32_t timeout = kit_random(&w->seed) % 3 == 0 ? 1 : 50;
    airs_status status = airs_context_request(context, atomic_load(&w->world->components[to]), &n, sizeof n, timeout, &request);
    if (status == AIRS_OK) {
        w->sent[to]++;
        atomic_fetch_add(&w->world->accepted_sends, 1);
        atomic_fetch_add(&w->world->made, 1);
        w->open[w->open_count++] = request;
        if (kit_random(&w->seed) % 8 == 0) {
            airs_status cancelled = airs_context_cancel_request(context, request);
            KIT_REQUIRE(cancelled == AIRS_OK || cancelled == AIRS_EALREADY_ANSWERED);
        }
    } else {
        KIT_REQUIRE(status == AIRS_ETARGET_STOPPED || status == AIRS_EMAILBOX_FULL || status == AIRS_ELIMIT_REACHED);
    }
}

static void one_timer(wild *w, airs_context *context, uint32_t hops) {
    uint32_t to = (uint32_t)(kit_random(&w->seed) % ACTORS);
    note n = {.hops = hops - 1, .sender = ACTORS, .life = 0};
    airs_timer timer;
    if (airs_context_send_after(context, kit_random(&w->seed) % 4, atomic_load(&w->world->components[to]), &n, sizeof n, &timer) ==
            AIRS_OK &&
        kit_random(&w->seed) % 4 == 0) {
        airs_context_cancel_timer(context, timer);
    }
}

static void act(wild *w, airs_context *context, uint32_t hops) {
    uint32_t acts = hops == 0 ? 0 : (uint32_t)(kit_random(&w->seed) % 3);
    for (uint32_t i = 0; i < acts; i++) {
        switch (kit_random(&w->seed) % 8) {
        case 0:
        case 1:
            one_request(w, context, hops);
            break;
        case 2:
            one_timer(w, context, hops);
            break;
        default:
            one_send(w, context, hops);
            break;
        }
    }
}

/* Now, later or never. */
static void answer(wild *w, airs_context *context, airs_request request) {
    switch (kit_random(&w->seed) % 4) {
    case 0:
        break;
    case 1:
        if (w->to_answer_count < 8) {
            w->to_answer[w->to_answer_count++] = request;
        }
        break;
    default:
        airs_context_reply(context, request, "ok", 2);
        break;
    }
    if (w->to_answer_count > 0 && kit_random(&w->seed) % 2 == 0) {
        airs_context_reply_failure(context, w->to_answer[--w->to_answer_count], "no", 2);
    }
}

static void end_of(wild *w, const airs_message *message) {
    atomic_fetch_add(&w->world->told, 1);
    for (uint32_t i = 0; i < w->open_count; i++) {
        if (w->open[i] == message->request) {
            w->open[i] = w->open[--w->open_count];
            return;
        }
    }
    KIT_REQUIRE(!"an end for a request that is not open");
}

static airs_result wild_handle(kit_actor *self, airs_context *context, const airs_message *message, airs_error *error) {
    wild *w = self->user;
    if (message->kind == AIRS_MESSAGE_REPLY) {
        end_of(w, message);
        return AIRS_HANDLED;
    }
    note n;
    KIT_REQUIRE(message->length == sizeof n);
    memcpy(&n, message->data, sizeof n);
    if (message->kind == AIRS_MESSAGE_INTER_COMPONENT && n.sender < ACTORS) {
        /* I2: within one incarnation of the sender, sequences only rise; a crash of the sender starts over with a newer life. */
        KIT_REQUIRE(n.life >= w->seen_life[n.sender]);
        KIT_REQUIRE(n.life > w->seen_life[n.sender] || n.sequence > w->seen[n.sender]);
        w->seen_life[n.sender] = n.life;
        w->seen[n.sender] = n.sequence;
    }
    if (message->request != AIRS_NO_REQUEST) {
        answer(w, context, message->request);
    }
    act(w, context, n.hops);
    uint64_t fate = kit_random(&w->seed) % 600;
    if (fate == 0) {
        airs_error_set(error, AIRS_ETRAP, "crashed at random");
        return AIRS_CRASHED;
    }
    return fate < 10 ? AIRS_FAILED : AIRS_HANDLED;
}

static void spawn_wild(world *world, uint32_t index, uint64_t seed) {
    wild *w = &world->wilds[index];
    memset(w, 0, sizeof *w);
    w->world = world;
    w->index = index;
    w->seed = seed | 1;
    w->actor.handle = wild_handle;
    w->actor.start = wild_start;
    w->actor.user = w;
    kit_options options = kit_defaults();
    options.limits.mailbox_messages = 4 + (uint32_t)(seed >> 7) % 60;
    options.limits.overflow = index < FIRST_HOLDING ? AIRS_OVERFLOW_REJECT : AIRS_OVERFLOW_HOLD;
    char id[32];
    snprintf(id, sizeof id, "chaos/actor/%u", index);
    atomic_store(&world->components[index], kit_spawn_with(world->system, id, &w->actor, &options));
}

/* Stops one actor and spawns another under its id, while all the others go on. */
static void replace(world *world, uint32_t index, uint64_t seed) {
    airs_stop(world->system, atomic_load(&world->components[index]));
    kit_wait(&world->wilds[index].actor.frees, 1);
    spawn_wild(world, index, seed);
}

static void check_end(world *world) {
    assert_int_equal(airs_system_wait_quiescent(world->system, 60000), AIRS_OK);
    airs_routing_stats stats = kit_stats(world->system);
    for (uint32_t i = 0; i < ACTORS; i++) {
        airs_component_id id;
        if (airs_registry_id_of(airs_system_registry(world->system), atomic_load(&world->components[i]), &id) == AIRS_OK) {
            assert_int_equal(world->wilds[i].open_count, 0); /* I4: who lives was told every end */
        }
    }
    assert_int_equal(stats.requests - stats.late_ends >= atomic_load(&world->told), 1);
    assert_int_equal(stats.requests, atomic_load(&world->made));
    assert_true(stats.accepted >= atomic_load(&world->accepted_sends));
}

static void run_round(uint64_t seed, unsigned workers) {
    static world world;
    memset(&world, 0, sizeof world);
    world.system = kit_system(workers);
    for (uint32_t i = 0; i < ACTORS; i++) {
        spawn_wild(&world, i, kit_random(&seed));
    }
    kit_start(world.system);
    for (int i = 0; i < SEEDS_A_ROUND; i++) {
        note n = {.hops = 24, .sender = ACTORS};
        airs_component to = atomic_load(&world.components[kit_random(&seed) % ACTORS]);
        airs_status status = airs_send(world.system, to, &n, sizeof n, AIRS_BLOCK_WHEN_FULL);
        KIT_REQUIRE(status == AIRS_OK || status == AIRS_ETARGET_STOPPED);
        atomic_fetch_add(&world.accepted_sends, status == AIRS_OK);
        if (i % 25 == 24) {
            replace(&world, (uint32_t)(kit_random(&seed) % ACTORS), kit_random(&seed));
        }
    }
    check_end(&world);
    fprintf(stderr, "round of %llu messages\n", (unsigned long long)kit_stats(world.system).accepted);
    kit_finish(world.system);
    for (uint32_t i = 0; i < ACTORS; i++) {
        assert_int_equal(world.wilds[i].actor.frees, 1);
    }
}

static void whatever_happens_every_message_and_request_ends_once_I1_I2_I4_I9(void **state) {
    (void)state;
    uint64_t seed = kit_seed();
    for (unsigned round = 0; round < ROUNDS; round++) {
        run_round(kit_random(&seed), 1 + round % 3);
    }
}

#define TESTS(X) X(whatever_happens_every_message_and_request_ends_once_I1_I2_I4_I9)

#define TEST(name) cmocka_unit_test(name),

int main(void) {
    const struct CMUnitTest tests[] = {TESTS(TEST)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
