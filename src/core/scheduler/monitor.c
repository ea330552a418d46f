/* The monitor: one thread a system that, while any worker is awake, looks every millisecond whether one is stuck in a handler while others wait. From
 * such a thread it takes the permit, which a spare thread gets, and what stands in its LIFO slot. It keeps the coarse clock meanwhile, and sleeps
 * for good while the system is idle. */
#define _GNU_SOURCE
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>

#include "base/clock.h"
#include "core/scheduler/scheduler.h"
#include "core/system/system.h"

#define LOOK_EVERY_NS 1000000u
#define STUCK_MS 1
#define STUCK_CPU_NS 800000u /* of the time between two looks */
#define IDLE_LOOKS 10        /* before it sleeps, so that a system that is busy now and then doesn't pay a wake-up each time */
#define HOG_NICE 10

/* CPU time of a thread of this process; 0 if it has ended. The number is what pthread_getcpuclockid makes of a thread, without needing it to live. */
static uint64_t cpu_ns(pid_t tid) {
    struct timespec t = {0};
    clockid_t clock = (clockid_t)(~(unsigned)tid << 3 | 6u);
    return clock_gettime(clock, &t) == 0 ? (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec : 0;
}

/* Whether the kernel has it asleep, as against running or waiting for a core. */
static bool sleeps(pid_t tid) {
    char path[64];
    char text[128];
    snprintf(path, sizeof path, "/proc/self/task/%d/stat", (int)tid);
    FILE *file = fopen(path, "re");
    if (file == NULL) {
        return false;
    }
    size_t length = fread(text, 1, sizeof text - 1, file);
    fclose(file);
    text[length] = '\0';
    const char *name_end = strrchr(text, ')');
    return name_end != NULL && (strncmp(name_end, ") S", 3) == 0 || strncmp(name_end, ") D", 3) == 0);
}

/* What stands in the slot of a stuck thread goes where others find it. It is scheduled, so it is there. */
static void empty_lifo(airsi_scheduler *scheduler, airsi_worker *worker) {
    struct airsi_actor *actor = airsi_load_relaxed(&worker->lifo);
    /* E41. */
    if (actor != NULL && airsi_cas_strong_acq_rel(&worker->lifo, &actor, NULL)) {
        airsi_scheduler_inject(scheduler, actor);
    }
}

/* In one handler for so long. */
static bool is_long(airsi_worker *worker, uint64_t now_ms) {
    uint32_t beats = airsi_load_relaxed(&worker->beats);
    if (beats != worker->watched_beats || (beats & 1) == 0) {
        worker->watched_beats = beats;
        worker->watched_since_ms = now_ms;
        worker->watched_cpu_ns = 0;
        return false;
    }
    return now_ms - worker->watched_since_ms >= STUCK_MS;
}

/* And that running or blocked. One that only waits for a core, since the machine is busy, is not stuck: taking its permit would not help anybody. */
static bool is_stuck(const airsi_worker *worker) {
    pid_t tid = airsi_load_relaxed(&worker->tid);
    uint64_t cpu = cpu_ns(tid);
    return cpu - worker->watched_cpu_ns >= STUCK_CPU_NS || (cpu == worker->watched_cpu_ns && sleeps(tid));
}

static bool all_permits_used(airsi_scheduler *scheduler) {
    return airsi_idle_running(&scheduler->idle) >= scheduler->permits;
}

static void take_permit(airsi_scheduler *scheduler, airsi_worker *worker) {
    uint32_t held = AIRSI_PERMIT_HELD;
    /* Relaxed, as the worker's: one of the two gets it, and it hands over nothing. */
    if (airsi_cas_strong_relaxed(&worker->permit, &held, AIRSI_PERMIT_TAKEN)) {
        /* Its handler runs on, and the thread ends with it: an unprivileged thread can't become less nice again. */
        setpriority(PRIO_PROCESS, (id_t)airsi_load_relaxed(&worker->tid), HOG_NICE);
        airsi_idle_release(&scheduler->idle);
        airsi_scheduler_replace(scheduler);
    }
}

static bool spare_is_left(airsi_scheduler *scheduler) {
    return airsi_load_relaxed(&scheduler->idle.awake) < scheduler->max_threads;
}

static void look_at(airsi_scheduler *scheduler, airsi_worker *worker, uint64_t now_ms) {
    if (!is_long(worker, now_ms)) {
        return;
    }
    empty_lifo(scheduler, worker);
    if (worker->watched_cpu_ns == 0) {
        worker->watched_cpu_ns = cpu_ns(airsi_load_relaxed(&worker->tid));
        return;
    }
    if (airsi_load_relaxed(&worker->permit) == AIRSI_PERMIT_HELD && all_permits_used(scheduler) && airsi_scheduler_has_work(scheduler) &&
        spare_is_left(scheduler) && is_stuck(worker)) {
        take_permit(scheduler, worker);
    }
}

/* Nobody is told of an actor that has used up its turn and goes behind others in its thread's queue, nor of a timer that falls due while all who are
 * awake block; and a thread may have been missing because it could not be made. */
static void use_free_permits(airsi_scheduler *scheduler) {
    if (!all_permits_used(scheduler) && airsi_scheduler_has_waiting(scheduler)) {
        airsi_scheduler_replace(scheduler);
    }
}

static void look(airsi_scheduler *scheduler) {
    uint64_t now_ms = airsi_scheduler_read_clock(scheduler);
    /* E38 acquire, pairs with E37. */
    uint32_t count = airsi_load_acquire(&scheduler->thread_count);
    for (uint32_t i = 0; i < count; i++) {
        look_at(scheduler, scheduler->threads[i], now_ms);
    }
    use_free_permits(scheduler);
}

/* Nobody is awake; and all can be woken. */
static bool is_idle(airsi_scheduler *scheduler) {
    return airsi_load_relaxed(&scheduler->idle.awake) == 0 && !airsi_idle_wants_thread(&scheduler->idle);
}

static void sleep_while_idle(airsi_scheduler *scheduler) {
    /* E43 seq_cst: either who wakes first sees that it has to wake this thread too, or this thread sees that somebody is awake. */
    airsi_store_seq_cst(&scheduler->monitor_sleeps, 1);
    if (airsi_load_seq_cst(&scheduler->idle.awake) == 0 && airsi_load_acquire(&scheduler->closed) == 0) {
        airsi_parker_wait(&scheduler->monitor_parker, AIRSI_PARK_FOR_EVER);
    }
    airsi_store_relaxed(&scheduler->monitor_sleeps, 0);
}

void *airsi_monitor_main(void *argument) {
    airsi_scheduler *scheduler = argument;
    unsigned idle_looks = 0;
    while (airsi_load_acquire(&scheduler->closed) == 0) {
        idle_looks = is_idle(scheduler) ? idle_looks + 1 : 0;
        if (idle_looks > IDLE_LOOKS) {
            sleep_while_idle(scheduler);
            continue;
        }
        look(scheduler);
        airsi_parker_wait(&scheduler->monitor_parker, airsi_clock_monotonic_ns() + LOOK_EVERY_NS);
    }
    return NULL;
}
