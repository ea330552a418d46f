#define _GNU_SOURCE
#include "explorer/engine/posix.h"

#include <errno.h>
#include <linux/futex.h>
#include <stdarg.h>
#include <string.h>
#include <sys/syscall.h>

#include "explorer/engine/heap.h"

#define PC ((uintptr_t)__builtin_return_address(0))

/* ---- memory ---- */

void *explorer_malloc(size_t size) {
    return heap_new(size, 16);
}

void *explorer_calloc(size_t count, size_t size) {
    void *block = heap_new(count * size, 16);
    explorer_memset(block, 0, count * size);
    return block;
}

void *explorer_realloc(void *old, size_t size) {
    void *block = heap_new(size, 16);
    if (old != NULL) {
        size_t before = heap_size(old);
        explorer_memcpy(block, old, before < size ? before : size);
        heap_delete(old, PC);
    }
    return block;
}

void *explorer_aligned_alloc(size_t alignment, size_t size) {
    return heap_new(size, alignment);
}

int explorer_posix_memalign(void **ret, size_t alignment, size_t size) {
    *ret = heap_new(size, alignment);
    return 0;
}

void explorer_free(void *block) {
    if (block != NULL) {
        heap_delete(block, PC);
    }
}

void *explorer_memcpy(void *to, const void *from, size_t size) {
    memory_plain((uintptr_t)from, size, false, PC);
    memory_plain((uintptr_t)to, size, true, PC);
    return memcpy(to, from, size);
}

void *explorer_memmove(void *to, const void *from, size_t size) {
    memory_plain((uintptr_t)from, size, false, PC);
    memory_plain((uintptr_t)to, size, true, PC);
    return memmove(to, from, size);
}

void *explorer_memset(void *to, int byte, size_t size) {
    memory_plain((uintptr_t)to, size, true, PC);
    return memset(to, byte, size);
}

/* ---- locks: a word, 0 is free ---- */

static bool is_zero(wide value, wide argument) {
    (void)argument;
    return value == 0;
}

static bool lacks_bit(wide value, wide argument) {
    return (value & argument) == 0;
}

static step word(const volatile void *p, uint8_t order, uintptr_t pc) {
    step a = {.address = (uintptr_t)p, .size = 4, .pc = pc, .order = order};
    return a;
}

static wide change(step *a, wide clear, wide set) {
    ref read;
    wide old = model_read(a, &read);
    E.threads[E.current].halfway = true;
    a->wanted = NULL;
    model_write(a, (old & ~clear) | set, &read);
    return old;
}

int explorer_mutex_init(pthread_mutex_t *mutex, const pthread_mutexattr_t *attributes) {
    (void)attributes;
    explorer_memset(mutex, 0, sizeof(pthread_mutex_t));
    return 0;
}

int explorer_mutex_destroy(pthread_mutex_t *mutex) {
    (void)mutex;
    return 0;
}

static void lock(pthread_mutex_t *mutex, uintptr_t pc) {
    if (E.current >= 0) {
        step a = word(mutex, memory_order_acquire, pc);
        a.wanted = is_zero;
        change(&a, 0, 1);
    }
}

static void unlock(pthread_mutex_t *mutex, uintptr_t pc) {
    if (E.current >= 0) {
        step a = word(mutex, memory_order_release, pc);
        model_write(&a, 0, NULL);
    }
}

int explorer_mutex_lock(pthread_mutex_t *mutex) {
    lock(mutex, PC);
    return 0;
}

int explorer_mutex_unlock(pthread_mutex_t *mutex) {
    unlock(mutex, PC);
    return 0;
}

int explorer_mutex_trylock(pthread_mutex_t *mutex) {
    if (E.current < 0) {
        return 0;
    }
    step a = word(mutex, memory_order_acquire, PC);
    ref read;
    if (model_read(&a, &read) != 0) {
        return EBUSY;
    }
    E.threads[E.current].halfway = true;
    model_write(&a, 1, &read);
    return 0;
}

/* ---- conditions: a word with a bit for each thread that waits. Any of them may be woken; none wakes by itself. ---- */

int explorer_cond_init(pthread_cond_t *condition, const pthread_condattr_t *attributes) {
    (void)attributes;
    explorer_memset(condition, 0, sizeof(pthread_cond_t));
    return 0;
}

int explorer_cond_destroy(pthread_cond_t *condition) {
    (void)condition;
    return 0;
}

static void wait_in_queue(uintptr_t queue, bool timed, uintptr_t pc) {
    step a = word((const void *)queue, memory_order_acquire, pc);
    a.wanted = lacks_bit;
    a.argument = (wide)1 << E.current;
    a.timed = timed;
    model_read(&a, NULL);
}

static void enter_queue(uintptr_t queue, uintptr_t pc) {
    step a = word((const void *)queue, memory_order_acq_rel, pc);
    change(&a, 0, (wide)1 << E.current);
}

/* true: it was still in it. */
static bool leave_queue(uintptr_t queue, uintptr_t pc) {
    step a = word((const void *)queue, memory_order_acq_rel, pc);
    wide bit = (wide)1 << E.current;
    return (change(&a, bit, 0) & bit) != 0;
}

static void wake_queue(uintptr_t queue, unsigned most, uintptr_t pc) {
    step a = word((const void *)queue, memory_order_acq_rel, pc);
    ref read;
    unsigned waiting = (unsigned)model_read(&a, &read);
    unsigned woken = 0;
    unsigned count = (unsigned)__builtin_popcount(waiting);
    for (; most > 0 && count > 0; most--, count--) {
        unsigned left = waiting & ~woken;
        for (unsigned skip = count > most ? explorer_choose(count) : 0; skip > 0; skip--) {
            left &= left - 1;
        }
        woken |= left & -left;
    }
    E.threads[E.current].halfway = true;
    model_write(&a, waiting & ~woken, &read);
}

