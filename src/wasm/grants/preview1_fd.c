/* Descriptors 0, 1 and 2: an input at its end and two outputs, each a character device, so that a C library writes whole lines. */
#include "wasm/component/component.h"
#include "wasm/component/output.h"
#include "wasm/grants/preview1.h"

#define STDIN 0u
#define STDERR 2u
#define IOVECS_MAX 1024u         /* IOV_MAX of most systems */
#define WRITE_MAX (256u * 1024u) /* a call; what is over it stays unwritten and the guest is told so, as write(2) does */

#define FILETYPE_CHARACTER_DEVICE 2u
#define RIGHT_FD_READ (UINT64_C(1) << 1)
#define RIGHT_FD_WRITE (UINT64_C(1) << 6)
#define RIGHT_POLL (UINT64_C(1) << 27)

/* Without seek and tell among the rights: that is how wasi-libc knows a terminal. */
bool airsi_wasi_fd_fdstat_get(airsi_guest *guest, airsi_value *values) {
    uint32_t fd = values[0].u32;
    uint8_t *ret = airsi_guest_memory(guest, values[1].u32, 24, 8, "fd_fdstat_get result");
    if (ret == NULL) {
        return false;
    }
    if (fd > STDERR) {
        return airsi_wasi_return(values, AIRSI_WASI_BADF);
    }
    airsi_store_u64(ret, FILETYPE_CHARACTER_DEVICE); /* and no flags */
    airsi_store_u64(ret + 8, (fd == STDIN ? RIGHT_FD_READ : RIGHT_FD_WRITE) | RIGHT_POLL);
    airsi_store_u64(ret + 16, 0);
    return airsi_wasi_return(values, AIRSI_WASI_SUCCESS);
}

/* The three stay open: closing is only said to have worked. */
bool airsi_wasi_fd_close(airsi_guest *guest, airsi_value *values) {
    (void)guest;
    return airsi_wasi_return(values, values[0].u32 <= STDERR ? AIRSI_WASI_SUCCESS : AIRSI_WASI_BADF);
}

bool airsi_wasi_fd_seek(airsi_guest *guest, airsi_value *values) {
    (void)guest;
    return airsi_wasi_return(values, values[0].u32 <= STDERR ? AIRSI_WASI_SPIPE : AIRSI_WASI_BADF);
}

/* No folder is granted: a C library stops asking at the first BADF. */
bool airsi_wasi_fd_prestat(airsi_guest *guest, airsi_value *values) {
    (void)guest;
    return airsi_wasi_return(values, AIRSI_WASI_BADF);
}

/* The vectors, once each of them was seen to lie in the guest's memory; NULL: the guest is dying. */
static const uint8_t *lift_iovecs(airsi_guest *guest, uint32_t at, uint32_t count, const char *what) {
    const uint8_t *iovecs = airsi_guest_lift(guest, at, count * 8, 4, what);
    for (uint32_t i = 0; iovecs != NULL && i < count; i++) {
        const uint8_t *iovec = iovecs + 8 * (size_t)i;
        if (airsi_guest_memory(guest, airsi_load_u32(iovec), airsi_load_u32(iovec + 4), 1, what) == NULL) {
            return NULL;
        }
    }
    return iovecs;
}

bool airsi_wasi_fd_read(airsi_guest *guest, airsi_value *values) {
    uint8_t *ret = airsi_guest_memory(guest, values[3].u32, 4, 4, "fd_read result");
    if (ret == NULL) {
        return false;
    }
    if (values[0].u32 != STDIN) {
        return airsi_wasi_return(values, AIRSI_WASI_BADF);
    }
    if (values[2].u32 > IOVECS_MAX) {
        return airsi_wasi_return(values, AIRSI_WASI_INVAL);
    }
    if (lift_iovecs(guest, values[1].u32, values[2].u32, "fd_read vector") == NULL) {
        return false;
    }
    airsi_store_u32(ret, 0);
    return airsi_wasi_return(values, AIRSI_WASI_SUCCESS);
}

bool airsi_wasi_fd_write(airsi_guest *guest, airsi_value *values) {
    uint32_t fd = values[0].u32, count = values[2].u32, written = 0;
    uint8_t *ret = airsi_guest_memory(guest, values[3].u32, 4, 4, "fd_write result");
    if (ret == NULL) {
        return false;
    }
    if (fd == STDIN || fd > STDERR) {
        return airsi_wasi_return(values, AIRSI_WASI_BADF);
    }
    if (count > IOVECS_MAX) {
        return airsi_wasi_return(values, AIRSI_WASI_INVAL);
    }
    const uint8_t *iovecs = lift_iovecs(guest, values[1].u32, count, "fd_write vector");
    if (iovecs == NULL) {
        return false;
    }
    for (uint32_t i = 0; i < count && written < WRITE_MAX; i++) {
        uint32_t at = airsi_load_u32(iovecs + 8 * (size_t)i), length = airsi_load_u32(iovecs + 8 * (size_t)i + 4);
        if (length > WRITE_MAX - written) {
            length = WRITE_MAX - written;
        }
        const uint8_t *bytes = airsi_guest_lift(guest, at, length, 1, "fd_write bytes");
        if (bytes == NULL) {
            return false;
        }
        airsi_component_write(airsi_guest_owner(guest), (int)fd, (const char *)bytes, length);
        written += length;
    }
    airsi_store_u32(ret, written);
    return airsi_wasi_return(values, AIRSI_WASI_SUCCESS);
}
