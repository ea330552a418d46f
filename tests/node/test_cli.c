#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "node/cli/command.h"
#include "node/text/suggest.h"
#include "node/text/units.h"

static airs_status check_time(const char *value, airs_error *error) {
    uint64_t ms;
    return airsi_parse_duration(value, strlen(value), &ms, error);
}

static const airsi_flag flags[] = {
    {"then", "ID", "", true, NULL},
    {"timeout", "TIME", "", false, check_time},
    {"stats", NULL, "", false, NULL},
};

static const airsi_command command = {
    .name = "pipe", .operands = "FILE ID", .summary = "", .details = "", .operand_count = 2, .flags = flags, .flag_count = 3};

static const char *environment_level;
static const char *environment_format;

static char *lookup(const char *name) {
    static char level[32];
    static char format[32];
    if (strcmp(name, "AIRS_LOG_LEVEL") == 0 && environment_level != NULL) {
        return strcpy(level, environment_level);
    }
    if (strcmp(name, "AIRS_LOG_FORMAT") == 0 && environment_format != NULL) {
        return strcpy(format, environment_format);
    }
    return NULL;
}

static airs_status parse(const char *text, airsi_arguments *arguments, airs_error *error) {
    static char copy[256];
    static char *words[32];
    int count = 0;
    strcpy(copy, text);
    for (char *word = strtok(copy, " "); word != NULL; word = strtok(NULL, " ")) {
        words[count++] = word;
    }
    return airsi_arguments_parse(&command, count, words, lookup, arguments, error);
}

static void operands_and_flags_mix(void **state) {
    (void)state;
    airsi_arguments a;
    assert_int_equal(parse("--then x app.yaml --timeout=5s --then=y=z a/b/c --stats", &a, NULL), AIRS_OK);
    assert_int_equal(a.operand_count, 2);
    assert_string_equal(a.operands[0], "app.yaml");
    assert_string_equal(a.operands[1], "a/b/c");
    assert_string_equal(airsi_flag_value(&a, "timeout"), "5s");
    assert_string_equal(airsi_flag_value(&a, "then"), "y=z");
    assert_string_equal(airsi_flag_value(&a, "stats"), "");
    assert_null(airsi_flag_value(&a, "quiet"));
    assert_int_equal(a.given_count, 4);
    assert_string_equal(a.given[0].value, "x");
    assert_int_equal(a.settings.log_level, AIRS_LOG_INFO);
    assert_false(a.settings.json);
}

static void what_follows_two_dashes_is_no_flag(void **state) {
    (void)state;
    airsi_arguments a;
    assert_int_equal(parse("--stats -- --then -x", &a, NULL), AIRS_OK);
    assert_string_equal(a.operands[0], "--then");
    assert_string_equal(a.operands[1], "-x");
    assert_int_equal(parse("- -", &a, NULL), AIRS_OK);
}

