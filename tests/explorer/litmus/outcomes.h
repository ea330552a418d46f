#ifndef EXPLORER_OUTCOMES_H
#define EXPLORER_OUTCOMES_H

#include <stddef.h>

#define OUTCOME 8 /* values of an outcome, and a NUL */

/* What one execution found. */
void outcome_note(const int *values, size_t length);

#endif
