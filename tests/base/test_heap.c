/* The heaps of threads. The linker puts our functions before mmap, munmap and malloc (--wrap in cmake/AirsTests.cmake), so that what is mapped
 * can be counted, and made to fail. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "base/heap/depot.h"
#include "base/heap/heap.h"

void *__real_mmap(void *address, size_t length, int protection, int flags, int fd, off_t offset);
int __real_munmap(void *address, size_t length);
void *__real_malloc(size_t size);
void *__wrap_mmap(void *address, size_t length, int protection, int flags, int fd, off_t offset);
int __wrap_munmap(void *address, size_t length);
void *__wrap_malloc(size_t size);

static atomic_long mapped; /* bytes */
static atomic_long maps;   /* calls that map or unmap */
static __thread bool no_pages, no_malloc;

void *__wrap_mmap(void *address, size_t length, int protection, int flags, int fd, off_t offset) {
    if (no_pages) {
        return MAP_FAILED;
    }
    atomic_fetch_add(&mapped, (long)length);
    atomic_fetch_add(&maps, 1);
    return __real_mmap(address, length, protection, flags, fd, offset);
}

int __wrap_munmap(void *address, size_t length) {
    atomic_fetch_sub(&mapped, (long)length);
    atomic_fetch_add(&maps, 1);
    return __real_munmap(address, length);
}

void *__wrap_malloc(size_t size) {
    return no_malloc ? NULL : __real_malloc(size);
}

#define HEAPS_ARE_USED (AIRSI_BLOCK_MAX > 0) /* not under the address sanitizer */

/* What a thread of a system does around its work. */
static void begin(airsi_heap *heap, airsi_depot *depot) {
    airsi_heap_init(heap, depot);
    airsi_heap_attach(heap);
}

static void end(airsi_heap *heap) {
    airsi_heap_detach(heap);
    airsi_heap_fini(heap);
}

static void close_and_check(airsi_depot *depot) {
    assert_true(airsi_depot_is_valid(depot));
    airsi_depot_close(depot);
    assert_int_equal(mapped, 0);
}

static void every_size_gets_as_much_as_asked_and_nobody_elses(void **state) {
    (void)state;
    enum { SIZES = 4600, OF_EACH = 3 };
    static unsigned char *blocks[SIZES][OF_EACH];
    airsi_depot *depot = airsi_depot_new();
    airsi_heap heap;
    begin(&heap, depot);
    for (size_t size = 0; size < SIZES; size++) {
        for (unsigned i = 0; i < OF_EACH; i++) {
            blocks[size][i] = airsi_heap_alloc(size);
            assert_non_null(blocks[size][i]);
            bool from_chunk = (uintptr_t)blocks[size][i] % AIRSI_BLOCK_UNIT == 0;
            assert_int_equal(from_chunk, size > 0 && size <= AIRSI_BLOCK_MAX);
            assert_int_equal((uintptr_t)blocks[size][i] % 16, 0);
            memset(blocks[size][i], (int)(size * OF_EACH + i), size);
        }
    }
    for (size_t size = 0; size < SIZES; size++) {
        for (unsigned i = 0; i < OF_EACH; i++) {
            for (size_t at = 0; at < size; at++) {
                assert_int_equal(blocks[size][i][at], (unsigned char)(size * OF_EACH + i));
            }
            airsi_heap_free(blocks[size][i]);
        }
    }
    airsi_heap_free(NULL);
    end(&heap);
    close_and_check(depot);
}

static void a_thread_without_a_heap_uses_malloc(void **state) {
    (void)state;
    assert_null(airsi_heap_current);
    no_pages = true;
    void *block = airsi_heap_alloc(100);
    no_pages = false;
    assert_non_null(block);
    airsi_heap_free(block);
    no_malloc = true;
    block = airsi_heap_alloc(100);
    no_malloc = false;
    assert_null(block);
    assert_null(airsi_heap_alloc(SIZE_MAX));
}

static void *allocate_one(void *depot) {
    airsi_heap heap;
    begin(&heap, depot);
    char *block = airsi_heap_alloc(100);
    memset(block, 7, 100);
    end(&heap);
    return block;
}

