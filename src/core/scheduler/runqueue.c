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
        airsi_pause();
    }
    return false;
}

static void fall_asleep(airsi_runqueue *queue) {
    queue->sleepers++;
    if (queue->sleepers == queue->workers) {
        if (queue->on_activity != NULL) {
            queue->on_activity(queue->activity_user, false);
        }
        queue->on_idle(queue->system);
    }
}

static void wake_up(airsi_runqueue *queue) {
    if (queue->sleepers == queue->workers && queue->on_activity != NULL) {
        queue->on_activity(queue->activity_user, true);
    }
    queue->sleepers--;
    if (queue->sleepers == 0) {
        airsi_store_relaxed(&queue->asleep_until_ms, 0);
    }
}

/* With the mutex held. When to wake; 0: something fell due before, so don't sleep. */
static uint64_t announce_sleep(airsi_runqueue *queue, uint64_t latest_ms) {
    uint64_t due = queue->next_due(queue->system);
    uint64_t until = due < latest_ms ? due : latest_ms;
    uint64_t others = airsi_load_relaxed(&queue->asleep_until_ms);
    /* E23 seq_cst, pairs with itself: announced here, then next_due read again; changed there, then this read. One of the two sees the other. */
    airsi_exchange_seq_cst(&queue->asleep_until_ms, until > others ? until : others);
    return queue->next_due(queue->system) < until ? 0 : until;
}

void airsi_runqueue_wait(airsi_runqueue *queue, uint64_t latest_ms) {
    if (spin(queue)) {
        return;
    }
    airsi_lock(&queue->mutex);
    if (queue->first == NULL && !queue->closed) {
        fall_asleep(queue);
        uint64_t until_ms = announce_sleep(queue, latest_ms);
        if (until_ms == UINT64_MAX) {
            airsi_cond_wait(&queue->changed, &queue->mutex);
        } else if (until_ms != 0) {
            airsi_cond_wait_until(&queue->changed, &queue->mutex, until_ms * 1000000u);
        }
        wake_up(queue);
    }
    airsi_unlock(&queue->mutex);
}

void airsi_runqueue_poke(airsi_runqueue *queue, uint64_t due_ms) {
    /* E23. */
    if (due_ms >= airsi_load_seq_cst(&queue->asleep_until_ms)) {
        return;
    }
    airsi_lock(&queue->mutex);
    if (queue->sleepers > 0) {
        /* All of them: who wakes for another reason may stay in a handler for long, so none may count on another. */
        airsi_store_relaxed(&queue->asleep_until_ms, due_ms);
        pthread_cond_broadcast(&queue->changed);
    }
    airsi_unlock(&queue->mutex);
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