static void a_wrong_command_line_says_what_is_right(void **state) {
    (void)state;
    static const struct {
        const char *words, *says;
    } cases[] = {
        {"a b --tiemout 5s", "pipe: unknown flag --tiemout; did you mean --timeout?"},
        {"a b --qiet", "unknown flag --qiet; did you mean --quiet?"},
        {"a b --zzzzz=1", "pipe: unknown flag --zzzzz; `airs help pipe` lists the flags"},
        {"a b -q", "pipe: unknown flag -q; flags have two dashes"},
        {"a b --timeout", "pipe: --timeout has no value; --timeout TIME is right"},
        {"a b --stats=1", "pipe: --stats takes no value"},
        {"a b --timeout 1s --timeout 2s", "pipe: --timeout stands twice; once is right"},
        {"a", "pipe: 1 operand given; `airs pipe FILE ID` is right"},
        {"a b c", "pipe: 3 operands given;"},
        {"--timeout a b", "pipe: --timeout: \"a\" is not a duration;"},
        {"a b --output xml", "pipe: --output: \"xml\" is no format; text or json is right"},
        {"a b --log-level loud", "pipe: --log-level: \"loud\" is no log level;"},
        {"a b --log-format xml", "pipe: --log-format: \"xml\" is no format"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        airsi_arguments a;
        airs_error error = {0};
        assert_int_equal(parse(cases[i].words, &a, &error), AIRS_EUSAGE);
        if (strstr(error.text, cases[i].says) == NULL) {
            fail_msg("\"%s\" said \"%s\", not \"%s\"", cases[i].words, error.text, cases[i].says);
        }
    }
}

static void a_flag_stands_over_the_environment(void **state) {
    (void)state;
    airsi_arguments a;
    airs_error error;
    environment_level = "debug";
    environment_format = "json";
    assert_int_equal(parse("a b", &a, NULL), AIRS_OK);
    assert_int_equal(a.settings.log_level, AIRS_LOG_DEBUG);
    assert_int_equal(a.settings.log_format, AIRS_LOG_JSON);
    assert_int_equal(parse("a b --log-level error --log-format text", &a, NULL), AIRS_OK);
    assert_int_equal(a.settings.log_level, AIRS_LOG_ERROR);
    assert_int_equal(a.settings.log_format, AIRS_LOG_TEXT);
    environment_level = "loud";
    assert_int_equal(parse("a b", &a, &error), AIRS_EUSAGE);
    assert_non_null(strstr(error.text, "pipe: AIRS_LOG_LEVEL: \"loud\""));
    environment_level = "";
    assert_int_equal(parse("a b", &a, &error), AIRS_OK);
    assert_int_equal(a.settings.log_level, AIRS_LOG_INFO);
    environment_level = environment_format = NULL;
}

static void help_is_given_whatever_else_is_missing(void **state) {
    (void)state;
    airsi_arguments a;
    assert_int_equal(parse("--help", &a, NULL), AIRS_OK);
    assert_non_null(airsi_flag_value(&a, "help"));
    assert_int_equal(parse("a -h b c d e", &a, NULL), AIRS_OK);
    assert_non_null(airsi_flag_value(&a, "help"));
}

static void more_flags_than_there_is_room_for_are_refused(void **state) {
    (void)state;
    char *words[2 * AIRSI_GIVEN_MAX + 3];
    static char then[] = "--then=x", help[] = "-h";
    size_t count = 0;
    while (count < AIRSI_GIVEN_MAX) {
        words[count++] = then;
    }
    words[count++] = help;
    airsi_arguments a;
    airs_error error;
    assert_int_equal(airsi_arguments_parse(&command, (int)count, words, lookup, &a, &error), AIRS_OK);
    assert_non_null(airsi_flag_value(&a, "help"));
    words[count - 1] = then;
    assert_int_equal(airsi_arguments_parse(&command, (int)count, words, lookup, &a, &error), AIRS_EUSAGE);
    assert_non_null(strstr(error.text, "more than 64 flags"));
    static char operand[] = "x";
    for (count = 0; count <= AIRSI_GIVEN_MAX; count++) {
        words[count] = operand;
    }
    assert_int_equal(airsi_arguments_parse(&command, (int)count, words, lookup, &a, &error), AIRS_EUSAGE);
    assert_non_null(strstr(error.text, "more than 64 operands"));
}

static void sizes_and_durations_are_read(void **state) {
    (void)state;
    uint64_t n = 0;
    assert_int_equal(airsi_parse_size("64KiB", 5, &n, NULL), AIRS_OK);
    assert_int_equal(n, 65536);
    assert_int_equal(airsi_parse_size("1GiB", 4, &n, NULL), AIRS_OK);
    assert_int_equal(n, 1u << 30);
    assert_int_equal(airsi_parse_duration("2m", 2, &n, NULL), AIRS_OK);
    assert_int_equal(n, 120000);
    assert_int_equal(airsi_parse_duration("0", 1, &n, NULL), AIRS_OK);
    assert_int_equal(n, 0);
    n = 77;
    static const char *const wrong[] = {"", "KiB", "1kb", "1 KiB", "-1", "1.5s", "1d", "s", "99999999999999999999h"};
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        assert_int_equal(airsi_parse_duration(wrong[i], strlen(wrong[i]), &n, NULL), AIRS_EINVAL);
        assert_int_equal(airsi_parse_size(wrong[i], strlen(wrong[i]), &n, NULL), AIRS_EINVAL);
    }
    assert_int_equal(n, 77);
}

static const char *word_at(const void *words, size_t index) {
    return ((const char *const *)words)[index];
}

static void the_nearest_word_is_suggested_and_only_a_near_one(void **state) {
    (void)state;
    static const char *const words[] = {"run", "pipe", "validate", "inspect", "version"};
    assert_string_equal(airsi_suggest("rnu", 3, word_at, words, 5), "run");
    assert_string_equal(airsi_suggest("valdate", 7, word_at, words, 5), "validate");
    assert_string_equal(airsi_suggest("pip", 3, word_at, words, 5), "pipe");
    assert_null(airsi_suggest("delete", 6, word_at, words, 5));
    assert_null(airsi_suggest("", 0, word_at, words, 5));
}

#define TESTS(X)                                     \
    X(operands_and_flags_mix)                        \
    X(what_follows_two_dashes_is_no_flag)            \
    X(a_wrong_command_line_says_what_is_right)       \
    X(a_flag_stands_over_the_environment)            \
    X(help_is_given_whatever_else_is_missing)        \
    X(more_flags_than_there_is_room_for_are_refused) \
    X(sizes_and_durations_are_read)                  \
    X(the_nearest_word_is_suggested_and_only_a_near_one)

#define TEST(name) cmocka_unit_test(name),

int main(void) {
    const struct CMUnitTest tests[] = {TESTS(TEST)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
