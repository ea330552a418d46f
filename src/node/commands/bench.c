#include <inttypes.h>
#include <string.h>

#include <jansson.h>

#include "bench/bench.h"
#include "node/cli/cli.h"
#include "node/commands/commands.h"
#include "node/commands/options.h"
#include "node/text/suggest.h"
#include "node/text/units.h"

#define ROUNDS_DEFAULT 5u
#define ROUNDS_DEFAULT_OF_ALL 3u

static const char *case_name_at(const void *unused, size_t index) {
    (void)unused;
    return airsi_bench_name(index);
}

/* airsi_bench_count(): there is no such case. */
static size_t index_of(const char *name) {
    size_t i = 0;
    while (i < airsi_bench_count() && strcmp(airsi_bench_name(i), name) != 0) {
        i++;
    }
    return i;
}

static airs_status check_case(const char *name, airs_error *error) {
    if (index_of(name) < airsi_bench_count()) {
        return AIRS_OK;
    }
    const char *near = airsi_suggest(name, strlen(name), case_name_at, NULL, airsi_bench_count());
    if (near != NULL) {
        return airs_error_set(error, AIRS_EUSAGE, "unknown case \"%.60s\"; did you mean %s?", name, near);
    }
    return airs_error_set(error, AIRS_EUSAGE, "unknown case \"%.60s\"; `airs bench --list` lists the cases", name);
}

static airs_status read_number(const char *text, uint64_t least, uint64_t most, const char *what, uint64_t *ret_number, airs_error *error) {
    uint64_t number;
    if (airsi_parse_count(text, strlen(text), &number, NULL) != AIRS_OK || number < least || number > most) {
        return airs_error_set(error, AIRS_EUSAGE, "\"%.40s\" %s; %" PRIu64 " to %" PRIu64 " is right", text, what, least, most);
    }
    *ret_number = number;
    return AIRS_OK;
}

static airs_status check_n(const char *value, airs_error *error) {
    uint64_t n;
    return read_number(value, 1, AIRSI_BENCH_N_MAX, "operations", &n, error);
}

static airs_status check_payload(const char *value, airs_error *error) {
    uint64_t bytes;
    return read_number(value, AIRSI_BENCH_PAYLOAD_MIN, AIRSI_BENCH_PAYLOAD_MAX, "bytes", &bytes, error);
}

static airs_status check_rounds(const char *value, airs_error *error) {
    uint64_t rounds;
    return read_number(value, 1, AIRSI_BENCH_ROUNDS_MAX, "rounds", &rounds, error);
}

/* The value of a flag that its check has let through. */
static uint64_t number_flag(const airsi_arguments *arguments, const char *name, uint64_t missing) {
    const char *text = airsi_flag_value(arguments, name);
    uint64_t number = missing;
    if (text != NULL) {
        airsi_parse_count(text, strlen(text), &number, NULL);
    }
    return number;
}

/* How a line is printed. */
typedef struct printing {
    bool json;
    bool headed; /* the table has its head */
} printing;

static double a_second(double ns_per_op) {
    return ns_per_op > 0 ? 1e9 / ns_per_op : 0;
}

static void print_json(const airsi_bench_line *line) {
    json_t *object = json_object();
    json_object_set_new(object, "case", json_string(line->name));
    json_object_set_new(object, "n", json_integer((json_int_t)line->n));
    json_object_set_new(object, "ns_per_op", json_real(line->ns_median));
    json_object_set_new(object, "ops_per_s", json_integer((json_int_t)a_second(line->ns_median)));
    json_object_set_new(object, "workers", json_integer(line->workers));
    json_object_set_new(object, "payload", json_integer(line->payload));
    json_object_set_new(object, "rounds", json_integer(line->rounds));
    json_object_set_new(object, "ns_min", json_real(line->ns_min));
    json_object_set_new(object, "ns_median", json_real(line->ns_median));
    json_object_set_new(object, "ns_max", json_real(line->ns_max));
    for (size_t i = 0; i < line->figure_count; i++) {
        json_object_set_new(object, line->figures[i].name, json_real(line->figures[i].value));
    }
    json_dumpf(object, stdout, JSON_COMPACT | JSON_REAL_PRECISION(6));
    putchar('\n');
    json_decref(object);
}

