/* What host threads watch over: monitors and health checks. */

#include <pthread.h>
#include <stdio.h>

#include <airs/system.h>

#include "core/system/system.h"
#include "core/watch/watch.h"

#define HEALTH_DEFAULT_MS 30000u

static airs_status watch(airs_system *system, const airsi_watch *made, airs_monitor *ret_monitor) {
    airsi_record *record = airsi_reclaim_enter(&system->reclaim);
    if (record == NULL) {
        return AIRS_ENOMEM;
    }
    airs_status status = airsi_watch_by_host(system, made, ret_monitor);
    airsi_reclaim_leave(record);
    return status;
}

airs_status airs_monitor_open(airs_system *system, airs_component target, airs_down_callback on_down, void *user,
                              airs_monitor *ret_monitor) {
    if (system == NULL || on_down == NULL) {
        return AIRS_EINVAL;
    }
    airs_monitor unwanted;
    const airsi_watch made = {.kind = AIRSI_WATCH_HOST, .target = target, .host = {.callback = on_down, .user = user}};
    return watch(system, &made, ret_monitor != NULL ? ret_monitor : &unwanted);
}

airs_status airs_monitor_close(airs_system *system, airs_monitor monitor) {
    if (system == NULL) {
        return AIRS_EINVAL;
    }
    return airsi_watch_cancel(system, AIRSI_WATCH_HOST, monitor) ? AIRS_OK : AIRS_ENOTFOUND;
}

/* One blocked airs_health_check. */
typedef struct checking {
    pthread_mutex_t mutex;
    pthread_cond_t answered;
    bool done;
    airs_status status;
    char text[AIRS_ERROR_TEXT_MAX];
} checking;

static void on_health(void *user, airs_status status, const char *text) {
    checking *check = user;
    pthread_mutex_lock(&check->mutex);
    check->status = status;
    snprintf(check->text, sizeof check->text, "%s", text);
    check->done = true;
    pthread_cond_signal(&check->answered);
    pthread_mutex_unlock(&check->mutex);
}

static bool is_answered(void *user) {
    const checking *check = user;
    return check->done;
}

/* false: no answer has come by then. */
static bool wait_for_answer(checking *check, const struct timespec *deadline) {
    int waited = 0;
    pthread_mutex_lock(&check->mutex);
    while (!check->done && waited == 0) {
        waited = deadline != NULL ? pthread_cond_timedwait(&check->answered, &check->mutex, deadline)
                                  : pthread_cond_wait(&check->answered, &check->mutex);
    }
    bool done = check->done;
    pthread_mutex_unlock(&check->mutex);
    return done;
}

static airs_status ask(airs_system *system, airs_component to, uint32_t timeout_ms, checking *check) {
    airs_monitor name = 0;
    const airsi_watch made = {.kind = AIRSI_WATCH_HEALTH, .target = to, .health = {.callback = on_health, .user = check}};
    airs_status status = watch(system, &made, &name);
    if (status != AIRS_OK) {
        return status;
    }
    uint64_t until = airsi_scheduler_clock_ns(&system->scheduler) + (uint64_t)(timeout_ms != 0 ? timeout_ms : HEALTH_DEFAULT_MS) * 1000000u;
    if (system->scheduler.simulation.on) {
        airsi_simulation_until(system, is_answered, check, until / 1000000u);
        until = 0; /* nobody else could answer */
    }
    struct timespec deadline = {.tv_sec = (time_t)(until / 1000000000u), .tv_nsec = (long)(until % 1000000000u)};
    if (!wait_for_answer(check, &deadline)) {
        if (airsi_watch_cancel(system, AIRSI_WATCH_HEALTH, name)) {
            return AIRS_ETIMEOUT;
        }
        wait_for_answer(check, NULL); /* it is being told */
    }
    return check->status;
}

static bool was_started(airs_system *system) {
    airsi_lock(&system->actors_mutex);
    bool started = system->stage >= AIRSI_STAGE_STARTED;
    airsi_unlock(&system->actors_mutex);
    return started;
}

airs_status airs_health_check(airs_system *system, airs_component to, uint32_t timeout_ms, airs_error *error) {
    if (system == NULL) {
        return airs_error_set(error, AIRS_EINVAL, "airs_health_check needs a system");
    }
    airs_status status = AIRS_OK;
    if (airsi_worker_current() != NULL) {
        status = AIRS_EDEADLK;
    } else if (!was_started(system)) {
        status = AIRS_ENOTSTARTED;
    }
    if (status != AIRS_OK) {
        return airs_error_set(error, status, "%s", airs_status_text(status));
    }
    checking check = {.mutex = PTHREAD_MUTEX_INITIALIZER};
    airsi_cond_init(&check.answered);
    status = ask(system, to, timeout_ms, &check);
    if (status != AIRS_OK) {
        airs_error_set(error, status, "%s", check.text[0] != '\0' ? check.text : airs_status_text(status));
    }
    pthread_cond_destroy(&check.answered);
    return status;
}
