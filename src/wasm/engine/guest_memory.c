/* The guest's memory as the host sees it. No pointer and no length from a guest is believed. */
#include <inttypes.h>

#include "base/utf8.h"
#include "wasm/engine/guest_state.h"

static void know_memory(airsi_guest *guest) {
    if (!guest->memory_known) {
        guest->memory_base = wasmtime_memory_data(guest->context, &guest->memory);
        guest->memory_size = wasmtime_memory_data_size(guest->context, &guest->memory);
        guest->memory_known = true;
    }
}

uint64_t airsi_guest_memory_bytes(const airsi_guest *guest) {
    return guest->memory.store_id != 0 ? wasmtime_memory_data_size(guest->context, &guest->memory) : 0;
}

uint8_t *airsi_guest_memory(airsi_guest *guest, uint32_t at, uint32_t length, uint32_t align, const char *what) {
    static uint8_t nothing; /* never written: stands for the zero bytes of a memory that has no pages and perhaps no base */
    if (guest->memory.store_id == 0) {
        airsi_guest_fail(guest, AIRSI_TRAP_ABI, "%s: passed before the memory can be used (in a start section)", what);
        return NULL;
    }
    know_memory(guest);
    if ((uint64_t)at + length > guest->memory_size) {
        airsi_guest_fail(guest, AIRSI_TRAP_ABI, "%s: %" PRIu32 " bytes at %" PRIu32 " are outside the memory of %zu bytes", what, length,
                         at, guest->memory_size);
        return NULL;
    }
    if ((at & (align - 1)) != 0) {
        airsi_guest_fail(guest, AIRSI_TRAP_ABI, "%s: the address %" PRIu32 " is not aligned to %" PRIu32, what, at, align);
        return NULL;
    }
    return guest->memory_base != NULL ? guest->memory_base + at : &nothing;
}

const uint8_t *airsi_guest_lift(airsi_guest *guest, uint32_t at, uint32_t length, uint32_t align, const char *what) {
    if (length > guest->lift_left) {
        airsi_guest_fail(guest, AIRSI_TRAP_ABI, "%s: one call passes more than %" PRIu64 " bytes", what, guest->lift_limit);
        return NULL;
    }
    const uint8_t *bytes = airsi_guest_memory(guest, at, length, align, what);
    if (bytes != NULL) {
        guest->lift_left -= length;
    }
    return bytes;
}

const char *airsi_guest_lift_string(airsi_guest *guest, uint32_t at, uint32_t length, const char *what) {
    const uint8_t *bytes = airsi_guest_lift(guest, at, length, 1, what);
    if (bytes != NULL && !airsi_utf8_valid(bytes, length)) {
        airsi_guest_fail(guest, AIRSI_TRAP_ABI, "%s: not UTF-8", what);
        return NULL;
    }
    return (const char *)bytes;
}
