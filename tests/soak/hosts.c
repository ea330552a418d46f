#include <stdlib.h>
#include <string.h>

#include "soak/world.h"

#define HOPS 24

/* --- requests from outside ---------------------------------------------------------------------------------------------- */

/* Its end frees it, so that a second end is a use after free. */
typedef struct asked {
    soak_world *world;
    uint32_t ends;
} asked;

static void on_end(void *user, airs_status status, const void *data, size_t length) {
    asked *a = user;
    KIT_REQUIRE(a->ends++ == 0 && (status != AIRS_OK || (length == 2 && memcmp(data, "ok", 2) == 0)));
    atomic_fetch_add(&a->world->ledger.host_told, 1);
    free(a);
}

static bool is_expected(airs_status status) {
    return status == AIRS_OK || status == AIRS_ETIMEOUT || status == AIRS_EHANDLER_FAILED || soak_is_refusal(status);
}

/* The next note of this host to a target, in `buffer`. */
static size_t next_note(soak_host *host, uint32_t to, void *buffer) {
    soak_note note = {.hops = HOPS, .sender = SLOTS + host->index, .target = to, .life = 1, .sequence = host->sent[to] + 1};
    return soak_write_note(&note, kit_random(&host->seed), buffer);
}

static airs_when_full patience(soak_host *host) {
    return kit_random(&host->seed) % 4 == 0 ? AIRS_REJECT_WHEN_FULL : AIRS_BLOCK_WHEN_FULL;
}

static void send_note(soak_host *host, uint32_t to) {
    char buffer[sizeof(soak_note) + FILLING_MAX];
    size_t length = next_note(host, to, buffer);
    airs_status status = airs_send(host->world->system, atomic_load(&host->world->components[to]), buffer, length, patience(host));
    KIT_REQUIRE(status == AIRS_OK || soak_is_refusal(status));
    host->sent[to] += status == AIRS_OK;
    atomic_fetch_add(status == AIRS_OK ? &host->world->ledger.sent : &host->world->ledger.refused, 1);
}

static void ask(soak_host *host, uint32_t to) {
    char buffer[sizeof(soak_note) + FILLING_MAX];
    size_t length = next_note(host, to, buffer);
    asked *a = malloc(sizeof *a);
    KIT_REQUIRE(a != NULL);
    *a = (asked){.world = host->world};
    airs_system *system = host->world->system;
    airs_component target = atomic_load(&host->world->components[to]);
    airs_status status = kit_random(&host->seed) % 4 == 0
                             ? airs_execute_async(system, target, "do", buffer, length, 200, AIRS_REJECT_WHEN_FULL, on_end, a)
                             : airs_request_async(system, target, buffer, length, 200, AIRS_REJECT_WHEN_FULL, on_end, a);
    KIT_REQUIRE(status == AIRS_OK || soak_is_refusal(status));
    if (status != AIRS_OK) {
        free(a);
        atomic_fetch_add(&host->world->ledger.refused, 1);
        return;
    }
    host->sent[to]++;
    atomic_fetch_add(&host->world->ledger.sent, 1);
    atomic_fetch_add(&host->world->ledger.host_made, 1);
}

/* Who waits for the end is not told whether a request was refused or failed later: so it is out of the order. */
static void ask_and_wait(soak_host *host, uint32_t to) {
    soak_note note = {.sender = SLOTS + host->index};
    void *data = NULL;
    size_t length = 0;
    airs_status status =
        airs_request_wait(host->world->system, atomic_load(&host->world->components[to]), &note, sizeof note, 20, &data, &length, NULL);
    KIT_REQUIRE(is_expected(status) && (status != AIRS_OK || length == 2));
    if (status == AIRS_OK) {
        soak_ledger *ledger = &host->world->ledger;
        atomic_fetch_add(&ledger->sent, 1);
        atomic_fetch_add(&ledger->host_made, 1);
        atomic_fetch_add(&ledger->host_told, 1);
    } else {
        atomic_fetch_add(&host->world->ledger.unclear, 1);
    }
    free(data);
}