static char *block_of_another_thread(airsi_depot *depot) {
    pthread_t thread;
    void *block = NULL;
    assert_int_equal(pthread_create(&thread, NULL, allocate_one, depot), 0);
    pthread_join(thread, &block);
    return block;
}

static void a_block_outlives_its_thread(void **state) {
    (void)state;
    airsi_depot *depot = airsi_depot_new();
    char *with_heap = block_of_another_thread(depot);
    char *without_heap = block_of_another_thread(depot);
    assert_int_equal(with_heap[99] + without_heap[99], 14);
    airsi_heap_free(without_heap);
    airsi_heap heap;
    begin(&heap, depot);
    airsi_heap_free(with_heap);
    end(&heap);
    close_and_check(depot);
}

static void a_block_outlives_its_system(void **state) {
    (void)state;
    airsi_depot *depot = airsi_depot_new();
    airsi_depot *other = airsi_depot_new();
    char *first = block_of_another_thread(depot);
    char *second = block_of_another_thread(depot);
    airsi_depot_close(depot);
    assert_int_equal(first[99] + second[99], 14);
    airsi_heap heap;
    begin(&heap, other); /* A thread of another system must not take it into its magazines. */
    airsi_heap_free(first);
    end(&heap);
    airsi_heap_free(second);
    close_and_check(other);
}

/* A bounded queue between two threads. */
typedef struct passing {
    airsi_depot *depot;
    _Atomic(unsigned char *) slots[512];
    unsigned long count;
} passing;

static void *take_and_free(void *argument) {
    passing *p = argument;
    airsi_heap heap;
    begin(&heap, p->depot);
    for (unsigned long i = 0; i < p->count; i++) {
        unsigned char *block;
        while ((block = atomic_exchange(&p->slots[i % 512], NULL)) == NULL) {
            sched_yield();
        }
        if (block[0] != (unsigned char)i || block[127] != (unsigned char)i) {
            abort();
        }
        airsi_heap_free(block);
    }
    end(&heap);
    return NULL;
}

static void what_one_thread_allocates_another_frees_in_flat_memory(void **state) {
    (void)state;
    static passing p = {.count = 400000};
    p.depot = airsi_depot_new();
    pthread_t thread;
    assert_int_equal(pthread_create(&thread, NULL, take_and_free, &p), 0);
    airsi_heap heap;
    begin(&heap, p.depot);
    for (unsigned long i = 0; i < p.count; i++) {
        unsigned char *block = airsi_heap_alloc(128);
        memset(block, (int)(unsigned char)i, 128);
        while (atomic_load(&p.slots[i % 512]) != NULL) {
            sched_yield();
        }
        atomic_store(&p.slots[i % 512], block);
    }
    pthread_join(thread, NULL);
    /* At most 512 were queued; the magazines of two threads hold 256 more: under 3 chunks, whatever came when. */
    assert_true(mapped <= 3 * (long)AIRSI_CHUNK_BYTES);
    end(&heap);
    close_and_check(p.depot);
}

typedef struct storm {
    airsi_depot *depot;
    _Atomic(unsigned char *) slots[1024];
    atomic_uint seed;
} storm;

static uint32_t random_of(uint32_t *seed) {
    *seed = *seed * 1664525u + 1013904223u;
    return *seed >> 8;
}

static void check_and_free(unsigned char *block) {
    if (block != NULL) {
        size_t size = 16 + block[0] * 24u;
        for (size_t i = 1; i < size; i++) {
            if (block[i] != (unsigned char)(block[0] ^ 0x55)) {
                abort();
            }
        }
        airsi_heap_free(block);
    }
}

/* Puts blocks of all sizes into slots, and frees what stood there, whoever put it. The heap goes and comes again meanwhile. */
static void *rage(void *argument) {
    storm *s = argument;
    uint32_t seed = atomic_fetch_add(&s->seed, 1);
    for (unsigned life = 0; life < 10; life++) {
        airsi_heap heap;
        begin(&heap, s->depot);
        for (unsigned i = 0; i < 3000; i++) {
            unsigned char kind = (unsigned char)random_of(&seed);
            unsigned char *block = airsi_heap_alloc(16 + kind * 24u);
            memset(block, kind ^ 0x55, 16 + kind * 24u);
            block[0] = kind;
            check_and_free(atomic_exchange(&s->slots[random_of(&seed) % 1024], block));
        }
        if (life % 3 == 2) {
            airsi_heap_detach(&heap); /* What is freed now goes past the magazines. */
            for (unsigned i = 0; i < 100; i++) {
                check_and_free(atomic_exchange(&s->slots[random_of(&seed) % 1024], NULL));
            }
        }
        airsi_depot_trim(s->depot, life * 100);
        end(&heap);
    }
    return NULL;
}

