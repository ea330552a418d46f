/* The known word nearest to one that was mistyped. */
#ifndef AIRSI_NODE_TEXT_SUGGEST_H
#define AIRSI_NODE_TEXT_SUGGEST_H

#include <stddef.h>

/* NULL when none is near enough to be meant. `word_at` gives the word of an index. */
const char *airsi_suggest(const char *typed, size_t length, const char *(*word_at)(const void *words, size_t index), const void *words,
                          size_t count);

#endif
