/* Memory for messages: the heap of a thread, beside malloc in the same round. An operation is a block of a header and a payload allocated,
 * written, read and freed. */

#include <pthread.h>
#include <sched.h>
#include <stdlib.h>

#include "base/atomic.h"
#include "base/clock.h"
#include "base/heap/depot.h"
#include "base/heap/heap.h"
#include "bench/cases.h"
#include "core/message/envelope.h"

#define OUTSTANDING_MAX 1024

/* Always inlined, with the functions known: a call through a pointer would be a third of what is measured. */
#define SPECIALIZED static inline __attribute__((always_inline))

typedef void *(*allocate_function)(size_t size);
typedef void (*release_function)(void *block);

static airs_status no_memory(airs_error *error) {
    return airs_error_set(error, AIRS_ENOMEM, "no memory for messages");
}

/* --- memory: one thread; so many blocks, then all of them freed, oldest first -------------------------------------------------------- */

/* At least once through. */
static uint64_t turns_of(const airsi_bench_task *task) {
    return task->n > task->variant ? task->n / task->variant : 1;
}

SPECIALIZED void release_all(uint64_t **blocks, unsigned count, release_function release) {
    for (unsigned i = 0; i < count; i++) {
        release(blocks[i]);
    }
}

/* What was written and read again, summed up; 0: no memory. */
SPECIALIZED uint64_t turn_over(const airsi_bench_task *task, allocate_function allocate, release_function release) {
    uint64_t *blocks[OUTSTANDING_MAX];
    uint64_t sum = 0;
    size_t size = sizeof(airs_envelope) + task->payload;
    for (uint64_t i = 0; i < turns_of(task); i++) {
        for (unsigned j = 0; j < task->variant; j++) {
            blocks[j] = allocate(size);
            if (blocks[j] == NULL) {
                release_all(blocks, j, release);
                return 0;
            }
            *(volatile uint64_t *)blocks[j] = i + j + 1;
        }
        for (unsigned j = 0; j < task->variant; j++) {
            sum += *(volatile uint64_t *)blocks[j];
            release(blocks[j]);
        }
    }
    return sum;
}

airs_status airsi_case_memory(const airsi_bench_task *task, airsi_bench_round *ret_round, airs_error *error) {
    airsi_depot *depot = airsi_depot_new();
    if (depot == NULL) {
        return no_memory(error);
    }
    airsi_heap heap;
    airsi_heap_init(&heap, depot);
    airsi_heap_attach(&heap);
    uint64_t began = airsi_clock_monotonic_ns();
    uint64_t sum = turn_over(task, airsi_heap_alloc, airsi_heap_free);
    uint64_t ours = airsi_clock_monotonic_ns();
    uint64_t sum_of_malloc = turn_over(task, malloc, free);
    uint64_t theirs = airsi_clock_monotonic_ns();
    airsi_heap_fini(&heap);
    airsi_depot_close(depot);
    if (sum == 0 || sum_of_malloc == 0) {
        return no_memory(error);
    }
    if (sum != sum_of_malloc) {
        return airs_error_set(error, AIRS_EINTERNAL, "memory: what was read is not what was written");
    }
    ret_round->n = turns_of(task) * task->variant;
    ret_round->workers = 1;
    ret_round->elapsed_ns = ours - began;
    airsi_bench_add_figure(ret_round, "outstanding", (double)task->variant);
    airsi_bench_add_figure(ret_round, "malloc_ns", (double)(theirs - ours) / (double)ret_round->n);
    return AIRS_OK;
}

/* --- memory-pass: one thread allocates, another frees ---------------------------------------------------------------------------------- */

#define PASSED_AT_ONCE 32

/* A ring with one thread at each end, who tell each other of 32 blocks at a time, so that it costs little beside what is measured. */
typedef struct block_ring {
    _Alignas(64) AIRSI_ATOMIC(uint64_t) put; /* the allocating thread writes, the other reads */
    _Alignas(64) AIRSI_ATOMIC(uint64_t) got; /* the freeing thread writes, the other reads */
    _Alignas(64) uint64_t *blocks[OUTSTANDING_MAX];
    uint64_t n;         /* const while they run; a multiple of 32 */
    size_t size;        /* likewise */
    airsi_depot *depot; /* likewise */
    uint64_t sum;       /* the freeing thread's, until it is joined */
} block_ring;

