/* Does what it is told: "trap", "loop", "grow", "stack", "divide", "outside", "exit N", "fail TEXT", "print TEXT", "complain TEXT" (stderr),
 * "log TEXT"; anything else is echoed. Counts since it was started: "count" is answered with the messages this incarnation has had. */
#include <airs.h>

static unsigned count;
static volatile unsigned zero;

static airs_result loop_for_ever(void) {
    for (volatile unsigned i = 0;; i++) {
    }
}

/* Grows memory to its limit and says where that was. */
static airs_result grow(void) {
    while (__builtin_wasm_memory_grow(0, 1) != SIZE_MAX) {
    }
    char text[64];
    snprintf(text, sizeof text, "%zu pages", __builtin_wasm_memory_size(0));
    return airs_reply_with(text, strlen(text));
}

/* Kept from being turned into a loop by what it does with its array; it never ends, which the compiler can't know. */
__attribute__((noinline)) static unsigned deeper(volatile char *above) {
    volatile char mine[64];
    mine[0] = (char)(above[0] + 1);
    if (zero != 0) {
        return 0;
    }
    return deeper(mine) + (unsigned)mine[0];
}

static const char *argument(const airs_message *message, const char *command) {
    size_t length = strlen(command);
    return strncmp(message->data, command, length) == 0 ? message->data + length : NULL;
}

static airs_result do_as_told(const airs_message *message) {
    const char *text;
    if ((text = argument(message, "exit ")) != NULL) {
        exit(atoi(text));
    }
    if ((text = argument(message, "fail ")) != NULL) {
        return airs_fail(text);
    }
    if ((text = argument(message, "print ")) != NULL) {
        printf("%s\n", text);
        return airs_reply_with("", 0);
    }
    if ((text = argument(message, "complain ")) != NULL) {
        fprintf(stderr, "%s\n", text);
        return airs_reply_with("", 0);
    }
    if ((text = argument(message, "log ")) != NULL) {
        airs_log(AIRS_INFO, text);
        return airs_reply_with("", 0);
    }
    return airs_reply_with(message->data, message->length);
}

static airs_result handle_message(const airs_message *message) {
    count++;
    if (strcmp(message->data, "trap") == 0) {
        __builtin_trap();
    }
    if (strcmp(message->data, "loop") == 0) {
        return loop_for_ever();
    }
    if (strcmp(message->data, "grow") == 0) {
        return grow();
    }
    if (strcmp(message->data, "stack") == 0) {
        volatile char top[1] = {0};
        return airs_failf("%u", deeper(top));
    }
    if (strcmp(message->data, "divide") == 0) {
        return airs_failf("%u", count / zero);
    }
    if (strcmp(message->data, "outside") == 0) {
        return airs_failf("%d", *(volatile char *)0xfffffff0u);
    }
    if (strcmp(message->data, "count") == 0) {
        char text[16];
        snprintf(text, sizeof text, "%u", count);
        return airs_reply_with(text, strlen(text));
    }
    return do_as_told(message);
}
AIRS_HANDLE_MESSAGE(handle_message);
