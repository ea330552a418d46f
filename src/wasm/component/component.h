/* A WebAssembly component as an actor: the behaviour that hosts one guest after the other. */
#ifndef AIRSI_WASM_COMPONENT_H
#define AIRSI_WASM_COMPONENT_H

#include <stddef.h>
#include <stdint.h>

#include <airs/actor.h>
#include <airs/id.h>
#include <airs/limits.h>
#include <airs/log.h>
#include <airs/wasm.h>

#include "wasm/engine/guest.h"

/* What a guest wrote to one of its outputs and did not end with a LF yet. */
typedef struct airsi_output_line {
    char *text;
    size_t length, capacity;
} airsi_output_line;

/* The owner of a guest (airsi_guest_owner). Touched by the worker that runs the actor only. */
typedef struct airsi_component {
    airs_wasm_engine *engine; /* const after new */
    airs_wasm_module *module; /* const after new; one reference */
    airs_component_id id;     /* const after new */
    airs_limits limits;       /* const after new */
    char *config_json;        /* const after new */
    airs_log *log;            /* const after new; may be NULL */
    void (*on_output)(void *user, const airs_component_id *id, int fd, const char *line, size_t length); /* const after new; may be NULL */
    void *output_user;                                                                                   /* const after new */

    airs_context *context;       /* during a callback of the actor; host functions act through it */
    airsi_guest *guest;          /* NULL between incarnations */
    airsi_output_line output[2]; /* fd 1, fd 2 */
    uint64_t log_window_ms;      /* rate limit of guest logs: the second that is counted, and how many it had */
    uint32_t log_count;
} airsi_component;

#endif
