/* make soak: everything the core has, at random, for SOAK_SECONDS (600); see world.h. At intervals everything rests, and what the receivers counted
 * is held against what the system says; memory has to stay flat. AIRS_TEST_SEED repeats the random choices of a run (threads interleave as they
 * will), SOAK_WORKERS chooses the workers. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "soak/world.h"

#define RSS_GROWTH_MAX (24u << 20)
#define DEAD_LETTERS 512 /* so that the ring is full before memory is looked at */

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define MEMORY_IS_OURS false /* sanitizers keep what is freed */
#else
#define MEMORY_IS_OURS true
#endif

static double now_s(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static uint64_t resident_bytes(void) {
    unsigned long long size = 0;
    unsigned long long resident = 0;
    FILE *file = fopen("/proc/self/statm", "r");
    KIT_REQUIRE(file != NULL && fscanf(file, "%llu %llu", &size, &resident) == 2);
    fclose(file);
    return resident * (uint64_t)sysconf(_SC_PAGESIZE);
}

typedef struct progress {
    double began_s, last_s;
    uint64_t last_accepted;
    bool terminal;
} progress;

/* Once a second on a terminal; where it ends with a check everywhere. */
static void show(soak_world *world, progress *p, bool checked) {
    double now = now_s();
    if (!checked && (!p->terminal || now - p->last_s < 1)) {
        return;
    }
    const soak_ledger *l = &world->ledger;
    airs_routing_stats stats = kit_stats(world->system);
    fprintf(stderr, "%s%6.1f s %8.0f messages/s %6.1f MiB %11llu accepted %9llu dead", p->terminal ? "\r" : "", now - p->began_s,
            (double)(stats.accepted - p->last_accepted) / (now - p->last_s), (double)resident_bytes() / 1048576,
            (unsigned long long)stats.accepted, (unsigned long long)stats.dead);
    if (checked) {
        unsigned long long spawned = l->children + l->respawns;
        fprintf(stderr, "  checked: %llu refused, %llu requests, %llu timers, %llu crashes, %llu spawned, %llu redelivered\n",
                (unsigned long long)l->refused, (unsigned long long)stats.requests, (unsigned long long)l->timers,
                (unsigned long long)stats.crashes, spawned, (unsigned long long)l->redelivered);
    }
    p->last_s = now;
    p->last_accepted = stats.accepted;
}

/* Stops somebody now and then, and spawns anew whoever is gone: stopped, ended by itself, crashed too often, or failed to start. */
static void tend(soak_world *world, uint64_t *seed) {
    if (kit_random(seed) % 8 == 0) {
        airs_stop(world->system, atomic_load(&world->components[kit_random(seed) % SLOTS]));
    }
    for (uint32_t i = 0; i < SLOTS; i++) {
        if (atomic_load(&world->slots[i].actor.frees) > 0) {
            soak_spawn(world, i, kit_random(seed));
            atomic_fetch_add(&world->ledger.respawns, 1);
        }
    }
}

/* Memory is what it was after the first fifth of the time. */
static void check_memory(uint64_t *baseline, double part) {
    uint64_t resident = resident_bytes();
    if (part <= 0.2 || *baseline == 0) {
        *baseline = resident > *baseline ? resident : *baseline;
    } else if (MEMORY_IS_OURS && resident > *baseline + RSS_GROWTH_MAX) {
        fprintf(stderr, "resident memory went from %llu to %llu bytes\n", (unsigned long long)*baseline, (unsigned long long)resident);
        exit(1);
    }
}

static void soak(soak_world *world, double seconds, uint64_t *seed) {
    double interval = seconds / 20 > 1 ? seconds / 20 : 1;
    progress p = {.began_s = now_s(), .last_s = now_s(), .terminal = isatty(2) == 1};
    uint64_t baseline = 0;
    double checked = p.began_s;
    while (checked - p.began_s < seconds) {
        while (now_s() - checked < interval) {
            tend(world, seed);
            show(world, &p, false);
            for (int i = 0; i < 10; i++) {
                kit_nap();
            }
        }
        soak_pause_hosts(world);
        soak_check(world);
        soak_resume_hosts(world);
        checked = now_s();
        check_memory(&baseline, (checked - p.began_s) / seconds);
        show(world, &p, true);
    }
}

static airs_system *new_system(uint64_t *seed) {
    const char *workers = getenv("SOAK_WORKERS");
    airs_system_options options = {
        .workers = workers != NULL ? (unsigned)atoi(workers) : 1 + (unsigned)(kit_random(seed) % 4),
        .dead_letters = DEAD_LETTERS,
    };
    airs_system *system = NULL;
    KIT_REQUIRE(airs_system_new(&options, &system, NULL) == AIRS_OK);
    fprintf(stderr, "workers: %u\n", airs_system_workers(system));
    return system;
}

int main(void) {
    static soak_world world;
    const char *given = getenv("SOAK_SECONDS");
    double seconds = given != NULL ? atof(given) : 600;
    uint64_t seed = kit_seed();
    world.system = new_system(&seed);
    for (uint32_t i = 0; i < SLOTS; i++) {
        soak_spawn(&world, i, kit_random(&seed));
    }
    KIT_REQUIRE(airs_system_start(world.system, NULL) == AIRS_OK);
    soak_start_hosts(&world, &seed);
    soak(&world, seconds, &seed);
    soak_join_hosts(&world);
    soak_check(&world);
    KIT_REQUIRE(airs_system_stop(world.system) == AIRS_OK);
    kit_check_balance(world.system);
    uint64_t accepted = kit_stats(world.system).accepted;
    airs_system_free(world.system);
    /* I9: nothing outlives the system. */
    KIT_REQUIRE(world.ledger.children == world.ledger.children_freed);
    KIT_REQUIRE(world.ledger.watched == world.ledger.downs + world.ledger.closed);
    for (uint32_t i = 0; i < SLOTS; i++) {
        KIT_REQUIRE(atomic_load(&world.slots[i].actor.frees) == 1);
    }
    printf("soak: %.0f s, %llu messages, all accounted for\n", seconds, (unsigned long long)accepted);
    return 0;
}
