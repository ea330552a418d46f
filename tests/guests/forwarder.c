/* Sends what it gets to the config's `target`, `copies` times (1). A request is answered with the name of the last send's status; a plain message
 * whose send fails is a handled failure. */
#include "config.h"

static airs_component target;
static unsigned long copies;

static airs_result init(const char *config, size_t length) {
    char id[AIRS_ID_MAX + 1];
    (void)length;
    if (!config_text(config, "target", id, sizeof id)) {
        return airs_fail("config: target is missing");
    }
    copies = config_number(config, "copies", 1);
    airs_status status = airs_lookup(id, &target);
    return status == AIRS_OK ? airs_ok() : airs_failf("looking up %s: %s", id, airs_status_name(status));
}
AIRS_INIT(init);

static airs_result handle_message(const airs_message *message) {
    airs_status status = AIRS_OK;
    for (unsigned long i = 0; i < copies && status == AIRS_OK; i++) {
        status = airs_send(target, message->data, message->length);
    }
    const char *name = airs_status_name(status);
    if (message->has_request) {
        return airs_reply_with(name, strlen(name));
    }
    return status == AIRS_OK ? airs_ok() : airs_failf("sending: %s", name);
}
AIRS_HANDLE_MESSAGE(handle_message);
