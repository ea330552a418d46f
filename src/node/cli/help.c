#include "node/cli/help.h"

#include <string.h>

#include <airs/version.h>

#define FLAG_COLUMN 28

void airsi_help_all(FILE *to, const airsi_command *const *commands, size_t count) {
    fprintf(to, "airs %s: runs WebAssembly components as supervised actors.\n\nUsage: airs COMMAND [FLAGS] [OPERANDS]\n\nCommands:\n",
            airs_version());
    for (size_t i = 0; i < count; i++) {
        fprintf(to, "  %-10s %s\n", commands[i]->name, commands[i]->summary);
    }
    fprintf(to, "  %-10s %s\n", "help", "tells about a command: airs help COMMAND");
    fputs("\nExit codes: 0 ok, 1 failed, 64 usage, 65 bad data, 66 no input, 69 unavailable, 70 internal or stopped by crashes,\n"
          "75 try again, 77 not permitted, 78 bad manifest, 124 timeout, 130 interrupted.\n",
          to);
}

static void print_flags(FILE *to, const airsi_flag *flags, size_t count) {
    for (size_t i = 0; i < count; i++) {
        char left[64];
        snprintf(left, sizeof left, "--%s%s%s", flags[i].name, flags[i].value != NULL ? " " : "",
                 flags[i].value != NULL ? flags[i].value : "");
        fprintf(to, "  %-*s %s\n", FLAG_COLUMN, left, flags[i].help);
    }
}

void airsi_help_command(FILE *to, const airsi_command *command) {
    fprintf(to, "airs %s: %s\n\nUsage: airs %s [FLAGS]%s%s\n", command->name, command->summary, command->name,
            command->operands[0] != '\0' ? " " : "", command->operands);
    if (command->details[0] != '\0') {
        fprintf(to, "\n%s", command->details);
    }
    fputs("\nFlags:\n", to);
    print_flags(to, command->flags, command->flag_count);
    print_flags(to, airsi_common_flags, airsi_common_flag_count);
}
