/* What `airs help` prints. */
#ifndef AIRSI_NODE_CLI_HELP_H
#define AIRSI_NODE_CLI_HELP_H

#include <stddef.h>
#include <stdio.h>

#include "node/cli/command.h"

void airsi_help_all(FILE *to, const airsi_command *const *commands, size_t count);
void airsi_help_command(FILE *to, const airsi_command *command);

#endif
