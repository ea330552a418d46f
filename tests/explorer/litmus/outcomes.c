/* Outcomes of litmus programs, kept across executions; not itself explored. */
#include "explorer/litmus/outcomes.h"

#include <stdlib.h>
#include <string.h>

#include "explorer/litmus/litmus.h"

#define MOST 64

static char outcomes[MOST][OUTCOME];
static size_t count;
static char all[MOST * OUTCOME];

void litmus_clear(void) {
    count = 0;
}

void outcome_note(const int *values, size_t length) {
    char text[OUTCOME] = "";
    for (size_t i = 0; i < length && i < OUTCOME - 1; i++) {
        text[i] = (char)('0' + values[i]);
        text[i + 1] = '\0';
    }
    for (size_t i = 0; i < count; i++) {
        if (strcmp(outcomes[i], text) == 0) {
            return;
        }
    }
    if (count < MOST) {
        memcpy(outcomes[count++], text, sizeof text);
    }
}

static int compare(const void *a, const void *b) {
    return strcmp(a, b);
}

const char *litmus_outcomes(void) {
    qsort(outcomes, count, sizeof outcomes[0], compare);
    all[0] = '\0';
    for (size_t i = 0; i < count; i++) {
        strcat(all, i > 0 ? " " : "");
        strcat(all, outcomes[i]);
    }
    return all;
}
