#include "bench/kit.h"

#include <inttypes.h>
#include <stdio.h>

#include "base/clock.h"
#include "base/memory.h"

#define PATTERNS_MAX 8
#define PATTERN_BYTES 80
#define QUIET_MS 60000

typedef struct airsi_bench_kept {
    struct airsi_bench_kept *next;
    max_align_t memory[];
} airsi_bench_kept;

/* Words that differ, so that a sum sees what is lost or doubled. */
static uint8_t *new_payload(uint32_t bytes) {
    uint8_t *payload = airsi_malloc(bytes);
    for (uint32_t i = 0; payload != NULL && i < bytes; i++) {
        payload[i] = i < 8 ? 0 : (uint8_t)(i * 7 + 3);
    }
    return payload;
}

static airs_status open_run(airsi_bench_run *run, const airsi_bench_task *task, airs_error *error) {
    memset(run, 0, sizeof *run);
    pthread_mutex_init(&run->mutex, NULL);
    pthread_cond_init(&run->changed, NULL);
    run->task = task;
    run->payload = new_payload(task->payload);
    if (run->payload == NULL) {
        return airs_error_set(error, AIRS_ENOMEM, "no memory for a payload");
    }
    run->rest_sum = airsi_bench_sum(run->payload, task->payload);
    const airs_system_options options = {.workers = task->workers};
    return airs_system_new(&options, &run->system, error);
}

static void close_run(airsi_bench_run *run) {
    airs_system_free(run->system);
    airsi_bench_actor *next;
    for (airsi_bench_actor *actor = run->actors; actor != NULL; actor = next) {
        next = actor->next;
        airsi_free(actor->payload);
        airsi_free(actor);
    }
    airsi_bench_kept *next_kept;
    for (airsi_bench_kept *kept = run->kept; kept != NULL; kept = next_kept) {
        next_kept = kept->next;
        airsi_free(kept);
    }
    airsi_free(run->payload);
    pthread_cond_destroy(&run->changed);
    pthread_mutex_destroy(&run->mutex);
}

static airs_status with_run(const airsi_bench_task *task, airsi_bench_body body, bool starts, airsi_bench_round *ret_round,
                            airs_error *error) {
    airsi_bench_run run;
    airsi_bench_round round = {0};
    airs_status status = open_run(&run, task, error);
    if (status == AIRS_OK && starts) {
        status = airs_system_start(run.system, error);
    }
    if (status == AIRS_OK) {
        status = body(&run, &round, error);
    }
    close_run(&run);
    if (status == AIRS_OK) {
        *ret_round = round;
    }
    return status;
}

airs_status airsi_bench_in_system(const airsi_bench_task *task, airsi_bench_body body, airsi_bench_round *ret_round, airs_error *error) {
    return with_run(task, body, true, ret_round, error);
}

airs_status airsi_bench_in_still_system(const airsi_bench_task *task, airsi_bench_body body, airsi_bench_round *ret_round,
                                        airs_error *error) {
    return with_run(task, body, false, ret_round, error);
}

/* Patterns as people write them: some that lead elsewhere, then those of these kinds. */
static size_t make_patterns(const char *const *kinds, char texts[PATTERNS_MAX][PATTERN_BYTES], const char **patterns) {
    size_t count = 0;
    snprintf(texts[count++], PATTERN_BYTES, "ops/audit/*");
    for (size_t i = 0; kinds[i] != NULL && count < PATTERNS_MAX; i++) {
        if (kinds[i][0] == '\0') {
            snprintf(texts[count++], PATTERN_BYTES, "airs/outside/*");
        } else {
            snprintf(texts[count++], PATTERN_BYTES, "bench/%s/*", kinds[i]);
        }
    }
    for (size_t i = 0; i < count; i++) {
        patterns[i] = texts[i];
    }
    return count;
}

static airs_status spawn_state(airsi_bench_run *run, const airsi_bench_kind *kind, unsigned number, airsi_bench_actor *state,
                               airs_error *error) {
    char texts[2][PATTERNS_MAX][PATTERN_BYTES];
    const char *send[PATTERNS_MAX];
    const char *receive[PATTERNS_MAX];
    char id[PATTERN_BYTES];
    airs_spawn_options options = {.limits = AIRS_LIMITS_DEFAULT, .behavior = &kind->behavior, .state = state};
    options.capabilities.send = send;
    options.capabilities.send_count = make_patterns(kind->sends_to, texts[0], send);
    options.capabilities.receive = receive;
    options.capabilities.receive_count = make_patterns(kind->takes_from, texts[1], receive);
    options.limits.overflow = kind->rejects ? AIRS_OVERFLOW_REJECT : AIRS_OVERFLOW_HOLD;
    int length = snprintf(id, sizeof id, "bench/%s/%u", kind->name, number);
    airs_status status = airs_component_id_parse(id, (size_t)length, &options.id, error);
    return status == AIRS_OK ? airs_spawn(run->system, &options, &state->component, error) : status;
}

void *airsi_bench_spawn(airsi_bench_run *run, const airsi_bench_kind *kind, unsigned number, size_t size, airs_error *error) {
    airsi_bench_actor *state = airsi_calloc(1, size);
    if (state == NULL || (state->payload = new_payload(run->task->payload)) == NULL) {
        airsi_free(state);
        airs_error_set(error, AIRS_ENOMEM, "no memory for the state of an actor");
        return NULL;
    }
    state->run = run;
    state->next = run->actors;
    run->actors = state;
    return spawn_state(run, kind, number, state, error) == AIRS_OK ? state : NULL;
}

