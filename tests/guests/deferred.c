/* Keeps requests open and answers the oldest, with its own payload, at each plain message. With `delay_ms` in the config it sends itself that
 * message (it needs the right to send to itself). "drop" is answered by a failure; an answered request is answered again, which must fail. */
#include "config.h"

#define KEPT_MAX 64

static struct {
    airs_request_id request;
    char *text;
} kept[KEPT_MAX];
static unsigned first, count;
static unsigned long delay_ms;

static airs_result init(const char *config, size_t length) {
    (void)length;
    delay_ms = config_number(config, "delay_ms", 0);
    return airs_ok();
}
AIRS_INIT(init);

static airs_result keep(const airs_message *message) {
    if (count == KEPT_MAX) {
        return airs_fail("too many requests are open");
    }
    unsigned at = (first + count++) % KEPT_MAX;
    kept[at].request = message->request;
    kept[at].text = strdup(message->data);
    if (delay_ms > 0) {
        airs_status status = airs_send_after(delay_ms, airs_self(), "go", 2, NULL);
        return status == AIRS_OK ? airs_ok() : airs_failf("send-after: %s", airs_status_name(status));
    }
    return airs_ok();
}

static airs_result answer(void) {
    if (count == 0) {
        return airs_ok();
    }
    airs_request_id request = kept[first].request;
    char *text = kept[first].text;
    first = (first + 1) % KEPT_MAX;
    count--;
    airs_status status =
        strcmp(text, "drop") == 0 ? airs_reply_failure(request, "dropped on request") : airs_reply(request, text, strlen(text));
    free(text);
    if (status == AIRS_OK && airs_reply(request, "again", 5) == AIRS_OK) {
        return airs_fail("a request was answered twice");
    }
    return status == AIRS_OK ? airs_ok() : airs_failf("reply: %s", airs_status_name(status));
}

static airs_result handle_message(const airs_message *message) {
    return message->has_request ? keep(message) : answer();
}
AIRS_HANDLE_MESSAGE(handle_message);