/* --- looking on --------------------------------------------------------------------------------------------------------- */

static void tap(soak_host *host) {
    airs_stream *stream = NULL;
    airs_broker *broker = airs_messaging_broker(airs_system_messaging(host->world->system));
    uint64_t entries = kit_random(&host->seed) % 200;
    KIT_REQUIRE(airs_broker_subscribe(broker, 1 + entries / 4, &stream) == AIRS_OK);
    for (uint64_t i = 0; i < entries; i++) {
        airs_stream_entry entry;
        if (airs_stream_next(stream, 1, &entry) == AIRS_OK) {
            KIT_REQUIRE(entry.message.length == 0 || entry.message.data != NULL);
        }
    }
    airs_stream_close(stream);
    atomic_fetch_add(&host->world->ledger.taps, 1);
}

typedef struct onlooker {
    soak_world *world;
    atomic_uint_fast64_t seen;
    atomic_bool released;
} onlooker;

static void on_envelope(void *user, const airs_envelope *envelope) {
    onlooker *o = user;
    KIT_REQUIRE(!atomic_load(&o->released) && airs_envelope_message(envelope).to != AIRS_OUTSIDE);
    atomic_fetch_add(&o->seen, 1);
}

static void on_release(void *user) {
    onlooker *o = user;
    KIT_REQUIRE(!atomic_exchange(&o->released, true));
    atomic_fetch_add(&o->world->ledger.observers, 1);
    free(o);
}

static void observe(soak_host *host) {
    airs_broker *broker = airs_messaging_broker(airs_system_messaging(host->world->system));
    onlooker *o = calloc(1, sizeof *o);
    airs_subscription subscription;
    KIT_REQUIRE(o != NULL);
    o->world = host->world;
    airs_observer observer = {.on_envelope = on_envelope, .release = on_release, .user = o};
    KIT_REQUIRE(airs_broker_observe(broker, &observer, &subscription) == AIRS_OK);
    kit_nap();
    KIT_REQUIRE(airs_broker_unsubscribe(broker, subscription) == AIRS_OK);
}

/* A snapshot never shows more ends than were accepted. */
static void look_at_stats(soak_host *host) {
    airs_routing_stats stats = kit_stats(host->world->system);
    KIT_REQUIRE(stats.accepted >= stats.delivered + stats.dead + stats.dropped);
}

static void look_up(soak_host *host, uint32_t to) {
    airs_registry *registry = airs_system_registry(host->world->system);
    airs_component component = atomic_load(&host->world->components[to]);
    airs_component_id id;
    airs_component found;
    /* An id that was stopped meanwhile may be spawned anew: then it has another handle. */
    if (airs_registry_id_of(registry, component, &id) == AIRS_OK && airs_registry_find(registry, &id, &found) == AIRS_OK) {
        KIT_REQUIRE(found == component || airs_registry_id_of(registry, component, &id) != AIRS_OK);
    }
}

/* --- monitors ----------------------------------------------------------------------------------------------------------- */

typedef struct watch {
    soak_world *world;
    airs_component of;
} watch;

/* Freed here, so that a second notice is a use after free. */
static void on_down(void *user, airs_component target, const airs_component_id *id, airs_status reason) {
    watch *w = user;
    (void)reason;
    KIT_REQUIRE(target == w->of && (id->length == 0 || strncmp(id->text, "soak/", 5) == 0));
    atomic_fetch_add(&w->world->ledger.downs, 1);
    free(w);
}

