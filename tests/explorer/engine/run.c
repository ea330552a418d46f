#define _GNU_SOURCE
#include "explorer/engine/engine.h"

#include <link.h>
#include <setjmp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#define STACK (256u << 10)

engine E;

/* ---- fibers ---- */

typedef struct fiber {
    void *stack_pointer;
    char *stack;
    char *thread_local; /* its own copy of the program's thread-local variables */
    bool started;
} fiber;

static fiber fibers[THREADS];
static void *explorer_stack_pointer;
static char *thread_local_now; /* where they are while a thread runs */
static char *thread_local_first;
static size_t thread_local_size;
static sigjmp_buf end_of_run;

/* Saves what a call must keep, changes the stack, takes back what was saved there. */
void explorer_switch(void **save, void *load);
__asm__(".text\n"
        ".globl explorer_switch\n"
        ".type explorer_switch, @function\n"
        "explorer_switch:\n"
        "    pushq %rbp\n    pushq %rbx\n    pushq %r12\n    pushq %r13\n    pushq %r14\n    pushq %r15\n"
        "    movq %rsp, (%rdi)\n"
        "    movq %rsi, %rsp\n"
        "    popq %r15\n    popq %r14\n    popq %r13\n    popq %r12\n    popq %rbx\n    popq %rbp\n"
        "    ret\n"
        ".size explorer_switch, .-explorer_switch\n");

static void to_explorer(void) {
    int index = E.current;
    memcpy(fibers[index].thread_local, thread_local_now, thread_local_size);
    explorer_switch(&fibers[index].stack_pointer, explorer_stack_pointer);
}

static void resume(unsigned index) {
    E.current = (int)index;
    memcpy(thread_local_now, fibers[index].thread_local, thread_local_size);
    explorer_switch(&explorer_stack_pointer, fibers[index].stack_pointer);
    E.current = -1;
}

static void thread_main(void) {
    unsigned index = (unsigned)E.current;
    E.program->thread(index);
    model_settle();
    E.threads[index].state = ENDED;
    to_explorer();
    abort();
}

static void start_fiber(unsigned index) {
    fiber *f = &fibers[index];
    uintptr_t *top = (uintptr_t *)(void *)(f->stack + STACK - 64);
    *--top = 0; /* where thread_main would return to, and what aligns it as a call would */
    *--top = (uintptr_t)thread_main;
    for (int i = 0; i < 6; i++) {
        *--top = 0;
    }
    f->stack_pointer = top;
    memcpy(f->thread_local, thread_local_first, thread_local_size);
}

static int find_thread_local(struct dl_phdr_info *info, size_t size, void *user) {
    (void)size;
    (void)user;
    for (int i = 0; i < info->dlpi_phnum; i++) {
        if (info->dlpi_phdr[i].p_type == PT_TLS) {
            thread_local_size = info->dlpi_phdr[i].p_memsz;
            thread_local_now = info->dlpi_tls_data;
        }
    }
    return 1; /* the program is the first */
}

/* A program that follows a pointer which is none. */
static void on_fault(int signal_number) {
    (void)signal_number;
    report(EXPLORER_FREED, 0, "access to what is no memory, or an impossible instruction");
}

static void catch_faults(void) {
    static char stack[64u << 10];
    stack_t alternate = {.ss_sp = stack, .ss_size = sizeof stack};
    struct sigaction action = {.sa_handler = on_fault, .sa_flags = SA_ONSTACK | SA_NODEFER};
    sigaltstack(&alternate, NULL);
    sigaction(SIGSEGV, &action, NULL);
    sigaction(SIGBUS, &action, NULL);
    sigaction(SIGFPE, &action, NULL);
}

