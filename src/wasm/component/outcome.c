#include "wasm/component/outcome.h"

#include <stddef.h>

/* result<option<list<u8>>, string>: a discriminant, then at 4 either the option's discriminant with the list at 8, or the string.
 * result<_, string>: a discriminant, then at 4 the string. Both align to 4. */
#define HANDLED_SIZE 16u
#define PLAIN_SIZE 12u
#define ALIGN 4u

static bool bad_discriminant(airsi_guest *guest, const char *what, unsigned found) {
    return airsi_guest_fail(guest, AIRSI_TRAP_ABI, "%s result: discriminant %u, expected 0 or 1", what, found);
}

static bool lift_error(airsi_guest *guest, const uint8_t *string, const char *what, airsi_outcome *ret_outcome) {
    uint32_t at = airsi_load_u32(string);
    uint32_t length = airsi_load_u32(string + 4);
    const char *text = airsi_guest_lift_string(guest, at, length, what);
    if (text == NULL) {
        return false;
    }
    *ret_outcome = (airsi_outcome){AIRSI_OUTCOME_ERROR, (const uint8_t *)text, length};
    return true;
}

/* One list, so nothing can alias: its length is the business of whoever takes the reply. */
static bool lift_option(airsi_guest *guest, const uint8_t *option, const char *what, airsi_outcome *ret_outcome) {
    if (option[0] > 1) {
        return bad_discriminant(guest, what, option[0]);
    }
    *ret_outcome = (airsi_outcome){.kind = AIRSI_OUTCOME_DONE};
    if (option[0] == 1) {
        uint32_t at = airsi_load_u32(option + 4);
        uint32_t length = airsi_load_u32(option + 8);
        const uint8_t *bytes = airsi_guest_memory(guest, at, length, 1, what);
        *ret_outcome = (airsi_outcome){AIRSI_OUTCOME_REPLY, bytes, length};
        return bytes != NULL;
    }
    return true;
}

bool airsi_outcome_lift_handled(airsi_guest *guest, uint32_t at, const char *what, airsi_outcome *ret_outcome) {
    const uint8_t *result = airsi_guest_memory(guest, at, HANDLED_SIZE, ALIGN, what);
    if (result == NULL) {
        return false;
    }
    if (result[0] > 1) {
        return bad_discriminant(guest, what, result[0]);
    }
    return result[0] == 0 ? lift_option(guest, result + 4, what, ret_outcome) : lift_error(guest, result + 4, what, ret_outcome);
}

bool airsi_outcome_lift_plain(airsi_guest *guest, uint32_t at, const char *what, airsi_outcome *ret_outcome) {
    const uint8_t *result = airsi_guest_memory(guest, at, PLAIN_SIZE, ALIGN, what);
    if (result == NULL) {
        return false;
    }
    if (result[0] > 1) {
        return bad_discriminant(guest, what, result[0]);
    }
    *ret_outcome = (airsi_outcome){.kind = AIRSI_OUTCOME_DONE};
    return result[0] == 0 || lift_error(guest, result + 4, what, ret_outcome);
}
