#include "node/host/control.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "base/atomic.h"
#include "base/memory.h"

struct airsi_control {
    int signal_fd; /* const after new, as are the next two */
    int wake_fd;   /* written by _request and _join */
    int stop_fd;   /* written once, never read: readable means stopping */
    airs_system *system;
    airsi_control_hooks hooks;
    pthread_t thread;
    bool started;                   /* owner's thread */
    AIRSI_ATOMIC(int) cause;        /* any thread; an airsi_stop_cause, set once */
    AIRSI_ATOMIC(int) asked_to_end; /* any thread */
};

const char *airsi_stop_cause_text(airsi_stop_cause cause) {
    static const char *const texts[] = {"nothing", "SIGINT", "SIGTERM", "every component has stopped", "stdout is closed"};
    return texts[cause];
}

static void stop_signals(sigset_t *set) {
    sigemptyset(set);
    sigaddset(set, SIGINT);
    sigaddset(set, SIGTERM);
}

void airsi_control_block_signals(void) {
    sigset_t set;
    stop_signals(&set);
    pthread_sigmask(SIG_BLOCK, &set, NULL);
    signal(SIGPIPE, SIG_IGN);
}

static void raise_fd(int fd) {
    const uint64_t one = 1;
    while (write(fd, &one, sizeof one) < 0 && errno == EINTR) {
    }
}

airs_status airsi_control_new(airsi_control **ret_control, airs_error *error) {
    airsi_control *control = airsi_calloc(1, sizeof *control);
    if (control == NULL) {
        return airs_error_set(error, AIRS_ENOMEM, "no memory to listen for signals");
    }
    sigset_t set;
    stop_signals(&set);
    control->signal_fd = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
    control->wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    control->stop_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (control->signal_fd < 0 || control->wake_fd < 0 || control->stop_fd < 0) {
        airs_error_set(error, AIRS_EUNAVAILABLE, "no descriptors to listen for signals (%s)", strerror(errno));
        airsi_control_free(control);
        return AIRS_EUNAVAILABLE;
    }
    *ret_control = control;
    return AIRS_OK;
}

/* True for the first cause only. */
static bool settle_cause(airsi_control *control, airsi_stop_cause cause) {
    int none = AIRSI_STOP_NONE;
    return airsi_cas_strong_acq_rel(&control->cause, &none, (int)cause);
}

void airsi_control_request(airsi_control *control, airsi_stop_cause cause) {
    if (settle_cause(control, cause)) {
        raise_fd(control->wake_fd);
    }
}

/* The signals since the last look: the first may be the cause, each further one interrupts. */
static unsigned take_signals(airsi_control *control) {
    unsigned interrupts = 0;
    struct signalfd_siginfo info;
    while (read(control->signal_fd, &info, sizeof info) == (ssize_t)sizeof info) {
        if (!settle_cause(control, info.ssi_signo == SIGINT ? AIRSI_STOP_SIGINT : AIRSI_STOP_SIGTERM)) {
            interrupts++;
        }
    }
    return interrupts;
}

static void call(void (*hook)(void *user), void *user) {
    if (hook != NULL) {
        hook(user);
    }
}

static void *listen_for_ends(void *argument) {
    airsi_control *control = argument;
    struct pollfd fds[2] = {{control->signal_fd, POLLIN, 0}, {control->wake_fd, POLLIN, 0}};
    bool stopping = false;
    int timeout = control->hooks.tick_ms != 0 ? (int)control->hooks.tick_ms : -1;
    while (!airsi_load_acquire(&control->asked_to_end)) {
        if (poll(fds, 2, timeout) == 0) {
            call(control->hooks.on_tick, control->hooks.user);
            continue;
        }
        uint64_t count;
        if (read(control->wake_fd, &count, sizeof count) < 0) {
            count = 0; /* it was a signal */
        }
        unsigned interrupts = take_signals(control);
        if (!stopping && airsi_load_acquire(&control->cause) != AIRSI_STOP_NONE) {
            stopping = true;
            airs_system_close_sources(control->system);
            raise_fd(control->stop_fd);
            call(control->hooks.on_stop, control->hooks.user);
        }
        if (interrupts > 0) {
            airs_system_interrupt(control->system);
            call(control->hooks.on_interrupt, control->hooks.user);
        }
    }
    return NULL;
}

airs_status airsi_control_start(airsi_control *control, airs_system *system, const airsi_control_hooks *hooks, airs_error *error) {
    control->system = system;
    control->hooks = *hooks;
    int code = pthread_create(&control->thread, NULL, listen_for_ends, control);
    if (code != 0) {
        return airs_error_set(error, AIRS_EUNAVAILABLE, "no thread to listen for signals (%s)", strerror(code));
    }
    control->started = true;
    return AIRS_OK;
}

airsi_stop_cause airsi_control_wait(airsi_control *control) {
    struct pollfd fd = {control->stop_fd, POLLIN, 0};
    while (poll(&fd, 1, -1) < 0 && errno == EINTR) {
    }
    return airsi_control_cause(control);
}

airsi_stop_cause airsi_control_cause(const airsi_control *control) {
    return (airsi_stop_cause)airsi_load_acquire(&control->cause);
}

int airsi_control_stop_fd(const airsi_control *control) {
    return control->stop_fd;
}

void airsi_control_join(airsi_control *control) {
    if (control->started) {
        airsi_store_release(&control->asked_to_end, 1);
        raise_fd(control->wake_fd);
        pthread_join(control->thread, NULL);
        control->started = false;
    }
}

static void close_fd(int fd) {
    if (fd >= 0) {
        close(fd);
    }
}

void airsi_control_free(airsi_control *control) {
    if (control == NULL) {
        return;
    }
    airsi_control_join(control);
    close_fd(control->signal_fd);
    close_fd(control->wake_fd);
    close_fd(control->stop_fd);
    airsi_free(control);
}
