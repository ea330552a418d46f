/* Replies with what it was sent. */
#include <airs.h>

static airs_result handle_message(const airs_message *message) {
    return airs_reply_with(message->data, message->length);
}
AIRS_HANDLE_MESSAGE(handle_message);