/* Until the counter has come that far. */
static void wait_for(const AIRSI_ATOMIC(uint64_t) * counter, uint64_t value) {
    for (unsigned spins = 1; airsi_load_acquire(counter) < value; spins++) {
        if (spins % 4096 == 0) {
            sched_yield();
        }
        airsi_pause();
    }
}

SPECIALIZED void free_all(block_ring *ring, release_function release) {
    airsi_heap heap;
    airsi_heap_init(&heap, ring->depot);
    airsi_heap_attach(&heap);
    uint64_t sum = 0;
    for (uint64_t i = 0; i < ring->n; i += PASSED_AT_ONCE) {
        wait_for(&ring->put, i + PASSED_AT_ONCE);
        for (uint64_t j = i; j < i + PASSED_AT_ONCE; j++) {
            uint64_t *block = ring->blocks[j % OUTSTANDING_MAX];
            sum += block != NULL ? *block : 0;
            release(block);
        }
        airsi_store_release(&ring->got, i + PASSED_AT_ONCE);
    }
    ring->sum = sum;
    airsi_heap_fini(&heap);
}

static void *free_ours(void *argument) {
    free_all(argument, airsi_heap_free);
    return NULL;
}

static void *free_theirs(void *argument) {
    free_all(argument, free);
    return NULL;
}

SPECIALIZED void allocate_all(block_ring *ring, allocate_function allocate) {
    for (uint64_t i = 0; i < ring->n; i += PASSED_AT_ONCE) {
        wait_for(&ring->got, i + PASSED_AT_ONCE > OUTSTANDING_MAX ? i + PASSED_AT_ONCE - OUTSTANDING_MAX : 0);
        for (uint64_t j = i; j < i + PASSED_AT_ONCE; j++) {
            uint64_t *block = allocate(ring->size);
            if (block != NULL) {
                *block = j + 1;
            }
            ring->blocks[j % OUTSTANDING_MAX] = block;
        }
        airsi_store_release(&ring->put, i + PASSED_AT_ONCE);
    }
}

/* How long it took; 0: it was not done, and `error` says why. */
SPECIALIZED uint64_t pass(block_ring *ring, allocate_function allocate, void *(*other_end)(void *), airs_error *error) {
    pthread_t thread;
    airsi_store_relaxed(&ring->put, 0);
    airsi_store_relaxed(&ring->got, 0);
    uint64_t began = airsi_clock_monotonic_ns();
    if (pthread_create(&thread, NULL, other_end, ring) != 0) {
        airs_error_set(error, AIRS_EUNAVAILABLE, "no second thread for memory-pass");
        return 0;
    }
    allocate_all(ring, allocate);
    pthread_join(thread, NULL);
    if (ring->sum != ring->n * (ring->n + 1) / 2) {
        no_memory(error);
        return 0;
    }
    return airsi_clock_monotonic_ns() - began;
}

airs_status airsi_case_memory_pass(const airsi_bench_task *task, airsi_bench_round *ret_round, airs_error *error) {
    static block_ring ring;
    airs_error said = {.status = AIRS_OK};
    ring.depot = airsi_depot_new();
    if (ring.depot == NULL) {
        return no_memory(error);
    }
    ring.n = task->n > PASSED_AT_ONCE ? task->n / PASSED_AT_ONCE * PASSED_AT_ONCE : PASSED_AT_ONCE;
    ring.size = sizeof(airs_envelope) + task->payload;
    airsi_heap heap;
    airsi_heap_init(&heap, ring.depot);
    airsi_heap_attach(&heap);
    uint64_t ours = pass(&ring, airsi_heap_alloc, free_ours, &said);
    uint64_t theirs = ours != 0 ? pass(&ring, malloc, free_theirs, &said) : 0;
    airsi_heap_fini(&heap);
    airsi_depot_close(ring.depot);
    if (ours == 0 || theirs == 0) {
        return airs_error_set(error, said.status, "%s", said.text);
    }
    ret_round->n = ring.n;
    ret_round->workers = 2;
    ret_round->elapsed_ns = ours;
    airsi_bench_add_figure(ret_round, "malloc_ns", (double)theirs / (double)ring.n);
    return AIRS_OK;
}
