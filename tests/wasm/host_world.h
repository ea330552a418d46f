/* What tests of host calls stand on: a real system, whose native actor `test/host/main` enters guests inside its handler, so that they
 * act through a real context, and a native actor `test/sink/main` that counts what arrives. */
#ifndef TEST_WASM_HOST_WORLD_H
#define TEST_WASM_HOST_WORLD_H

#include <stdbool.h>
#include <stdint.h>

#include <airs/system.h>
#include <airs/wasm.h>

#include "base/atomic.h"
#include "caller.h"
#include "wasm/component/component.h"
#include "wasm/host/imports.h"

#define IMPORTS_MAX 80u

typedef struct host_world {
    airs_system *system;
    airs_wasm_engine *engine;
    airs_component host, sink;
    const airsi_import *imports[IMPORTS_MAX]; /* all there are; 0 has no parameters */
    size_t import_count;
    AIRSI_ATOMIC(uint64_t) sunk; /* messages the sink got */

    /* During a job, on the worker: */
    airsi_component component; /* the owner of the guests */
    airs_wasm_module *module;
    airsi_guest *guest;
    bool failed;
    char failure[512]; /* the first thing that was wrong; asserted on the test's thread */
} host_world;

/* For cmocka's test setup and teardown; the state is the world. */
int host_world_setup(void **state);
int host_world_teardown(void **state);

/* Runs this inside the host actor's handler with a caller guest of this mode (world->guest), and asserts that nothing failed there. */
void host_world_run(host_world *world, caller_realloc mode, void (*run)(host_world *world));

/* Notes a failure when `holds` is false; returns it. */
bool host_check(host_world *world, bool holds, const char *format, ...) AIRS_PRINTF(3, 4);

size_t host_import(const host_world *world, const char *name); /* its index */

/* A fresh guest, as after a trap. */
void host_new_guest(host_world *world);

/* The guest makes the call in a budget of 50 ms. AIRS_OK and the result, or AIRS_ETRAP. */
airs_status host_call(host_world *world, size_t index, const uint64_t *arguments, uint64_t *ret_value, airsi_trap *ret_trap);

/* Bytes of the guest's memory. */
uint8_t *host_memory(host_world *world, uint32_t at, uint32_t length);

#endif
