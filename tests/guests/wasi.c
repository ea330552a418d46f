/* What of WASI preview 1 a C library can see: "clock", "random", "sleep N", "files", "stdin", "environment", "part TEXT" (printed without LF),
 * "much N" (N bytes printed in one line), "tty". */
#include <airs.h>

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <time.h>
#include <unistd.h>

extern char **environ;

static airs_result reply_text(const char *text) {
    return airs_reply_with(text, strlen(text));
}

/* Both ways to ask for the time agree within a second, and neither stands still or goes back. */
static airs_result clocks(void) {
    struct timespec wall, first, second;
    clock_gettime(CLOCK_REALTIME, &wall);
    clock_gettime(CLOCK_MONOTONIC, &first);
    clock_gettime(CLOCK_MONOTONIC, &second);
    uint64_t host = airs_wall_clock_ns(), ours = (uint64_t)wall.tv_sec * 1000000000u + (uint64_t)wall.tv_nsec;
    bool agree = host >= ours && host - ours < 1000000000u;
    bool forward = second.tv_sec > first.tv_sec || (second.tv_sec == first.tv_sec && second.tv_nsec >= first.tv_nsec);
    return reply_text(agree && forward ? "ok" : "wrong");
}

static airs_result randoms(void) {
    uint64_t a[2] = {0}, b[2] = {0};
    if (getentropy(a, sizeof a) != 0 || getentropy(b, sizeof b) != 0) {
        return airs_failf("getentropy: %d", errno);
    }
    return reply_text(memcmp(a, b, sizeof a) != 0 && airs_random_u64() != airs_random_u64() ? "ok" : "the same twice");
}

/* Replies with the ms it slept. */
static airs_result sleep_for(unsigned long ms) {
    struct timespec time = {.tv_sec = (time_t)(ms / 1000), .tv_nsec = (long)(ms % 1000) * 1000000};
    uint64_t start = airs_monotonic_clock_ns();
    if (clock_nanosleep(CLOCK_MONOTONIC, 0, &time, NULL) != 0) {
        return airs_fail("clock_nanosleep failed");
    }
    char text[32];
    snprintf(text, sizeof text, "%llu", (airs_monotonic_clock_ns() - start) / 1000000);
    return reply_text(text);
}

static airs_result much(unsigned long count) {
    for (unsigned long i = 0; i < count; i++) {
        putchar('x');
    }
    putchar('\n');
    fflush(stdout);
    return reply_text("ok");
}

static airs_result handle_message(const airs_message *message) {
    const char *text = message->data;
    char byte;
    if (strcmp(text, "clock") == 0) {
        return clocks();
    }
    if (strcmp(text, "random") == 0) {
        return randoms();
    }
    if (strncmp(text, "sleep ", 6) == 0) {
        return sleep_for(strtoul(text + 6, NULL, 10));
    }
    if (strcmp(text, "files") == 0) {
        return reply_text(open("/etc/passwd", O_RDONLY) < 0 && fopen("x", "w") == NULL ? "none" : "opened");
    }
    if (strcmp(text, "stdin") == 0) {
        return reply_text(read(0, &byte, 1) == 0 ? "end" : "not at its end");
    }
    if (strcmp(text, "environment") == 0) {
        return reply_text(environ == NULL || environ[0] == NULL ? "empty" : environ[0]);
    }
    if (strcmp(text, "tty") == 0) {
        return reply_text(isatty(0) && isatty(1) && isatty(2) && !isatty(3) ? "ok" : "wrong");
    }
    if (strncmp(text, "part ", 5) == 0) {
        printf("%s", text + 5);
        fflush(stdout);
        return reply_text("ok");
    }
    return strncmp(text, "much ", 5) == 0 ? much(strtoul(text + 5, NULL, 10)) : airs_failf("unknown: %s", text);
}
AIRS_HANDLE_MESSAGE(handle_message);
