#include "node/text/suggest.h"

#include <string.h>

#define WORD_MAX 64

static size_t least(size_t a, size_t b, size_t c) {
    size_t smaller = a < b ? a : b;
    return smaller < c ? smaller : c;
}

/* Insertions, deletions, replacements and exchanges of neighbours (optimal string alignment). Both lengths are at most WORD_MAX. */
static size_t distance(const char *a, size_t a_length, const char *b, size_t b_length) {
    size_t rows[3][WORD_MAX + 1];
    size_t *before = rows[0], *last = rows[1], *now = rows[2];
    for (size_t j = 0; j <= b_length; j++) {
        last[j] = j;
    }
    for (size_t i = 1; i <= a_length; i++) {
        now[0] = i;
        for (size_t j = 1; j <= b_length; j++) {
            size_t replace = last[j - 1] + (a[i - 1] != b[j - 1]);
            now[j] = least(last[j] + 1, now[j - 1] + 1, replace);
            if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1]) {
                now[j] = least(now[j], before[j - 2] + 1, now[j]);
            }
        }
        size_t *oldest = before;
        before = last;
        last = now;
        now = oldest;
    }
    return last[b_length];
}

const char *airsi_suggest(const char *typed, size_t length, const char *(*word_at)(const void *words, size_t index), const void *words,
                          size_t count) {
    if (length > WORD_MAX) {
        return NULL;
    }
    const char *best = NULL;
    size_t best_distance = 0;
    for (size_t i = 0; i < count; i++) {
        const char *word = word_at(words, i);
        size_t word_length = strlen(word);
        if (word_length > WORD_MAX) {
            continue;
        }
        size_t apart = distance(typed, length, word, word_length);
        /* A third of the word may be wrong; more is another word. */
        if (apart <= (word_length + 2) / 3 && (best == NULL || apart < best_distance)) {
            best = word;
            best_distance = apart;
        }
    }
    return best;
}
