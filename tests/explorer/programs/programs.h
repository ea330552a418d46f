/* Programs made of airs' own sources, each as small as shows what it is about. */
#ifndef EXPLORER_PROGRAMS_H
#define EXPLORER_PROGRAMS_H

#include "explorer/explorer.h"

/* 0: what the tests run; 1: more messages, more rounds (make explore). */
extern int programs_depth;

/* X(program) */
#define PROGRAMS(X)                           \
    X(payload_shared_by_two)                  \
    X(spinlock_of_three)                      \
    X(parker_hands_over)                      \
    X(parker_woken_twice)                     \
    X(counters_of_a_snapshot)                 \
    X(reclaim_online_offline)                 \
    X(reclaim_quiescent)                      \
    X(reclaim_two_readers)                    \
    X(ring_push_take_steal)                   \
    X(ring_full)                              \
    X(mailbox_senders_and_workers)            \
    X(mailbox_drained_to_the_last)            \
    X(mailbox_of_messages_that_die)           \
    X(mailbox_signal_and_rest)                \
    X(mailbox_full_with_a_waiter)             \
    X(mailbox_close)                          \
    X(broker_publish_and_unsubscribe)         \
    X(broker_publish_and_observe)             \
    X(names_find_while_growing)               \
    X(registry_resolve_while_registering)     \
    X(registry_find_while_registering)        \
    X(scheduler_wakes_its_worker)             \
    X(scheduler_runs_a_chain)                 \
    X(scheduler_steals)                       \
    X(scheduler_rescues_from_a_stuck_worker)  \
    X(scheduler_permit_is_taken_or_given)     \
    X(scheduler_counts_a_new_worker)          \
    X(scheduler_watches_a_new_worker)         \
    X(scheduler_monitor_wakes_with_the_first) \
    X(scheduler_hears_of_an_earlier_timer)    \
    X(actor_started_during_its_turn)          \
    X(terms_given_back)                       \
    X(depot_closed_while_a_block_is_freed)

#define PROGRAMS_DECLARE(program) extern const explorer_program program_##program;
PROGRAMS(PROGRAMS_DECLARE)

#define PROGRAM(program, count, the_setup, the_thread, the_finish) \
    const explorer_program program_##program = {                   \
        .name = #program,                                          \
        .threads = (count),                                        \
        .setup = (the_setup),                                      \
        .thread = (the_thread),                                    \
        .finish = (the_finish),                                    \
    };

#endif
