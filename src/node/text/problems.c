#include "node/text/problems.h"

#include "base/memory.h"

#define GROW_BY 10

void airsi_problems_fini(airsi_problems *problems) {
    airsi_free(problems->items);
    *problems = (airsi_problems){0};
}

airs_status airsi_problems_add(airsi_problems *problems, const airs_error *error) {
    if (problems->count % GROW_BY == 0 && problems->count < AIRSI_PROBLEMS_MAX) {
        airs_error *items = airsi_realloc(problems->items, (problems->count + GROW_BY) * sizeof *items);
        if (items == NULL) {
            problems->left_out++;
            return error->status;
        }
        problems->items = items;
    }
    if (problems->count == AIRSI_PROBLEMS_MAX) {
        problems->left_out++;
    } else {
        problems->items[problems->count++] = *error;
    }
    return error->status;
}

void airsi_problems_print(const airsi_problems *problems, FILE *to) {
    for (size_t i = 0; i < problems->count; i++) {
        fprintf(to, "airs: %s\n", problems->items[i].text);
    }
    if (problems->left_out > 0) {
        fprintf(to, "airs: %zu more are not shown\n", problems->left_out);
    }
}

airs_status airsi_problems_status(const airsi_problems *problems) {
    if (problems->count > 0) {
        return problems->items[0].status;
    }
    return problems->left_out > 0 ? AIRS_ENOMEM : AIRS_OK;
}
