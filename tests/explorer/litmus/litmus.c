#include "explorer/litmus/litmus.h"

#include <linux/futex.h>
#include <pthread.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/atomic.h"
#include "explorer/litmus/outcomes.h"

static AIRSI_ATOMIC(int) x, y, z;
static int plain[4];
static int seen[4];

static void clear(void) {
    x = y = z = 0;
    for (int i = 0; i < 4; i++) {
        plain[i] = seen[i] = 0;
    }
}

static void note_2(void) {
    outcome_note(seen, 2);
}

static void note_3(void) {
    outcome_note(seen, 3);
}

static void note_4(void) {
    outcome_note(seen, 4);
}

static void note_writes(void) {
    int values[] = {x, y};
    outcome_note(values, 2);
}

#define load_of(p, order) atomic_load_explicit((p), memory_order_##order)
#define store_to(p, v, order) atomic_store_explicit((p), (v), memory_order_##order)

#define PROGRAM(program, count, the_finish, expected) \
    const explorer_program litmus_##program = {       \
        .name = #program,                             \
        .threads = (count),                           \
        .setup = clear,                               \
        .thread = run_##program,                      \
        .finish = (the_finish),                       \
    };                                                \
    const char litmus_expected_##program[] = expected;
#define WRONG_PROGRAM(program, count, the_setup, the_finish) \
    const explorer_program litmus_##program = {              \
        .name = #program, .threads = (count), .setup = (the_setup), .thread = run_##program, .finish = (the_finish)};

static void run_message_passing_with_release_and_acquire(unsigned thread) {
    if (thread == 0) {
        plain[0] = 1;
        store_to(&x, 1, release);
    } else {
        seen[0] = load_of(&x, acquire);
        seen[1] = seen[0] != 0 ? plain[0] : 0;
    }
}
PROGRAM(message_passing_with_release_and_acquire, 2, note_2, "00 11")

static void run_message_passing_relaxed(unsigned thread) {
    if (thread == 0) {
        store_to(&x, 1, relaxed);
        store_to(&y, 1, relaxed);
    } else {
        seen[0] = load_of(&y, relaxed);
        seen[1] = load_of(&x, relaxed);
    }
}
PROGRAM(message_passing_relaxed, 2, note_2, "00 01 10 11")

#define STORE_BUFFERING(program, store_order, load_order, expected) \
    static void run_##program(unsigned thread) {                    \
        store_to(thread == 0 ? &x : &y, 1, store_order);            \
        seen[thread] = load_of(thread == 0 ? &y : &x, load_order);  \
    }                                                               \
    PROGRAM(program, 2, note_2, expected)
STORE_BUFFERING(store_buffering_relaxed, relaxed, relaxed, "00 01 10 11")
STORE_BUFFERING(store_buffering_with_release_and_acquire, release, acquire, "00 01 10 11")
STORE_BUFFERING(store_buffering_seq_cst, seq_cst, seq_cst, "01 10 11")

/* Updates on both sides of one location: one of them comes second and sees the first. */
static void run_store_buffering_with_updates(unsigned thread) {
    store_to(thread == 0 ? &x : &y, 1, relaxed);
    atomic_fetch_add_explicit(&z, 1, memory_order_acq_rel);
    seen[thread] = load_of(thread == 0 ? &y : &x, relaxed);
}
PROGRAM(store_buffering_with_updates, 2, note_2, "01 10 11")

/* 11 would need a value out of thin air in the model used here. */
static void run_load_buffering(unsigned thread) {
    seen[thread] = load_of(thread == 0 ? &x : &y, relaxed);
    store_to(thread == 0 ? &y : &x, 1, relaxed);
}
PROGRAM(load_buffering, 2, note_2, "00 01 10")

#define TWO_WRITERS(program, order, expected)      \
    static void run_##program(unsigned thread) {   \
        store_to(thread == 0 ? &x : &y, 1, order); \
        store_to(thread == 0 ? &y : &x, 2, order); \
    }                                              \
    PROGRAM(program, 2, note_writes, expected)
TWO_WRITERS(two_writers_each_of_two_relaxed, relaxed, "11 12 21 22")
TWO_WRITERS(two_writers_each_of_two_seq_cst, seq_cst, "12 21 22")

