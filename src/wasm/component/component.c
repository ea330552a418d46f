#include "wasm/component/component.h"

#include <airs/wasm.h>

#include "base/memory.h"
#include "wasm/component/incarnation.h"
#include "wasm/engine/binary.h"
#include "wasm/engine/engine.h"
#include "wasm/engine/module.h"

/* --- the behaviour ------------------------------------------------------------------------------------------------------------- */

static airs_status component_start(void *state, airs_context *context, airs_error *error) {
    airsi_component *component = state;
    component->context = context;
    airs_status status = airsi_incarnation_start(component, error);
    component->context = NULL;
    return status;
}

static airs_result deliver(airsi_component *component, const airs_message *message, airs_error *error) {
    switch (message->kind) {
    case AIRS_MESSAGE_INTER_COMPONENT:
    case AIRS_MESSAGE_TIMER:
        return airsi_incarnation_message(component, message, error);
    case AIRS_MESSAGE_REPLY:
        return airsi_incarnation_callback(component, message, error);
    case AIRS_MESSAGE_EXECUTE:
    case AIRS_MESSAGE_HEALTH_CHECK:
    case AIRS_MESSAGE_DOWN:
        break;
    }
    airs_error_set(error, AIRS_ENOHANDLER, "messages of kind %d are not handed to WebAssembly components", (int)message->kind);
    return AIRS_FAILED;
}

static airs_result component_handle(void *state, airs_context *context, const airs_message *message, airs_error *error) {
    airsi_component *component = state;
    component->context = context;
    airs_result result = deliver(component, message, error);
    component->context = NULL;
    return result;
}

static void component_stop(void *state, airs_context *context, airs_stop_reason reason) {
    airsi_component *component = state;
    component->context = context;
    if (reason == AIRS_STOP_NORMAL) {
        airsi_incarnation_shutdown(component);
    }
    airsi_incarnation_end(component);
    component->context = NULL;
}

static void component_free(void *state) {
    airsi_component *component = state;
    airs_wasm_module_unref(component->module);
    airsi_free(component->config_json);
    airsi_free(component);
}

static const airs_behavior component_behavior = {
    .kind = "wasm",
    .start = component_start,
    .handle = component_handle,
    .stop = component_stop,
    .free = component_free,
};

/* --- spawning ------------------------------------------------------------------------------------------------------------------ */

static airsi_component *component_new(airs_wasm_engine *engine, airs_wasm_module *module, const airs_wasm_spawn_options *options) {
    airsi_component *component = airsi_calloc(1, sizeof *component);
    char *config = airsi_strdup(options->config_json != NULL ? options->config_json : "{}");
    if (component == NULL || config == NULL) {
        airsi_free(config);
        airsi_free(component);
        return NULL;
    }
    component->engine = engine;
    component->module = airs_wasm_module_ref(module);
    component->id = options->id;
    component->limits = options->limits;
    component->config_json = config;
    component->log = engine->options.log;
    component->on_output = engine->options.on_output;
    component->output_user = engine->options.user;
    return component;
}

static airs_status check_memory(const airs_wasm_module *module, const airs_wasm_spawn_options *options, airs_error *error) {
    if (module->memory_minimum <= options->limits.memory_bytes) {
        return AIRS_OK;
    }
    char needed[32];
    char allowed[32];
    airsi_size_text(module->memory_minimum, needed);
    airsi_size_text(options->limits.memory_bytes, allowed);
    return airs_error_set(error, AIRS_EBADMODULE, "%s: %s: its memory starts with %s; the limit `memory` is %s", options->id.text,
                          module->name, needed, allowed);
}

airs_status airs_wasm_spawn(airs_wasm_engine *engine, airs_wasm_module *module, const airs_wasm_spawn_options *options,
                            airs_component *ret_component, airs_error *error) {
    if (engine->options.system == NULL) {
        return airs_error_set(error, AIRS_EINVAL, "%s: the engine was made without a system to spawn in", options->id.text);
    }
    if (module->engine != engine) { /* this system's activity does not move that engine's clock: no time limit would hold */
        return airs_error_set(error, AIRS_EINVAL, "%s: %s was loaded by another engine; expected the one it is to run on", options->id.text,
                              module->name);
    }
    airs_status status = check_memory(module, options, error);
    if (status != AIRS_OK) {
        return status;
    }
    airsi_component *component = component_new(engine, module, options);
    if (component == NULL) {
        return airs_error_set(error, AIRS_ENOMEM, "%s: no memory for the component", options->id.text);
    }
    airs_spawn_options spawn = {.id = options->id,
                                .limits = options->limits,
                                .capabilities = options->capabilities,
                                .behavior = &component_behavior,
                                .state = component};
    status = airs_spawn(engine->options.system, &spawn, ret_component, error);
    if (status != AIRS_OK) {
        component_free(component);
    }
    return status;
}
