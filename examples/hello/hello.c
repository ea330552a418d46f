/* Answers a name with a greeting. */
#include <airs.h>

static unsigned greeted;

static airs_result handle_message(const airs_message *message) {
    char text[128];
    greeted++;
    snprintf(text, sizeof text, "Hello, %.60s! You are number %u.", message->data, greeted);
    return airs_reply_with(text, strlen(text));
}
AIRS_HANDLE_MESSAGE(handle_message);
