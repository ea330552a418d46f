#include <jansson.h>

#include <airs/version.h>

#include "node/commands/commands.h"

static int run(const airsi_arguments *arguments) {
    if (!arguments->settings.json) {
        printf("airs %s\n", airs_version());
        return 0;
    }
    json_t *object = json_object();
    json_object_set_new(object, "name", json_string("airs"));
    json_object_set_new(object, "version", json_string(airs_version()));
    json_dumpf(object, stdout, JSON_COMPACT);
    putchar('\n');
    json_decref(object);
    return 0;
}

const airsi_command airsi_command_version = {
    .name = "version",
    .operands = "",
    .summary = "prints the version",
    .details = "",
    .operand_count = 0,
    .run = run,
};
