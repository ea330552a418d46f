/* Asks the config's `target` what it is asked and relays the end: a reply as its reply, a failure as "STATUS: DETAIL". A message that is no request
 * is asked too, and its end printed. "cancel" is asked and cancelled at once. `timeout_ms` is in the config too. */
#include "config.h"

#define OPEN_MAX 1024

static airs_component target;
static unsigned long timeout_ms;
static struct {
    airs_request_id inner, outer;
    bool has_outer, used;
} open[OPEN_MAX];

static airs_result init(const char *config, size_t length) {
    char id[AIRS_ID_MAX + 1];
    (void)length;
    if (!config_text(config, "target", id, sizeof id)) {
        return airs_fail("config: target is missing");
    }
    timeout_ms = config_number(config, "timeout_ms", 0);
    airs_status status = airs_lookup(id, &target);
    return status == AIRS_OK ? airs_ok() : airs_failf("looking up %s: %s", id, airs_status_name(status));
}
AIRS_INIT(init);

static airs_result handle_message(const airs_message *message) {
    unsigned at = 0;
    while (at < OPEN_MAX && open[at].used) {
        at++;
    }
    if (at == OPEN_MAX) {
        return airs_fail("too many requests are open");
    }
    airs_request_id inner = 0;
    airs_status status = airs_request(target, message->data, message->length, timeout_ms, &inner);
    if (status != AIRS_OK) {
        return airs_failf("asking: %s", airs_status_name(status));
    }
    open[at].inner = inner;
    open[at].outer = message->request;
    open[at].has_outer = message->has_request;
    open[at].used = true;
    if (strcmp(message->data, "cancel") == 0 && !airs_cancel_request(inner)) {
        return airs_fail("cancelling: it had ended");
    }
    return airs_ok();
}
AIRS_HANDLE_MESSAGE(handle_message);

static airs_result handle_callback(const airs_outcome *outcome) {
    unsigned at = 0;
    while (at < OPEN_MAX && !(open[at].used && open[at].inner == outcome->request)) {
        at++;
    }
    if (at == OPEN_MAX) {
        return airs_fail("the end of a request that was not made, or a second end");
    }
    open[at].used = false;
    char text[AIRS_TEXT_MAX];
    snprintf(text, sizeof text, "%s: %s", airs_status_name(outcome->status), outcome->data);
    if (!open[at].has_outer) {
        puts(text);
        return airs_ok();
    }
    airs_status status =
        outcome->status == AIRS_OK ? airs_reply(open[at].outer, outcome->data, outcome->length) : airs_reply_failure(open[at].outer, text);
    return status == AIRS_OK ? airs_ok() : airs_failf("relaying: %s", airs_status_name(status));
}
AIRS_HANDLE_CALLBACK(handle_callback);
