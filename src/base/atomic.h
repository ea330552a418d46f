/* Atomics, always with an explicit order. Everything concurrent in airs goes through these names, so that an explorer can stand in for them
 * and every ordering can be found by its label (docs/CONCURRENCY.md). */
#ifndef AIRSI_BASE_ATOMIC_H
#define AIRSI_BASE_ATOMIC_H

#include <stdatomic.h>
#include <stdint.h>

#define AIRSI_ATOMIC(type) _Atomic(type)

#define airsi_load_relaxed(p) atomic_load_explicit((p), memory_order_relaxed)
#define airsi_load_acquire(p) atomic_load_explicit((p), memory_order_acquire)
#define airsi_load_seq_cst(p) atomic_load_explicit((p), memory_order_seq_cst)

#define airsi_store_relaxed(p, v) atomic_store_explicit((p), (v), memory_order_relaxed)
#define airsi_store_release(p, v) atomic_store_explicit((p), (v), memory_order_release)
#define airsi_store_seq_cst(p, v) atomic_store_explicit((p), (v), memory_order_seq_cst)

#define airsi_exchange_acquire(p, v) atomic_exchange_explicit((p), (v), memory_order_acquire)
#define airsi_exchange_relaxed(p, v) atomic_exchange_explicit((p), (v), memory_order_relaxed)
#define airsi_exchange_acq_rel(p, v) atomic_exchange_explicit((p), (v), memory_order_acq_rel)
#define airsi_exchange_seq_cst(p, v) atomic_exchange_explicit((p), (v), memory_order_seq_cst)

#define airsi_fetch_add_relaxed(p, v) atomic_fetch_add_explicit((p), (v), memory_order_relaxed)
#define airsi_fetch_add_acq_rel(p, v) atomic_fetch_add_explicit((p), (v), memory_order_acq_rel)
#define airsi_fetch_add_seq_cst(p, v) atomic_fetch_add_explicit((p), (v), memory_order_seq_cst)
#define airsi_fetch_sub_relaxed(p, v) atomic_fetch_sub_explicit((p), (v), memory_order_relaxed)
#define airsi_fetch_sub_acq_rel(p, v) atomic_fetch_sub_explicit((p), (v), memory_order_acq_rel)
#define airsi_fetch_sub_seq_cst(p, v) atomic_fetch_sub_explicit((p), (v), memory_order_seq_cst)
#define airsi_fetch_or_acq_rel(p, v) atomic_fetch_or_explicit((p), (v), memory_order_acq_rel)
#define airsi_fetch_and_acq_rel(p, v) atomic_fetch_and_explicit((p), (v), memory_order_acq_rel)

/* Weak: may fail for no reason, so it stands in a loop. On failure `*expected` holds what was found, loaded with relaxed. */
#define airsi_cas_acq_rel(p, expected, desired) \
    atomic_compare_exchange_weak_explicit((p), (expected), (desired), memory_order_acq_rel, memory_order_relaxed)
#define airsi_cas_relaxed(p, expected, desired) \
    atomic_compare_exchange_weak_explicit((p), (expected), (desired), memory_order_relaxed, memory_order_relaxed)
#define airsi_cas_strong_relaxed(p, expected, desired) \
    atomic_compare_exchange_strong_explicit((p), (expected), (desired), memory_order_relaxed, memory_order_relaxed)
/* Strong, with acquire on failure too: for decisions that are taken once. */
#define airsi_cas_strong_acq_rel(p, expected, desired) \
    atomic_compare_exchange_strong_explicit((p), (expected), (desired), memory_order_acq_rel, memory_order_acquire)

/* Two words that change together, by one 16-byte compare-and-swap. Each may be read alone; both at once only by the swap that confirms them. */
typedef union airsi_atomic_pair {
    AIRSI_ATOMIC(uint64_t) half[2];
    __extension__ unsigned __int128 whole;
} airsi_atomic_pair;

typedef union airsi_pair {
    uint64_t half[2];
    __extension__ unsigned __int128 whole;
} airsi_pair;

/* Both halves, maybe of different moments: for what a swap confirms afterwards. */
static inline airsi_pair airsi_pair_guess(const airsi_atomic_pair *p) {
    airsi_pair pair = {.half = {airsi_load_relaxed(&p->half[0]), airsi_load_relaxed(&p->half[1])}};
    return pair;
}

/* Strong, acq_rel (a full barrier on the machines there are). On failure `*expected` holds what was found. */
static inline int airsi_pair_cas_acq_rel(airsi_atomic_pair *p, airsi_pair *expected, airsi_pair desired) {
    __extension__ unsigned __int128 found = __sync_val_compare_and_swap(&p->whole, expected->whole, desired.whole);
    int swapped = found == expected->whole;
    expected->whole = found;
    return swapped;
}

/* In a loop that waits for another core. */
static inline void airsi_pause(void) {
#if defined(__x86_64__) || defined(__i386__)
    __builtin_ia32_pause();
#elif defined(__aarch64__)
    __asm__ volatile("yield");
#endif
}

#endif
