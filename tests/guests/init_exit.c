/* Its init calls exit. */
#include <airs.h>

static airs_result init(const char *config, size_t length) {
    (void)config;
    (void)length;
    exit(3);
}
AIRS_INIT(init);

static airs_result handle_message(const airs_message *message) {
    return airs_reply_with(message->data, message->length);
}
AIRS_HANDLE_MESSAGE(handle_message);
