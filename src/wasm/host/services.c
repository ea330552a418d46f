/* airs:actor/services@0.1.0: log, clocks, random. */
#include "base/clock.h"
#include "base/random.h"
#include "wasm/component/component.h"
#include "wasm/component/output.h"
#include "wasm/host/imports.h"

#define MODULE "airs:actor/services@0.1.0"
#define LOG_LEVELS 5u /* trace, debug, info, warn, error: the order of airs_log_level */

static bool log_text(airsi_guest *guest, airsi_value *values) {
    if (values[0].u32 >= LOG_LEVELS) {
        return airsi_guest_fail(guest, AIRSI_TRAP_ABI, "log: level %u is none of the %u there are", (unsigned)values[0].u32, LOG_LEVELS);
    }
    const char *text = airsi_guest_lift_string(guest, values[1].u32, values[2].u32, "log text");
    if (text == NULL) {
        return false;
    }
    airsi_component_log(airsi_guest_owner(guest), (airs_log_level)values[0].u32, text, values[2].u32);
    return true;
}

static bool wall_clock(airsi_guest *guest, airsi_value *values) {
    (void)guest;
    values[0].u64 = airsi_clock_wall_ns();
    return true;
}

static bool monotonic_clock(airsi_guest *guest, airsi_value *values) {
    (void)guest;
    values[0].u64 = airsi_clock_monotonic_ns();
    return true;
}

static bool random_u64(airsi_guest *guest, airsi_value *values) {
    uint64_t number;
    if (airsi_random_bytes(&number, sizeof number) != 0) {
        return airsi_guest_fail(guest, AIRSI_TRAP_OTHER, "random-u64: the kernel has no random bytes to give");
    }
    values[0].u64 = number;
    return true;
}

const airsi_import airsi_services_imports[] = {
    {MODULE, "log", "iii:", log_text, 0},
    {MODULE, "wall-clock", ":j", wall_clock, 0},
    {MODULE, "monotonic-clock", ":j", monotonic_clock, 0},
    {MODULE, "random-u64", ":j", random_u64, 0},
};
const size_t airsi_services_import_count = sizeof airsi_services_imports / sizeof airsi_services_imports[0];
