#include <inttypes.h>

#include <jansson.h>

#include <airs/wasm.h>

#include "node/cli/cli.h"
#include "node/commands/commands.h"

static void print_items(const char *title, const airs_wasm_item *items, size_t count) {
    printf("%s: %zu\n", title, count);
    for (size_t i = 0; i < count; i++) {
        printf("  %s %s  %s  [%s]\n", items[i].problem ? "!" : " ", items[i].name, items[i].signature, items[i].note);
    }
}

static void print_lines(const char *title, const char *const *lines, size_t count) {
    if (count > 0) {
        printf("%s:\n", title);
    }
    for (size_t i = 0; i < count; i++) {
        printf("  %s\n", lines[i]);
    }
}

/* What a manifest that names no limits would give it. */
static void print_limits(const airs_limits *limits) {
    printf("limits: memory %" PRIu64 " bytes, payload %" PRIu32 " bytes, mailbox %" PRIu32 " messages / %" PRIu32
           " bytes, in flight %" PRIu32 ", timers %" PRIu32 ", handler %" PRIu32 " ms, init %" PRIu32
           " ms (the defaults; a manifest may set others)\n",
           limits->memory_bytes, limits->payload_bytes, limits->mailbox_messages, limits->mailbox_bytes, limits->in_flight, limits->timers,
           limits->handler_ms, limits->init_ms);
}

static void print_text(const char *path, const airs_wasm_inspection *found, const airs_limits *limits) {
    printf("file: %s\nkind: %s\nworld: %s\npath: %s\n", path, found->kind, found->world, found->path);
    print_items("imports", found->imports, found->import_count);
    print_items("exports", found->exports, found->export_count);
    printf("memory: %" PRIu64 " bytes at start", found->memory_minimum);
    if (found->memory_maximum > 0) {
        printf(", at most %" PRIu64, found->memory_maximum);
    }
    printf("\nsize: %" PRIu64 " bytes (code %" PRIu64 ", data %" PRIu64 ", custom %" PRIu64 ")\n", found->size, found->code_bytes,
           found->data_bytes, found->custom_bytes);
    printf("functions: %" PRIu64 ", globals: %" PRIu64 ", tables: %" PRIu64 ", start section: %s\n", found->functions, found->globals,
           found->tables, found->has_start ? "yes" : "no");
    print_limits(limits);
    print_lines("warnings", found->warnings, found->warning_count);
    print_lines("refused, because", found->problems, found->problem_count);
    if (found->problem_count == 0) {
        puts("missing: nothing; it can be hosted");
    }
}

static json_t *items_of(const airs_wasm_item *items, size_t count) {
    json_t *list = json_array();
    for (size_t i = 0; i < count; i++) {
        json_t *item = json_object();
        json_object_set_new(item, "name", json_string(items[i].name));
        json_object_set_new(item, "signature", json_string(items[i].signature));
        json_object_set_new(item, "note", json_string(items[i].note));
        json_object_set_new(item, "problem", json_boolean(items[i].problem));
        json_array_append_new(list, item);
    }
    return list;
}

static json_t *lines_of(const char *const *lines, size_t count) {
    json_t *list = json_array();
    for (size_t i = 0; i < count; i++) {
        json_array_append_new(list, json_string(lines[i]));
    }
    return list;
}

static void add_numbers(json_t *object, const airs_wasm_inspection *found) {
    const struct {
        const char *key;
        uint64_t value;
    } numbers[] = {
        {"size", found->size},
        {"functions", found->functions},
        {"globals", found->globals},
        {"tables", found->tables},
        {"code_bytes", found->code_bytes},
        {"data_bytes", found->data_bytes},
        {"custom_bytes", found->custom_bytes},
        {"memory_minimum", found->memory_minimum},
        {"memory_maximum", found->memory_maximum},
    };
    for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++) {
        json_object_set_new(object, numbers[i].key, json_integer((json_int_t)numbers[i].value));
    }
}

static json_t *limits_of(const airs_limits *limits) {
    return json_pack("{s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I}", "memory_bytes", (json_int_t)limits->memory_bytes, "payload_bytes",
                     (json_int_t)limits->payload_bytes, "mailbox_messages", (json_int_t)limits->mailbox_messages, "mailbox_bytes",
                     (json_int_t)limits->mailbox_bytes, "in_flight", (json_int_t)limits->in_flight, "timers", (json_int_t)limits->timers,
                     "handler_ms", (json_int_t)limits->handler_ms, "init_ms", (json_int_t)limits->init_ms);
}

static void print_json(const airs_wasm_inspection *found, const airs_limits *limits) {
    json_t *object = json_object();
    json_object_set_new(object, "kind", json_string(found->kind));
    json_object_set_new(object, "world", json_string(found->world));
    json_object_set_new(object, "path", json_string(found->path));
    json_object_set_new(object, "imports", items_of(found->imports, found->import_count));
    json_object_set_new(object, "exports", items_of(found->exports, found->export_count));
    add_numbers(object, found);
    json_object_set_new(object, "has_start", json_boolean(found->has_start));
    json_object_set_new(object, "limits", limits_of(limits));
    json_object_set_new(object, "warnings", lines_of(found->warnings, found->warning_count));
    json_object_set_new(object, "problems", lines_of(found->problems, found->problem_count));
    json_dumpf(object, stdout, JSON_COMPACT);
    putchar('\n');
    json_decref(object);
}

static int run(const airsi_arguments *arguments) {
    const airs_wasm_engine_options options = {0};
    const airs_limits limits = AIRS_LIMITS_DEFAULT;
    const char *path = arguments->operands[0];
    airs_wasm_engine *engine = NULL;
    airs_wasm_inspection *found = NULL;
    airs_error error = {0};
    airs_status status = airs_wasm_engine_new(&options, &engine, &error);
    if (status == AIRS_OK) {
        status = airs_wasm_inspect_file(engine, path, &limits, &found, &error);
    }
    int code;
    if (status != AIRS_OK) {
        code = airsi_cli_fail(&error);
    } else {
        if (arguments->settings.json) {
            print_json(found, &limits);
        } else {
            print_text(path, found, &limits);
        }
        code = found->problem_count > 0 ? airs_status_exit_code(AIRS_EBADMODULE) : 0;
    }
    airs_wasm_inspection_free(found);
    airs_wasm_engine_free(engine);
    return code;
}

const airsi_command airsi_command_inspect = {
    .name = "inspect",
    .operands = "FILE",
    .summary = "shows what a WebAssembly binary imports, exports and needs, and whether it can be hosted",
    .details = "Exits with 65 when the file would be refused; then the reasons are in the list.\n",
    .operand_count = 1,
    .run = run,
};
