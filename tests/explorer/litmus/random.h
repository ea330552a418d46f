/* Straight-line programs made of a table of operations, for comparing the explorer with the axioms themselves. */
#ifndef EXPLORER_RANDOM_H
#define EXPLORER_RANDOM_H

#include "explorer/explorer.h"

#define RANDOM_THREADS 3
#define RANDOM_STEPS 3
#define RANDOM_LOCATIONS 2

typedef enum random_kind { RANDOM_LOAD, RANDOM_STORE, RANDOM_EXCHANGE } random_kind;
typedef enum random_order { RANDOM_RELAXED, RANDOM_ORDERED /* acquire, release, or both */, RANDOM_SEQ_CST } random_order;

typedef struct random_step {
    random_kind kind;
    random_order order;
    int location;
} random_step;

typedef struct random_table {
    int threads, steps[RANDOM_THREADS];
    random_step table[RANDOM_THREADS][RANDOM_STEPS];
} random_table;

/* What random_program does. */
extern random_table random_now;
extern const explorer_program random_program;

#endif
