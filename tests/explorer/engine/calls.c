/* What -fsanitize=thread has the compiler call at every access to memory; here instead of libtsan. */
#include "explorer/engine/engine.h"

#include <string.h>

#define PC ((uintptr_t)__builtin_return_address(0))

/* These names are the compiler's. */
#pragma GCC diagnostic ignored "-Wmissing-prototypes"

/* ---- plain accesses ---- */

#define PLAIN(suffix, bytes)                          \
    void __tsan_read##suffix(void *p) {               \
        memory_plain((uintptr_t)p, bytes, false, PC); \
    }                                                 \
    void __tsan_write##suffix(void *p) {              \
        memory_plain((uintptr_t)p, bytes, true, PC);  \
    }                                                 \
    void __tsan_unaligned_read##suffix(void *p) {     \
        memory_plain((uintptr_t)p, bytes, false, PC); \
    }                                                 \
    void __tsan_unaligned_write##suffix(void *p) {    \
        memory_plain((uintptr_t)p, bytes, true, PC);  \
    }                                                 \
    void __tsan_volatile_read##suffix(void *p) {      \
        memory_plain((uintptr_t)p, bytes, false, PC); \
    }                                                 \
    void __tsan_volatile_write##suffix(void *p) {     \
        memory_plain((uintptr_t)p, bytes, true, PC);  \
    }

// clang-format off
PLAIN(1, 1)
PLAIN(2, 2)
PLAIN(4, 4)
PLAIN(8, 8)
PLAIN(16, 16)
// clang-format on

void __tsan_read_range(void *p, size_t size) {
    memory_plain((uintptr_t)p, size, false, PC);
}

void __tsan_write_range(void *p, size_t size) {
    memory_plain((uintptr_t)p, size, true, PC);
}

void *__tsan_memcpy(void *to, const void *from, size_t size) {
    memory_plain((uintptr_t)from, size, false, PC);
    memory_plain((uintptr_t)to, size, true, PC);
    return memcpy(to, from, size);
}

void *__tsan_memmove(void *to, const void *from, size_t size) {
    memory_plain((uintptr_t)from, size, false, PC);
    memory_plain((uintptr_t)to, size, true, PC);
    return memmove(to, from, size);
}

void *__tsan_memset(void *to, int byte, size_t size) {
    memory_plain((uintptr_t)to, size, true, PC);
    return memset(to, byte, size);
}

void __tsan_init(void) {
}
void __tsan_func_entry(void *pc) {
    (void)pc;
}
void __tsan_func_exit(void) {
}

/* ---- atomics ---- */

typedef enum operation { EXCHANGE, ADD, SUBTRACT, AND, OR, XOR, NAND } operation;

static wide compute(operation o, wide old, wide operand) {
    switch (o) {
    case EXCHANGE:
        return operand;
    case ADD:
        return old + operand;
    case SUBTRACT:
        return old - operand;
    case AND:
        return old & operand;
    case OR:
        return old | operand;
    case XOR:
        return old ^ operand;
    case NAND:
        return ~(old & operand);
    }
    return old;
}

static wide direct_load(const volatile void *p, unsigned size) {
    wide value = 0;
    memcpy(&value, (const void *)p, size);
    return value;
}

static void direct_store(volatile void *p, unsigned size, wide value) {
    memcpy((void *)p, &value, size);
}

static wide do_load(const volatile void *p, unsigned size, int order, uintptr_t pc) {
    if (E.current < 0) {
        return direct_load(p, size);
    }
    step a = {.address = (uintptr_t)p, .size = size, .pc = pc, .order = place_order(pc, (uint8_t)order)};
    return model_read(&a, NULL);
}

static void do_store(volatile void *p, unsigned size, wide value, int order, uintptr_t pc) {
    if (E.current < 0) {
        direct_store(p, size, value);
        return;
    }
    step a = {.address = (uintptr_t)p, .size = size, .pc = pc, .order = place_order(pc, (uint8_t)order)};
    model_write(&a, value, NULL);
}

static wide do_update(volatile void *p, unsigned size, operation o, wide operand, int order, uintptr_t pc) {
    if (E.current < 0) {
        wide old = direct_load(p, size);
        direct_store(p, size, compute(o, old, operand));
        return old;
    }
    step a = {.address = (uintptr_t)p, .size = size, .pc = pc, .order = place_order(pc, (uint8_t)order)};
    ref read;
    wide old = model_read(&a, &read);
    E.threads[E.current].halfway = true;
    model_write(&a, compute(o, old, operand), &read);
    return old;
}

