/* malloc and free of the programs explored. A block's address depends only on what its own thread allocated before, so that an execution can be run
 * again; no address is given out twice, so that any use after free is seen. */
#ifndef EXPLORER_HEAP_H
#define EXPLORER_HEAP_H

#include "explorer/engine/engine.h"

void heap_reset(void);
void *heap_new(size_t size, size_t alignment);
void heap_delete(void *address, uintptr_t pc);
size_t heap_size(const void *address);
/* Ends the execution if the bytes are no live block's, but lie where blocks are. */
void heap_check(uintptr_t address, size_t size, bool write, uintptr_t pc);
bool heap_is_freed(uintptr_t address);
bool heap_name(uintptr_t address, char *buffer, size_t size);
/* Blocks not freed yet. */
unsigned heap_live(void);

#endif
