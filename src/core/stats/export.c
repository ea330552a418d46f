/* RoutingStats as JSON and as Prometheus text. No floating point: the decimal point of printf is the locale's. */

#include <inttypes.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>

#include <airs/stats.h>

#define PIECE 512

/* X(field, what it counts) */
#define COUNTER_LIST(X)                                                                       \
    X(messages_routed, "Publishes that were accepted.")                                       \
    X(components_not_found, "Publishes refused because their target is unknown or has gone.") \
    X(mailbox_send_failures, "Publishes refused by a mailbox.")                               \
    X(accepted, "Messages admitted to a mailbox or a hold-back list.")                        \
    X(delivered, "Messages handled.")                                                         \
    X(dropped, "Messages dropped by a named policy.")                                         \
    X(requests, "Requests made.")                                                             \
    X(replies, "Requests that ended with a reply.")                                           \
    X(request_failures, "Requests that ended without a reply.")                               \
    X(late_ends, "Ends whose requester had gone.")                                            \
    X(timers_set, "Timers set.")                                                              \
    X(timers_fired, "Timers fired.")                                                          \
    X(timers_cancelled, "Timers cancelled.")                                                  \
    X(restarts, "Restarts of components.")                                                    \
    X(crashes, "Crashes of components.")

typedef struct output {
    airs_stats_writer write;
    void *user;
    airs_status status; /* the first that was not AIRS_OK; nothing is written after it */
    size_t length;
    char piece[PIECE];
} output;

static void flush(output *out) {
    if (out->status == AIRS_OK && out->length > 0) {
        out->status = out->write(out->user, out->piece, out->length);
    }
    out->length = 0;
}

/* One line or part of one, shorter than a piece. */
static AIRS_PRINTF(2, 3) void put(output *out, const char *format, ...) {
    for (int attempt = 0; attempt < 2; attempt++) {
        va_list arguments;
        va_start(arguments, format);
        int wanted = vsnprintf(out->piece + out->length, PIECE - out->length, format, arguments);
        va_end(arguments);
        if (wanted >= 0 && (size_t)wanted < PIECE - out->length) {
            out->length += (size_t)wanted;
            return;
        }
        flush(out); /* what doesn't fit goes to the start of the next piece */
    }
}

/* --- JSON ------------------------------------------------------------------------------------------------------------- */

static void json_reasons(output *out, const char *name, const uint64_t *counts) {
    put(out, ",\"%s\":{", name);
    for (int i = 1; i < AIRS_STATUS_COUNT; i++) {
        put(out, "%s\"%s\":%" PRIu64, i > 1 ? "," : "", airs_status_name((airs_status)i), counts[i]);
    }
    put(out, "}");
}

static void json(output *out, const airs_routing_stats *stats, const airs_balance *balance) {
    put(out, "{\"routing_failures\":%" PRIu64 ",\"dead\":%" PRIu64, stats->routing_failures, stats->dead);
#define COUNTER(field, help) put(out, ",\"" #field "\":%" PRIu64, stats->field);
    COUNTER_LIST(COUNTER)
#undef COUNTER
    json_reasons(out, "failures", stats->failures);
    json_reasons(out, "dead_by_reason", stats->dead_by_reason);
    const airs_latency *latency = &stats->latency;
    put(out, ",\"latency\":{\"samples\":%" PRIu64 ",\"total_ns\":%" PRIu64 ",\"max_ns\":%" PRIu64, latency->samples, latency->total_ns,
        latency->max_ns);
    put(out, ",\"p50_ns\":%" PRIu64 ",\"p99_ns\":%" PRIu64 ",\"p999_ns\":%" PRIu64 "}", latency->p50_ns, latency->p99_ns, latency->p999_ns);
    if (balance != NULL) {
        put(out, ",\"balance\":{\"accepted\":%" PRIu64 ",\"delivered\":%" PRIu64 ",\"dead\":%" PRIu64 ",\"dropped\":%" PRIu64,
            balance->accepted, balance->delivered, balance->dead, balance->dropped);
        put(out, ",\"queued\":%" PRIu64 ",\"held\":%" PRIu64 ",\"in_hand\":%" PRIu64, balance->queued, balance->held, balance->in_hand);
        put(out, ",\"open_requests\":%" PRIu64 ",\"pending_timers\":%" PRIu64 ",\"queued_bytes\":%" PRIu64 "}", balance->open_requests,
            balance->pending_timers, balance->queued_bytes);
    }
    put(out, "}\n");
}

