/* --then: what is asked when all is done. */
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/memory.h"
#include "node/pipe/pipe_run.h"

uint32_t airsi_pipe_time_left(const airsi_pipe_run *run, uint64_t since_ms) {
    if (run->options->timeout_ms == 0) {
        return 0;
    }
    uint64_t used = airsi_clock_monotonic_ms() - since_ms;
    return used < run->options->timeout_ms ? (uint32_t)(run->options->timeout_ms - used) : 1;
}

static void fail_then(airsi_pipe_run *run, airs_status status, const char *detail, size_t length) {
    const airsi_pipe_then *then = &run->options->thens[run->asked - 1];
    airsi_fetch_add_relaxed(&run->failed, UINT64_C(1));
    if (length == 0) {
        detail = airs_status_text(status);
        length = strlen(detail);
    }
    int shown = (int)(length < AIRS_ERROR_TEXT_MAX ? length : AIRS_ERROR_TEXT_MAX);
    airsi_pipe_tell("--then %s: %s: %.*s", then->id.text, airs_status_name(status), shown, detail);
}

/* Prints the end of what was asked; false when it has not come yet and waiting was given up. */
static bool take_end(airsi_pipe_run *run) {
    airsi_reply reply;
    if (!airsi_reply_window_take(run->asking, &reply)) {
        return false;
    }
    if (reply.status == AIRS_OK) {
        airsi_output_line(run->output, reply.data, reply.length);
    } else {
        fail_then(run, reply.status, reply.data, reply.length);
    }
    airsi_free(reply.data);
    run->asked = 0;
    return true;
}

/* False: a stop came meanwhile; then the end may still follow (airsi_pipe_ask_last). */
static bool ask(airsi_pipe_run *run, size_t index, uint32_t timeout_ms) {
    const airsi_pipe_then *then = &run->options->thens[index];
    airsi_reply_slot *slot = airsi_reply_window_begin(run->asking, index);
    if (slot == NULL) {
        return false;
    }
    run->asked = index + 1;
    run->asked_count++;
    airs_component component;
    airs_status status = airs_registry_find(airs_system_registry(run->system), &then->id, &component);
    if (status == AIRS_OK) {
        status = airs_request_async(run->system, component, then->text, strlen(then->text), timeout_ms, AIRS_BLOCK_WHEN_FULL,
                                    airsi_pipe_on_reply, slot);
    }
    if (status != AIRS_OK) {
        airsi_reply_window_undo(run->asking);
        fail_then(run, status, NULL, 0);
        run->asked = 0;
        return true;
    }
    return take_end(run);
}

void airsi_pipe_ask_all(airsi_pipe_run *run, uint64_t since_ms) {
    bool going = true;
    for (size_t i = 0; going && i < run->options->then_count; i++) {
        uint32_t left = airsi_pipe_time_left(run, since_ms);
        uint32_t request_ms = run->options->request_ms;
        going = ask(run, i, left != 0 && (request_ms == 0 || left < request_ms) ? left : request_ms);
    }
}

void airsi_pipe_ask_last(airsi_pipe_run *run) {
    if (run->asked != 0 && !take_end(run)) {
        fail_then(run, AIRS_EINTERRUPTED, NULL, 0);
    }
    for (size_t i = run->asked_count; i < run->options->then_count; i++) {
        airsi_pipe_tell("--then %s: not asked, since not all that came before has ended", run->options->thens[i].id.text);
    }
}
