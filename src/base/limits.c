#include <airs/limits.h>

#include <inttypes.h>
#include <stddef.h>

#define HELD_MAX (1u << 20)
#define TIMERS_MAX (1u << 20)
#define DAY_MS (24u * 60 * 60 * 1000)
#define WASM_PAGE 65536u
#define WASM_MEMORY_MAX (1ull << 32)

typedef struct bound {
    const char *name;
    uint64_t value, low, high;
} bound;

airs_status airs_limits_check(const airs_limits *limits, airs_error *error) {
    if (limits == NULL) {
        return airs_error_set(error, AIRS_EINVAL, "no limits; AIRS_LIMITS_DEFAULT is a start");
    }
    /* Names are those of the manifest. 0 is a fine bound for what a component may keep, not for what it lives on. */
    const bound bounds[] = {
        {"payload", limits->payload_bytes, 1, AIRS_PAYLOAD_MAX},
        {"mailbox-messages", limits->mailbox_messages, 1, AIRS_MAILBOX_MESSAGES_MAX},
        {"mailbox-bytes", limits->mailbox_bytes, 1, AIRS_MAILBOX_BYTES_MAX},
        {"in-flight", limits->in_flight, 0, AIRS_IN_FLIGHT_MAX},
        {"timers", limits->timers, 0, TIMERS_MAX},
        {"hold-messages", limits->hold_messages, 0, HELD_MAX},
        {"hold-bytes", limits->hold_bytes, 0, AIRS_MAILBOX_BYTES_MAX},
        {"memory", limits->memory_bytes, WASM_PAGE, WASM_MEMORY_MAX},
        {"handler-time", limits->handler_ms, 1, DAY_MS},
        {"init-time", limits->init_ms, 1, DAY_MS},
    };
    for (size_t i = 0; i < sizeof bounds / sizeof bounds[0]; i++) {
        const bound *b = &bounds[i];
        if (b->value < b->low || b->value > b->high) {
            return airs_error_set(error, AIRS_EINVAL, "limit %s is %" PRIu64 "; %" PRIu64 " to %" PRIu64 " is right", b->name, b->value,
                                  b->low, b->high);
        }
    }
    if (limits->mailbox_bytes < limits->payload_bytes) {
        return airs_error_set(error, AIRS_EINVAL,
                              "limit mailbox-bytes is %" PRIu32 ", less than one payload (%" PRIu32 " bytes); raise it or lower payload",
                              limits->mailbox_bytes, limits->payload_bytes);
    }
    if ((int)limits->overflow < AIRS_OVERFLOW_HOLD || (int)limits->overflow > AIRS_OVERFLOW_BLOCK) {
        return airs_error_set(error, AIRS_EINVAL, "limit overflow is %d; hold, reject, drop-new, drop-old or block is right",
                              (int)limits->overflow);
    }
    return AIRS_OK;
}
