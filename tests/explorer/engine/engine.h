/* Inside the explorer: the execution graph, what is known of its events while one execution runs, and who calls whom.
 *
 * graph.c   the graph: events in the order each thread made them, who reads from whom, the order of writes; saved copies still to be explored
 * model.c   reads and writes: what the memory model allows, and what must be explored besides
 * psc.c     the order of sequentially consistent operations
 * memory.c  shadow of plain memory: races, blocks from malloc, locations of atomics
 * heap.c    malloc and free of the programs
 * run.c     one execution: threads as fibers, replay, then extension; and the loop over all
 * calls.c   the callbacks that -fsanitize=thread emits
 * posix.c   mutexes, conditions, futexes and so on, in terms of reads and writes
 * places.c  return addresses to lines and edges
 * report.c  an execution for people */
#ifndef EXPLORER_ENGINE_H
#define EXPLORER_ENGINE_H

#include <stdatomic.h>

#include "explorer/explorer.h"

#define THREADS EXPLORER_THREADS
#define EVENTS 800 /* a thread */

__extension__ typedef unsigned __int128 wide;

typedef struct ref {
    int8_t thread; /* INITIAL: what was there at first */
    uint16_t index;
} ref;

#define INITIAL (-1)

typedef enum event_kind { READ, WRITE, CHOICE } event_kind;

/* What a graph keeps of an event: all that isn't found again by running the program. */
typedef struct event {
    uintptr_t address; /* of the location */
    uint32_t stamp;    /* when it was added */
    uint16_t rank;     /* WRITE: its place in the order of writes; the initial value has 0 */
    uint8_t kind;      /* event_kind */
    uint8_t choice;    /* CHOICE */
    ref from;          /* READ: the write it reads from */
} event;

/* How many events of each thread. */
typedef struct extent {
    uint16_t of[THREADS];
} extent;

struct location;

/* Whether a read that waits has got what it waits for. */
typedef bool (*wanted)(wide value, wide argument);

/* What is known of an event while its execution runs. */
typedef struct detail {
    struct location *location;
    extent happened; /* what happens before it, and itself */
    extent prefix;   /* likewise by program order and reads-from alone */
    extent released; /* WRITE: what an acquiring reader gets to know */
    ref at_least;    /* READ: the oldest write it may read from */
    ref replaces;    /* WRITE of a read-modify-write: what that read */
    wide value;      /* read or written; of the whole location */
    uintptr_t pc;    /* where the program did it */
    wanted wanted;   /* READ: of which values it waits; NULL: of none */
    wide argument;
    uint32_t moment;   /* its place in the run, for reports */
    uint16_t position; /* WRITE: its place in its location's writes, of those made so far */
    uint8_t order;     /* memory_order_* */
    uint8_t failure;   /* READ of a compare-and-swap: the order if it finds another value */
    bool compares;
    uint8_t offset; /* of the access in the location */
    uint8_t size;   /* of the access */
    bool update;    /* WRITE: the second half of a read-modify-write */
    bool unsettled; /* WRITE by a plain store: its value stands in memory, but is not read from there yet */
} detail;

#define LOCATION_WRITES 128
#define LOCATION_EVENTS 768

/* Memory that atomics use. */
typedef struct location {
    uintptr_t address;
    unsigned size;
    wide initial;
    unsigned write_count; /* with the initial value, so at least 1 */
    unsigned event_count;
    ref writes[LOCATION_WRITES]; /* in their order; [0] is the initial value */
    ref events[LOCATION_EVENTS]; /* reads and writes, as they came */
} location;

typedef enum thread_state { RUNNABLE, BLOCKED, ENDED } thread_state;

typedef struct thread {
    thread_state state;
    unsigned done;    /* events so far */
    extent happened;  /* before its next step */
    extent prefix;    /* likewise */
    ref blocked_read; /* BLOCKED: what it would have to read anew */
    bool timed;       /* BLOCKED: but not for ever */
    bool halfway;     /* in a read-modify-write, between read and write */
    unsigned clock_reads;
} thread;

