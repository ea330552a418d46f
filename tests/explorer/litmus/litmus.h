/* Programs for test_litmus.c. They are compiled as explored sources are, the test that looks at them isn't. */
#ifndef EXPLORER_LITMUS_H
#define EXPLORER_LITMUS_H

#include "explorer/explorer.h"

/* X(program, executions): every outcome is allowed, and all of them are seen. */
#define LITMUS_CORRECT(X)                          \
    X(message_passing_with_release_and_acquire, 2) \
    X(message_passing_relaxed, 4)                  \
    X(store_buffering_relaxed, 4)                  \
    X(store_buffering_with_release_and_acquire, 4) \
    X(store_buffering_seq_cst, 3)                  \
    X(store_buffering_with_updates, 4)             \
    X(load_buffering, 3)                           \
    X(two_writers_each_of_two_relaxed, 4)          \
    X(two_writers_each_of_two_seq_cst, 3)          \
    X(independent_reads_with_acquire, 16)          \
    X(independent_reads_seq_cst, 15)               \
    X(reads_of_one_location_are_coherent, 6)       \
    X(writes_of_one_thread_keep_their_order, 3)    \
    X(three_updates_happen_in_any_order, 6)        \
    X(a_release_sequence_goes_through_updates, 5)  \
    X(a_plain_write_ends_a_release_sequence, 5)    \
    X(a_compare_and_swap_is_won_once, 2)           \
    X(write_to_read_causality, 7)                  \
    X(a_mutex_excludes, 6)                         \
    X(a_condition_wakes_one_at_a_time, 26)         \
    X(a_futex_keeps_no_sleeper, 5)                 \
    X(halves_of_a_pair_may_be_torn, 4)             \
    X(a_spin_waits_for_its_write, 1)

/* X(program, verdict) */
#define LITMUS_WRONG(X)                                       \
    X(plain_writes_race, EXPLORER_RACE)                       \
    X(a_relaxed_flag_publishes_nothing, EXPLORER_RACE)        \
    X(a_plain_read_races_with_an_atomic_write, EXPLORER_RACE) \
    X(freed_while_read, EXPLORER_FREED)                       \
    X(freed_before_read, EXPLORER_FREED)                      \
    X(freed_twice, EXPLORER_FREED)                            \
    X(written_behind_its_end, EXPLORER_FREED)                 \
    X(two_locks_in_two_orders, EXPLORER_DEADLOCK)             \
    X(a_wake_up_before_the_sleep_is_lost, EXPLORER_DEADLOCK)  \
    X(a_stack_with_aba, EXPLORER_CHECK)                       \
    X(updates_that_are_two_steps_lose_one, EXPLORER_CHECK)    \
    X(a_loop_without_end, EXPLORER_ENDLESS)

#define LITMUS_DECLARE(program, ignored)            \
    extern const explorer_program litmus_##program; \
    extern const char litmus_expected_##program[];
#define LITMUS_DECLARE_WRONG(program, ignored) extern const explorer_program litmus_##program;
LITMUS_CORRECT(LITMUS_DECLARE)
LITMUS_WRONG(LITMUS_DECLARE_WRONG)

void litmus_clear(void);
/* Every outcome seen, each once, sorted, with spaces between. */
const char *litmus_outcomes(void);

#endif
