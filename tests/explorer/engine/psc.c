#include "explorer/engine/engine.h"

#include <string.h>

/* The axiom of RC11 for sequentially consistent operations, without fences: the relation below between any two of them has no cycle.
 * (O. Lahav et al., "Repairing Sequential Consistency in C/C++11", PLDI 2017.) */

#define MOST 64

typedef struct set {
    ref members[MOST];
    unsigned count;
    uint64_t before[MOST]; /* bit j of [i]: i comes before j */
} set;

static bool happens_before(ref a, ref b) {
    return a.index < detail_at(b)->happened.of[(int)a.thread] && !same_ref(a, b);
}

/* The nearest event of the thread after (step 1) or before (step -1) `r` at another location; false: there is none. */
static bool elsewhere(ref r, int step, ref *ret) {
    for (int i = r.index + step; i >= 0 && i < (int)E.threads[(int)r.thread].done; i += step) {
        ref other = {r.thread, (uint16_t)i};
        if (event_at(other)->kind != CHOICE && event_at(other)->address != event_at(r)->address) {
            *ret = other;
            return true;
        }
    }
    return false;
}

static bool comes_before(ref a, ref b) {
    if (a.thread == b.thread) {
        return a.index < b.index;
    }
    const event *x = event_at(a);
    const event *y = event_at(b);
    if (x->address == y->address) {
        unsigned mine = write_position(x->kind == WRITE ? a : x->from);
        if (happens_before(a, b) || (y->kind == WRITE && mine < write_position(b))) {
            return true;
        }
    }
    ref after;
    ref until;
    return elsewhere(a, 1, &after) && elsewhere(b, -1, &until) && happens_before(after, until);
}

bool psc_consistent(void) {
    set s = {.count = 0};
    for (unsigned t = 0; t < THREADS; t++) {
        for (unsigned i = 0; i < E.threads[t].done; i++) {
            ref r = {(int8_t)t, (uint16_t)i};
            if (event_at(r)->kind != CHOICE && detail_at(r)->order == memory_order_seq_cst) {
                if (s.count == MOST) {
                    report(EXPLORER_ENDLESS, detail_at(r)->pc, "more than %d sequentially consistent operations", MOST);
                }
                s.members[s.count++] = r;
            }
        }
    }
    for (unsigned i = 0; i < s.count; i++) {
        for (unsigned j = 0; j < s.count; j++) {
            s.before[i] |= i != j && comes_before(s.members[i], s.members[j]) ? UINT64_C(1) << j : 0;
        }
    }
    for (unsigned k = 0; k < s.count; k++) {
        for (unsigned i = 0; i < s.count; i++) {
            s.before[i] |= (s.before[i] >> k & 1) != 0 ? s.before[k] : 0;
        }
    }
    for (unsigned i = 0; i < s.count; i++) {
        if ((s.before[i] >> i & 1) != 0) {
            return false;
        }
    }
    return true;
}