void *airsi_bench_keep(airsi_bench_run *run, size_t size, airs_error *error) {
    airsi_bench_kept *kept = airsi_calloc(1, sizeof *kept + size);
    if (kept == NULL) {
        airs_error_set(error, AIRS_ENOMEM, "no memory for what actors share");
        return NULL;
    }
    kept->next = run->kept;
    run->kept = kept;
    return kept->memory;
}

void airsi_bench_post(airsi_bench_run *run, airs_component to, uint64_t number) {
    memcpy(run->payload, &number, 8);
    airs_status status = airs_send(run->system, to, run->payload, run->task->payload, AIRS_BLOCK_WHEN_FULL);
    if (status == AIRS_OK) {
        airsi_bench_count_sent(&run->outside, number);
    } else {
        airsi_bench_fail(run, status, "post");
    }
}

void airsi_bench_begin(airsi_bench_run *run) {
    uint64_t none = 0;
    if (airsi_load_relaxed(&run->begun_ns) == 0) {
        airsi_cas_strong_acq_rel(&run->begun_ns, &none, airsi_clock_monotonic_ns());
    }
}

void airsi_bench_expect(airsi_bench_run *run, unsigned finishers) {
    airsi_store_relaxed(&run->begun_ns, 0);
    airsi_store_relaxed(&run->unfinished, finishers);
    pthread_mutex_lock(&run->mutex);
    run->ended_ns = 0;
    pthread_mutex_unlock(&run->mutex);
}

void airsi_bench_finish(airsi_bench_run *run) {
    if (airsi_fetch_sub_acq_rel(&run->unfinished, 1) > 1) {
        return;
    }
    uint64_t now = airsi_clock_monotonic_ns();
    pthread_mutex_lock(&run->mutex);
    run->ended_ns = now;
    pthread_cond_signal(&run->changed);
    pthread_mutex_unlock(&run->mutex);
}

void airsi_bench_fail(airsi_bench_run *run, airs_status status, const char *what) {
    pthread_mutex_lock(&run->mutex);
    if (run->failure.status == AIRS_OK) {
        airs_error_set(&run->failure, status, "%s: %s", what, airs_status_text(status));
    }
    pthread_cond_signal(&run->changed);
    pthread_mutex_unlock(&run->mutex);
}

airs_status airsi_bench_wait(airsi_bench_run *run, airs_error *error) {
    pthread_mutex_lock(&run->mutex);
    while (run->ended_ns == 0 && run->failure.status == AIRS_OK) {
        pthread_cond_wait(&run->changed, &run->mutex);
    }
    airs_error failure = run->failure;
    pthread_mutex_unlock(&run->mutex);
    return failure.status == AIRS_OK ? AIRS_OK : airs_error_set(error, failure.status, "%s", failure.text);
}

airs_status airsi_bench_compare(const airsi_bench_ledger *total, uint64_t rest_sum, const airs_routing_stats *stats, airs_error *error) {
    if (total->handled != total->sent) {
        return airs_error_set(error, AIRS_EINTERNAL, "%" PRIu64 " messages were sent and %" PRIu64 " handled; as many is right",
                              total->sent, total->handled);
    }
    if (total->handled_sum != total->sent_sum + total->sent * rest_sum) {
        return airs_error_set(error, AIRS_EINTERNAL, "the payloads of %" PRIu64 " messages don't add up to what was sent", total->sent);
    }
    if (stats->accepted != stats->delivered + stats->dead + stats->dropped || stats->dead + stats->dropped > 0) {
        return airs_error_set(error, AIRS_EINTERNAL,
                              "%" PRIu64 " messages were accepted, %" PRIu64 " delivered, %" PRIu64 " dead and %" PRIu64
                              " dropped; all of them delivered is right",
                              stats->accepted, stats->delivered, stats->dead, stats->dropped);
    }
    if (stats->delivered != total->handled) {
        return airs_error_set(error, AIRS_EINTERNAL, "the system says %" PRIu64 " messages were delivered, the receivers %" PRIu64,
                              stats->delivered, total->handled);
    }
    return AIRS_OK;
}

static void add(airsi_bench_ledger *total, const airsi_bench_ledger *ledger) {
    total->sent += ledger->sent;
    total->sent_sum += ledger->sent_sum;
    total->handled += ledger->handled;
    total->handled_sum += ledger->handled_sum;
}

airs_status airsi_bench_balance(airsi_bench_run *run, airs_error *error) {
    airs_status status = airs_system_wait_quiescent(run->system, QUIET_MS);
    if (status != AIRS_OK) {
        return airs_error_set(error, status, "the system was not quiet %d s after the last message: %s", QUIET_MS / 1000,
                              airs_status_text(status));
    }
    return airsi_bench_check(run, error);
}

airs_status airsi_bench_check(airsi_bench_run *run, airs_error *error) {
    airsi_bench_ledger total = run->outside;
    for (const airsi_bench_actor *actor = run->actors; actor != NULL; actor = actor->next) {
        add(&total, &actor->ledger);
    }
    airs_routing_stats stats;
    airs_messaging_stats(airs_system_messaging(run->system), &stats);
    return airsi_bench_compare(&total, run->rest_sum, &stats, error);
}

airs_status airsi_bench_conclude(airsi_bench_run *run, uint64_t n, airsi_bench_round *round, airs_error *error) {
    airs_status status = airsi_bench_wait(run, error);
    if (status == AIRS_OK) {
        status = airsi_bench_balance(run, error);
    }
    if (status != AIRS_OK) {
        return status;
    }
    round->n = n;
    round->workers = airs_system_workers(run->system);
    round->elapsed_ns = run->ended_ns - airsi_load_relaxed(&run->begun_ns);
    return AIRS_OK;
}