#define INDEPENDENT_READS(program, store_order, load_order, expected) \
    static void run_##program(unsigned thread) {                      \
        if (thread < 2) {                                             \
            store_to(thread == 0 ? &x : &y, 1, store_order);          \
        } else {                                                      \
            int *to = &seen[(thread - 2) * 2];                        \
            to[0] = load_of(thread == 2 ? &x : &y, load_order);       \
            to[1] = load_of(thread == 2 ? &y : &x, load_order);       \
        }                                                             \
    }                                                                 \
    PROGRAM(program, 4, note_4, expected)
INDEPENDENT_READS(independent_reads_with_acquire, release, acquire,
                  "0000 0001 0010 0011 0100 0101 0110 0111 1000 1001 1010 1011 1100 1101 1110 1111")
INDEPENDENT_READS(independent_reads_seq_cst, seq_cst, seq_cst, "0000 0001 0010 0011 0100 0101 0110 0111 1000 1001 1011 1100 1101 1110 1111")

static void run_reads_of_one_location_are_coherent(unsigned thread) {
    if (thread == 0) {
        store_to(&x, 1, relaxed);
        store_to(&x, 2, relaxed);
    } else {
        seen[0] = load_of(&x, relaxed);
        seen[1] = load_of(&x, relaxed);
    }
}
PROGRAM(reads_of_one_location_are_coherent, 2, note_2, "00 01 02 11 12 22")

static void run_writes_of_one_thread_keep_their_order(unsigned thread) {
    store_to(&x, thread == 0 ? 1 : 3, relaxed);
    if (thread == 0) {
        store_to(&x, 2, relaxed);
    }
}
PROGRAM(writes_of_one_thread_keep_their_order, 2, note_writes, "20 30")

static void run_three_updates_happen_in_any_order(unsigned thread) {
    seen[thread] = atomic_fetch_add_explicit(&x, 1, memory_order_relaxed);
}
PROGRAM(three_updates_happen_in_any_order, 3, note_3, "012 021 102 120 201 210")

static void run_a_release_sequence_goes_through_updates(unsigned thread) {
    if (thread == 0) {
        plain[0] = 1;
        store_to(&x, 1, release);
    } else if (thread == 1) {
        int expected = 1;
        atomic_compare_exchange_strong_explicit(&x, &expected, 2, memory_order_relaxed, memory_order_relaxed);
    } else if (load_of(&x, acquire) == 2) {
        seen[0] = plain[0];
        seen[1] = 1;
    }
}
PROGRAM(a_release_sequence_goes_through_updates, 3, note_2, "00 11")

static void run_a_plain_write_ends_a_release_sequence(unsigned thread) {
    if (thread == 0) {
        store_to(&y, 1, relaxed);
        store_to(&x, 1, release);
        store_to(&x, 2, relaxed);
    } else {
        seen[0] = load_of(&x, acquire);
        seen[1] = load_of(&y, relaxed);
    }
}
PROGRAM(a_plain_write_ends_a_release_sequence, 2, note_2, "00 01 11 20 21")

static void run_a_compare_and_swap_is_won_once(unsigned thread) {
    int expected = 0;
    seen[thread] = atomic_compare_exchange_strong_explicit(&x, &expected, (int)thread + 1, memory_order_acq_rel, memory_order_acquire);
}
PROGRAM(a_compare_and_swap_is_won_once, 2, note_2, "01 10")

static void run_write_to_read_causality(unsigned thread) {
    if (thread == 0) {
        store_to(&x, 1, relaxed);
    } else if (thread == 1) {
        seen[0] = load_of(&x, relaxed);
        store_to(&y, 1, release);
    } else {
        seen[1] = load_of(&y, acquire);
        seen[2] = load_of(&x, relaxed);
    }
}
PROGRAM(write_to_read_causality, 3, note_3, "000 001 010 011 100 101 111")

/* ---- what blocks ---- */

static pthread_mutex_t mutex;
static pthread_mutex_t other;
static pthread_cond_t condition;

static void clear_locks(void) {
    clear();
    pthread_mutex_init(&mutex, NULL);
    pthread_mutex_init(&other, NULL);
    pthread_cond_init(&condition, NULL);
}

static void run_a_mutex_excludes(unsigned thread) {
    pthread_mutex_lock(&mutex);
    seen[thread] = plain[0]++;
    pthread_mutex_unlock(&mutex);
}
const explorer_program litmus_a_mutex_excludes = {
    .name = "a_mutex_excludes", .threads = 3, .setup = clear_locks, .thread = run_a_mutex_excludes, .finish = note_3};
