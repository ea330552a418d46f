/* "N TEXT" sends TEXT after N ms to the config's `target`, or to itself; "cancel" cancels the newest and replies true or false; "fired" replies how
 * many came back. Other requests are answered with the status of send-after. */
#include "config.h"

static airs_component target;
static airs_timer_id newest;
static unsigned fired;

static airs_result init(const char *config, size_t length) {
    char id[AIRS_ID_MAX + 1];
    (void)length;
    target = airs_self();
    if (config_text(config, "target", id, sizeof id)) {
        airs_status status = airs_lookup(id, &target);
        return status == AIRS_OK ? airs_ok() : airs_failf("looking up %s: %s", id, airs_status_name(status));
    }
    return airs_ok();
}
AIRS_INIT(init);

static airs_result reply_text(const char *text) {
    return airs_reply_with(text, strlen(text));
}

static airs_result handle_message(const airs_message *message) {
    if (message->sender == airs_self()) {
        fired++;
        return airs_ok();
    }
    if (strcmp(message->data, "cancel") == 0) {
        return reply_text(airs_cancel_timer(newest) ? "true" : "false");
    }
    if (strcmp(message->data, "fired") == 0) {
        char text[16];
        snprintf(text, sizeof text, "%u", fired);
        return reply_text(text);
    }
    char *text;
    unsigned long long delay_ms = strtoull(message->data, &text, 10);
    text += *text == ' ';
    return reply_text(airs_status_name(airs_send_after(delay_ms, target, text, strlen(text), &newest)));
}
AIRS_HANDLE_MESSAGE(handle_message);
