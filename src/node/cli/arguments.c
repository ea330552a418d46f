#include "node/cli/command.h"

#include <assert.h>
#include <string.h>

#include "node/text/suggest.h"

const airsi_flag airsi_common_flags[] = {
    {"output", "text|json", "how results are printed", false, NULL},
    {"quiet", NULL, "no progress and no summary", false, NULL},
    {"log-level", "LEVEL", "trace, debug, info, warn, error or off (AIRS_LOG_LEVEL; default info)", false, NULL},
    {"log-format", "text|json", "how log lines are written (AIRS_LOG_FORMAT; default text on a terminal)", false, NULL},
    {"help", NULL, "this text", false, NULL},
};
const size_t airsi_common_flag_count = sizeof airsi_common_flags / sizeof airsi_common_flags[0];

static const char *flag_name_at(const void *command, size_t index) {
    const airsi_command *c = command;
    return index < c->flag_count ? c->flags[index].name : airsi_common_flags[index - c->flag_count].name;
}

static const airsi_flag *find_flag(const airsi_command *command, const char *name, size_t length) {
    for (size_t i = 0; i < command->flag_count + airsi_common_flag_count; i++) {
        const char *known = flag_name_at(command, i);
        if (strlen(known) == length && memcmp(known, name, length) == 0) {
            return i < command->flag_count ? &command->flags[i] : &airsi_common_flags[i - command->flag_count];
        }
    }
    return NULL;
}

static airs_status refuse_unknown(const airsi_command *command, const char *word, size_t length, airs_error *error) {
    const char *near = airsi_suggest(word + 2, length, flag_name_at, command, command->flag_count + airsi_common_flag_count);
    if (near != NULL) {
        return airs_error_set(error, AIRS_EUSAGE, "%s: unknown flag %.*s; did you mean --%s?", command->name, (int)(length + 2), word,
                              near);
    }
    return airs_error_set(error, AIRS_EUSAGE, "%s: unknown flag %.*s; `airs help %s` lists the flags", command->name, (int)(length + 2),
                          word, command->name);
}

/* Takes one --flag, with the word after it when it needs one. Returns how many words were taken, 0 on failure. */
static int take_flag(const airsi_command *command, int count, char *const *words, airsi_arguments *arguments, airs_error *error) {
    const char *word = words[0];
    const char *equals = strchr(word, '=');
    size_t length = (equals != NULL ? (size_t)(equals - word) : strlen(word)) - 2;
    const airsi_flag *flag = find_flag(command, word + 2, length);
    if (flag == NULL) {
        refuse_unknown(command, word, length, error);
        return 0;
    }
    if (flag->value == NULL && equals != NULL) {
        airs_error_set(error, AIRS_EUSAGE, "%s: --%s takes no value; --%s alone is right", command->name, flag->name, flag->name);
        return 0;
    }
    if (!flag->repeats && airsi_flag_value(arguments, flag->name) != NULL) {
        airs_error_set(error, AIRS_EUSAGE, "%s: --%s stands twice; once is right", command->name, flag->name);
        return 0;
    }
    bool needs_word = flag->value != NULL && equals == NULL;
    if (needs_word && count < 2) {
        airs_error_set(error, AIRS_EUSAGE, "%s: --%s has no value; --%s %s is right", command->name, flag->name, flag->name, flag->value);
        return 0;
    }
    if (arguments->given_count == AIRSI_GIVEN_MAX) {
        airs_error_set(error, AIRS_EUSAGE, "%s: more than %d flags; fewer are right", command->name, AIRSI_GIVEN_MAX);
        return 0;
    }
    airsi_given_flag given = {flag, needs_word ? words[1] : equals != NULL ? equals + 1 : NULL};
    arguments->given[arguments->given_count++] = given;
    return needs_word ? 2 : 1;
}

static airs_status split(const airsi_command *command, int count, char *const *words, airsi_arguments *arguments, airs_error *error) {
    bool flags_ended = false;
    for (int i = 0; i < count;) {
        if (!flags_ended && strcmp(words[i], "--") == 0) {
            flags_ended = true;
            i++;
        } else if (!flags_ended && strcmp(words[i], "-h") == 0) {
            const airsi_flag *help = find_flag(command, "help", 4);
            assert(help != NULL);
            arguments->given[0] = (airsi_given_flag){help, NULL}; /* nothing else counts then */
            arguments->given_count = 1;
            return AIRS_OK;
        } else if (!flags_ended && strncmp(words[i], "--", 2) == 0) {
            int taken = take_flag(command, count - i, words + i, arguments, error);
            if (taken == 0) {
                return AIRS_EUSAGE;
            }
            i += taken;
        } else if (!flags_ended && words[i][0] == '-' && words[i][1] != '\0') {
            return airs_error_set(error, AIRS_EUSAGE, "%s: unknown flag %s; flags have two dashes, `airs help %s` lists them",
                                  command->name, words[i], command->name);
        } else if (arguments->operand_count == AIRSI_GIVEN_MAX) {
            return airs_error_set(error, AIRS_EUSAGE, "%s: more than %d operands; fewer are right", command->name, AIRSI_GIVEN_MAX);
        } else {
            arguments->operands[arguments->operand_count++] = words[i++];
        }
    }
    return AIRS_OK;
}

