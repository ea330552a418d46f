#include "node/pipe/reply_window.h"

#include <pthread.h>
#include <string.h>

#include "base/memory.h"

struct airsi_reply_slot {
    airsi_reply_window *window;
    airsi_reply reply;
    bool ended; /* under the window's lock */
};

/* Slots [taken, begun) are in use, at their number modulo capacity: taken <= begun <= taken + capacity. */
struct airsi_reply_window {
    pthread_mutex_t lock;
    pthread_cond_t room;     /* for begin */
    pthread_cond_t progress; /* for take */
    airsi_reply_slot *slots;
    size_t capacity;
    size_t bytes_max;
    size_t bytes; /* of ends that were not taken; this and the rest under lock */
    uint64_t begun, taken;
    bool closed;
    bool abandoned;
};

airs_status airsi_reply_window_new(size_t requests, size_t bytes, airsi_reply_window **ret_window, airs_error *error) {
    airsi_reply_window *window = airsi_calloc(1, sizeof *window);
    airsi_reply_slot *slots = airsi_calloc(requests, sizeof *slots);
    if (window == NULL || slots == NULL) {
        airsi_free(window);
        airsi_free(slots);
        return airs_error_set(error, AIRS_ENOMEM, "no memory for a window of %zu requests", requests);
    }
    window->slots = slots;
    window->capacity = requests;
    window->bytes_max = bytes;
    pthread_mutex_init(&window->lock, NULL);
    pthread_cond_init(&window->room, NULL);
    pthread_cond_init(&window->progress, NULL);
    for (size_t i = 0; i < requests; i++) {
        slots[i].window = window;
    }
    *ret_window = window;
    return AIRS_OK;
}

void airsi_reply_window_free(airsi_reply_window *window) {
    if (window == NULL) {
        return;
    }
    for (uint64_t i = window->taken; i < window->begun; i++) {
        airsi_free(window->slots[i % window->capacity].reply.data);
    }
    pthread_mutex_destroy(&window->lock);
    pthread_cond_destroy(&window->room);
    pthread_cond_destroy(&window->progress);
    airsi_free(window->slots);
    airsi_free(window);
}

static bool has_room(const airsi_reply_window *window) {
    return window->begun - window->taken < window->capacity && window->bytes < window->bytes_max;
}

airsi_reply_slot *airsi_reply_window_begin(airsi_reply_window *window, uint64_t number) {
    airsi_reply_slot *slot = NULL;
    pthread_mutex_lock(&window->lock);
    while (!has_room(window) && !window->closed) {
        pthread_cond_wait(&window->room, &window->lock);
    }
    if (!window->closed) {
        slot = &window->slots[window->begun++ % window->capacity];
        slot->reply = (airsi_reply){.number = number};
        slot->ended = false;
    }
    pthread_mutex_unlock(&window->lock);
    return slot;
}

void airsi_reply_window_undo(airsi_reply_window *window) {
    pthread_mutex_lock(&window->lock);
    window->begun--;
    pthread_cond_signal(&window->progress);
    pthread_mutex_unlock(&window->lock);
}

void airsi_reply_slot_end(airsi_reply_slot *slot, airs_status status, const void *data, size_t length) {
    airsi_reply_window *window = slot->window;
    char *copy = length > 0 ? airsi_malloc(length) : NULL;
    if (length > 0 && copy == NULL) {
        status = AIRS_ENOMEM;
        length = 0;
    } else if (length > 0) {
        memcpy(copy, data, length);
    }
    pthread_mutex_lock(&window->lock);
    slot->reply.status = status;
    slot->reply.data = copy;
    slot->reply.length = length;
    slot->ended = true;
    window->bytes += length;
    if (slot == &window->slots[window->taken % window->capacity]) {
        pthread_cond_signal(&window->progress);
    }
    pthread_mutex_unlock(&window->lock);
}

void airsi_reply_window_close(airsi_reply_window *window) {
    pthread_mutex_lock(&window->lock);
    window->closed = true;
    pthread_cond_broadcast(&window->room);
    pthread_cond_broadcast(&window->progress);
    pthread_mutex_unlock(&window->lock);
}

void airsi_reply_window_abandon(airsi_reply_window *window) {
    pthread_mutex_lock(&window->lock);
    window->abandoned = true;
    pthread_mutex_unlock(&window->lock);
    airsi_reply_window_close(window);
}

static bool next_has_ended(const airsi_reply_window *window) {
    return window->taken < window->begun && window->slots[window->taken % window->capacity].ended;
}

static bool all_taken(const airsi_reply_window *window) {
    return window->closed && window->taken == window->begun;
}

bool airsi_reply_window_take(airsi_reply_window *window, airsi_reply *ret_reply) {
    pthread_mutex_lock(&window->lock);
    while (!next_has_ended(window) && !all_taken(window) && !window->abandoned) {
        pthread_cond_wait(&window->progress, &window->lock);
    }
    bool taken = next_has_ended(window);
    if (taken) {
        *ret_reply = window->slots[window->taken % window->capacity].reply;
        window->taken++;
        window->bytes -= ret_reply->length;
        pthread_cond_signal(&window->room);
    }
    pthread_mutex_unlock(&window->lock);
    return taken;
}
