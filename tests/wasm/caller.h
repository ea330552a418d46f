/* A guest made on the spot that calls any host function with any arguments: its handle-message takes {u32 which import, u32 unused, u64
 * argument, ...} at its payload's address, makes the call, and replies with the result as 8 bytes. Made from the host's own tables, so
 * that no import can be forgotten. */
#ifndef TEST_WASM_CALLER_H
#define TEST_WASM_CALLER_H

#include <stddef.h>
#include <stdint.h>

#include "wasm/engine/guest.h"

/* What its cabi_realloc does. */
typedef enum caller_realloc {
    CALLER_REALLOC_BUMP, /* behaves: room from CALLER_HEAP on */
    CALLER_REALLOC_GROW, /* grows the memory by a page each time, so that the host's pointers are stale */
    CALLER_REALLOC_TRAP,
    CALLER_REALLOC_OUTSIDE, /* an address outside the memory */
    CALLER_REALLOC_RESULT,  /* always the same address: where the results are written too */
    CALLER_REALLOC_SENDS,   /* calls import 0, which it may not */
} caller_realloc;

#define CALLER_PAGES 32u
#define CALLER_MEMORY (CALLER_PAGES * 65536u)
#define CALLER_CALL 256u     /* where a call's description is written */
#define CALLER_SCRATCH 1024u /* free for arguments, up to CALLER_HEAP */
#define CALLER_HEAP 1900000u

/* *ret_bytes is the caller's to free. */
size_t caller_make(const airsi_import *const *imports, size_t count, caller_realloc realloc_mode, uint8_t **ret_bytes);

#endif
