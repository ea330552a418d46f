/* The table of WASI preview 1, all 46 functions, so that modules of every toolchain load; and those that need no descriptor. */
#include "wasm/grants/preview1.h"

#include "base/clock.h"
#include "base/random.h"
#include "wasm/host/imports.h"

#define MODULE "wasi_snapshot_preview1"
#define RANDOM_MAX (64u * 1024u) /* a call */
#define CLOCK_RESOLUTION_NS 1u

/* What needs a file, a folder, a socket or a signal: nothing of the kind is granted. */
static bool no_such_call(airsi_guest *guest, airsi_value *values) {
    (void)guest;
    return airsi_wasi_return(values, AIRSI_WASI_NOSYS);
}

/* args_get, environ_get: there are none, so nothing is written; the places must exist all the same. */
static bool empty_list(airsi_guest *guest, airsi_value *values) {
    if (airsi_guest_memory(guest, values[0].u32, 0, 1, "list of pointers") == NULL ||
        airsi_guest_memory(guest, values[1].u32, 0, 1, "buffer of texts") == NULL) {
        return false;
    }
    return airsi_wasi_return(values, AIRSI_WASI_SUCCESS);
}

static bool empty_sizes(airsi_guest *guest, airsi_value *values) {
    uint8_t *count = airsi_guest_memory(guest, values[0].u32, 4, 4, "count");
    uint8_t *size = count != NULL ? airsi_guest_memory(guest, values[1].u32, 4, 4, "size of texts") : NULL;
    if (size == NULL) {
        return false;
    }
    airsi_store_u32(count, 0);
    airsi_store_u32(size, 0);
    return airsi_wasi_return(values, AIRSI_WASI_SUCCESS);
}

int airsi_wasi_clock_now(uint32_t clock_id, uint64_t *ret_ns) {
    switch (clock_id) {
    case 0:
        *ret_ns = airsi_clock_wall_ns();
        return AIRSI_WASI_SUCCESS;
    case 1:
        *ret_ns = airsi_clock_monotonic_ns();
        return AIRSI_WASI_SUCCESS;
    case 2:
    case 3:
        return AIRSI_WASI_NOTSUP;
    default:
        return AIRSI_WASI_INVAL;
    }
}

static bool clock_res_get(airsi_guest *guest, airsi_value *values) {
    uint64_t now;
    uint8_t *ret = airsi_guest_memory(guest, values[1].u32, 8, 8, "clock_res_get result");
    if (ret == NULL) {
        return false;
    }
    int error = airsi_wasi_clock_now(values[0].u32, &now);
    if (error == AIRSI_WASI_SUCCESS) {
        airsi_store_u64(ret, CLOCK_RESOLUTION_NS);
    }
    return airsi_wasi_return(values, error);
}

static bool clock_time_get(airsi_guest *guest, airsi_value *values) {
    uint64_t now;
    uint8_t *ret = airsi_guest_memory(guest, values[2].u32, 8, 8, "clock_time_get result");
    if (ret == NULL) {
        return false;
    }
    int error = airsi_wasi_clock_now(values[0].u32, &now);
    if (error == AIRSI_WASI_SUCCESS) {
        airsi_store_u64(ret, now);
    }
    return airsi_wasi_return(values, error);
}

static bool random_get(airsi_guest *guest, airsi_value *values) {
    uint32_t length = values[1].u32;
    uint8_t *to = airsi_guest_memory(guest, values[0].u32, length, 1, "random_get buffer");
    if (to == NULL) {
        return false;
    }
    if (length > RANDOM_MAX) {
        return airsi_wasi_return(values, AIRSI_WASI_INVAL);
    }
    airsi_guest_charge_work(guest, length);
    return airsi_wasi_return(values, airsi_random_bytes(to, length) == 0 ? AIRSI_WASI_SUCCESS : AIRSI_WASI_IO);
}

static bool sched_yield_now(airsi_guest *guest, airsi_value *values) {
    (void)guest;
    return airsi_wasi_return(values, AIRSI_WASI_SUCCESS);
}

static bool proc_exit(airsi_guest *guest, airsi_value *values) {
    return airsi_guest_exit(guest, values[0].i32);
}

