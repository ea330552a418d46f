/* The explorer against the axioms of RC11: for random programs every choice of reads-from and of the order of writes is made, and judged by the axioms
 * as they stand in the paper. The explorer must find exactly as many executions: none is missed, none is seen twice. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "explorer/explorer.h"
#include "explorer/litmus/random.h"

#define MOST 18

typedef struct node {
    int thread, location;
    bool write, update; /* update: the write half of an exchange, right behind its read */
    random_order order;
    int from; /* read: the write; -1: the initial value */
    int rank; /* write: its place in its location's order */
} node;

typedef bool relation[MOST][MOST];

static node nodes[MOST];
static int count;
static uint64_t consistent;

static bool release(const node *n) {
    return n->write && n->order != RANDOM_RELAXED;
}

static bool acquire(const node *n) {
    return !n->write && n->order != RANDOM_RELAXED;
}

static void close(relation r) {
    for (int k = 0; k < count; k++) {
        for (int i = 0; i < count; i++) {
            for (int j = 0; j < count; j++) {
                r[i][j] = r[i][j] || (r[i][k] && r[k][j]);
            }
        }
    }
}

static bool has_cycle(relation r) {
    close(r);
    for (int i = 0; i < count; i++) {
        if (r[i][i]) {
            return true;
        }
    }
    return false;
}

static bool program_order(int a, int b) {
    return nodes[a].thread == nodes[b].thread && a < b;
}

/* The place of what an event reads or writes. */
static int rank_of(int i) {
    return nodes[i].write ? nodes[i].rank : nodes[i].from < 0 ? 0 : nodes[nodes[i].from].rank;
}

static void happens_before(relation hb) {
    for (int i = 0; i < count; i++) {
        for (int j = 0; j < count; j++) {
            hb[i][j] = program_order(i, j);
        }
    }
    for (int r = 0; r < count; r++) {
        /* The release sequences that end in what `r` reads from: back over updates. */
        for (int w = acquire(&nodes[r]) ? nodes[r].from : -1; w >= 0; w = nodes[w].update ? nodes[w - 1].from : -1) {
            hb[w][r] = hb[w][r] || release(&nodes[w]);
        }
    }
    close(hb);
}

static bool coherent(relation hb) {
    for (int i = 0; i < count; i++) {
        for (int j = 0; j < count; j++) {
            if (!hb[i][j] || nodes[i].location != nodes[j].location) {
                continue;
            }
            bool older = nodes[j].write ? rank_of(i) < rank_of(j) : rank_of(i) <= rank_of(j);
            if (!older) {
                return false;
            }
        }
    }
    for (int i = 0; i < count; i++) {
        if (nodes[i].update && nodes[i].rank != rank_of(i - 1) + 1) {
            return false;
        }
    }
    return true;
}

static bool elsewhere(int a, int b) {
    return program_order(a, b) && nodes[a].location != nodes[b].location;
}

static bool sc_before(relation hb, int a, int b) {
    bool same = nodes[a].location == nodes[b].location;
    if (a == b || program_order(a, b) || (same && hb[a][b]) || (same && nodes[b].write && rank_of(a) < rank_of(b))) {
        return a != b;
    }
    for (int c = 0; c < count; c++) {
        for (int d = 0; d < count; d++) {
            if (elsewhere(a, c) && hb[c][d] && elsewhere(d, b)) {
                return true;
            }
        }
    }
    return false;
}

static bool is_consistent(void) {
    static relation porf, hb, psc;
    for (int i = 0; i < count; i++) {
        for (int j = 0; j < count; j++) {
            porf[i][j] = program_order(i, j) || (!nodes[j].write && nodes[j].from == i);
        }
    }
    if (has_cycle(porf)) {
        return false;
    }
    happens_before(hb);
    if (!coherent(hb)) {
        return false;
    }
    for (int i = 0; i < count; i++) {
        for (int j = 0; j < count; j++) {
            bool both = nodes[i].order == RANDOM_SEQ_CST && nodes[j].order == RANDOM_SEQ_CST;
            psc[i][j] = both && sc_before(hb, i, j);
        }
    }
    return !has_cycle(psc);
}

