/* WASI preview 1 with nothing granted (docs/DESIGN.md 5.11): what its files share. Errors of a call are errnos; a pointer or a length
 * outside the guest's memory traps. */
#ifndef AIRSI_WASM_GRANTS_PREVIEW1_H
#define AIRSI_WASM_GRANTS_PREVIEW1_H

#include "wasm/engine/guest.h"

/* Of wasi_snapshot_preview1's errno. */
enum {
    AIRSI_WASI_SUCCESS = 0,
    AIRSI_WASI_BADF = 8,
    AIRSI_WASI_INVAL = 28,
    AIRSI_WASI_IO = 29,
    AIRSI_WASI_NOSYS = 52,
    AIRSI_WASI_NOTSUP = 58,
    AIRSI_WASI_SPIPE = 70,
};

/* The end of a call: its errno. */
static inline bool airsi_wasi_return(airsi_value *values, int error) {
    values[0].i32 = error;
    return true;
}

/* The time of a clock id. AIRSI_WASI_NOTSUP for the CPU clocks, which would tell of other guests; AIRSI_WASI_INVAL for what is no clock. */
int airsi_wasi_clock_now(uint32_t clock_id, uint64_t *ret_ns);

/* preview1_fd.c: the three standard descriptors; there are no others. */
bool airsi_wasi_fd_close(airsi_guest *guest, airsi_value *values);
bool airsi_wasi_fd_fdstat_get(airsi_guest *guest, airsi_value *values);
bool airsi_wasi_fd_prestat(airsi_guest *guest, airsi_value *values);
bool airsi_wasi_fd_read(airsi_guest *guest, airsi_value *values);
bool airsi_wasi_fd_seek(airsi_guest *guest, airsi_value *values);
bool airsi_wasi_fd_write(airsi_guest *guest, airsi_value *values);

/* preview1_poll.c */
bool airsi_wasi_poll_oneoff(airsi_guest *guest, airsi_value *values);

#endif