/* Whether the value read is the expected one decides whether there is a write, so the two have an order each. A weak one fails here only when it
 * must: a failure for no reason is one more turn of its loop. */
static bool compare_exchange(volatile void *p, unsigned size, wide *expected, wide desired, int order, int failure, uintptr_t pc) {
    wide mask = size == sizeof mask ? ~(wide)0 : ((wide)1 << (size * 8)) - 1;
    if (E.current < 0) {
        wide old = direct_load(p, size);
        bool equal = old == (*expected & mask);
        if (equal) {
            direct_store(p, size, desired);
        }
        *expected = old;
        return equal;
    }
    uint8_t used = place_order(pc, (uint8_t)order);
    step a = {.address = (uintptr_t)p, .size = size, .pc = pc, .order = used};
    a.compares = true;
    a.argument = *expected & mask;
    a.failure = used == (uint8_t)order ? (uint8_t)failure : memory_order_relaxed;
    ref read;
    wide old = model_read(&a, &read);
    bool equal = old == a.argument;
    a.compares = false;
    if (equal) {
        E.threads[E.current].halfway = true;
        model_write(&a, desired, &read);
    }
    *expected = old;
    return equal;
}

#define UPDATE(bits, type, name, o)                                              \
    type __tsan_atomic##bits##_##name(volatile type *p, type value, int order) { \
        return (type)do_update(p, sizeof *p, o, (wide)value, order, PC);         \
    }

#define ATOMIC(bits, type)                                                                                                      \
    type __tsan_atomic##bits##_load(const volatile type *p, int order) {                                                        \
        return (type)do_load(p, sizeof *p, order, PC);                                                                          \
    }                                                                                                                           \
    void __tsan_atomic##bits##_store(volatile type *p, type value, int order) {                                                 \
        do_store(p, sizeof *p, (wide)value, order, PC);                                                                         \
    }                                                                                                                           \
    UPDATE(bits, type, exchange, EXCHANGE)                                                                                      \
    UPDATE(bits, type, fetch_add, ADD)                                                                                          \
    UPDATE(bits, type, fetch_sub, SUBTRACT)                                                                                     \
    UPDATE(bits, type, fetch_and, AND)                                                                                          \
    UPDATE(bits, type, fetch_or, OR)                                                                                            \
    UPDATE(bits, type, fetch_xor, XOR)                                                                                          \
    UPDATE(bits, type, fetch_nand, NAND)                                                                                        \
    int __tsan_atomic##bits##_compare_exchange_strong(volatile type *p, type *expected, type desired, int order, int failure) { \
        wide found = (wide) * expected;                                                                                         \
        bool equal = compare_exchange(p, sizeof *p, &found, (wide)desired, ORDER_OF(bits, order), failure, PC);                 \
        *expected = equal ? *expected : (type)found;                                                                            \
        return equal;                                                                                                           \
    }                                                                                                                           \
    int __tsan_atomic##bits##_compare_exchange_weak(volatile type *p, type *expected, type desired, int order, int failure) {   \
        wide found = (wide) * expected;                                                                                         \
        bool equal = compare_exchange(p, sizeof *p, &found, (wide)desired, ORDER_OF(bits, order), failure, PC);                 \
        *expected = equal ? *expected : (type)found;                                                                            \
        return equal;                                                                                                           \
    }                                                                                                                           \
    type __tsan_atomic##bits##_compare_exchange_val(volatile type *p, type expected, type desired, int order, int failure) {    \
        wide found = (wide)expected;                                                                                            \
        compare_exchange(p, sizeof *p, &found, (wide)desired, ORDER_OF(bits, order), failure, PC);                              \
        return (type)found;                                                                                                     \
    }

/* airsi_pair_cas_acq_rel is written with __sync, which is seq_cst to the compiler; its name says what the code relies on. */
#define ORDER_OF(bits, order) ((bits) == 128 ? memory_order_acq_rel : (order))

// clang-format off
ATOMIC(8, uint8_t)
ATOMIC(16, uint16_t)
ATOMIC(32, uint32_t)
ATOMIC(64, uint64_t)
ATOMIC(128, wide)
// clang-format on
