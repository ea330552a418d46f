#include "wasm/engine/engine.h"

#include <airs/system.h>
#include <wasmtime.h>

#include "base/memory.h"
#include "wasm/engine/wasmtime_shim.h"

/* Off on every engine (docs/DESIGN.md 5.8). Threads, GC and exceptions are not in this build of Wasmtime at all. */
static void refuse_features(wasm_config_t *config) {
    wasmtime_config_shared_memory_set(config, false);
    wasmtime_config_wasm_relaxed_simd_set(config, false);
    wasmtime_config_wasm_multi_memory_set(config, false);
    wasmtime_config_wasm_memory64_set(config, false);
    wasmtime_config_wasm_wide_arithmetic_set(config, false);
    wasmtime_config_wasm_custom_page_sizes_set(config, false);
    wasmtime_config_wasm_stack_switching_set(config, false);
    wasmtime_config_gc_support_set(config, false);
}

static wasm_config_t *make_config(void) {
    wasm_config_t *config = wasm_config_new();
    if (config != NULL) {
        wasmtime_config_epoch_interruption_set(config, true);
        wasmtime_config_max_wasm_stack_set(config, AIRSI_WASM_STACK_BYTES);
        refuse_features(config);
    }
    return config;
}

/* Wasmtime refuses this machine or these settings: the one place where its own words are shown, since no guest has a say in them. */
static airs_status engine_refused(wasmtime_error_t *refusal, airs_error *error) {
    wasm_name_t message;
    wasmtime_error_message(refusal, &message);
    airs_error_set(error, AIRS_EUNAVAILABLE, "no WebAssembly engine on this machine: %.*s", (int)message.size, message.data);
    wasm_name_delete(&message);
    wasmtime_error_delete(refusal);
    return AIRS_EUNAVAILABLE;
}

airs_status airs_wasm_engine_new(const airs_wasm_engine_options *options, airs_wasm_engine **ret_engine, airs_error *error) {
    airs_wasm_engine *engine = airsi_calloc(1, sizeof *engine);
    wasm_config_t *config = engine != NULL ? make_config() : NULL;
    if (config == NULL) {
        airsi_free(engine);
        return airs_error_set(error, AIRS_ENOMEM, "no memory for a WebAssembly engine");
    }
    if (options != NULL) {
        engine->options = *options;
    }
    wasmtime_error_t *refusal = airsi_wasmtime_engine_new(config, &engine->wasmtime);
    if (refusal != NULL) {
        airsi_free(engine);
        return engine_refused(refusal, error);
    }
    if (airsi_ticker_start(&engine->ticker, engine->wasmtime) != AIRS_OK) {
        wasm_engine_delete(engine->wasmtime);
        airsi_free(engine);
        return airs_error_set(error, AIRS_EUNAVAILABLE, "no thread for the clock that ends looping guests");
    }
    *ret_engine = engine;
    return AIRS_OK;
}

void airs_wasm_engine_free(airs_wasm_engine *engine) {
    if (engine == NULL) {
        return;
    }
    airsi_ticker_stop(&engine->ticker);
    wasm_engine_delete(engine->wasmtime);
    airsi_free(engine);
}

airs_messaging *airs_wasm_engine_messaging(airs_wasm_engine *engine) {
    return engine->options.system != NULL ? airs_system_messaging(engine->options.system) : NULL;
}

void airs_wasm_engine_set_active(airs_wasm_engine *engine, bool active) {
    airsi_ticker_set_active(&engine->ticker, active);
}
