#include "caller.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#define RESULT_AT 16u /* {ok, some, list at, list length}; the list is the 8 bytes behind */
#define VALUE_AT 32u

enum { I32 = 0x7f, I64 = 0x7e };
enum { OP_UNREACHABLE = 0x00, OP_BLOCK = 0x02, OP_BR = 0x0c, OP_BR_TABLE = 0x0e, OP_END = 0x0b, OP_CALL = 0x10, OP_DROP = 0x1a };
enum { OP_LOCAL_GET = 0x20, OP_GLOBAL_GET = 0x23, OP_GLOBAL_SET = 0x24, OP_I32_LOAD = 0x28, OP_I64_LOAD = 0x29, OP_I32_STORE = 0x36 };
enum { OP_I64_STORE = 0x37, OP_MEMORY_GROW = 0x40, OP_I32_CONST = 0x41, OP_I32_ADD = 0x6a, OP_I32_AND = 0x71 };
enum { OP_I64_EXTEND_I32_U = 0xad, VOID = 0x40 };

typedef struct bytes {
    uint8_t *data;
    size_t length, capacity;
} bytes;

static void put(bytes *to, uint8_t byte) {
    if (to->length == to->capacity) {
        to->capacity = to->capacity == 0 ? 256 : 2 * to->capacity;
        to->data = realloc(to->data, to->capacity);
        if (to->data == NULL) {
            abort();
        }
    }
    to->data[to->length++] = byte;
}

static void put_number(bytes *to, uint64_t value) {
    while (value >= 0x80) {
        put(to, (uint8_t)(value | 0x80));
        value >>= 7;
    }
    put(to, (uint8_t)value);
}

/* A constant as signed LEB128. */
static void put_i32(bytes *to, int32_t value) {
    put(to, OP_I32_CONST);
    for (bool more = true; more;) {
        uint8_t low = (uint8_t)(value & 0x7f);
        value >>= 7;
        more = !((value == 0 && (low & 0x40) == 0) || (value == -1 && (low & 0x40) != 0));
        put(to, low | (more ? 0x80 : 0));
    }
}

static void put_text(bytes *to, const char *text) {
    put_number(to, strlen(text));
    while (*text != '\0') {
        put(to, (uint8_t)*text++);
    }
}

static void put_all(bytes *to, const bytes *from) {
    for (size_t i = 0; i < from->length; i++) {
        put(to, from->data[i]);
    }
}

/* Moves `content`, with its length before it, to `to`. */
static void put_sized(bytes *to, bytes *content) {
    put_number(to, content->length);
    put_all(to, content);
    free(content->data);
    *content = (bytes){0};
}

static void put_section(bytes *to, uint8_t id, bytes *content) {
    put(to, id);
    put_sized(to, content);
}

static void put_access(bytes *to, uint8_t op, uint32_t offset) {
    put(to, op);
    put_number(to, 0);
    put_number(to, offset);
}

static void put_pair(bytes *to, uint8_t op, uint64_t operand) {
    put(to, op);
    put_number(to, operand);
}

static void put_type(bytes *to, const char *signature) {
    const char *results = strchr(signature, ':') + 1;
    put(to, 0x60);
    put_number(to, (size_t)(results - signature - 1));
    for (const char *c = signature; *c != ':'; c++) {
        put(to, *c == 'j' ? I64 : I32);
    }
    put_number(to, strlen(results));
    for (const char *c = results; *c != '\0'; c++) {
        put(to, *c == 'j' ? I64 : I32);
    }
}

/* The call of one import with the arguments in the message, its result to VALUE_AT. */
static void put_call(bytes *to, const airsi_import *import, size_t index) {
    const char *results = strchr(import->signature, ':') + 1;
    if (*results != '\0') {
        put_i32(to, VALUE_AT);
    }
    for (const char *c = import->signature; *c != ':'; c++) {
        put_pair(to, OP_LOCAL_GET, 3);
        put_access(to, *c == 'j' ? OP_I64_LOAD : OP_I32_LOAD, 8 + 8 * (uint32_t)(c - import->signature));
    }
    put_pair(to, OP_CALL, index);
    if (*results != '\0') {
        if (*results == 'i') {
            put(to, OP_I64_EXTEND_I32_U);
        }
        put_access(to, OP_I64_STORE, 0);
    }
}

static void put_store(bytes *to, uint32_t at, uint32_t value) {
    put_i32(to, (int32_t)at);
    put_i32(to, (int32_t)value);
    put_access(to, OP_I32_STORE, 0);
}

