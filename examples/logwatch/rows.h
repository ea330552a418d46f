/* The rows of the report: collected from pages, sorted, written as a table. */
#ifndef LOGWATCH_ROWS_H
#define LOGWATCH_ROWS_H

#include <airs.h>

typedef struct row {
    uint64_t lines, bytes;
    char *key;
    uint32_t length;
} row;

typedef struct rows {
    row *items;
    size_t count, capacity;
} rows;

/* Takes the rows of a page and the index to ask for next. NULL: fine; else what is wrong with it, and what was taken stays. */
const char *rows_add_page(rows *rows, const char *page, size_t length, uint32_t *ret_next);

/* The table, the most lines first: at most `most` rows, a line for the rest, and the totals of all. From malloc; NULL: no memory.
 * `notes` stands under it. */
char *rows_write(rows *rows, size_t most, const char *notes, size_t *ret_length);

void rows_clear(rows *rows);

#endif
