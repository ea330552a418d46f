/* Function signatures as text: "jiii:" in tables (parameters, colon, results; i = i32, j = i64, f = f32, d = f64, ? = anything else), and
 * "(i64, i32, i32, i32) -> ()" for people. */
#ifndef AIRSI_WASM_ENGINE_SIGNATURE_H
#define AIRSI_WASM_ENGINE_SIGNATURE_H

#include <stddef.h>

#define AIRSI_SIGNATURE_MAX 64       /* longer ones than any of ours are cut; the cut one equals none of ours */
#define AIRSI_SIGNATURE_TEXT_MAX 160 /* the text, cut with "..." */

struct wasm_functype_t;

void airsi_signature_of(const struct wasm_functype_t *type, char ret_signature[AIRSI_SIGNATURE_MAX]);
void airsi_signature_text(const char *signature, char ret_text[AIRSI_SIGNATURE_TEXT_MAX]);

#endif