const char *airsi_flag_value(const airsi_arguments *arguments, const char *name) {
    for (size_t i = arguments->given_count; i > 0; i--) {
        const airsi_given_flag *given = &arguments->given[i - 1];
        if (strcmp(given->flag->name, name) == 0) {
            return given->value != NULL ? given->value : "";
        }
    }
    return NULL;
}

/* The flag's value or the variable's, with what it is called in errors. NULL: neither is there. `flag` has its dashes. */
static const char *setting(const airsi_arguments *arguments, const char *flag, const char *variable, char *(*lookup)(const char *name),
                           const char **ret_source) {
    const char *value = airsi_flag_value(arguments, flag + 2);
    *ret_source = flag;
    if (value == NULL && variable != NULL) {
        value = lookup(variable);
        *ret_source = variable;
        if (value != NULL && value[0] == '\0') {
            value = NULL;
        }
    }
    return value;
}

static airs_status settle(airsi_arguments *arguments, char *(*lookup)(const char *name), airs_error *error) {
    airsi_settings *settings = &arguments->settings;
    *settings = (airsi_settings){.log_level = AIRS_LOG_INFO, .log_format = AIRS_LOG_AUTO};
    const char *source;
    const char *value = setting(arguments, "--log-level", "AIRS_LOG_LEVEL", lookup, &source);
    if (value != NULL && airs_log_level_parse(value, &settings->log_level, error) != AIRS_OK) {
        airs_error_prefix(error, "%s: %s", arguments->command->name, source);
        return AIRS_EUSAGE;
    }
    value = setting(arguments, "--log-format", "AIRS_LOG_FORMAT", lookup, &source);
    if (value != NULL) {
        settings->log_format = strcmp(value, "json") == 0 ? AIRS_LOG_JSON : AIRS_LOG_TEXT;
        if (settings->log_format == AIRS_LOG_TEXT && strcmp(value, "text") != 0) {
            return airs_error_set(error, AIRS_EUSAGE, "%s: %s: \"%s\" is no format; text or json is right", arguments->command->name,
                                  source, value);
        }
    }
    value = setting(arguments, "--output", NULL, lookup, &source);
    if (value != NULL) {
        settings->json = strcmp(value, "json") == 0;
        if (!settings->json && strcmp(value, "text") != 0) {
            return airs_error_set(error, AIRS_EUSAGE, "%s: %s: \"%s\" is no format; text or json is right", arguments->command->name,
                                  source, value);
        }
    }
    settings->quiet = airsi_flag_value(arguments, "quiet") != NULL;
    return AIRS_OK;
}

static airs_status check_values(const airsi_arguments *arguments, airs_error *error) {
    for (size_t i = 0; i < arguments->given_count; i++) {
        const airsi_given_flag *given = &arguments->given[i];
        if (given->flag->check != NULL && given->flag->check(given->value, error) != AIRS_OK) {
            airs_error_prefix(error, "%s: --%s", arguments->command->name, given->flag->name);
            return AIRS_EUSAGE;
        }
    }
    return AIRS_OK;
}

airs_status airsi_arguments_parse(const airsi_command *command, int count, char *const *words, char *(*lookup)(const char *name),
                                  airsi_arguments *ret_arguments, airs_error *error) {
    airsi_arguments arguments = {.command = command};
    airs_status status = split(command, count, words, &arguments, error);
    if (status != AIRS_OK) {
        return status;
    }
    if (airsi_flag_value(&arguments, "help") == NULL) {
        /* Before the operands are counted: one of them may be missing since a flag took it for its value. */
        status = check_values(&arguments, error);
        if (status == AIRS_OK) {
            status = settle(&arguments, lookup, error);
        }
        if (status != AIRS_OK) {
            return status;
        }
        if (arguments.operand_count != command->operand_count) {
            return airs_error_set(error, AIRS_EUSAGE, "%s: %zu operand%s given; `airs %s%s%s` is right", command->name,
                                  arguments.operand_count, arguments.operand_count == 1 ? "" : "s", command->name,
                                  command->operands[0] != '\0' ? " " : "", command->operands);
        }
    }
    *ret_arguments = arguments;
    return AIRS_OK;
}
