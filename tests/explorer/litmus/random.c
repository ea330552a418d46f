#include "explorer/litmus/random.h"

#include "base/atomic.h"

random_table random_now;

static AIRSI_ATOMIC(int) places[RANDOM_LOCATIONS];

static void clear(void) {
    for (int i = 0; i < RANDOM_LOCATIONS; i++) {
        airsi_store_relaxed(&places[i], 0);
    }
}

static void load(AIRSI_ATOMIC(int) * p, random_order order) {
    if (order == RANDOM_RELAXED) {
        (void)airsi_load_relaxed(p);
    } else if (order == RANDOM_ORDERED) {
        (void)airsi_load_acquire(p);
    } else {
        (void)airsi_load_seq_cst(p);
    }
}

static void store(AIRSI_ATOMIC(int) * p, random_order order, int value) {
    if (order == RANDOM_RELAXED) {
        airsi_store_relaxed(p, value);
    } else if (order == RANDOM_ORDERED) {
        airsi_store_release(p, value);
    } else {
        airsi_store_seq_cst(p, value);
    }
}

static void exchange(AIRSI_ATOMIC(int) * p, random_order order, int value) {
    if (order == RANDOM_RELAXED) {
        (void)atomic_exchange_explicit(p, value, memory_order_relaxed);
    } else if (order == RANDOM_ORDERED) {
        (void)airsi_exchange_acq_rel(p, value);
    } else {
        (void)airsi_exchange_seq_cst(p, value);
    }
}

static void run(unsigned thread) {
    for (int i = 0; i < random_now.steps[thread]; i++) {
        const random_step *step = &random_now.table[thread][i];
        int value = (int)thread * RANDOM_STEPS + i + 1;
        switch (step->kind) {
        case RANDOM_LOAD:
            load(&places[step->location], step->order);
            break;
        case RANDOM_STORE:
            store(&places[step->location], step->order, value);
            break;
        case RANDOM_EXCHANGE:
            exchange(&places[step->location], step->order, value);
            break;
        }
    }
}

const explorer_program random_program = {.name = "random", .threads = RANDOM_THREADS, .setup = clear, .thread = run};