static void monitor(soak_host *host, uint32_t to) {
    watch *w = malloc(sizeof *w);
    airs_monitor monitor = 0;
    KIT_REQUIRE(w != NULL);
    *w = (watch){.world = host->world, .of = atomic_load(&host->world->components[to])};
    atomic_fetch_add(&host->world->ledger.watched, 1);
    KIT_REQUIRE(airs_monitor_open(host->world->system, w->of, on_down, w, &monitor) == AIRS_OK);
    if (kit_random(&host->seed) % 4 == 0 && airs_monitor_close(host->world->system, monitor) == AIRS_OK) {
        atomic_fetch_add(&host->world->ledger.closed, 1);
        free(w);
    }
}

/* Stuck in a handler is nobody for long; gone may anybody be. */
static void check_health(soak_host *host, uint32_t to) {
    airs_status status = airs_health_check(host->world->system, atomic_load(&host->world->components[to]), 0, NULL);
    KIT_REQUIRE(status == AIRS_OK || status == AIRS_ETARGET_STOPPED || status == AIRS_ECOMPONENT_NOT_FOUND);
}

/* --- dead letters ------------------------------------------------------------------------------------------------------- */

typedef struct found_letters {
    uint64_t numbers[32];
    unsigned count;
} found_letters;

static int find_fragile(void *user, const airs_dead_letter *letter) {
    found_letters *found = user;
    if (strncmp(letter->to->text, "soak/fragile/", 13) == 0) {
        found->numbers[found->count++] = letter->number;
    }
    return found->count == sizeof found->numbers / sizeof *found->numbers;
}

static void redeliver(soak_host *host) {
    found_letters found = {.count = 0};
    airs_dead_letters_list(host->world->system, find_fragile, &found);
    for (unsigned i = 0; i < found.count; i++) {
        if (i % 4 == 3) {
            airs_dead_letters_drop(host->world->system, found.numbers[i]);
        } else if (airs_dead_letters_redeliver(host->world->system, found.numbers[i]) == AIRS_OK) {
            atomic_fetch_add(&host->world->ledger.redelivered, 1);
        }
    }
}

/* --- the threads -------------------------------------------------------------------------------------------------------- */

static void do_something(soak_host *host) {
    uint32_t to = (uint32_t)(kit_random(&host->seed) % SLOTS);
    uint64_t dice = kit_random(&host->seed) % 1024;
    if (dice < 2) {
        tap(host);
    } else if (dice < 4) {
        observe(host);
    } else if (dice < 6) {
        redeliver(host);
    } else if (dice < 10) {
        look_at_stats(host);
    } else if (dice < 40) {
        look_up(host, to);
    } else if (dice < 44) {
        ask_and_wait(host, to);
    } else if (dice < 48) {
        monitor(host, to);
    } else if (dice < 52) {
        check_health(host, to);
    } else if (dice < 200) {
        ask(host, to);
    } else {
        send_note(host, to);
    }
}

static void *host_main(void *argument) {
    soak_host *host = argument;
    while (!atomic_load(&host->world->end)) {
        bool pause = atomic_load(&host->world->pause);
        atomic_store(&host->paused, pause);
        if (pause) {
            kit_nap();
        } else {
            do_something(host);
        }
    }
    return NULL;
}

void soak_start_hosts(soak_world *world, uint64_t *seed) {
    for (uint32_t i = 0; i < HOSTS; i++) {
        soak_host *host = &world->hosts[i];
        host->world = world;
        host->index = i;
        host->seed = kit_random(seed) | 1;
        KIT_REQUIRE(pthread_create(&host->thread, NULL, host_main, host) == 0);
    }
}

void soak_pause_hosts(soak_world *world) {
    atomic_store(&world->pause, true);
    for (uint32_t i = 0; i < HOSTS; i++) {
        while (!atomic_load(&world->hosts[i].paused)) {
            kit_nap();
        }
    }
}

void soak_resume_hosts(soak_world *world) {
    atomic_store(&world->pause, false);
}

void soak_join_hosts(soak_world *world) {
    atomic_store(&world->end, true);
    for (uint32_t i = 0; i < HOSTS; i++) {
        pthread_join(world->hosts[i].thread, NULL);
    }
}
