/* Answers what the host told it: "config" (init's text), "self" (its id), "sender" (the sender's id, or "outside"), "lookup ID" (the status, and the
 * id behind the handle when there is one), "send ID TEXT" (the status), "broadcast TEXT ID ID ..." (a status each), "stale N" (the status of a send to
 * the handle N). On a normal stop it prints "good-bye". */
#include <airs.h>

static char config[512];

static airs_result init(const char *text, size_t length) {
    if (length >= sizeof config) {
        return airs_fail("config: too long");
    }
    strcpy(config, text);
    return airs_ok();
}
AIRS_INIT(init);

static airs_result reply_text(const char *text) {
    return airs_reply_with(text, strlen(text));
}

static airs_result reply_id(airs_component component) {
    char id[AIRS_ID_MAX + 1];
    airs_status status = airs_id_of(component, id, sizeof id);
    return reply_text(status == AIRS_OK ? id : airs_status_name(status));
}

static airs_result look_up(const char *id) {
    airs_component found;
    airs_status status = airs_lookup(id, &found);
    return status == AIRS_OK ? reply_id(found) : reply_text(airs_status_name(status));
}

static airs_result send_by_name(char *id) {
    char *text = strchr(id, ' ');
    if (text == NULL) {
        return airs_fail("send ID TEXT");
    }
    *text++ = 0;
    return reply_text(airs_status_name(airs_send_to(id, text, strlen(text))));
}

/* Ids that are not found are sent to all the same, as handle 0, so that every outcome has a place. */
static airs_result broadcast(char *text) {
    airs_component targets[64];
    airs_status statuses[64];
    unsigned count = 0;
    char *rest, *word = strtok_r(text, " ", &rest);
    for (char *id; count < 64 && (id = strtok_r(NULL, " ", &rest)) != NULL; count++) {
        targets[count] = AIRS_OUTSIDE;
        airs_lookup(id, &targets[count]);
    }
    airs_broadcast(targets, count, word, word != NULL ? strlen(word) : 0, statuses);
    char out[1024];
    size_t length = 0;
    for (unsigned i = 0; i < count; i++) {
        length += (size_t)snprintf(out + length, sizeof out - length, "%s%s", i > 0 ? " " : "", airs_status_name(statuses[i]));
    }
    return airs_reply_with(out, length);
}

static airs_result handle_message(const airs_message *message) {
    char text[1024];
    snprintf(text, sizeof text, "%s", message->data);
    if (strcmp(text, "config") == 0) {
        return reply_text(config);
    }
    if (strcmp(text, "self") == 0) {
        return reply_id(airs_self());
    }
    if (strcmp(text, "sender") == 0) {
        return message->sender == AIRS_OUTSIDE ? reply_text("outside") : reply_id(message->sender);
    }
    if (strncmp(text, "lookup ", 7) == 0) {
        return look_up(text + 7);
    }
    if (strncmp(text, "send ", 5) == 0) {
        return send_by_name(text + 5);
    }
    if (strncmp(text, "broadcast ", 10) == 0) {
        return broadcast(text + 10);
    }
    if (strncmp(text, "stale ", 6) == 0) {
        return reply_text(airs_status_name(airs_send(strtoull(text + 6, NULL, 0), "x", 1)));
    }
    return airs_failf("unknown: %s", text);
}
AIRS_HANDLE_MESSAGE(handle_message);

static void shutdown(void) {
    puts("good-bye");
}
AIRS_SHUTDOWN(shutdown);
