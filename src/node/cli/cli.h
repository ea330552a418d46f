/* The command line: finds the command, tells help, says what was wrong. Knows no command itself. */
#ifndef AIRSI_NODE_CLI_CLI_H
#define AIRSI_NODE_CLI_CLI_H

#include <stddef.h>

#include "node/cli/command.h"

/* Runs what `words` (argv) asks for; returns the exit code. */
int airsi_cli_main(int count, char *const *words, const airsi_command *const *commands, size_t command_count);

/* "airs: text" on stderr; returns the status's exit code. */
int airsi_cli_fail(const airs_error *error);

#endif
