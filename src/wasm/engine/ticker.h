/* The clock of epoch interruption: a thread that advances the engine's epoch while guests may be running, and sleeps otherwise. */
#ifndef AIRSI_WASM_ENGINE_TICKER_H
#define AIRSI_WASM_ENGINE_TICKER_H

#include <pthread.h>
#include <stdbool.h>

#include <airs/status.h>

#define AIRSI_TICK_NS 1000000u

struct wasm_engine_t;

typedef struct airsi_ticker {
    struct wasm_engine_t *engine; /* const after start; borrowed */
    pthread_t thread;             /* const after start */
    pthread_mutex_t lock;
    pthread_cond_t changed;
    bool active; /* under lock */
    bool parked; /* under lock; it waits to be made active */
    bool ending; /* under lock */
} airsi_ticker;

/* Errors: AIRS_EUNAVAILABLE (no thread). */
airs_status airsi_ticker_start(airsi_ticker *ticker, struct wasm_engine_t *engine);
void airsi_ticker_set_active(airsi_ticker *ticker, bool active);
void airsi_ticker_stop(airsi_ticker *ticker);

#endif
