/* Everything the host offers to guests, in one table. */
#ifndef AIRSI_WASM_HOST_IMPORTS_H
#define AIRSI_WASM_HOST_IMPORTS_H

#include <stddef.h>

#include "wasm/engine/guest.h"

/* The import of this name, or NULL. When there is none, `ret_nearest` (may be NULL) gets the known one that was probably meant, or NULL
 * when nothing is near; for the error's text. */
const airsi_import *airsi_import_find(const char *module, size_t module_length, const char *name, size_t name_length,
                                      const airsi_import **ret_nearest);

/* The tables it is made of. */
extern const airsi_import airsi_messaging_imports[]; /* host/messaging.c */
extern const size_t airsi_messaging_import_count;
extern const airsi_import airsi_services_imports[]; /* host/services.c */
extern const size_t airsi_services_import_count;
extern const airsi_import airsi_preview1_imports[]; /* grants/preview1.c */
extern const size_t airsi_preview1_import_count;

#endif
