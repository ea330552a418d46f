#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "support.h"
#include "wasm/component/output.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Wasmtime turns some signals into traps. It installs its handlers once a process, and cmocka puts its own in their place before every test. */
static const int trap_signals[] = {SIGSEGV, SIGILL, SIGFPE, SIGBUS};
static struct sigaction trap_handlers[sizeof trap_signals / sizeof trap_signals[0]];
static bool handlers_kept;

void test_keep_signals(void) {
    for (size_t i = 0; i < sizeof trap_signals / sizeof trap_signals[0]; i++) {
        sigaction(trap_signals[i], handlers_kept ? &trap_handlers[i] : NULL, handlers_kept ? NULL : &trap_handlers[i]);
    }
    handlers_kept = true;
}

int test_engine_setup(void **state) {
    airs_wasm_engine *engine = NULL;
    airs_error error = {0};
    if (airs_wasm_engine_new(NULL, &engine, &error) != AIRS_OK) {
        print_error("%s\n", error.text);
        return -1;
    }
    test_keep_signals();
    airs_wasm_engine_set_active(engine, true);
    *state = engine;
    return 0;
}

int test_engine_teardown(void **state) {
    airs_wasm_engine_free(*state);
    return 0;
}

const char *test_guest_path(const char *name, char path[1024]) {
    const char *folder = getenv("AIRS_GUESTS");
    assert_non_null(folder);
    snprintf(path, 1024, "%s/%s.wasm", folder, name);
    return path;
}

airs_wasm_module *test_load(airs_wasm_engine *engine, const char *name) {
    char path[1024];
    airs_wasm_module *module = NULL;
    test_keep_signals();
    airs_error error = {0};
    if (airs_wasm_module_load_file(engine, test_guest_path(name, path), NULL, &module, &error) != AIRS_OK) {
        fail_msg("%s", error.text);
    }
    return module;
}

void test_guest_open(test_guest *t, airs_wasm_engine *engine, const char *name, const airs_limits *limits) {
    static const airs_limits defaults = AIRS_LIMITS_DEFAULT;
    *t = (test_guest){.module = test_load(engine, name)};
    t->owner.limits = limits != NULL ? *limits : defaults;
    if (airsi_guest_new(t->module, &t->owner, &t->owner.limits, &t->guest, &t->trap) != AIRS_OK) {
        fail_msg("%s: %s", name, t->trap.text);
    }
    airsi_guest_begin(t->guest, t->owner.limits.handler_ms);
}

void test_guest_close(test_guest *t) {
    airsi_guest_free(t->guest);
    airsi_component_flush_output(&t->owner);
    airs_wasm_module_unref(t->module);
}

airs_status test_guest_message(test_guest *t, const void *payload, uint32_t length, uint32_t *ret_at) {
    uint32_t at = 0;
    airsi_guest_begin(t->guest, t->owner.limits.handler_ms);
    if (!airsi_guest_allocate(t->guest, length, 1, &at, "handle-message payload")) {
        assert_true(airsi_guest_failed(t->guest, &t->trap));
        return AIRS_ETRAP;
    }
    if (length > 0) {
        memcpy(airsi_guest_memory(t->guest, at, length, 1, "handle-message payload"), payload, length);
    }
    airsi_value values[AIRSI_VALUES_MAX] = {{.u64 = 0}, {.u32 = 0}, {.u64 = 0}, {.u32 = at}, {.u32 = length}};
    airs_status status = airsi_guest_call(t->guest, AIRSI_EXPORT_HANDLE_MESSAGE, values, &t->trap);
    if (status == AIRS_OK && ret_at != NULL) {
        *ret_at = values[0].u32;
    }
    return status;
}

void test_guest_refuses_to_start(airs_wasm_engine *engine, const char *name, const airs_limits *limits, airsi_trap *ret_trap) {
    airs_wasm_module *module = test_load(engine, name);
    airsi_component owner = {.limits = *limits};
    airsi_guest *guest = NULL;
    assert_int_equal(airsi_guest_new(module, &owner, limits, &guest, ret_trap), AIRS_ETRAP);
    assert_null(guest);
    airs_wasm_module_unref(module);
}

void test_contains(const char *text, const char *part) {
    if (strstr(text, part) == NULL) {
        fail_msg("\"%s\" does not contain \"%s\"", text, part);
    }
}
