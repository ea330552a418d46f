#include "node/host/summary.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

static uint64_t read_peak_memory(void) {
    FILE *file = fopen("/proc/self/status", "re");
    if (file == NULL) {
        return 0;
    }
    char line[256];
    uint64_t kib = 0;
    while (fgets(line, sizeof line, file) != NULL && sscanf(line, "VmHWM: %" SCNu64 " kB", &kib) != 1) {
    }
    fclose(file);
    return kib * 1024;
}

void airsi_summary_take(airsi_summary *summary, airs_system *system, const airsi_summary_lines *lines) {
    airs_system_balance(system, &summary->balance);
    airs_messaging_stats(airs_system_messaging(system), &summary->stats);
    summary->peak_memory = read_peak_memory();
    summary->lines = lines;
}

static double a_second(uint64_t count, double seconds) {
    return seconds > 0 ? (double)count / seconds : 0;
}

static void print_rates(const airsi_summary *summary, FILE *to) {
    const airsi_summary_lines *lines = summary->lines;
    fprintf(to,
            "airs: stats: %" PRIu64 " lines (%" PRIu64 " bytes, %" PRIu64
            " failed) in %.2f s: %.0f lines/s, %.0f messages/s, %.1f MB/s; peak "
            "memory %.1f MiB\n",
            lines->read, lines->bytes, lines->failed, lines->seconds, a_second(lines->read, lines->seconds),
            a_second(summary->balance.delivered, lines->seconds), a_second(lines->bytes, lines->seconds) / 1e6,
            (double)summary->peak_memory / (1024 * 1024));
}

/* " (trap 2, stopping 1)", or nothing. */
static void print_reasons(const uint64_t *by_reason, FILE *to) {
    const char *before = " (";
    for (int i = 0; i < AIRS_STATUS_COUNT; i++) {
        if (by_reason[i] > 0) {
            fprintf(to, "%s%s %" PRIu64, before, airs_status_name((airs_status)i), by_reason[i]);
            before = ", ";
        }
    }
    fputs(before[0] == ',' ? ")" : "", to);
}

/* Sends that were refused: their senders were told, but need not have listened. */
static void print_refused(const airsi_summary *summary, FILE *to) {
    if (summary->stats.routing_failures > 0) {
        fprintf(to, "; refused %" PRIu64, summary->stats.routing_failures);
        print_reasons(summary->stats.failures, to);
    }
}

static void print_text(const airsi_summary *summary, FILE *to) {
    const airs_balance *b = &summary->balance;
    fprintf(to, "airs: summary: accepted %" PRIu64 " = delivered %" PRIu64 " + dead %" PRIu64, b->accepted, b->delivered, b->dead);
    print_reasons(summary->stats.dead_by_reason, to);
    fprintf(to, " + dropped %" PRIu64 " + queued %" PRIu64 " + held %" PRIu64 " + in hand %" PRIu64, b->dropped, b->queued, b->held,
            b->in_hand);
    fprintf(to, "; restarts %" PRIu64 ", timers cancelled %" PRIu64, summary->stats.restarts, summary->stats.timers_cancelled);
    print_refused(summary, to);
    fputc('\n', to);
}

static void set_count(json_t *object, const char *key, uint64_t count) {
    json_object_set_new(object, key, json_integer((json_int_t)count));
}

static void set_reasons(json_t *object, const char *key, const uint64_t *by_reason) {
    json_t *reasons = json_object();
    for (int i = 0; i < AIRS_STATUS_COUNT; i++) {
        if (by_reason[i] > 0) {
            set_count(reasons, airs_status_name((airs_status)i), by_reason[i]);
        }
    }
    json_object_set_new(object, key, reasons);
}

static void add_balance(json_t *object, const airsi_summary *summary) {
    const airs_balance *b = &summary->balance;
    set_count(object, "accepted", b->accepted);
    set_count(object, "delivered", b->delivered);
    set_count(object, "dead", b->dead);
    set_count(object, "dropped", b->dropped);
    set_count(object, "queued", b->queued);
    set_count(object, "held", b->held);
    set_count(object, "in_hand", b->in_hand);
    set_reasons(object, "dead_by_reason", summary->stats.dead_by_reason);
    set_count(object, "refused", summary->stats.routing_failures);
    set_reasons(object, "refused_by_reason", summary->stats.failures);
    set_count(object, "restarts", summary->stats.restarts);
    set_count(object, "timers_cancelled", summary->stats.timers_cancelled);
    set_count(object, "peak_memory_bytes", summary->peak_memory);
}

static void add_lines(json_t *object, const airsi_summary *summary) {
    const airsi_summary_lines *lines = summary->lines;
    set_count(object, "lines", lines->read);
    set_count(object, "bytes", lines->bytes);
    set_count(object, "failed", lines->failed);
    json_object_set_new(object, "seconds", json_real(lines->seconds));
    json_object_set_new(object, "messages_per_second", json_real(a_second(summary->balance.delivered, lines->seconds)));
}

static void print_json(const airsi_summary *summary, FILE *to) {
    json_t *object = json_object();
    if (summary->lines != NULL) {
        add_lines(object, summary);
    }
    add_balance(object, summary);
    json_dumpf(object, to, JSON_COMPACT | JSON_REAL_PRECISION(6));
    fputc('\n', to);
    json_decref(object);
}

void airsi_summary_print(const airsi_summary *summary, FILE *to, bool json) {
    if (json) {
        print_json(summary, to);
        return;
    }
    if (summary->lines != NULL) {
        print_rates(summary, to);
    }
    print_text(summary, to);
}