/* Every order of the writes from node `at` on: each takes a place among those before it. */
static void order_writes(int at) {
    while (at < count && !nodes[at].write) {
        at++;
    }
    if (at == count) {
        consistent += is_consistent();
        return;
    }
    int others = 0;
    for (int i = 0; i < at; i++) {
        others += nodes[i].write && nodes[i].location == nodes[at].location;
    }
    int ranks[MOST];
    for (int rank = 1; rank <= others + 1; rank++) {
        for (int i = 0; i < at; i++) {
            ranks[i] = nodes[i].rank;
            nodes[i].rank += nodes[i].write && nodes[i].location == nodes[at].location && nodes[i].rank >= rank;
        }
        nodes[at].rank = rank;
        order_writes(at + 1);
        for (int i = 0; i < at; i++) {
            nodes[i].rank = ranks[i];
        }
    }
}

static void choose_sources(int at) {
    while (at < count && nodes[at].write) {
        at++;
    }
    if (at == count) {
        order_writes(0);
        return;
    }
    for (int from = -1; from < count; from++) {
        if (from < 0 || (nodes[from].write && nodes[from].location == nodes[at].location)) {
            nodes[at].from = from;
            choose_sources(at + 1);
        }
    }
}

static void add_node(int thread, const random_step *step, bool write) {
    nodes[count++] = (node){.thread = thread,
                            .location = step->location,
                            .write = write,
                            .update = write && step->kind == RANDOM_EXCHANGE,
                            .order = step->order,
                            .from = -1};
}

static uint64_t count_by_axioms(void) {
    count = 0;
    consistent = 0;
    for (int t = 0; t < random_now.threads; t++) {
        for (int i = 0; i < random_now.steps[t]; i++) {
            const random_step *step = &random_now.table[t][i];
            if (step->kind != RANDOM_STORE) {
                add_node(t, step, false);
            }
            if (step->kind != RANDOM_LOAD) {
                add_node(t, step, true);
            }
        }
    }
    choose_sources(0);
    return consistent;
}

static unsigned below(uint64_t *seed, unsigned bound) {
    *seed = *seed * 6364136223846793005u + 1442695040888963407u;
    return (unsigned)(*seed >> 33) % bound;
}

/* Six steps at most: what is counted here grows faster than any program should. */
static void make_random(uint64_t seed) {
    int left = 6;
    memset(&random_now, 0, sizeof random_now);
    random_now.threads = RANDOM_THREADS;
    for (int t = 0; t < RANDOM_THREADS; t++) {
        int steps = 1 + (int)below(&seed, RANDOM_STEPS);
        random_now.steps[t] = steps < left - (RANDOM_THREADS - 1 - t) ? steps : left - (RANDOM_THREADS - 1 - t);
        left -= random_now.steps[t];
        for (int i = 0; i < random_now.steps[t]; i++) {
            random_now.table[t][i] = (random_step){
                .kind = (random_kind)below(&seed, 3), .order = (random_order)below(&seed, 3), .location = (int)below(&seed, 2)};
        }
    }
}

static void the_explorer_finds_what_the_axioms_allow_and_each_once(void **state) {
    (void)state;
    static explorer_result result;
    uint64_t executions = 0;
    for (uint64_t seed = 1; seed <= 1500; seed++) {
        make_random(seed);
        uint64_t expected = count_by_axioms();
        explorer_run(&random_program, 0, &result);
        if (result.verdict != EXPLORER_CORRECT || result.executions != expected) {
            print_error("seed %u: %u executions, not %u\n%s", (unsigned)seed, (unsigned)result.executions, (unsigned)expected,
                        result.report);
        }
        assert_int_equal(result.verdict, EXPLORER_CORRECT);
        assert_int_equal(result.executions, expected);
        executions += expected;
    }
    print_message("%u executions of 1500 programs\n", (unsigned)executions);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(the_explorer_finds_what_the_axioms_allow_and_each_once)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