int explorer_cond_wait(pthread_cond_t *condition, pthread_mutex_t *mutex) {
    uintptr_t queue = (uintptr_t)condition;
    enter_queue(queue, PC);
    unlock(mutex, PC);
    wait_in_queue(queue, false, PC);
    lock(mutex, PC);
    return 0;
}

int explorer_cond_timedwait(pthread_cond_t *condition, pthread_mutex_t *mutex, const struct timespec *until) {
    (void)until;
    uintptr_t queue = (uintptr_t)condition;
    bool late = false;
    enter_queue(queue, PC);
    unlock(mutex, PC);
    if (explorer_choose(2) == 1) {
        late = leave_queue(queue, PC);
    } else {
        wait_in_queue(queue, true, PC);
    }
    lock(mutex, PC);
    return late ? ETIMEDOUT : 0;
}

int explorer_cond_signal(pthread_cond_t *condition) {
    if (E.current >= 0) {
        wake_queue((uintptr_t)condition, 1, PC);
    }
    return 0;
}

int explorer_cond_broadcast(pthread_cond_t *condition) {
    if (E.current >= 0) {
        wake_queue((uintptr_t)condition, THREADS, PC);
    }
    return 0;
}

/* ---- futexes: the kernel looks at the word with its queue locked, so whoever wakes comes before, and is seen, or after, and finds the sleeper ---- */

static long futex_wait(uintptr_t address, uint32_t expected, bool timed, uintptr_t pc) {
    uintptr_t queue = address | UINT64_C(1) << 63;
    enter_queue(queue, pc);
    step a = word((const void *)address, memory_order_relaxed, pc);
    if ((uint32_t)model_read(&a, NULL) != expected) {
        leave_queue(queue, pc);
        errno = EAGAIN;
        return -1;
    }
    if (timed && explorer_choose(2) == 1) {
        leave_queue(queue, pc);
        errno = ETIMEDOUT;
        return -1;
    }
    wait_in_queue(queue, timed, pc);
    return 0;
}

long explorer_syscall(long number, ...) {
    va_list arguments;
    va_start(arguments, number);
    uintptr_t address = va_arg(arguments, uintptr_t);
    int operation = va_arg(arguments, int) & FUTEX_CMD_MASK;
    uint32_t value = va_arg(arguments, uint32_t);
    const void *until = va_arg(arguments, const void *);
    va_end(arguments);
    if (number != SYS_futex) {
        report(EXPLORER_CHECK, PC, "system call %ld is not modelled", number);
    }
    if (operation == FUTEX_WAIT || operation == FUTEX_WAIT_BITSET) {
        return futex_wait(address, value, until != NULL, PC);
    }
    if (E.current >= 0) {
        wake_queue(address | UINT64_C(1) << 63, value < THREADS ? value : THREADS, PC);
    }
    return 0;
}

/* ---- the rest ---- */

#define KEYS 8
static void *specific[KEYS][THREADS + 1];
static unsigned keys;

int explorer_key_create(pthread_key_t *key, void (*destructor)(void *)) {
    (void)destructor;
    *key = keys++ % KEYS;
    memset(specific[*key], 0, sizeof specific[*key]);
    return 0;
}

int explorer_key_delete(pthread_key_t key) {
    (void)key;
    return 0;
}

void *explorer_getspecific(pthread_key_t key) {
    return specific[key][E.current + 1];
}

int explorer_setspecific(pthread_key_t key, const void *value) {
    specific[key][E.current + 1] = (void *)(uintptr_t)value;
    return 0;
}

/* Each thread sees a millisecond pass from one look at the clock to the next. */
int explorer_clock_gettime(clockid_t clock, struct timespec *ret) {
    (void)clock;
    unsigned reads = E.current < 0 ? 0 : ++E.threads[E.current].clock_reads;
    *ret = (struct timespec){.tv_sec = 1, .tv_nsec = 1000000L * reads};
    return 0;
}

/* Programs have the threads they say; more can't be had. */
int explorer_thread_create(pthread_t *thread, /* NOLINT(readability-non-const-parameter) */ const pthread_attr_t *attributes,
                           void *(*run)(void *), void *argument) {
    (void)thread;
    (void)attributes;
    (void)run;
    (void)argument;
    return EAGAIN;
}

void explorer_pauses_go_on(void) {
    E.pauses_go_on = true;
}

/* In a loop that waits: nothing changes before what was read last does. */
void explorer_pause(void) {
    if (E.current < 0 || E.pauses_go_on) {
        return;
    }
    const thread *t = &E.threads[E.current];
    model_settle();
    for (unsigned i = t->done; i-- > 0;) {
        ref r = {(int8_t)E.current, (uint16_t)i};
        if (event_at(r)->kind == READ) {
            give_up_thread(r, false);
        }
    }
}

int explorer_sched_yield(void) {
    explorer_pause();
    return 0;
}

ssize_t explorer_getrandom(void *bytes, size_t length, unsigned flags) {
    (void)flags;
    explorer_memset(bytes, 0x5C, length);
    return (ssize_t)length;
}

void explorer_abort(void) {
    explorer_fail("abort", 0, "the program gave up");
}

void explorer_assert_fail(const char *what, const char *file, unsigned line, const char *function) {
    (void)function;
    explorer_fail(file, (int)line, what);
}
