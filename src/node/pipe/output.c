#include "node/pipe/output.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

#include "base/memory.h"

/* Appending blocks from here on. A line is appended whole, so the buffer may be one line longer. */
#define FULL_AT (256u * 1024u)
/* A buffer that one long line made larger than this is given back. */
#define KEEP_AT_MOST (1024u * 1024u)
/* What a pipe that poll calls writable takes without blocking. */
#define PIECE 4096u

typedef struct chunk {
    char *bytes;
    size_t used, capacity;
} chunk;

struct airsi_output {
    int fd;
    int give_up_fd; /* a timer; readable: don't wait for the reader any more */
    bool may_block; /* not a regular file */
    void (*on_closed)(void *user);
    void *user;
    pthread_t thread;
    pthread_mutex_t lock;
    pthread_cond_t changed; /* of all below */
    chunk filling;          /* under lock */
    chunk writing;          /* the thread's, while it writes */
    bool closing;           /* under lock, as are the next two */
    bool failed;
    bool joined;
};

static bool reserve(chunk *c, size_t length) {
    size_t wanted = c->used + length;
    if (wanted <= c->capacity) {
        return true;
    }
    size_t capacity = c->capacity > 0 ? c->capacity : PIECE;
    while (capacity < wanted) {
        capacity *= 2;
    }
    char *bytes = airsi_realloc(c->bytes, capacity);
    if (bytes == NULL) {
        return false;
    }
    c->bytes = bytes;
    c->capacity = capacity;
    return true;
}

static void empty(chunk *c) {
    c->used = 0;
    if (c->capacity > KEEP_AT_MOST) {
        airsi_free(c->bytes);
        *c = (chunk){0};
    }
}

/* False: the reader would have to be waited for, and that was given up. */
static bool wait_writable(const airsi_output *output) {
    struct pollfd fds[2] = {{output->fd, POLLOUT, 0}, {output->give_up_fd, POLLIN, 0}};
    while (poll(fds, 2, -1) < 0 && errno == EINTR) {
    }
    return fds[0].revents != 0;
}

static bool write_chunk(const airsi_output *output, const chunk *c) {
    for (size_t at = 0; at < c->used;) {
        if (output->may_block && !wait_writable(output)) {
            return false;
        }
        size_t length = c->used - at;
        if (output->may_block && length > PIECE) {
            length = PIECE;
        }
        ssize_t wrote = write(output->fd, c->bytes + at, length);
        if (wrote < 0 && errno != EINTR && errno != EAGAIN) {
            return false;
        }
        at += wrote > 0 ? (size_t)wrote : 0;
    }
    return true;
}

/* Under the lock: takes what was appended. False: closed, and nothing is left. */
static bool take_filled(airsi_output *output) {
    while (output->filling.used == 0 && !output->closing && !output->failed) {
        pthread_cond_wait(&output->changed, &output->lock);
    }
    if (output->filling.used == 0 || output->failed) {
        return false;
    }
    chunk taken = output->filling;
    output->filling = output->writing;
    output->writing = taken;
    pthread_cond_broadcast(&output->changed);
    return true;
}

static void *write_all(void *argument) {
    airsi_output *output = argument;
    pthread_mutex_lock(&output->lock);
    while (take_filled(output)) {
        pthread_mutex_unlock(&output->lock);
        bool wrote = write_chunk(output, &output->writing);
        empty(&output->writing);
        if (!wrote && output->on_closed != NULL) {
            output->on_closed(output->user);
        }
        pthread_mutex_lock(&output->lock);
        output->failed = output->failed || !wrote;
        pthread_cond_broadcast(&output->changed);
    }
    pthread_cond_broadcast(&output->changed);
    pthread_mutex_unlock(&output->lock);
    return NULL;
}

static bool may_block(int fd) {
    struct stat info;
    return fstat(fd, &info) != 0 || !S_ISREG(info.st_mode);
}

airs_status airsi_output_open(int fd, void (*on_closed)(void *user), void *user, airsi_output **ret_output, airs_error *error) {
    airsi_output *output = airsi_calloc(1, sizeof *output);
    if (output == NULL) {
        return airs_error_set(error, AIRS_ENOMEM, "no memory for the output");
    }
    output->fd = fd;
    output->may_block = may_block(fd);
    output->on_closed = on_closed;
    output->user = user;
    output->give_up_fd = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);
    pthread_mutex_init(&output->lock, NULL);
    pthread_cond_init(&output->changed, NULL);
    int code = output->give_up_fd >= 0 ? pthread_create(&output->thread, NULL, write_all, output) : errno;
    if (code != 0) {
        output->joined = true;
        airsi_output_free(output);
        return airs_error_set(error, AIRS_EUNAVAILABLE, "no thread to write the output (%s)", strerror(code));
    }
    *ret_output = output;
    return AIRS_OK;
}

void airsi_output_line(airsi_output *output, const void *data, size_t length) {
    pthread_mutex_lock(&output->lock);
    while (output->filling.used >= FULL_AT && !output->failed && !output->closing) {
        pthread_cond_wait(&output->changed, &output->lock);
    }
    if (!output->failed && !reserve(&output->filling, length + 1)) {
        output->failed = true;
    }
    if (!output->failed) {
        chunk *c = &output->filling;
        if (length > 0) {
            memcpy(c->bytes + c->used, data, length);
        }
        c->bytes[c->used + length] = '\n';
        c->used += length + 1;
    }
    pthread_cond_broadcast(&output->changed);
    pthread_mutex_unlock(&output->lock);
}

void airsi_output_give_up_in(airsi_output *output, uint64_t ms) {
    /* Zero would disarm the timer. */
    struct itimerspec timer = {.it_value = {(time_t)(ms / 1000), (long)(ms % 1000) * 1000000 + 1}};
    timerfd_settime(output->give_up_fd, 0, &timer, NULL);
}

bool airsi_output_close(airsi_output *output) {
    pthread_mutex_lock(&output->lock);
    output->closing = true;
    pthread_cond_broadcast(&output->changed);
    pthread_mutex_unlock(&output->lock);
    if (!output->joined) {
        pthread_join(output->thread, NULL);
        output->joined = true;
    }
    return !airsi_output_failed(output);
}

bool airsi_output_failed(airsi_output *output) {
    pthread_mutex_lock(&output->lock);
    bool failed = output->failed;
    pthread_mutex_unlock(&output->lock);
    return failed;
}

void airsi_output_free(airsi_output *output) {
    if (output == NULL) {
        return;
    }
    if (!output->joined) {
        airsi_output_give_up_in(output, 0);
        airsi_output_close(output);
    }
    if (output->give_up_fd >= 0) {
        close(output->give_up_fd);
    }
    pthread_mutex_destroy(&output->lock);
    pthread_cond_destroy(&output->changed);
    airsi_free(output->filling.bytes);
    airsi_free(output->writing.bytes);
    airsi_free(output);
}
