/* Why a guest died, in our own words: Wasmtime's text holds what the guest's author chose, and spans lines. */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/escape.h"
#include "wasm/engine/binary.h"
#include "wasm/engine/guest_state.h"

#define FRAMES_MAX 16u
#define FRAME_NAME_MAX 64u
#define MEMORY_TEXT_MAX 80u

/* --- the reason ---------------------------------------------------------------------------------------------------------------- */

static AIRS_PRINTF(3, 0) void record(airsi_guest *guest, airsi_trap_kind kind, const char *format, va_list arguments) {
    if (guest->failure.kind != AIRSI_TRAP_NONE) {
        return;
    }
    char raw[sizeof guest->failure.text];
    vsnprintf(raw, sizeof raw, format, arguments);
    guest->failure.kind = kind;
    airsi_escape_line(guest->failure.text, sizeof guest->failure.text, raw, strlen(raw));
}

bool airsi_guest_fail(airsi_guest *guest, airsi_trap_kind kind, const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    record(guest, kind, format, arguments);
    va_end(arguments);
    return false;
}

bool airsi_guest_exit(airsi_guest *guest, int code) {
    if (airsi_guest_alive(guest)) {
        guest->failure.exit_code = code;
        airsi_guest_fail(guest, AIRSI_TRAP_EXIT, "proc_exit(%d) called", code);
    }
    return false;
}

bool airsi_guest_failed(const airsi_guest *guest, airsi_trap *ret_trap) {
    if (airsi_guest_alive(guest)) {
        return false;
    }
    *ret_trap = guest->failure;
    return true;
}

typedef struct trap_row {
    airsi_trap_kind kind;
    const char *text;
} trap_row;

static const trap_row trap_rows[] = {
    [WASMTIME_TRAP_CODE_STACK_OVERFLOW] = {AIRSI_TRAP_STACK, "call stack exhausted"},
    [WASMTIME_TRAP_CODE_MEMORY_OUT_OF_BOUNDS] = {AIRSI_TRAP_MEMORY, "memory access out of bounds"},
    [WASMTIME_TRAP_CODE_HEAP_MISALIGNED] = {AIRSI_TRAP_MEMORY, "misaligned atomic memory access"},
    [WASMTIME_TRAP_CODE_TABLE_OUT_OF_BOUNDS] = {AIRSI_TRAP_TABLE, "table access out of bounds"},
    [WASMTIME_TRAP_CODE_INDIRECT_CALL_TO_NULL] = {AIRSI_TRAP_INDIRECT_CALL, "indirect call of an empty table slot"},
    [WASMTIME_TRAP_CODE_BAD_SIGNATURE] = {AIRSI_TRAP_INDIRECT_CALL, "indirect call with the wrong signature"},
    [WASMTIME_TRAP_CODE_INTEGER_OVERFLOW] = {AIRSI_TRAP_ARITHMETIC, "integer overflow"},
    [WASMTIME_TRAP_CODE_INTEGER_DIVISION_BY_ZERO] = {AIRSI_TRAP_ARITHMETIC, "integer division by zero"},
    [WASMTIME_TRAP_CODE_BAD_CONVERSION_TO_INTEGER] = {AIRSI_TRAP_ARITHMETIC, "conversion to integer out of range"},
    [WASMTIME_TRAP_CODE_UNREACHABLE_CODE_REACHED] = {AIRSI_TRAP_UNREACHABLE, "unreachable executed"},
    [WASMTIME_TRAP_CODE_NULL_REFERENCE] = {AIRSI_TRAP_INDIRECT_CALL, "call of a null reference"},
};

static void record_code(airsi_guest *guest, const wasm_trap_t *trap) {
    wasmtime_trap_code_t code = 0;
    if (trap != NULL && wasmtime_trap_code(trap, &code)) {
        if (code < sizeof trap_rows / sizeof trap_rows[0] && trap_rows[code].text != NULL) {
            airsi_guest_fail(guest, trap_rows[code].kind, "%s", trap_rows[code].text);
        } else {
            airsi_guest_fail(guest, AIRSI_TRAP_OTHER, "trap number %u", (unsigned)code);
        }
    } else {
        airsi_guest_fail(guest, AIRSI_TRAP_OTHER, "ended by the engine");
    }
}

/* --- where --------------------------------------------------------------------------------------------------------------------- */

/* One piece more, unless it would go past `end`. */
static bool append(char *text, size_t *at, size_t end, const char *before, const char *piece) {
    size_t needed = strlen(before) + strlen(piece);
    if (*at + needed > end) {
        return false;
    }
    *at += (size_t)sprintf(text + *at, "%s%s", before, piece);
    return true;
}

static void frame_name(const wasm_frame_t *frame, char text[FRAME_NAME_MAX + 1]) {
    const wasm_name_t *name = wasmtime_frame_func_name(frame);
    if (name != NULL && name->size > 0) {
        airsi_escape(text, FRAME_NAME_MAX + 1, name->data, name->size);
    } else {
        snprintf(text, FRAME_NAME_MAX + 1, "func[%u]", (unsigned)wasm_frame_func_index(frame));
    }
}

static void append_frames(char *text, size_t *at, size_t end, const wasm_frame_vec_t *frames) {
    size_t count = frames->size < FRAMES_MAX ? frames->size : FRAMES_MAX;
    for (size_t i = 0; i < count; i++) {
        char name[FRAME_NAME_MAX + 1];
        frame_name(frames->data[i], name);
        if (!append(text, at, end, i == 0 ? " at " : " < ", name)) {
            append(text, at, end, "", " ...");
            return;
        }
    }
    if (frames->size > count) {
        append(text, at, end, "", " ...");
    }
}

static void append_memory(airsi_guest *guest, char *text, size_t *at, size_t end) {
    uint64_t bytes = airsi_guest_memory_bytes(guest);
    if (bytes == 0) {
        return; /* it died before it had one */
    }
    char used[32];
    char limit[32];
    char piece[MEMORY_TEXT_MAX];
    airsi_size_text(bytes, used);
    airsi_size_text(guest->memory_limit, limit);
    snprintf(piece, sizeof piece, "; memory %s of %s", used, limit);
    append(text, at, end, "", piece);
}

static void locate(airsi_guest *guest, const wasmtime_error_t *error, const wasm_trap_t *trap) {
    wasm_frame_vec_t frames;
    if (trap != NULL) {
        wasm_trap_trace(trap, &frames);
    } else {
        wasmtime_error_wasm_trace(error, &frames);
    }
    char *text = guest->failure.text;
    size_t end = sizeof guest->failure.text - 1;
    size_t at = strlen(text);
    append_frames(text, &at, end - MEMORY_TEXT_MAX, &frames);
    append_memory(guest, text, &at, end);
    wasm_frame_vec_delete(&frames);
}

void airsi_guest_died(airsi_guest *guest, wasmtime_error_t *error, wasm_trap_t *trap) {
    record_code(guest, trap); /* stays without effect where the host recorded its reason before */
    if (!guest->located) {
        guest->located = true;
        locate(guest, error, trap);
    }
    if (trap != NULL) {
        wasm_trap_delete(trap);
    }
    if (error != NULL) {
        wasmtime_error_delete(error);
    }
}
