/* A small embedder: all it uses comes from an installed airs. One native actor counts what it is sent. */
#include <stdio.h>

#include <airs/actor.h>
#include <airs/id.h>
#include <airs/limits.h>
#include <airs/messaging.h>
#include <airs/system.h>
#include <airs/version.h>
#include <airs/wasm.h>

#define MESSAGES 1000

static airs_result count(void *state, airs_context *context, const airs_message *message, airs_error *error) {
    (void)context, (void)message, (void)error;
    ++*(unsigned *)state;
    return AIRS_HANDLED;
}

static const airs_behavior counter_behavior = {.kind = "native", .handle = count};

static airs_status send_all(airs_system *system, airs_component to) {
    airs_broker *broker = airs_messaging_broker(airs_system_messaging(system));
    for (int i = 0; i < MESSAGES; i++) {
        airs_envelope *envelope = NULL;
        airs_status status = airs_envelope_new(to, &i, sizeof i, &envelope);
        if (status == AIRS_OK)
            status = airs_broker_publish(broker, envelope);
        if (status != AIRS_OK) {
            airs_envelope_free(envelope);
            return status;
        }
    }
    return AIRS_OK;
}

static airs_status run(airs_system *system, unsigned *counted, airs_error *error) {
    const char *anybody = "*/*/*";
    airs_spawn_options options = {.limits = AIRS_LIMITS_DEFAULT, .behavior = &counter_behavior, .state = counted};
    options.capabilities.receive = &anybody;
    options.capabilities.receive_count = 1;
    airs_component counter = AIRS_OUTSIDE;
    airs_status status = airs_component_id_parse("test/counter/0", 14, &options.id, error);
    if (status == AIRS_OK)
        status = airs_spawn(system, &options, &counter, error);
    if (status == AIRS_OK)
        status = airs_system_start(system, error);
    if (status == AIRS_OK)
        status = airs_error_set(error, send_all(system, counter), "sending to test/counter/0");
    if (status == AIRS_OK)
        status = airs_error_set(error, airs_system_drain(system, 0), "draining");
    return status;
}

/* The WebAssembly side is linked in and starts too. */
static airs_status try_engine(airs_error *error) {
    const airs_wasm_engine_options options = {0};
    airs_wasm_engine *engine = NULL;
    airs_status status = airs_wasm_engine_new(&options, &engine, error);
    if (status == AIRS_OK)
        airs_wasm_engine_free(engine);
    return status;
}

int main(void) {
    airs_error error = {0};
    airs_system *system = NULL;
    unsigned counted = 0;
    airs_status status = airs_system_new(NULL, &system, &error);
    if (status == AIRS_OK)
        status = run(system, &counted, &error);
    airs_system_free(system);
    if (status == AIRS_OK)
        status = try_engine(&error);
    if (status != AIRS_OK) {
        fprintf(stderr, "embedder: %s: %s\n", airs_status_name(status), error.text);
        return airs_status_exit_code(status);
    }
    printf("airs %s counted %u\n", airs_version(), counted);
    return counted == MESSAGES ? 0 : 1;
}
