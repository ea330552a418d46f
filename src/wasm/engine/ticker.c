#include "wasm/engine/ticker.h"

#include <signal.h>
#include <time.h>

#include <wasmtime.h>

/* From the time of the wait and not from the tick before: a late tick makes no burst after it. */
static void wait_a_tick(airsi_ticker *ticker) {
    struct timespec until;
    clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_nsec += AIRSI_TICK_NS;
    if (until.tv_nsec >= 1000000000) {
        until.tv_nsec -= 1000000000;
        until.tv_sec++;
    }
    pthread_cond_timedwait(&ticker->changed, &ticker->lock, &until);
}

static void *ticker_run(void *argument) {
    airsi_ticker *ticker = argument;
    pthread_mutex_lock(&ticker->lock);
    while (!ticker->ending) {
        if (!ticker->active) {
            ticker->parked = true;
            pthread_cond_wait(&ticker->changed, &ticker->lock);
            ticker->parked = false;
            continue;
        }
        wait_a_tick(ticker);
        wasmtime_engine_increment_epoch(ticker->engine);
    }
    pthread_mutex_unlock(&ticker->lock);
    return NULL;
}

/* The program's signals are not this thread's to take. */
static int create_without_signals(airsi_ticker *ticker) {
    sigset_t all;
    sigset_t before;
    sigfillset(&all);
    int failed = pthread_sigmask(SIG_SETMASK, &all, &before);
    if (failed == 0) {
        failed = pthread_create(&ticker->thread, NULL, ticker_run, ticker);
        pthread_sigmask(SIG_SETMASK, &before, NULL);
    }
    return failed;
}

airs_status airsi_ticker_start(airsi_ticker *ticker, struct wasm_engine_t *engine) {
    *ticker = (airsi_ticker){.engine = engine};
    pthread_condattr_t attributes;
    pthread_condattr_init(&attributes);
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    pthread_cond_init(&ticker->changed, &attributes);
    pthread_condattr_destroy(&attributes);
    pthread_mutex_init(&ticker->lock, NULL);
    if (create_without_signals(ticker) != 0) {
        pthread_cond_destroy(&ticker->changed);
        pthread_mutex_destroy(&ticker->lock);
        return AIRS_EUNAVAILABLE;
    }
    return AIRS_OK;
}

/* A system that idles between two messages calls this twice a message: a clock that still ticks is not woken for it. It parks at the next tick
 * that finds nobody active. */
void airsi_ticker_set_active(airsi_ticker *ticker, bool active) {
    pthread_mutex_lock(&ticker->lock);
    ticker->active = active;
    if (active && ticker->parked) {
        pthread_cond_signal(&ticker->changed);
    }
    pthread_mutex_unlock(&ticker->lock);
}

void airsi_ticker_stop(airsi_ticker *ticker) {
    pthread_mutex_lock(&ticker->lock);
    ticker->ending = true;
    pthread_cond_signal(&ticker->changed);
    pthread_mutex_unlock(&ticker->lock);
    pthread_join(ticker->thread, NULL);
    pthread_cond_destroy(&ticker->changed);
    pthread_mutex_destroy(&ticker->lock);
}
