/* Answers a request with the table of all counters. The request's text is the most rows to show (empty: all).
 *
 * Asks every counter for its pages, all counters at once, and replies later: when the last one has answered or failed. A counter that failed is
 * named under the table.
 *
 * Config: counters (default "demo/counter") and shards (default 4), as the parser's. */
#include "config.h"
#include "rows.h"

#define SHARDS_MAX 64
#define NOTE_MAX 200

static char prefix[AIRS_ID_MAX + 1];
static airs_component counters[SHARDS_MAX];
static unsigned shards;

/* The report that is being made; one at a time. */
static struct {
    bool busy;
    airs_request_id asker;
    size_t most;
    unsigned waiting;                  /* counters that have not told all */
    airs_request_id asked[SHARDS_MAX]; /* the open request to each; 0: none */
    char notes[SHARDS_MAX * NOTE_MAX + 1];
    rows rows;
} report;

static void note(unsigned shard, const char *what, const char *detail) {
    size_t length = strlen(report.notes);
    size_t room = sizeof report.notes - length;
    snprintf(report.notes + length, room < NOTE_MAX ? room : NOTE_MAX, "%s/%u is missing from this table: %s%s%.100s\n", prefix, shard,
             what, detail[0] != 0 ? ": " : "", detail);
}

static void finish(void) {
    size_t length = 0;
    char *table = rows_write(&report.rows, report.most, report.notes, &length);
    airs_status status = AIRS_OK;
    if (table == NULL) {
        status = airs_reply_failure(report.asker, "no memory for the table: ask for fewer rows, or raise limits.memory");
    } else {
        status = airs_reply(report.asker, table, length);
    }
    if (status == AIRS_PAYLOAD_TOO_LARGE) {
        status = airs_reply_failure(report.asker, "the table is over the limit of a payload: ask for fewer rows");
    }
    if (status != AIRS_OK) {
        airs_logf(AIRS_WARN, "the report could not be delivered: %s", airs_status_name(status));
    }
    free(table);
    rows_clear(&report.rows);
    report.busy = false;
}

/* Asks for the page that begins at key `index`; a counter that can't be asked has told all it ever will. */
static void ask(unsigned shard, uint32_t index) {
    airs_status status = airs_request(counters[shard], &index, sizeof index, 0, &report.asked[shard]);
    if (status != AIRS_OK) {
        report.asked[shard] = 0;
        report.waiting--;
        note(shard, airs_status_name(status), "");
    }
}

static airs_result handle_callback(const airs_outcome *outcome) {
    unsigned shard = 0;
    while (shard < shards && report.asked[shard] != outcome->request) {
        shard++;
    }
    if (shard == shards) {
        return airs_ok();
    }
    report.asked[shard] = 0;
    uint32_t next = 0;
    const char *wrong = NULL;
    if (outcome->status != AIRS_OK) {
        note(shard, airs_status_name(outcome->status), outcome->data);
    } else if ((wrong = rows_add_page(&report.rows, outcome->data, outcome->length, &next)) != NULL) {
        note(shard, wrong, "");
    }
    if (next > 0) {
        ask(shard, next);
    } else {
        report.waiting--;
    }
    if (report.waiting == 0) {
        finish();
    }
    return airs_ok();
}
AIRS_HANDLE_CALLBACK(handle_callback);

static airs_result handle_message(const airs_message *message) {
    char *end;
    unsigned long most = strtoul(message->data, &end, 10);
    if (!message->has_request) {
        return airs_fail("the report is asked for by a request");
    }
    if (*end != 0 || (message->length > 0 && most == 0)) {
        return airs_failf("\"%.40s\" is no number of rows; 1 or more, or nothing for all, is right", message->data);
    }
    if (report.busy) {
        return airs_fail("a report is being made: ask again when it is done");
    }
    report.busy = true;
    report.asker = message->request;
    report.most = message->length > 0 ? most : SIZE_MAX;
    report.waiting = shards;
    report.notes[0] = 0;
    for (unsigned i = 0; i < shards; i++) {
        ask(i, 0);
    }
    if (report.waiting == 0) {
        finish();
    }
    return airs_ok();
}
AIRS_HANDLE_MESSAGE(handle_message);

static airs_result init(const char *config, size_t length) {
    (void)length;
    config_text(config, "counters", "demo/counter", prefix, sizeof prefix);
    unsigned long wanted = config_number(config, "shards", 4);
    if (wanted < 1 || wanted > SHARDS_MAX) {
        return airs_failf("config: shards is 1 to %d", SHARDS_MAX);
    }
    shards = (unsigned)wanted;
    for (unsigned i = 0; i < shards; i++) {
        char id[AIRS_ID_MAX + 16];
        snprintf(id, sizeof id, "%s/%u", prefix, i);
        airs_status status = airs_lookup(id, &counters[i]);
        if (status != AIRS_OK) {
            return airs_failf("counter %s: %s", id, airs_status_name(status));
        }
    }
    return airs_ok();
}
AIRS_INIT(init);
