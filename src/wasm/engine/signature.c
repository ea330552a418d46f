#include "wasm/engine/signature.h"

#include <stdio.h>
#include <string.h>

#include <wasmtime.h>

/* Through wasmtime_valtype_t: wasm_valtype_kind ends the process when it meets a v128. */
static char letter_of(const wasm_valtype_t *type) {
    static const char letters[] = {[WASMTIME_VALTYPE_KIND_I32] = 'i',
                                   [WASMTIME_VALTYPE_KIND_I64] = 'j',
                                   [WASMTIME_VALTYPE_KIND_F32] = 'f',
                                   [WASMTIME_VALTYPE_KIND_F64] = 'd'};
    wasmtime_valtype_t found;
    wasmtime_valtype_new(type, &found);
    char letter = found.kind < sizeof letters ? letters[found.kind] : '?';
    wasmtime_valtype_delete(&found);
    return letter;
}

static size_t append_letters(char *out, size_t at, size_t end, const wasm_valtype_vec_t *types) {
    for (size_t i = 0; i < types->size && at < end; i++) {
        out[at++] = letter_of(types->data[i]);
    }
    return at;
}

void airsi_signature_of(const wasm_functype_t *type, char ret_signature[AIRSI_SIGNATURE_MAX]) {
    /* One place is kept for the colon, one for the end. */
    size_t at = append_letters(ret_signature, 0, AIRSI_SIGNATURE_MAX - 2, wasm_functype_params(type));
    ret_signature[at++] = ':';
    at = append_letters(ret_signature, at, AIRSI_SIGNATURE_MAX - 1, wasm_functype_results(type));
    ret_signature[at] = '\0';
}

static const char *type_name(char letter) {
    switch (letter) {
    case 'i':
        return "i32";
    case 'j':
        return "i64";
    case 'f':
        return "f32";
    case 'd':
        return "f64";
    default:
        return "other";
    }
}

void airsi_signature_text(const char *signature, char ret_text[AIRSI_SIGNATURE_TEXT_MAX]) {
    size_t at = 0;
    const char *separator = "";
    ret_text[at++] = '(';
    for (const char *p = signature; *p != '\0'; p++) {
        const char *piece = *p == ':' ? ") -> (" : type_name(*p);
        const char *before = *p == ':' ? "" : separator;
        if (at + strlen(before) + strlen(piece) + sizeof "...)" > AIRSI_SIGNATURE_TEXT_MAX) {
            at += (size_t)sprintf(ret_text + at, "...");
            break;
        }
        at += (size_t)sprintf(ret_text + at, "%s%s", before, piece);
        separator = *p == ':' ? "" : ", ";
    }
    sprintf(ret_text + at, ")");
}
