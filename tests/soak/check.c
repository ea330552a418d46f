#include <stdio.h>

#include "soak/world.h"

/* a is b, or up to `unclear` more. */
static void compare(const char *what, uint64_t a, uint64_t b, uint64_t unclear) {
    if (a < b || a > b + unclear) {
        fprintf(stderr, "%s: %llu and %llu\n", what, (unsigned long long)a, (unsigned long long)b);
        KIT_REQUIRE(!"the ledger and the system agree");
    }
}

/* Requests of incarnations that are gone are awaited by nobody, and end by their timeouts at the latest. */
static void wait_for_late_ends(soak_world *world) {
    for (int i = 0; i < 100000 && world->ledger.made != world->ledger.told + kit_stats(world->system).late_ends; i++) {
        kit_nap();
    }
}

/* Nothing is queued, held or awaited, and no timer is pending: those set last fire within 20 ms, and may set things going again. */
static airs_balance wait_until_nothing_moves(airs_system *system) {
    airs_balance balance;
    do {
        kit_nap();
        KIT_REQUIRE(airs_system_wait_quiescent(system, 120000) == AIRS_OK);
        airs_system_balance(system, &balance);
    } while (balance.pending_timers > 0 || balance.queued + balance.held + balance.in_hand + balance.open_requests > 0);
    KIT_REQUIRE(airs_system_wait_quiescent(system, 120000) == AIRS_OK);
    airs_system_balance(system, &balance);
    return balance;
}

/* I1: every accepted message ended once, and each side's count of it is the same. */
static void check_messages(const soak_ledger *l, const airs_routing_stats *stats) {
    compare("accepted, and ended", stats->accepted, stats->delivered + stats->dead + stats->dropped, 0);
    compare("delivered, and handled", stats->delivered, l->ok, 0);
    compare("dead by a handler, and failed", stats->dead_by_reason[AIRS_ETRAP] + stats->dead_by_reason[AIRS_EHANDLER_FAILED], l->failed, 0);
    compare("accepted, and sent", stats->accepted + l->hasty, l->sent + stats->timers_fired + l->told + stats->dropped + l->redelivered,
            l->unclear + l->hasty);
}

/* I4: every request ended once. */
static void check_requests(const soak_ledger *l, const airs_routing_stats *stats) {
    compare("host requests made, and told", l->host_made, l->host_told, 0);
    compare("requests made, and told or too late", l->made, l->told + stats->late_ends, 0);
    compare("requests, and made", stats->requests, l->made + l->host_made, l->unclear);
    compare("requests, and ended", stats->requests, stats->replies + stats->request_failures, stats->late_ends);
}

/* Who is still registered was told every end. */
static void check_slots(soak_world *world) {
    for (uint32_t i = 0; i < SLOTS; i++) {
        airs_component_id id;
        if (airs_registry_id_of(airs_system_registry(world->system), atomic_load(&world->components[i]), &id) == AIRS_OK) {
            compare("open requests of who lives", world->slots[i].open_count, 0, 0);
        }
    }
}

void soak_check(soak_world *world) {
    airs_balance balance = wait_until_nothing_moves(world->system);
    wait_for_late_ends(world);
    airs_routing_stats stats = kit_stats(world->system);
    compare("the balance", balance.accepted, balance.delivered + balance.dead + balance.dropped, 0);
    check_messages(&world->ledger, &stats);
    check_requests(&world->ledger, &stats);
    check_slots(world);
}