static void put_handler(bytes *to, const airsi_import *const *imports, size_t count) {
    bytes body = {0};
    put_number(&body, 0); /* locals */
    for (size_t i = 0; i <= count; i++) {
        put_pair(&body, OP_BLOCK, VOID);
    }
    put_pair(&body, OP_LOCAL_GET, 3);
    put_access(&body, OP_I32_LOAD, 0);
    put_pair(&body, OP_BR_TABLE, count);
    for (size_t i = 0; i <= count; i++) {
        put_number(&body, i);
    }
    for (size_t i = 0; i < count; i++) {
        put(&body, OP_END);
        put_call(&body, imports[i], i);
        put_pair(&body, OP_BR, count - 1 - i);
    }
    put(&body, OP_END);
    put_i32(&body, (int32_t)CALLER_HEAP);
    put_pair(&body, OP_GLOBAL_SET, 0);
    put_store(&body, RESULT_AT, 0);
    put_store(&body, RESULT_AT + 4, 1);
    put_store(&body, RESULT_AT + 8, VALUE_AT);
    put_store(&body, RESULT_AT + 12, 8);
    put_i32(&body, RESULT_AT);
    put(&body, OP_END);
    put_sized(to, &body);
}

static void put_bump(bytes *to) {
    put_pair(to, OP_GLOBAL_GET, 0); /* stays on the stack: the result */
    put_pair(to, OP_GLOBAL_GET, 0);
    put_pair(to, OP_LOCAL_GET, 3);
    put(to, OP_I32_ADD);
    put_i32(to, 7);
    put(to, OP_I32_ADD);
    put_i32(to, -8);
    put(to, OP_I32_AND);
    put_pair(to, OP_GLOBAL_SET, 0);
}

static void put_realloc(bytes *to, caller_realloc mode, const airsi_import *first) {
    bytes body = {0};
    put_number(&body, 0);
    if (mode == CALLER_REALLOC_TRAP) {
        put(&body, OP_UNREACHABLE);
    } else if (mode == CALLER_REALLOC_OUTSIDE) {
        put_i32(&body, -8);
    } else if (mode == CALLER_REALLOC_RESULT) {
        put_i32(&body, CALLER_SCRATCH);
    } else {
        if (mode == CALLER_REALLOC_SENDS) {
            put_i32(&body, VALUE_AT);
            put_pair(&body, OP_CALL, 0); /* one without parameters */
            put_access(&body, first->signature[1] == 'j' ? OP_I64_STORE : OP_I32_STORE, 0);
        } else if (mode == CALLER_REALLOC_GROW) {
            put_i32(&body, 1);
            put_pair(&body, OP_MEMORY_GROW, 0);
            put(&body, OP_DROP);
        }
        put_bump(&body);
    }
    put(&body, OP_END);
    put_sized(to, &body);
}

static void put_export(bytes *to, const char *name, uint8_t kind, uint64_t index) {
    put_text(to, name);
    put(to, kind);
    put_number(to, index);
}

size_t caller_make(const airsi_import *const *imports, size_t count, caller_realloc realloc_mode, uint8_t **ret_bytes) {
    static const uint8_t header[] = {0, 'a', 's', 'm', 1, 0, 0, 0};
    bytes module = {0}, types = {0}, imported = {0}, functions = {0}, memory = {0}, globals = {0}, exports = {0}, code = {0};
    for (size_t i = 0; i < sizeof header; i++) {
        put(&module, header[i]);
    }
    put_number(&types, count + 2);
    put_number(&imported, count);
    for (size_t i = 0; i < count; i++) {
        put_type(&types, imports[i]->signature);
        put_text(&imported, imports[i]->module);
        put_text(&imported, imports[i]->name);
        put_pair(&imported, 0, i);
    }
    put_type(&types, "iiii:i");
    put_type(&types, "jijii:i");
    put_number(&functions, 2);
    put_number(&functions, count);
    put_number(&functions, count + 1);
    put_number(&memory, 1);
    put_pair(&memory, 0, CALLER_PAGES);
    put_number(&globals, 1);
    put(&globals, I32);
    put(&globals, 1);
    put_i32(&globals, (int32_t)CALLER_HEAP);
    put(&globals, OP_END);
    put_number(&exports, 3);
    put_export(&exports, "memory", 2, 0);
    put_export(&exports, "cabi_realloc", 0, count);
    put_export(&exports, "airs:actor/message-handler@0.1.0#handle-message", 0, count + 1);
    put_number(&code, 2);
    put_realloc(&code, realloc_mode, imports[0]);
    put_handler(&code, imports, count);

    put_section(&module, 1, &types);
    put_section(&module, 2, &imported);
    put_section(&module, 3, &functions);
    put_section(&module, 5, &memory);
    put_section(&module, 6, &globals);
    put_section(&module, 7, &exports);
    put_section(&module, 10, &code);
    *ret_bytes = module.data;
    return module.length;
}