const char litmus_expected_a_mutex_excludes[] = "012 021 102 120 201 210";

static void run_a_condition_wakes_one_at_a_time(unsigned thread) {
    pthread_mutex_lock(&mutex);
    if (thread == 2) {
        plain[0] = 2;
        pthread_cond_signal(&condition);
        pthread_cond_signal(&condition);
    }
    while (thread < 2 && plain[0] == 0) {
        pthread_cond_wait(&condition, &mutex);
    }
    seen[thread] = thread < 2 ? plain[0]-- : 0;
    pthread_mutex_unlock(&mutex);
}
const explorer_program litmus_a_condition_wakes_one_at_a_time = {.name = "a_condition_wakes_one_at_a_time",
                                                                 .threads = 3,
                                                                 .setup = clear_locks,
                                                                 .thread = run_a_condition_wakes_one_at_a_time,
                                                                 .finish = note_2};
const char litmus_expected_a_condition_wakes_one_at_a_time[] = "12 21";

static AIRSI_ATOMIC(uint32_t) word;

static void run_a_futex_keeps_no_sleeper(unsigned thread) {
    if (thread == 0) {
        atomic_store_explicit(&word, 1, memory_order_release);
        syscall(SYS_futex, &word, FUTEX_WAKE_PRIVATE, 1, NULL, NULL, 0);
    } else {
        while (atomic_load_explicit(&word, memory_order_acquire) == 0) {
            syscall(SYS_futex, &word, FUTEX_WAIT_PRIVATE, 0, NULL, NULL, 0);
        }
        seen[0] = 1;
    }
}
static void clear_word(void) {
    clear();
    atomic_store(&word, 0);
}
const explorer_program litmus_a_futex_keeps_no_sleeper = {
    .name = "a_futex_keeps_no_sleeper", .threads = 2, .setup = clear_word, .thread = run_a_futex_keeps_no_sleeper, .finish = note_2};
const char litmus_expected_a_futex_keeps_no_sleeper[] = "10";

static union {
    _Alignas(16) AIRSI_ATOMIC(uint64_t) half[2];
    __extension__ unsigned __int128 whole;
} pair;

static void clear_pair(void) {
    clear();
    pair.whole = 0;
    explorer_pair(&pair);
    explorer_name(&pair, sizeof pair, "pair");
}

static void run_halves_of_a_pair_may_be_torn(unsigned thread) {
    if (thread == 0) {
        __extension__ unsigned __int128 one = ((unsigned __int128)1 << 64) | 1;
        EXPLORER_CHECK(__sync_val_compare_and_swap(&pair.whole, 0, one) == 0);
    } else {
        seen[0] = (int)airsi_load_relaxed(&pair.half[0]);
        seen[1] = (int)airsi_load_relaxed(&pair.half[1]);
    }
}
const explorer_program litmus_halves_of_a_pair_may_be_torn = {.name = "halves_of_a_pair_may_be_torn",
                                                              .threads = 2,
                                                              .setup = clear_pair,
                                                              .thread = run_halves_of_a_pair_may_be_torn,
                                                              .finish = note_2};
const char litmus_expected_halves_of_a_pair_may_be_torn[] = "00 01 10 11";

static void run_a_spin_waits_for_its_write(unsigned thread) {
    if (thread == 0) {
        while (load_of(&x, acquire) == 0) {
            airsi_pause();
        }
        seen[0] = plain[0];
    } else {
        plain[0] = 1;
        store_to(&x, 1, release);
    }
}
PROGRAM(a_spin_waits_for_its_write, 2, note_2, "10")

/* ---- what is wrong ---- */

static void run_plain_writes_race(unsigned thread) {
    plain[0] = (int)thread;
}
WRONG_PROGRAM(plain_writes_race, 2, clear, NULL)

static void run_a_relaxed_flag_publishes_nothing(unsigned thread) {
    if (thread == 0) {
        plain[0] = 1;
        store_to(&x, 1, relaxed);
    } else if (load_of(&x, acquire) != 0) {
        seen[0] = plain[0];
    }
}
WRONG_PROGRAM(a_relaxed_flag_publishes_nothing, 2, clear, NULL)

