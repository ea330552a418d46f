/* poll_oneoff: sleeping, mostly. A guest sleeps no longer than what is left of its message's time. */
#include <errno.h>
#include <time.h>

#include "base/clock.h"
#include "wasm/component/component.h"
#include "wasm/grants/preview1.h"

#define SUBSCRIPTIONS_MAX 1024u
#define SUBSCRIPTION_SIZE 48u
#define EVENT_SIZE 32u
#define ABSOLUTE 1u
#define OUTPUT_ROOM 65536u /* what an output says it could take at once */
#define HANGUP 1u
#define FOREVER UINT64_MAX

enum { TAG_CLOCK = 0, TAG_READ = 1, TAG_WRITE = 2 };

/* One subscription, as far as it matters when. */
typedef struct wanted {
    uint64_t user_data;
    uint8_t tag;
    int error;        /* of the event, known at once */
    uint64_t wait_ns; /* 0: ready */
} wanted;

/* What the clocks showed when the call began; every subscription is measured against that. */
typedef struct clocks {
    uint64_t wall_ns, monotonic_ns;
} clocks;

static wanted read_clock(wanted want, const uint8_t *at, const clocks *began) {
    uint32_t clock_id = airsi_load_u32(at + 16);
    uint64_t timeout = airsi_load_u64(at + 24);
    uint64_t now = clock_id == 0 ? began->wall_ns : began->monotonic_ns, unused;
    want.error = airsi_wasi_clock_now(clock_id, &unused);
    if (want.error == AIRSI_WASI_SUCCESS && (at[40] & ABSOLUTE) != 0) {
        want.wait_ns = timeout > now ? timeout - now : 0;
    } else if (want.error == AIRSI_WASI_SUCCESS) {
        want.wait_ns = timeout;
    }
    return want;
}

static wanted read_subscription(const uint8_t *at, const clocks *began) {
    wanted want = {.user_data = airsi_load_u64(at), .tag = at[8]};
    if (want.tag == TAG_CLOCK) {
        return read_clock(want, at, began);
    }
    uint32_t fd = airsi_load_u32(at + 16);
    bool open = want.tag == TAG_READ ? fd == 0 : fd == 1 || fd == 2;
    want.error = open ? AIRSI_WASI_SUCCESS : AIRSI_WASI_BADF;
    return want;
}

static void store_event(uint8_t *to, const wanted *want) {
    bool ready = want->error == AIRSI_WASI_SUCCESS;
    airsi_store_u64(to, want->user_data);
    airsi_store_u32(to + 8, (uint32_t)want->error | (uint32_t)want->tag << 16);
    airsi_store_u32(to + 12, 0);
    airsi_store_u64(to + 16, ready && want->tag == TAG_WRITE ? OUTPUT_ROOM : 0);
    airsi_store_u64(to + 24, ready && want->tag == TAG_READ ? HANGUP : 0);
}

/* Sleeps, within the budget, and charges what it took. */
static void wait(airsi_guest *guest, uint64_t wait_ns) {
    uint64_t budget = airsi_guest_budget_left(guest);
    uint64_t start = airsi_clock_monotonic_ns();
    uint64_t end = start + (wait_ns < budget ? wait_ns : budget);
    struct timespec until = {.tv_sec = (time_t)(end / 1000000000u), .tv_nsec = (long)(end % 1000000000u)};
    airs_context *context = ((const airsi_component *)airsi_guest_owner(guest))->context;
    airs_context_begin_blocking(context); /* so that a guest that sleeps keeps no other from running */
    while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &until, NULL) == EINTR) {
    }
    airs_context_end_blocking(context);
    airsi_guest_charge_blocked(guest, airsi_clock_monotonic_ns() - start);
}

/* Whether all tags are known, and the least time until one subscription is ready. */
static bool soonest(const uint8_t *subscriptions, uint32_t count, const clocks *began, uint64_t *ret_wait_ns) {
    uint64_t least = FOREVER;
    for (uint32_t i = 0; i < count; i++) {
        wanted want = read_subscription(subscriptions + (size_t)SUBSCRIPTION_SIZE * i, began);
        if (want.tag > TAG_WRITE) {
            return false;
        }
        least = want.wait_ns < least ? want.wait_ns : least;
    }
    *ret_wait_ns = least;
    return true;
}

bool airsi_wasi_poll_oneoff(airsi_guest *guest, airsi_value *values) {
    uint32_t count = values[2].u32, events = 0;
    uint64_t wait_ns;
    uint8_t *ret = airsi_guest_memory(guest, values[3].u32, 4, 4, "poll_oneoff result");
    if (ret == NULL) {
        return false;
    }
    if (count == 0 || count > SUBSCRIPTIONS_MAX) {
        return airsi_wasi_return(values, AIRSI_WASI_INVAL);
    }
    const uint8_t *in = airsi_guest_lift(guest, values[0].u32, count * SUBSCRIPTION_SIZE, 8, "poll_oneoff subscriptions");
    uint8_t *out = in != NULL ? airsi_guest_memory(guest, values[1].u32, count * EVENT_SIZE, 8, "poll_oneoff events") : NULL;
    if (out == NULL) {
        return false;
    }
    const clocks began = {airsi_clock_wall_ns(), airsi_clock_monotonic_ns()};
    if (!soonest(in, count, &began, &wait_ns)) {
        return airsi_wasi_return(values, AIRSI_WASI_INVAL);
    }
    if (wait_ns > 0) {
        wait(guest, wait_ns);
    }
    /* Where the budget cut the sleep short the earliest clock is said to have fired: the guest ends at its next epoch check. Events may be
     * written over subscriptions; whatever is read then is still only a number. */
    for (uint32_t i = 0; i < count; i++) {
        wanted want = read_subscription(in + (size_t)SUBSCRIPTION_SIZE * i, &began);
        if (want.wait_ns <= wait_ns && want.tag <= TAG_WRITE) {
            store_event(out + (size_t)EVENT_SIZE * events++, &want);
        }
    }
    airsi_store_u32(ret, events);
    return airsi_wasi_return(values, AIRSI_WASI_SUCCESS);
}
