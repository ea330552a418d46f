#include "core/scheduler/runqueue.h"

#include <string.h>

#include "core/actor/actor.h"

#define SPINS 1000 /* some ten microseconds: less than half of what waking a sleeping core costs */

void airsi_runqueue_init(airsi_runqueue *queue, unsigned workers) {
    memset(queue, 0, sizeof *queue);
    airsi_cond_init(&queue->changed);
    airsi_mutex_init(&queue->mutex, AIRSI_RANK_RUNQUEUE);
    queue->workers = workers;
}

void airsi_runqueue_fini(airsi_runqueue *queue) {
    pthread_cond_destroy(&queue->changed);
    airsi_mutex_fini(&queue->mutex);
}

void airsi_runqueue_push(airsi_runqueue *queue, airsi_actor *actor) {
    actor->run_next = NULL;
    airsi_lock(&queue->mutex);
    if (queue->last != NULL) {
        queue->last->run_next = actor;
    } else {
        queue->first = actor;
    }
    queue->last = actor;
    airsi_store_relaxed(&queue->length, airsi_load_relaxed(&queue->length) + 1);
    bool wake = queue->sleepers > 0;
    airsi_unlock(&queue->mutex);
    if (wake) {
        pthread_cond_signal(&queue->changed);
    }
}

airsi_actor *airsi_runqueue_pop(airsi_runqueue *queue) {
    if (airsi_load_relaxed(&queue->length) == 0) {
        return NULL;
    }
    airsi_lock(&queue->mutex);
    airsi_actor *actor = queue->first;
    if (actor != NULL) {
        queue->first = actor->run_next;
        if (queue->first == NULL) {
            queue->last = NULL;
        }
        airsi_store_relaxed(&queue->length, airsi_load_relaxed(&queue->length) - 1);
    }
    airsi_unlock(&queue->mutex);
    return actor;
}

static bool spin(const airsi_runqueue *queue) {
    for (int i = 0; i < SPINS; i++) {
        if (airsi_load_relaxed(&queue->length) > 0) {
            return true;
        }
        __builtin_ia32_pause();
    }
    return false;
}

static void fall_asleep(airsi_runqueue *queue) {
    queue->sleepers++;
    if (queue->sleepers == queue->workers) {
        if (queue->on_activity != NULL) {
            queue->on_activity(queue->activity_user, false);
        }
        queue->on_idle(queue->idle_user);
    }
}

static void wake_up(airsi_runqueue *queue) {
    if (queue->sleepers == queue->workers && queue->on_activity != NULL) {
        queue->on_activity(queue->activity_user, true);
    }
    queue->sleepers--;
}

void airsi_runqueue_wait(airsi_runqueue *queue, uint64_t until_ms) {
    if (spin(queue)) {
        return;
    }
    airsi_lock(&queue->mutex);
    if (queue->first == NULL && !queue->closed) {
        fall_asleep(queue);
        if (until_ms == UINT64_MAX) {
            airsi_cond_wait(&queue->changed, &queue->mutex);
        } else {
            airsi_cond_wait_until(&queue->changed, &queue->mutex, until_ms * 1000000u);
        }
        wake_up(queue);
    }
    airsi_unlock(&queue->mutex);
}

void airsi_runqueue_poke(airsi_runqueue *queue) {
    airsi_lock(&queue->mutex);
    bool wake = queue->sleepers > 0;
    airsi_unlock(&queue->mutex);
    if (wake) {
        pthread_cond_signal(&queue->changed);
    }
}

void airsi_runqueue_close(airsi_runqueue *queue) {
    airsi_lock(&queue->mutex);
    queue->closed = true;
    airsi_unlock(&queue->mutex);
    pthread_cond_broadcast(&queue->changed);
}

bool airsi_runqueue_closed(airsi_runqueue *queue) {
    airsi_lock(&queue->mutex);
    bool closed = queue->closed;
    airsi_unlock(&queue->mutex);
    return closed;
}
