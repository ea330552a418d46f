/* A command of the program, and what it was given. */
#ifndef AIRSI_NODE_CLI_COMMAND_H
#define AIRSI_NODE_CLI_COMMAND_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include <airs/log.h>
#include <airs/status.h>

#define AIRSI_GIVEN_MAX 64

typedef struct airsi_flag {
    const char *name;  /* without the dashes */
    const char *value; /* what stands for its value in help; NULL: it takes none */
    const char *help;
    bool repeats;                                               /* may stand more than once */
    airs_status (*check)(const char *value, airs_error *error); /* before the command runs; NULL: any value is right */
} airsi_flag;

typedef struct airsi_given_flag {
    const airsi_flag *flag;
    const char *value; /* NULL when it takes none */
} airsi_given_flag;

/* Settings of every command: flag over environment over default. */
typedef struct airsi_settings {
    airs_log_level log_level;
    airs_log_format log_format;
    bool json;  /* --output json */
    bool quiet; /* --quiet */
} airsi_settings;

typedef struct airsi_arguments {
    const struct airsi_command *command;
    const char *operands[AIRSI_GIVEN_MAX];
    size_t operand_count;
    airsi_given_flag given[AIRSI_GIVEN_MAX];
    size_t given_count;
    airsi_settings settings;
} airsi_arguments;

typedef struct airsi_command {
    const char *name;
    const char *operands; /* as help shows them */
    const char *summary;  /* one line */
    const char *details;  /* more lines, each ended */
    size_t operand_count; /* exactly so many */
    const airsi_flag *flags;
    size_t flag_count;
    int (*run)(const airsi_arguments *arguments); /* returns the exit code */
} airsi_command;

/* Flags that every command takes. */
extern const airsi_flag airsi_common_flags[];
extern const size_t airsi_common_flag_count;

/* Splits what stands after the command's name and settles the settings. `lookup` is getenv, or stands for it.
 * Errors: AIRS_EUSAGE, saying what was wrong and what would be right. */
airs_status airsi_arguments_parse(const airsi_command *command, int count, char *const *words, char *(*lookup)(const char *name),
                                  airsi_arguments *ret_arguments, airs_error *error);

/* The value of a flag, the last one when it stands more than once; NULL when it was not given. A flag without a value gives "". */
const char *airsi_flag_value(const airsi_arguments *arguments, const char *name);

#endif