static void run_a_plain_read_races_with_an_atomic_write(unsigned thread) {
    if (thread == 0) {
        store_to(&x, 1, seq_cst);
    } else {
        seen[0] = *(volatile int *)&x;
    }
}
WRONG_PROGRAM(a_plain_read_races_with_an_atomic_write, 2, clear, NULL)

static int *block;

static void allocate(void) {
    clear_locks();
    block = malloc(sizeof *block);
    *block = 1;
}

static void run_freed_while_read(unsigned thread) {
    if (thread == 0) {
        free(block);
    } else {
        seen[0] = *block;
    }
}
WRONG_PROGRAM(freed_while_read, 2, allocate, NULL)

static void run_freed_before_read(unsigned thread) {
    if (thread == 0) {
        free(block);
        store_to(&x, 1, release);
    } else if (load_of(&x, acquire) == 1) {
        seen[0] = *block;
    }
}
WRONG_PROGRAM(freed_before_read, 2, allocate, NULL)

static void run_freed_twice(unsigned thread) {
    (void)thread;
    pthread_mutex_lock(&mutex);
    free(block);
    pthread_mutex_unlock(&mutex);
}
WRONG_PROGRAM(freed_twice, 2, allocate, NULL)

static void run_written_behind_its_end(unsigned thread) {
    (void)thread;
    ((volatile int *)block)[1] = 1;
}
WRONG_PROGRAM(written_behind_its_end, 1, allocate, NULL)

static void run_two_locks_in_two_orders(unsigned thread) {
    pthread_mutex_lock(thread == 0 ? &mutex : &other);
    pthread_mutex_lock(thread == 0 ? &other : &mutex);
    pthread_mutex_unlock(&mutex);
    pthread_mutex_unlock(&other);
}
WRONG_PROGRAM(two_locks_in_two_orders, 2, clear_locks, NULL)

static void run_a_wake_up_before_the_sleep_is_lost(unsigned thread) {
    if (thread == 0) {
        pthread_cond_signal(&condition);
    } else {
        pthread_mutex_lock(&mutex);
        pthread_cond_wait(&condition, &mutex);
        pthread_mutex_unlock(&mutex);
    }
}
WRONG_PROGRAM(a_wake_up_before_the_sleep_is_lost, 2, clear_locks, NULL)

/* A stack of three nodes by compare-and-swap: one thread pops while the other pops twice and pushes the first back. */
static struct {
    AIRSI_ATOMIC(int) next;
} nodes[4];
static AIRSI_ATOMIC(int) popped[4];

static void fill_stack(void) {
    clear();
    store_to(&x, 1, relaxed);
    for (int i = 1; i < 4; i++) {
        store_to(&nodes[i].next, i < 3 ? i + 1 : 0, relaxed);
        store_to(&popped[i], 0, relaxed);
    }
}

static int pop(void) {
    int top = load_of(&x, acquire);
    while (top != 0) {
        int next = load_of(&nodes[top].next, relaxed);
        if (atomic_compare_exchange_strong_explicit(&x, &top, next, memory_order_acq_rel, memory_order_acquire)) {
            EXPLORER_CHECK(atomic_fetch_add_explicit(&popped[top], 1, memory_order_relaxed) == 0);
            break;
        }
    }
    return top;
}

static void run_a_stack_with_aba(unsigned thread) {
    int first = pop();
    if (thread == 1 && first != 0 && pop() != 0) {
        atomic_fetch_sub_explicit(&popped[first], 1, memory_order_relaxed);
        int top = load_of(&x, relaxed);
        do {
            store_to(&nodes[first].next, top, relaxed);
        } while (!atomic_compare_exchange_strong_explicit(&x, &top, first, memory_order_acq_rel, memory_order_relaxed));
        pop();
        pop();
    }
}
WRONG_PROGRAM(a_stack_with_aba, 2, fill_stack, NULL)

static void run_updates_that_are_two_steps_lose_one(unsigned thread) {
    (void)thread;
    store_to(&x, load_of(&x, seq_cst) + 1, seq_cst);
}
static void check_two(void) {
    EXPLORER_CHECK(x == 2);
}
WRONG_PROGRAM(updates_that_are_two_steps_lose_one, 2, clear, check_two)

static void run_a_loop_without_end(unsigned thread) {
    (void)thread;
    while (load_of(&x, relaxed) == 0) {
    }
}
WRONG_PROGRAM(a_loop_without_end, 1, clear, NULL)
