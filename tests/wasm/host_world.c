#include "host_world.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "support.h"
#include "wasm/component/output.h"

#define PAYLOAD_LIMIT 1024u

typedef struct job {
    host_world *world;
    void (*run)(host_world *world);
} job;

bool host_check(host_world *world, bool holds, const char *format, ...) {
    if (!holds && !world->failed) {
        va_list arguments;
        world->failed = true;
        va_start(arguments, format);
        vsnprintf(world->failure, sizeof world->failure, format, arguments);
        va_end(arguments);
    }
    return holds;
}

size_t host_import(const host_world *world, const char *name) {
    for (size_t i = 0; i < world->import_count; i++) {
        if (strcmp(world->imports[i]->name, name) == 0) {
            return i;
        }
    }
    abort();
}

void host_new_guest(host_world *world) {
    airsi_trap trap = {0};
    airsi_guest_free(world->guest);
    world->guest = NULL;
    airs_status status = airsi_guest_new(world->module, &world->component, &world->component.limits, &world->guest, &trap);
    if (!host_check(world, status == AIRS_OK, "no guest: %s %s", airs_status_name(status), trap.text)) {
        abort();
    }
    world->component.guest = world->guest;
}

uint8_t *host_memory(host_world *world, uint32_t at, uint32_t length) {
    return airsi_guest_memory(world->guest, at, length, 1, "test");
}

airs_status host_call(host_world *world, size_t index, const uint64_t *arguments, uint64_t *ret_value, airsi_trap *ret_trap) {
    airsi_value values[AIRSI_VALUES_MAX] = {0};
    airsi_guest_begin(world->guest, 50);
    uint8_t *call = host_memory(world, CALLER_CALL, 8 + 10 * 8);
    airsi_store_u32(call, (uint32_t)index);
    memcpy(call + 8, arguments, 10 * 8);
    values[3].u32 = CALLER_CALL;
    airs_status status = airsi_guest_call(world->guest, AIRSI_EXPORT_HANDLE_MESSAGE, values, ret_trap);
    if (status == AIRS_OK && ret_value != NULL) {
        uint32_t list = airsi_load_u32(host_memory(world, values[0].u32 + 8, 4));
        *ret_value = airsi_load_u64(host_memory(world, list, 8));
    }
    return status;
}

static airs_result host_handle(void *state, airs_context *context, const airs_message *message, airs_error *error) {
    host_world *world = state;
    job now;
    (void)error;
    if (message->kind == AIRS_MESSAGE_REPLY) {
        return AIRS_HANDLED;
    }
    if (message->length == sizeof now) {
        memcpy(&now, message->data, sizeof now);
        world->component.context = context;
        world->component.id = *airs_context_id(context);
        host_new_guest(world);
        now.run(world);
        airsi_guest_free(world->guest);
        world->guest = NULL;
        airsi_component_flush_output(&world->component);
        world->component.context = NULL;
    }
    airs_context_reply(context, message->request, "", 0);
    return AIRS_HANDLED;
}

static airs_result sink_handle(void *state, airs_context *context, const airs_message *message, airs_error *error) {
    host_world *world = state;
    (void)error;
    airsi_fetch_add_relaxed(&world->sunk, 1);
    if (message->request != AIRS_NO_REQUEST) {
        airs_context_reply(context, message->request, "", 0);
    }
    return AIRS_HANDLED;
}

static const airs_behavior host_behavior = {.kind = "native", .handle = host_handle};
static const airs_behavior sink_behavior = {.kind = "native", .handle = sink_handle};

static airs_component spawn(host_world *world, const char *id, const airs_behavior *behavior) {
    static const char *const anybody[] = {"*/*/*"}, *const tests[] = {"test/*/*"};
    airs_spawn_options options = {.limits = AIRS_LIMITS_DEFAULT, .behavior = behavior, .state = world};
    airs_component component;
    options.capabilities = (airs_capabilities){.send = tests, .send_count = 1, .receive = anybody, .receive_count = 1};
    assert_int_equal(airs_component_id_parse(id, strlen(id), &options.id, NULL), AIRS_OK);
    assert_int_equal(airs_spawn(world->system, &options, &component, NULL), AIRS_OK);
    return component;
}

static void add_imports(host_world *world, const airsi_import *table, size_t count) {
    for (size_t i = 0; i < count; i++) {
        assert_true(world->import_count < IMPORTS_MAX);
        world->imports[world->import_count++] = &table[i];
    }
}

int host_world_setup(void **state) {
    host_world *world = calloc(1, sizeof *world);
    assert_non_null(world);
    const airs_system_options system_options = {.workers = 2};
    assert_int_equal(airs_system_new(&system_options, &world->system, NULL), AIRS_OK);
    const airs_wasm_engine_options options = {.system = world->system};
    assert_int_equal(airs_wasm_engine_new(&options, &world->engine, NULL), AIRS_OK);
    airs_wasm_engine_set_active(world->engine, true);
    test_keep_signals();
    add_imports(world, airsi_messaging_imports, airsi_messaging_import_count);
    add_imports(world, airsi_services_imports, airsi_services_import_count);
    add_imports(world, airsi_preview1_imports, airsi_preview1_import_count);
    world->host = spawn(world, "test/host/main", &host_behavior);
    world->sink = spawn(world, "test/sink/main", &sink_behavior);
    spawn(world, "secret/sink/main", &sink_behavior);
    assert_int_equal(airs_system_start(world->system, NULL), AIRS_OK);
    *state = world;
    return 0;
}

int host_world_teardown(void **state) {
    host_world *world = *state;
    airs_system_free(world->system);
    airs_wasm_engine_free(world->engine);
    free(world);
    return 0;
}

void host_world_run(host_world *world, caller_realloc mode, void (*run)(host_world *world)) {
    uint8_t *bytes;
    airs_error error = {0};
    test_keep_signals();
    size_t length = caller_make(world->imports, world->import_count, mode, &bytes);
    airs_limits limits = AIRS_LIMITS_DEFAULT;
    limits.payload_bytes = PAYLOAD_LIMIT;
    airs_status status = airs_wasm_module_load(world->engine, "caller", bytes, length, &limits, &world->module, &error);
    free(bytes);
    if (status != AIRS_OK) {
        fail_msg("the caller guest is refused: %s", error.text);
    }
    world->component = (airsi_component){.engine = world->engine, .module = world->module, .limits = limits};
    job now = {.world = world, .run = run};
    void *reply = NULL;
    size_t reply_length;
    status = airs_request_wait(world->system, world->host, &now, sizeof now, 0, &reply, &reply_length, &error);
    free(reply);
    airs_wasm_module_unref(world->module);
    if (status != AIRS_OK) {
        fail_msg("the host actor: %s", error.text);
    }
    if (world->failed) {
        fail_msg("%s", world->failure);
    }
    assert_int_equal(airs_system_wait_quiescent(world->system, 0), AIRS_OK);
}
