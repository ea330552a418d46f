/* Every limit of a component, in one struct with safe defaults, the same in tests and in production. */
#ifndef AIRS_LIMITS_H
#define AIRS_LIMITS_H

#include <stdint.h>

#include <airs/export.h>
#include <airs/status.h>

/* What happens to a message for a mailbox that is full. The ends of requests and the
 * notices of monitors are never refused nor dropped, nor are start and stop. */
typedef enum airs_overflow {
    /* Between components: the sender keeps it and is muted until there is room (docs/DESIGN.md 4.12). Host threads wait or get AIRS_EMAILBOX_FULL, as
     * they say in their call. */
    AIRS_OVERFLOW_HOLD = 0,
    /* The sender gets AIRS_EMAILBOX_FULL; a host thread may wait. */
    AIRS_OVERFLOW_REJECT = 1,
    /* It is accepted (AIRS_OK), then dropped, and counted as both. If it was a request, that ends with AIRS_EMAILBOX_FULL. Nobody waits. */
    AIRS_OVERFLOW_DROP_NEW = 2,
    /* It is accepted, and the oldest messages in the mailbox, as many as it takes, are dropped for it and counted so; requests among them end with
     * AIRS_EMAILBOX_FULL. What is being handled is not dropped. Nobody waits. Costs the mailbox's actor a lock a message. */
    AIRS_OVERFLOW_DROP_OLD = 3,
    /* As hold, and host threads wait for room whatever they say in their call, until AIRS_ESTOPPING. Not in a handler: there they get
     * AIRS_EMAILBOX_FULL, as does airs_broker_publish, which never waits. */
    AIRS_OVERFLOW_BLOCK = 4,
} airs_overflow;

typedef struct airs_limits {
    uint32_t mailbox_messages; /* 1 .. AIRS_MAILBOX_MESSAGES_MAX */
    uint32_t mailbox_bytes;    /* payload bytes queued; at least payload_bytes; .. AIRS_MAILBOX_BYTES_MAX */
    uint32_t payload_bytes;    /* of one message, and of a reply */
    uint32_t in_flight;        /* requests and monitors this component has open; .. AIRS_IN_FLIGHT_MAX */
    uint32_t timers;           /* pending send-after of this component */
    uint32_t hold_messages;    /* messages this component holds back for full targets */
    uint32_t hold_bytes;
    airs_overflow overflow; /* of its mailbox */
    uint64_t memory_bytes;  /* linear memory of a guest */
    uint32_t handler_ms;    /* of a guest: CPU time and time blocked in host calls, one message. A native handler is never broken off */
    uint32_t init_ms;       /* likewise: the start of an incarnation */
} airs_limits;

#define AIRS_MAILBOX_MESSAGES_MAX ((1u << 17) - 1)
#define AIRS_MAILBOX_BYTES_MAX ((1u << 31) - 1)
#define AIRS_IN_FLIGHT_MAX 4000u
#define AIRS_PAYLOAD_MAX (64u << 20)

/* 1,024 messages / 1 MiB, payload 256 KiB, in flight 1,024, timers 1,024, hold 1,024 / 1 MiB, memory 64 MiB, handler 100 ms, init 5 s. */
#define AIRS_LIMITS_DEFAULT {1024, 1u << 20, 256u << 10, 1024, 1024, 1024, 1u << 20, AIRS_OVERFLOW_HOLD, 64ull << 20, 100, 5000}

#ifdef __cplusplus
extern "C" {
#endif

/* Says which limit is out of range, its value and the range. */
AIRS_API airs_status airs_limits_check(const airs_limits *limits, airs_error *error);

#ifdef __cplusplus
}
#endif

#endif
