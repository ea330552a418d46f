/* Runs a small concurrent program in every way the C11 memory model allows, and reports the first execution that goes wrong: a failed check or
 * assertion, a data race, a use of freed memory, a deadlock, a loop without end. docs/CONCURRENCY.md, "The explorer", says how.
 *
 * A program is a setup, some threads and a finish. Setup and finish run alone; what setup did happens before all threads, and these happen before
 * finish. All three are run once an execution, so they must do the same each time but for what they read from shared memory. */
#ifndef EXPLORER_H
#define EXPLORER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define EXPLORER_THREADS 5

typedef struct explorer_program {
    const char *name;
    unsigned threads; /* at most EXPLORER_THREADS */
    void (*setup)(void);
    void (*thread)(unsigned index);
    void (*finish)(void);
} explorer_program;

typedef enum explorer_verdict {
    EXPLORER_CORRECT,
    EXPLORER_CHECK,    /* a check or an assertion failed */
    EXPLORER_RACE,     /* two accesses, one of them a write and one of them plain, and neither happens before the other */
    EXPLORER_FREED,    /* memory used after it was freed, or freed twice, or outside its block */
    EXPLORER_DEADLOCK, /* all threads that are left wait for what never comes */
    EXPLORER_ENDLESS,  /* a thread took more steps than there is room for */
    EXPLORER_TOO_MANY, /* not all executions were seen */
} explorer_verdict;

typedef struct explorer_result {
    explorer_verdict verdict;
    uint64_t executions; /* complete ones */
    uint64_t blocked;    /* given up, since a thread waited for what another execution brings */
    char report[16384];  /* for people: what went wrong, and the execution in which it did */
} explorer_result;

/* Explores `program`, at most `most` executions (0: all). */
void explorer_run(const explorer_program *program, uint64_t most, explorer_result *ret_result);

/* Reports are just the verdict: for runs that look for nothing else. */
void explorer_quiet(bool yes);

const char *explorer_verdict_name(explorer_verdict verdict);

/* Within a program. */
#define EXPLORER_CHECK(condition) ((condition) ? (void)0 : explorer_fail(__FILE__, __LINE__, #condition))
_Noreturn void explorer_fail(const char *file, int line, const char *what);
/* What reports call the memory at `address`. In setup. */
void explorer_name(const volatile void *address, size_t size, const char *text);
/* The 16 bytes at `address` are one location, even where their halves are read alone. In setup. */
void explorer_pair(const volatile void *address);
/* One of 0 .. count - 1, every one of them in some execution. */
unsigned explorer_choose(unsigned count);
/* In setup: a pause in a loop does nothing, as is right where the loop ends by itself. Otherwise it ends the execution for its thread, unless what
 * the thread read last changes: loops that wait then cost no executions. */
void explorer_pauses_go_on(void);
/* Memory for the program, from its own heap. */
void *explorer_pages(size_t size);
/* The index of the running thread. */
unsigned explorer_self(void);

/* Places in the sources where an atomic operation that is not relaxed was seen, and that can be weakened for the next runs. */
typedef enum explorer_weakening { EXPLORER_AS_WRITTEN, EXPLORER_NOT_SEQ_CST, EXPLORER_RELAXED } explorer_weakening;

typedef struct explorer_place {
    char file[128]; /* as the compiler was told, without what stands before src/ */
    int line;
    char label[8]; /* the E# of the comment above, or "" */
    char function[64];
    bool seq_cst;
    explorer_weakening weakening;
    uint64_t uses; /* since the last clearing */
} explorer_place;

/* For the runs to come, even if it wasn't seen yet. */
void explorer_weaken(const char *file, int number, explorer_weakening weakening);
/* The label of a comment that begins with one. */
bool explorer_label_in(const char *text, char *ret_label, size_t size);

size_t explorer_place_count(void);
explorer_place *explorer_place_at(size_t index);

#endif
