/* What the exports of a guest return, lifted by hand: the layouts of result<option<list<u8>>, string> and result<_, string>. */
#ifndef AIRSI_WASM_COMPONENT_OUTCOME_H
#define AIRSI_WASM_COMPONENT_OUTCOME_H

#include <stdbool.h>
#include <stdint.h>

#include "wasm/engine/guest.h"

typedef enum airsi_outcome_kind {
    AIRSI_OUTCOME_DONE,  /* ok(none) or ok */
    AIRSI_OUTCOME_REPLY, /* ok(some(bytes)) */
    AIRSI_OUTCOME_ERROR, /* err(text) */
} airsi_outcome_kind;

/* `bytes` lie in the guest: valid until it is entered again (post-return). */
typedef struct airsi_outcome {
    airsi_outcome_kind kind;
    const uint8_t *bytes;
    uint32_t length;
} airsi_outcome;

/* The result at `at`. `what` is the export's name. false: the guest broke the ABI and is dying. */
bool airsi_outcome_lift_handled(airsi_guest *guest, uint32_t at, const char *what, airsi_outcome *ret_outcome);
bool airsi_outcome_lift_plain(airsi_guest *guest, uint32_t at, const char *what, airsi_outcome *ret_outcome);

#endif
