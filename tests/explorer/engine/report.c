#include "explorer/engine/engine.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static const char *const verdict_names[] = {
    [EXPLORER_CORRECT] = "correct",
    [EXPLORER_CHECK] = "a check failed",
    [EXPLORER_RACE] = "data race",
    [EXPLORER_FREED] = "use of freed memory",
    [EXPLORER_DEADLOCK] = "deadlock",
    [EXPLORER_ENDLESS] = "without end",
    [EXPLORER_TOO_MANY] = "too many executions",
};

const char *explorer_verdict_name(explorer_verdict verdict) {
    return verdict_names[verdict];
}

static const char *order_name(uint8_t order) {
    static const char *const names[] = {"relaxed", "consume", "acquire", "release", "acq_rel", "seq_cst"};
    return order < 6 ? names[order] : "?";
}

static size_t used;

static void print(const char *format, ...) __attribute__((format(printf, 1, 2)));
static void print(const char *format, ...) {
    char *buffer = E.result->report;
    size_t room = sizeof E.result->report - used;
    va_list arguments;
    va_start(arguments, format);
    int length = vsnprintf(buffer + used, room, format, arguments);
    va_end(arguments);
    used += length < 0 ? 0 : (size_t)length < room ? (size_t)length : room - 1;
}

static wide part(const detail *d) {
    wide value = d->value >> (d->offset * 8);
    return d->size == sizeof value ? value : value & (((wide)1 << (d->size * 8)) - 1);
}

static void print_value(wide value) {
    uint64_t high = (uint64_t)(value >> 64);
    if (high != 0) {
        print("%#zx:", (size_t)high);
    }
    print("%#zx", (size_t)(uint64_t)value);
}

static void print_event(ref r) {
    const event *e = event_at(r);
    const detail *d = detail_at(r);
    char name[128];
    char where[320];
    print("  %3u  thread %d.%-3u ", d->moment, r.thread, r.index);
    if (e->kind == CHOICE) {
        print("chose %u of %u\n", e->choice, (unsigned)d->value);
        return;
    }
    print("%-5s %s%s %s, ", e->kind == READ ? "read" : "write", d->update ? "(update) " : "",
          memory_name(e->address + d->offset, name, sizeof name), order_name(d->order));
    print_value(part(d));
    if (e->kind == READ && e->from.thread == INITIAL) {
        print(" from the beginning");
    } else if (e->kind == READ) {
        print(" from %d.%u", e->from.thread, e->from.index);
    } else {
        print(", write %u there", d->position);
    }
    print("  at %s\n", place_text(d->pc, where, sizeof where));
}

/* Every event of the execution, in an order in which reads come after what they read. */
static void print_execution(void) {
    for (unsigned moment = 0; moment < E.moment; moment++) {
        for (unsigned t = 0; t < E.program->threads; t++) {
            for (unsigned i = 0; i < E.threads[t].done; i++) {
                if (E.details[t][i].moment == moment) {
                    print_event((ref){(int8_t)t, (uint16_t)i});
                }
            }
        }
    }
}

static bool quiet;

void explorer_quiet(bool yes) {
    quiet = yes;
}

void report(explorer_verdict verdict, uintptr_t pc, const char *format, ...) {
    char text[1024];
    char where[320];
    E.result->verdict = verdict;
    used = 0;
    if (quiet) {
        run_abort();
    }
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    print("%s, in execution %zu of \"%s\": %s", verdict_names[verdict], (size_t)(E.result->executions + E.result->blocked + 1),
          E.program->name, text);
    print(pc != 0 ? ", at %s\n" : "\n", place_text(pc, where, sizeof where));
    print_execution();
    run_abort();
}

void explorer_fail(const char *file, int line, const char *what) {
    report(EXPLORER_CHECK, 0, "%s:%d: %s", file, line, what);
}
