#include "explorer/engine/engine.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

struct saved {
    saved *next;
    uint32_t next_stamp;
    extent length;
    unsigned start[THREADS];
    event events[];
};

static saved *pushed; /* the one saved last first: depth first */

saved *graph_save(const extent *keep) {
    size_t total = 0;
    for (unsigned t = 0; t < THREADS; t++) {
        total += keep->of[t];
    }
    saved *graph = malloc(sizeof *graph + total * sizeof *graph->events);
    if (graph == NULL) {
        abort();
    }
    graph->next_stamp = E.next_stamp;
    graph->length = *keep;
    unsigned start = 0;
    for (unsigned t = 0; t < THREADS; t++) {
        graph->start[t] = start;
        memcpy(&graph->events[start], E.events[t], keep->of[t] * sizeof *graph->events);
        start += keep->of[t];
    }
    return graph;
}

event *graph_saved_event(saved *graph, ref r) {
    assert(r.thread != INITIAL && r.index < graph->length.of[(int)r.thread]);
    return &graph->events[graph->start[(int)r.thread] + r.index];
}

void graph_push(saved *graph) {
    graph->next = pushed;
    pushed = graph;
}

bool graph_pop(void) {
    saved *graph = pushed;
    if (graph == NULL) {
        return false;
    }
    pushed = graph->next;
    E.next_stamp = graph->next_stamp;
    for (unsigned t = 0; t < THREADS; t++) {
        E.length[t] = graph->length.of[t];
        memcpy(E.events[t], &graph->events[graph->start[t]], E.length[t] * sizeof *graph->events);
    }
    free(graph);
    return true;
}

void graph_reset(void) {
    while (pushed != NULL) {
        saved *graph = pushed;
        pushed = graph->next;
        free(graph);
    }
    memset(E.length, 0, sizeof E.length);
    E.next_stamp = 1;
}