static void any_thread_frees_what_any_other_allocated(void **state) {
    (void)state;
    static storm s;
    s.depot = airsi_depot_new();
    pthread_t threads[4];
    for (unsigned i = 0; i < 4; i++) {
        assert_int_equal(pthread_create(&threads[i], NULL, rage, &s), 0);
    }
    for (unsigned i = 0; i < 4; i++) {
        pthread_join(threads[i], NULL);
    }
    assert_true(airsi_depot_is_valid(s.depot));
    for (unsigned i = 0; i < 1024; i++) {
        check_and_free(s.slots[i]);
    }
    close_and_check(s.depot);
}

enum { BURST = 100000 };
static void *burst[BURST];

static void burst_once(void) {
    for (unsigned i = 0; i < BURST; i++) {
        burst[i] = airsi_heap_alloc(128);
        assert_non_null(burst[i]);
        memset(burst[i], 1, 128);
    }
    for (unsigned i = 0; i < BURST; i++) {
        airsi_heap_free(burst[i]);
    }
}

static void bursts_map_once_and_give_back_in_the_end(void **state) {
    (void)state;
    airsi_depot *depot = airsi_depot_new();
    airsi_heap heap;
    begin(&heap, depot);
    burst_once();
    long peak = mapped;
    long after_first = maps;
    assert_true(peak >= BURST * 128L || !HEAPS_ARE_USED);
    burst_once();
    burst_once();
    assert_int_equal(mapped, peak);
    assert_int_equal(maps, after_first);
    for (uint64_t now_ms = 1000; airsi_depot_has_surplus(depot); now_ms += 20) {
        airsi_depot_trim(depot, now_ms);
        long left = mapped;
        airsi_depot_trim(depot, now_ms + 1); /* too soon */
        assert_int_equal(mapped, left);
        assert_true(now_ms < 3000);
    }
    /* 1 MiB in full magazines, at worst spread over as many chunks as hold it, and 1 MiB of chunks without blocks. */
    assert_true(mapped <= 3L << 20);
    end(&heap);
    close_and_check(depot);
}

static void without_memory_nothing_is_lost(void **state) {
    (void)state;
    airsi_depot *depot = airsi_depot_new();
    airsi_heap heap;
    begin(&heap, depot);
    no_malloc = true;
    assert_null(airsi_heap_alloc(64)); /* no magazine */
    no_malloc = false;
    if (HEAPS_ARE_USED) {
        no_pages = true;
        assert_null(airsi_heap_alloc(64));
        assert_null(airsi_heap_alloc(64));
        no_pages = false;
    }
    void *blocks[300];
    for (unsigned i = 0; i < 300; i++) {
        blocks[i] = airsi_heap_alloc(64);
        assert_non_null(blocks[i]);
    }
    no_malloc = no_pages = true; /* A free needs no memory. */
    for (unsigned i = 0; i < 300; i++) {
        airsi_heap_free(blocks[i]);
    }
    no_malloc = no_pages = false;
    end(&heap);
    close_and_check(depot);
}

#define TESTS(X)                                              \
    X(every_size_gets_as_much_as_asked_and_nobody_elses)      \
    X(a_thread_without_a_heap_uses_malloc)                    \
    X(a_block_outlives_its_thread)                            \
    X(a_block_outlives_its_system)                            \
    X(what_one_thread_allocates_another_frees_in_flat_memory) \
    X(any_thread_frees_what_any_other_allocated)              \
    X(bursts_map_once_and_give_back_in_the_end)               \
    X(without_memory_nothing_is_lost)

#define TEST(name) cmocka_unit_test(name),

int main(void) {
    const struct CMUnitTest tests[] = {TESTS(TEST)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
