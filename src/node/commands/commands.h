/* The commands of the program; one file each. */
#ifndef AIRSI_NODE_COMMANDS_COMMANDS_H
#define AIRSI_NODE_COMMANDS_COMMANDS_H

#include "node/cli/command.h"

extern const airsi_command airsi_command_run;
extern const airsi_command airsi_command_pipe;
extern const airsi_command airsi_command_validate;
extern const airsi_command airsi_command_inspect;
extern const airsi_command airsi_command_bench;
extern const airsi_command airsi_command_version;

#endif