static void prepare(void) {
    if (fibers[0].stack != NULL) {
        return;
    }
    catch_faults();
    dl_iterate_phdr(find_thread_local, NULL);
    memory_thread_local((uintptr_t)thread_local_now, (uintptr_t)thread_local_now + thread_local_size);
    thread_local_first = malloc(thread_local_size + 1);
    memcpy(thread_local_first, thread_local_now, thread_local_size);
    for (unsigned t = 0; t < THREADS; t++) {
        fibers[t].stack = mmap(NULL, STACK, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        fibers[t].thread_local = malloc(thread_local_size + 1);
        if (fibers[t].stack == MAP_FAILED || fibers[t].thread_local == NULL || thread_local_first == NULL) {
            abort();
        }
        memory_own_stack(t, (uintptr_t)fibers[t].stack, (uintptr_t)fibers[t].stack + STACK);
    }
}

/* ---- one execution ---- */

bool next_event_is_old(void) {
    const thread *t = &E.threads[E.current];
    if (t->done == EVENTS - 1) {
        report(EXPLORER_ENDLESS, 0, "thread %d takes more than %d steps", E.current, EVENTS - 1);
    }
    if (t->done < E.length[E.current]) {
        return true;
    }
    while (!E.extending) {
        to_explorer();
    }
    return false;
}

void wait_for_write(ref write) {
    while (write.thread != INITIAL && E.threads[(int)write.thread].done <= write.index) {
        to_explorer();
    }
}

void give_up_thread(ref read, bool timed) {
    thread *t = &E.threads[E.current];
    t->state = BLOCKED;
    t->blocked_read = read;
    t->timed = timed;
    to_explorer();
    abort();
}

enum { RUN_GIVEN_UP = 1, RUN_REPORTED };

void give_up_execution(void) {
    siglongjmp(end_of_run, RUN_GIVEN_UP);
}

void run_abort(void) {
    siglongjmp(end_of_run, RUN_REPORTED);
}

unsigned explorer_self(void) {
    return (unsigned)E.current;
}

/* The events that are in the graph, in an order in which every read comes after the write it reads from. */
static void replay(void) {
    E.extending = false;
    bool left = true;
    while (left) {
        left = false;
        for (unsigned t = 0; t < E.program->threads; t++) {
            if (E.threads[t].state == RUNNABLE && (!fibers[t].started || E.threads[t].done < E.length[t])) {
                fibers[t].started = true;
                resume(t);
                left |= E.threads[t].state == RUNNABLE && E.threads[t].done < E.length[t];
            }
        }
    }
    if (E.sequential > 1 && !psc_consistent()) {
        give_up_execution();
    }
}

/* New events: one thread after another, as far as each goes. What a later one does to an earlier one makes an execution of its own. */
static void extend(void) {
    E.extending = true;
    for (unsigned t = 0; t < E.program->threads; t++) {
        if (E.threads[t].halfway && E.threads[t].state == RUNNABLE) {
            resume(t);
        }
    }
    for (unsigned t = 0; t < E.program->threads; t++) {
        if (E.threads[t].state == RUNNABLE) {
            resume(t);
        }
    }
}

/* Blocked for good: it waits on the newest write there is, its own aside. */
static bool is_stuck(const thread *t) {
    ref read = t->blocked_read;
    const location *l = detail_at(read)->location;
    for (unsigned p = write_position(event_at(read)->from) + 1; p < l->write_count; p++) {
        if (!detail_at(l->writes[p])->update || l->writes[p].thread != read.thread) {
            return false;
        }
    }
    return !t->timed;
}

static bool ends_well(void) {
    bool blocked = false;
    bool stuck = true;
    for (unsigned t = 0; t < E.program->threads; t++) {
        if (E.threads[t].state == BLOCKED) {
            blocked = true;
            stuck = stuck && is_stuck(&E.threads[t]);
        }
    }
    if (blocked && stuck) {
        report(EXPLORER_DEADLOCK, 0, "every thread that is left waits for ever");
    }
    return !blocked;
}

static void run_program(void) {
    memset(E.threads, 0, sizeof E.threads);
    E.current = -1;
    E.moment = 0;
    E.sequential = 0;
    E.pauses_go_on = false;
    memory_reset();
    memcpy(thread_local_now, thread_local_first, thread_local_size);
    E.program->setup();
    for (unsigned t = 0; t < E.program->threads; t++) {
        start_fiber(t);
        fibers[t].started = false;
    }
    replay();
    extend();
    if (ends_well()) {
        E.result->executions++;
        memory_flush();
        memcpy(thread_local_now, thread_local_first, thread_local_size);
        if (E.program->finish != NULL) {
            E.program->finish();
        }
    } else {
        E.result->blocked++;
    }
}

void explorer_run(const explorer_program *program, uint64_t most, explorer_result *ret_result) {
    prepare();
    memset(ret_result, 0, sizeof *ret_result);
    E.program = program;
    E.result = ret_result;
    graph_reset();
    do {
        int ended = sigsetjmp(end_of_run, 0);
        if (ended == 0) {
            run_program();
        }
        E.current = -1;
        if (ended == RUN_REPORTED) {
            break;
        }
        if (most != 0 && ret_result->executions + ret_result->blocked >= most) {
            ret_result->verdict = EXPLORER_TOO_MANY;
            break;
        }
    } while (graph_pop());
    graph_reset();
}
