/* Memory from the operating system, in pieces that stand at multiples of their size. All such calls are here. */
#ifndef AIRSI_BASE_HEAP_PAGES_H
#define AIRSI_BASE_HEAP_PAGES_H

#include <stddef.h>

/* `size` is a power of two and at least a page. Zeroed; NULL: no memory. */
void *airsi_pages_map(size_t size);
void airsi_pages_unmap(void *pages, size_t size);

#endif
