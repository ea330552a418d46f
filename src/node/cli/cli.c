#include "node/cli/cli.h"

#include <stdlib.h>
#include <string.h>

#include "node/cli/help.h"
#include "node/text/suggest.h"

/* What the user typed, and the table it is looked up in. */
typedef struct command_line {
    const airsi_command *const *commands;
    size_t command_count;
} command_line;

int airsi_cli_fail(const airs_error *error) {
    fprintf(stderr, "airs: %s\n", error->text);
    return airs_status_exit_code(error->status);
}

static const char *command_name_at(const void *commands, size_t index) {
    return ((const airsi_command *const *)commands)[index]->name;
}

static const airsi_command *find_command(const command_line *line, const char *name) {
    for (size_t i = 0; i < line->command_count; i++) {
        if (strcmp(line->commands[i]->name, name) == 0) {
            return line->commands[i];
        }
    }
    return NULL;
}

static int fail_unknown(const command_line *line, const char *name) {
    airs_error error;
    const char *near = airsi_suggest(name, strlen(name), command_name_at, line->commands, line->command_count);
    if (near != NULL) {
        airs_error_set(&error, AIRS_EUSAGE, "unknown command \"%.60s\"; did you mean %s?", name, near);
    } else {
        airs_error_set(&error, AIRS_EUSAGE, "unknown command \"%.60s\"; `airs help` lists the commands", name);
    }
    return airsi_cli_fail(&error);
}

static int help(const command_line *line, int count, char *const *words) {
    if (count > 1) {
        airs_error error;
        airs_error_set(&error, AIRS_EUSAGE, "help: %d operands given; `airs help [COMMAND]` is right", count);
        return airsi_cli_fail(&error);
    }
    if (count == 0 || strcmp(words[0], "help") == 0) {
        airsi_help_all(stdout, line->commands, line->command_count);
        return 0;
    }
    const airsi_command *command = find_command(line, words[0]);
    if (command == NULL) {
        return fail_unknown(line, words[0]);
    }
    airsi_help_command(stdout, command);
    return 0;
}

static int run_command(const airsi_command *command, int count, char *const *words) {
    airsi_arguments arguments;
    airs_error error;
    if (airsi_arguments_parse(command, count, words, getenv, &arguments, &error) != AIRS_OK) {
        error.status = AIRS_EUSAGE;
        return airsi_cli_fail(&error);
    }
    if (airsi_flag_value(&arguments, "help") != NULL) {
        airsi_help_command(stdout, command);
        return 0;
    }
    return command->run(&arguments);
}

static int dispatch(const command_line *line, int count, char *const *words) {
    if (count < 2) {
        airsi_help_all(stderr, line->commands, line->command_count);
        return airs_status_exit_code(AIRS_EUSAGE);
    }
    const char *name = words[1];
    if (strcmp(name, "help") == 0) {
        return help(line, count - 2, words + 2);
    }
    if (strcmp(name, "--help") == 0 || strcmp(name, "-h") == 0) {
        return help(line, 0, words);
    }
    if (strcmp(name, "--version") == 0) {
        name = "version";
    }
    const airsi_command *command = find_command(line, name);
    return command != NULL ? run_command(command, count - 2, words + 2) : fail_unknown(line, name);
}

int airsi_cli_main(int count, char *const *words, const airsi_command *const *commands, size_t command_count) {
    command_line line = {commands, command_count};
    int code = dispatch(&line, count, words);
    if ((fflush(stdout) != 0 || ferror(stdout)) && code == 0) {
        airs_error error;
        airs_error_set(&error, AIRS_EIO, "stdout: can't be written to; what was printed is not complete");
        airsi_cli_fail(&error);
        code = 1;
    }
    return code;
}