static void print_text(const airsi_bench_line *line, printing *how) {
    if (!how->headed) {
        printf("%-20s %11s %10s %10s %10s %12s %7s %7s\n", "case", "n", "ns/op", "min", "max", "ops/s", "workers", "payload");
        how->headed = true;
    }
    printf("%-20s %11" PRIu64 " %10.1f %10.1f %10.1f %12.0f %7u %7u", line->name, line->n, line->ns_median, line->ns_min, line->ns_max,
           a_second(line->ns_median), line->workers, line->payload);
    for (size_t i = 0; i < line->figure_count; i++) {
        printf("  %s %.6g", line->figures[i].name, line->figures[i].value);
    }
    putchar('\n');
}

static void on_line(void *user, const airsi_bench_line *line) {
    printing *how = user;
    if (how->json) {
        print_json(line);
    } else {
        print_text(line, how);
    }
    fflush(stdout);
}

static int list_cases(bool json) {
    for (size_t i = 0; i < airsi_bench_count(); i++) {
        if (json) {
            json_t *object = json_pack("{s:s, s:s}", "case", airsi_bench_name(i), "operation", airsi_bench_summary(i));
            json_dumpf(object, stdout, JSON_COMPACT);
            putchar('\n');
            json_decref(object);
        } else {
            printf("%-20s %s\n", airsi_bench_name(i), airsi_bench_summary(i));
        }
    }
    return 0;
}

/* The cases asked for, or all. `indices` has room for AIRSI_GIVEN_MAX and all cases. */
static size_t choose_cases(const airsi_arguments *arguments, size_t *indices) {
    size_t count = 0;
    for (size_t i = 0; i < arguments->given_count; i++) {
        if (strcmp(arguments->given[i].flag->name, "case") == 0) {
            indices[count++] = index_of(arguments->given[i].value); /* check_case let it through */
        }
    }
    if (count > 0) {
        return count;
    }
    for (; count < airsi_bench_count(); count++) {
        indices[count] = count;
    }
    return count;
}

static int run(const airsi_arguments *arguments) {
    size_t indices[2 * AIRSI_GIVEN_MAX];
    airsi_bench_options options = {0};
    airs_error error = {0};
    printing how = {.json = arguments->settings.json};
    if (airsi_flag_value(arguments, "list") != NULL) {
        return list_cases(how.json);
    }
    if (airsi_workers_setting(arguments, &options.workers, &error) != AIRS_OK) {
        error.status = AIRS_EUSAGE;
        return airsi_cli_fail(&error);
    }
    options.brief = airsi_flag_value(arguments, "case") == NULL;
    options.n = number_flag(arguments, "n", 0);
    options.payload = (uint32_t)number_flag(arguments, "payload", AIRSI_BENCH_PAYLOAD_DEFAULT);
    options.rounds = (unsigned)number_flag(arguments, "rounds", options.brief ? ROUNDS_DEFAULT_OF_ALL : ROUNDS_DEFAULT);
    int code = 0;
    size_t count = choose_cases(arguments, indices);
    for (size_t i = 0; i < count; i++) {
        if (airsi_bench_measure(indices[i], &options, on_line, &how, &error) != AIRS_OK) {
            airs_error_prefix(&error, "bench");
            code = airsi_cli_fail(&error); /* the others are still worth running */
        }
    }
    return code;
}

static const airsi_flag flags[] = {
    {"case", "NAME", "run this case; may stand more than once (default: all, with a small n)", true, check_case},
    {"list", NULL, "list the cases, and run none", false, NULL},
    {"n", "N", "operations a round (default the case's own)", false, check_n},
    {"payload", "BYTES", "payload of a message (default 64)", false, check_payload},
    {"rounds", "R", "rounds a line, the median is told (default 5; 3 when all run)", false, check_rounds},
    {"workers", "N", "worker threads (AIRS_WORKERS; default those the case is meant for)", false, airsi_check_workers},
};

const airsi_command airsi_command_bench = {
    .name = "bench",
    .operands = "",
    .summary = "measures this machine: routing, scheduling, requests, memory, latency",
    .details =
        "A line a case and number of workers, as a table or JSON lines: ns_per_op of the median round, with the fastest and the slowest.\n"
        "Bounds, verdicts and statistics are on, every message carries a payload that is read, and what was handled is compared with\n"
        "what was sent: a round that doesn't balance is an error. Cases that need a certain number of workers keep it.\n"
        "Nothing else should run meanwhile.\n",
    .operand_count = 0,
    .flags = flags,
    .flag_count = sizeof flags / sizeof flags[0],
    .run = run,
};
