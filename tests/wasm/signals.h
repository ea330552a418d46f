/* cmocka puts its own handlers of SIGSEGV and the like in place before each test, over Wasmtime's, which are installed once a process: a guest's
 * trap would end the test. Programs that run guests call the first function in main, and the second in each test. */
#ifndef TEST_WASM_SIGNALS_H
#define TEST_WASM_SIGNALS_H

void wasm_signals_remember(void);
void wasm_signals_restore(void);

#endif
