/* What the tests of the WebAssembly tier share: an engine, guests by name (from $AIRS_GUESTS), and a way to see how a guest ends. */
#ifndef TEST_WASM_SUPPORT_H
#define TEST_WASM_SUPPORT_H

#include <airs/wasm.h>

#include "wasm/component/component.h"
#include "wasm/engine/guest.h"

/* An engine without a system, whose clock ticks. As a cmocka setup and teardown: *state is the engine. */
int test_engine_setup(void **state);
int test_engine_teardown(void **state);

/* Gives Wasmtime the signals that cmocka took: first after an engine was made, then in every test that enters a guest. test_load does. */
void test_keep_signals(void);

/* "<AIRS_GUESTS>/<name>.wasm" */
const char *test_guest_path(const char *name, char path[1024]);

/* Loads a guest that must be good. */
airs_wasm_module *test_load(airs_wasm_engine *engine, const char *name);

/* A guest of a module without actor around it, which must start. */
typedef struct test_guest {
    airsi_component owner;
    airs_wasm_module *module;
    airsi_guest *guest;
    airsi_trap trap; /* of the last call */
} test_guest;

void test_guest_open(test_guest *t, airs_wasm_engine *engine, const char *name, const airs_limits *limits);
void test_guest_close(test_guest *t);

/* handle-message with this payload, lowered as a component does it. AIRS_OK, or AIRS_ETRAP with t->trap. *ret_at is the result's place. */
airs_status test_guest_message(test_guest *t, const void *payload, uint32_t length, uint32_t *ret_at);

/* Starts a guest that must not; *ret_trap says why. */
void test_guest_refuses_to_start(airs_wasm_engine *engine, const char *name, const airs_limits *limits, airsi_trap *ret_trap);

/* Fails with both texts unless `text` contains `part`. */
void test_contains(const char *text, const char *part);

#endif
