/* One incarnation of a component: a guest from its start to its end, and the calls that the host makes into it in between.
 * A trap anywhere frees the guest at once: component->guest is NULL afterwards. */
#ifndef AIRSI_WASM_COMPONENT_INCARNATION_H
#define AIRSI_WASM_COMPONENT_INCARNATION_H

#include <airs/actor.h>

#include "wasm/component/component.h"

/* A guest, and its init where it exports one, in one budget. Errors: AIRS_EINIT_FAILED, AIRS_ENOMEM; nothing is left then. */
airs_status airsi_incarnation_start(airsi_component *component, airs_error *error);

/* component->context is set. */
airs_result airsi_incarnation_message(airsi_component *component, const airs_message *message, airs_error *error);
airs_result airsi_incarnation_callback(airsi_component *component, const airs_message *end, airs_error *error);

/* Calls shutdown where it is exported and the guest lives; what goes wrong in it is logged. */
void airsi_incarnation_shutdown(airsi_component *component);

/* Frees the guest, if there is one, and lets out what it wrote last. */
void airsi_incarnation_end(airsi_component *component);

#endif