/* --- Prometheus ------------------------------------------------------------------------------------------------------- */

static void head(output *out, const char *name, const char *type, const char *help) {
    put(out, "# HELP airs_%s %s\n# TYPE airs_%s %s\n", name, help, name, type);
}

static void reasons(output *out, const char *name, const char *help, const uint64_t *counts) {
    head(out, name, "counter", help);
    for (int i = 1; i < AIRS_STATUS_COUNT; i++) {
        put(out, "airs_%s{reason=\"%s\"} %" PRIu64 "\n", name, airs_status_name((airs_status)i), counts[i]);
    }
}

/* `labels` with their braces, or "". */
static void seconds(output *out, const char *name, const char *labels, uint64_t ns) {
    put(out, "airs_%s%s %" PRIu64 ".%09" PRIu64 "\n", name, labels, ns / 1000000000u, ns % 1000000000u);
}

static void gauge(output *out, const char *name, const char *help, uint64_t value) {
    head(out, name, "gauge", help);
    put(out, "airs_%s %" PRIu64 "\n", name, value);
}

static void prometheus(output *out, const airs_routing_stats *stats, const airs_balance *balance) {
#define COUNTER(field, help)                     \
    head(out, #field "_total", "counter", help); \
    put(out, "airs_" #field "_total %" PRIu64 "\n", stats->field);
    COUNTER_LIST(COUNTER)
#undef COUNTER
    reasons(out, "routing_failures_total", "Publishes refused, by reason.", stats->failures);
    reasons(out, "dead_letters_total", "Accepted messages that nobody handled, by reason.", stats->dead_by_reason);
    head(out, "queue_wait_seconds", "summary", "Time from admission to handling, of every 256th message a thread sends.");
    seconds(out, "queue_wait_seconds", "{quantile=\"0.5\"}", stats->latency.p50_ns);
    seconds(out, "queue_wait_seconds", "{quantile=\"0.99\"}", stats->latency.p99_ns);
    seconds(out, "queue_wait_seconds", "{quantile=\"0.999\"}", stats->latency.p999_ns);
    seconds(out, "queue_wait_seconds_sum", "", stats->latency.total_ns);
    put(out, "airs_queue_wait_seconds_count %" PRIu64 "\n", stats->latency.samples);
    if (balance != NULL) {
        head(out, "messages", "gauge", "Messages that have not ended, by where they are.");
        put(out, "airs_messages{state=\"queued\"} %" PRIu64 "\n", balance->queued);
        put(out, "airs_messages{state=\"held\"} %" PRIu64 "\n", balance->held);
        put(out, "airs_messages{state=\"in-hand\"} %" PRIu64 "\n", balance->in_hand);
        gauge(out, "open_requests", "Requests whose end nobody has handled.", balance->open_requests);
        gauge(out, "pending_timers", "Timers set and not yet gone.", balance->pending_timers);
        gauge(out, "queued_bytes", "Headers and payload that count against the budget of the node.", balance->queued_bytes);
    }
}

airs_status airs_routing_stats_write(const airs_routing_stats *stats, const airs_balance *balance, airs_stats_format format,
                                     airs_stats_writer write, void *user) {
    if (stats == NULL || write == NULL || (format != AIRS_STATS_JSON && format != AIRS_STATS_PROMETHEUS)) {
        return AIRS_EINVAL;
    }
    output out;
    out.write = write;
    out.user = user;
    out.status = AIRS_OK;
    out.length = 0;
    (format == AIRS_STATS_JSON ? json : prometheus)(&out, stats, balance);
    flush(&out);
    return out.status;
}
