#include "signals.h"

#include <signal.h>
#include <stdlib.h>

#include <airs/wasm.h>

static const int numbers[] = {SIGSEGV, SIGILL, SIGFPE, SIGBUS};
#define COUNT (sizeof numbers / sizeof numbers[0])

static struct sigaction wasmtimes[COUNT];

void wasm_signals_remember(void) {
    const airs_wasm_engine_options options = {0};
    airs_wasm_engine *engine;
    if (airs_wasm_engine_new(&options, &engine, NULL) != AIRS_OK) {
        abort();
    }
    for (size_t i = 0; i < COUNT; i++) {
        sigaction(numbers[i], NULL, &wasmtimes[i]);
    }
    airs_wasm_engine_free(engine);
}

void wasm_signals_restore(void) {
    for (size_t i = 0; i < COUNT; i++) {
        sigaction(numbers[i], &wasmtimes[i], NULL);
    }
}