/* The one execution that runs now. */
typedef struct engine {
    const explorer_program *program;
    explorer_result *result;
    event events[THREADS][EVENTS];
    detail details[THREADS][EVENTS];
    unsigned length[THREADS]; /* events in the graph */
    thread threads[THREADS];
    int current; /* the thread that runs; -1: setup, finish, or the explorer itself */
    bool extending;
    uint32_t next_stamp, moment;
    unsigned sequential; /* events with seq_cst so far */
    bool pauses_go_on;
} engine;

extern engine E;

static inline event *event_at(ref r) {
    return &E.events[(int)r.thread][r.index];
}

static inline detail *detail_at(ref r) {
    return &E.details[(int)r.thread][r.index];
}

static inline bool same_ref(ref a, ref b) {
    return a.thread == b.thread && (a.thread == INITIAL || a.index == b.index);
}

/* graph.c */
typedef struct saved saved;
/* Keeps `keep.of[t]` events of each thread. */
saved *graph_save(const extent *keep);
event *graph_saved_event(saved *graph, ref r);
/* The saved graph is explored later. */
void graph_push(saved *graph);
/* Makes the last pushed graph the current one; false: none is left. */
bool graph_pop(void);
void graph_reset(void);

/* run.c */
/* The running thread comes to its next event. true: it stands in the graph already; false: it is new, and its turn to be added. */
bool next_event_is_old(void);
/* The thread can't go on in this execution. Does not return. */
_Noreturn void give_up_thread(ref read, bool timed);
/* The execution contradicts the model, or is seen elsewhere. Does not return. */
_Noreturn void give_up_execution(void);
/* An old read waits here until the write it reads from was made. */
void wait_for_write(ref write);

/* model.c */
typedef struct step {
    uintptr_t address;
    unsigned size;
    uintptr_t pc;
    uint8_t order;
    wanted wanted; /* NULL: any value will do */
    wide argument;
    bool timed;    /* it doesn't wait for ever */
    bool plain;    /* a plain store to what is an atomic */
    bool compares; /* compare-and-swap: a read of anything but `argument` has the order `failure` */
    uint8_t failure;
} step;

wide model_read(const step *a, ref *ret_event);
/* `update_of`: the read of the same read-modify-write, or NULL. */
void model_write(const step *a, wide value, const ref *update_of);
/* A plain store to an atomic has been made since: takes its value from memory. */
void model_settle(void);
wide model_value(const location *l, ref write);
/* The place of a write in the order of its location. */
unsigned write_position(ref write);

/* psc.c */
bool psc_consistent(void);

/* memory.c */
void memory_reset(void);
/* An access by the current thread; ends the execution if it is one too many. */
void memory_access(uintptr_t address, size_t size, bool write, bool atomic, uintptr_t pc);
void memory_freed(uintptr_t address, size_t size, uintptr_t pc);
/* A plain access, as the compiler announces it. */
void memory_plain(uintptr_t address, size_t size, bool write, uintptr_t pc);
location *memory_location(uintptr_t address, unsigned size);
/* Puts what was written last into memory, for the finish. */
void memory_flush(void);
const char *memory_name(uintptr_t address, char *buffer, size_t size);
void memory_own_stack(unsigned index, uintptr_t low, uintptr_t high);
/* Where thread-local variables are: each thread has its own there. */
void memory_thread_local(uintptr_t low, uintptr_t high);

/* places.c */
uint8_t place_order(uintptr_t pc, uint8_t order);
const char *place_text(uintptr_t pc, char *buffer, size_t size);

/* report.c */
/* Ends the execution and the exploration. */
_Noreturn void report(explorer_verdict verdict, uintptr_t pc, const char *format, ...) __attribute__((format(printf, 3, 4)));

_Noreturn void run_abort(void);

#endif
