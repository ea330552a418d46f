#include <jansson.h>

#include "node/cli/cli.h"
#include "node/commands/commands.h"
#include "node/host/host.h"

/* What was found; warnings are told but don't make a manifest wrong. */
typedef struct findings {
    airsi_problems problems;
    airsi_problems warnings;
} findings;

static void add_warning(void *user, const char *file, const char *warning) {
    findings *found = user;
    airs_error error;
    airs_error_set(&error, AIRS_OK, "%s: warning: %s", file, warning);
    airsi_problems_add(&found->warnings, &error);
}

static json_t *texts_of(const airsi_problems *problems) {
    json_t *list = json_array();
    for (size_t i = 0; i < problems->count; i++) {
        json_array_append_new(list, json_string(problems->items[i].text));
    }
    return list;
}

static void print_json(const findings *found, const airsi_manifest *manifest, size_t modules) {
    json_t *object = json_object();
    json_object_set_new(object, "valid", json_boolean(airsi_problems_status(&found->problems) == AIRS_OK));
    json_object_set_new(object, "components", json_integer(manifest != NULL ? (json_int_t)manifest->component_count : 0));
    json_object_set_new(object, "modules", json_integer((json_int_t)modules));
    json_object_set_new(object, "problems", texts_of(&found->problems));
    json_object_set_new(object, "warnings", texts_of(&found->warnings));
    json_dumpf(object, stdout, JSON_COMPACT);
    putchar('\n');
    json_decref(object);
}

static void print_text(const findings *found, const airsi_manifest *manifest, size_t modules) {
    airsi_problems_print(&found->problems, stderr);
    airsi_problems_print(&found->warnings, stderr);
    if (airsi_problems_status(&found->problems) == AIRS_OK) {
        printf("%s: ok: components %zu, modules %zu\n", manifest->path, manifest->component_count, modules);
    }
}

/* Everything `airs run` checks before it starts: also the modules of a manifest that is wrong elsewhere. */
static void look(const char *path, findings *found, airsi_manifest **ret_manifest, size_t *ret_modules) {
    airsi_manifest_load(path, &found->problems, ret_manifest);
    if (*ret_manifest == NULL) {
        return;
    }
    airsi_host *host = NULL;
    const airsi_host_options options = {0};
    if (airsi_host_new(*ret_manifest, &options, &found->problems, &host) == AIRS_OK) {
        *ret_modules = airsi_host_module_count(host);
        airsi_host_warnings(host, *ret_manifest, add_warning, found);
    }
    airsi_host_free(host);
}

static int run(const airsi_arguments *arguments) {
    findings found = {{0}, {0}};
    airsi_manifest *manifest = NULL;
    size_t modules = 0;
    look(arguments->operands[0], &found, &manifest, &modules);
    if (arguments->settings.json) {
        print_json(&found, manifest, modules);
    } else {
        print_text(&found, manifest, modules);
    }
    int code = airs_status_exit_code(airsi_problems_status(&found.problems));
    airsi_manifest_free(manifest);
    airsi_problems_fini(&found.problems);
    airsi_problems_fini(&found.warnings);
    return code;
}

const airsi_command airsi_command_validate = {
    .name = "validate",
    .operands = "MANIFEST",
    .summary = "checks all that run would check before it starts anything",
    .details =
        "The manifest is read, every module is compiled and checked, and every problem is told.\n"
        "Exits with 78 when the manifest is wrong, 66 when a file is missing, 65 when a module is refused: the first of what was found.\n",
    .operand_count = 1,
    .run = run,
};
