/* Keeps the processor busy for as many ms as the message says, then replies with it. */
#include <airs.h>

static airs_result handle_message(const airs_message *message) {
    uint64_t end = airs_monotonic_clock_ns() + strtoull(message->data, NULL, 10) * 1000000;
    while (airs_monotonic_clock_ns() < end) {
    }
    return airs_reply_with(message->data, message->length);
}
AIRS_HANDLE_MESSAGE(handle_message);
