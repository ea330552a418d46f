/* Counts messages and their bytes; a request "count" is answered with "MESSAGES BYTES" and not counted. */
#include <airs.h>

static unsigned long long messages, bytes;

static airs_result handle_message(const airs_message *message) {
    if (message->has_request && strcmp(message->data, "count") == 0) {
        char text[64];
        snprintf(text, sizeof text, "%llu %llu", messages, bytes);
        return airs_reply_with(text, strlen(text));
    }
    messages++;
    bytes += message->length;
    return airs_reply_with("", 0);
}
AIRS_HANDLE_MESSAGE(handle_message);