const airsi_import airsi_preview1_imports[] = {
    {MODULE, "args_get", "ii:i", empty_list, 0},
    {MODULE, "args_sizes_get", "ii:i", empty_sizes, 0},
    {MODULE, "environ_get", "ii:i", empty_list, 0},
    {MODULE, "environ_sizes_get", "ii:i", empty_sizes, 0},
    {MODULE, "clock_res_get", "ii:i", clock_res_get, 0},
    {MODULE, "clock_time_get", "iji:i", clock_time_get, 0},
    {MODULE, "fd_advise", "ijji:i", no_such_call, 0},
    {MODULE, "fd_allocate", "ijj:i", no_such_call, 0},
    {MODULE, "fd_close", "i:i", airsi_wasi_fd_close, 0},
    {MODULE, "fd_datasync", "i:i", no_such_call, 0},
    {MODULE, "fd_fdstat_get", "ii:i", airsi_wasi_fd_fdstat_get, 0},
    {MODULE, "fd_fdstat_set_flags", "ii:i", no_such_call, 0},
    {MODULE, "fd_fdstat_set_rights", "ijj:i", no_such_call, 0},
    {MODULE, "fd_filestat_get", "ii:i", no_such_call, 0},
    {MODULE, "fd_filestat_set_size", "ij:i", no_such_call, 0},
    {MODULE, "fd_filestat_set_times", "ijji:i", no_such_call, 0},
    {MODULE, "fd_pread", "iiiji:i", no_such_call, 0},
    {MODULE, "fd_prestat_get", "ii:i", airsi_wasi_fd_prestat, 0},
    {MODULE, "fd_prestat_dir_name", "iii:i", airsi_wasi_fd_prestat, 0},
    {MODULE, "fd_pwrite", "iiiji:i", no_such_call, 0},
    {MODULE, "fd_read", "iiii:i", airsi_wasi_fd_read, 0},
    {MODULE, "fd_readdir", "iiiji:i", no_such_call, 0},
    {MODULE, "fd_renumber", "ii:i", no_such_call, 0},
    {MODULE, "fd_seek", "ijii:i", airsi_wasi_fd_seek, 0},
    {MODULE, "fd_sync", "i:i", no_such_call, 0},
    {MODULE, "fd_tell", "ii:i", airsi_wasi_fd_seek, 0},
    {MODULE, "fd_write", "iiii:i", airsi_wasi_fd_write, 0},
    {MODULE, "path_create_directory", "iii:i", no_such_call, 0},
    {MODULE, "path_filestat_get", "iiiii:i", no_such_call, 0},
    {MODULE, "path_filestat_set_times", "iiiijji:i", no_such_call, 0},
    {MODULE, "path_link", "iiiiiii:i", no_such_call, 0},
    {MODULE, "path_open", "iiiiijjii:i", no_such_call, 0},
    {MODULE, "path_readlink", "iiiiii:i", no_such_call, 0},
    {MODULE, "path_remove_directory", "iii:i", no_such_call, 0},
    {MODULE, "path_rename", "iiiiii:i", no_such_call, 0},
    {MODULE, "path_symlink", "iiiii:i", no_such_call, 0},
    {MODULE, "path_unlink_file", "iii:i", no_such_call, 0},
    {MODULE, "poll_oneoff", "iiii:i", airsi_wasi_poll_oneoff, 0},
    {MODULE, "proc_exit", "i:", proc_exit, 0},
    {MODULE, "proc_raise", "i:i", no_such_call, 0},
    {MODULE, "random_get", "ii:i", random_get, 0},
    {MODULE, "sched_yield", ":i", sched_yield_now, 0},
    {MODULE, "sock_accept", "iii:i", no_such_call, 0},
    {MODULE, "sock_recv", "iiiiii:i", no_such_call, 0},
    {MODULE, "sock_send", "iiiii:i", no_such_call, 0},
    {MODULE, "sock_shutdown", "ii:i", no_such_call, 0},
};
const size_t airsi_preview1_import_count = sizeof airsi_preview1_imports / sizeof airsi_preview1_imports[0];
