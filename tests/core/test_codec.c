/* The encoded form of messages: every kind comes back as it went, and nothing damaged is taken. */
#include "kit.h"

#include <stdlib.h>
#include <string.h>

#include <airs/limits.h>
#include <airs/message.h>

#include "base/hash.h"

enum {
    AT_VERSION = 4,
    AT_CHECKSUM = 5,
    AT_KIND = 13,
    AT_STATUS = 14,
    AT_OPERATION_LENGTH = 15,
    AT_REQUEST = 32,
    AT_LENGTH = 40,
    HEADER = 44
};

static const airs_message examples[] = {
    {.kind = AIRS_MESSAGE_INTER_COMPONENT, .from = 3, .to = UINT64_MAX, .data = "hello", .length = 5},
    {.kind = AIRS_MESSAGE_INTER_COMPONENT, .from = 3, .to = 4, .request = 77, .data = "\0\xff", .length = 2},
    {.kind = AIRS_MESSAGE_INTER_COMPONENT},
    {.kind = AIRS_MESSAGE_EXECUTE, .to = 9, .operation = "re\xc3\xafndex", .operation_length = 8, .data = "{}", .length = 2},
    {.kind = AIRS_MESSAGE_EXECUTE, .to = 9, .request = 5, .operation = "x", .operation_length = 1},
    {.kind = AIRS_MESSAGE_HEALTH_CHECK, .to = 9, .request = 6},
    {.kind = AIRS_MESSAGE_REPLY, .from = 1, .to = 2, .request = 7, .data = "answer", .length = 6},
    {.kind = AIRS_MESSAGE_REPLY, .from = 1, .to = 2, .request = 7, .status = AIRS_ETIMEOUT},
    {.kind = AIRS_MESSAGE_TIMER, .from = 8, .to = 8, .data = "tick", .length = 4},
    {.kind = AIRS_MESSAGE_DOWN, .from = 1, .to = 2, .monitor = 3, .status = AIRS_ETRAP, .data = "a/b/c", .length = 5},
    {.kind = AIRS_MESSAGE_DOWN, .from = 1, .to = 2, .monitor = 3},
};
#define EXAMPLES (sizeof examples / sizeof examples[0])

/* In a block of exactly its size, so that a sanitizer sees the first byte read outside. */
static uint8_t *encode(const airs_message *message, size_t *ret_length) {
    size_t size = airs_message_encoded_size(message);
    uint8_t *encoded = malloc(size);
    airs_error error = {0};
    if (airs_message_encode(message, encoded, size, ret_length, &error) != AIRS_OK) {
        fail_msg("encode: %s", error.text);
    }
    assert_int_equal(*ret_length, size);
    return encoded;
}

static void check_same(const airs_message *a, const airs_message *b) {
    assert_int_equal(a->kind, b->kind);
    assert_int_equal(a->status, b->status);
    assert_int_equal(a->from, b->from);
    assert_int_equal(a->to, b->to);
    assert_int_equal(a->request, b->request);
    assert_int_equal(a->length, b->length);
    assert_int_equal(a->operation_length, b->operation_length);
    assert_true(a->length == 0 || memcmp(a->data, b->data, a->length) == 0);
    assert_true(a->operation_length == 0 || memcmp(a->operation, b->operation, a->operation_length) == 0);
}

static void check_refused(const uint8_t *bytes, size_t length) {
    uint8_t *copy = malloc(length + (length == 0));
    memcpy(copy, bytes, length);
    airs_message untouched;
    memset(&untouched, 0x5a, sizeof untouched);
    airs_message message = untouched;
    airs_error error = {0};
    airs_status status = airs_message_decode(copy, length, &message, &error);
    assert_true(status == AIRS_EBADMESSAGE || status == AIRS_EUNSUPPORTED_CODEC);
    assert_int_equal(error.status, status);
    assert_true(strlen(error.text) > 0);
    assert_memory_equal(&message, &untouched, sizeof message);
    free(copy);
}

static void every_kind_comes_back_as_it_went(void **state) {
    (void)state;
    for (size_t i = 0; i < EXAMPLES; i++) {
        size_t length;
        uint8_t *encoded = encode(&examples[i], &length);
        airs_message message;
        assert_int_equal(airs_message_decode(encoded, length, &message, NULL), AIRS_OK);
        check_same(&message, &examples[i]);
        free(encoded);
    }
}

static void every_truncation_and_every_flipped_bit_is_refused(void **state) {
    (void)state;
    for (size_t i = 0; i < EXAMPLES; i++) {
        size_t length;
        uint8_t *encoded = encode(&examples[i], &length);
        for (size_t cut = 0; cut < length; cut++) {
            check_refused(encoded, cut);
        }
        for (size_t at = 0; at < length; at++) {
            for (unsigned flip = 1; flip < 256; flip++) {
                encoded[at] ^= (uint8_t)flip;
                check_refused(encoded, length);
                encoded[at] ^= (uint8_t)flip;
            }
        }
        free(encoded);
    }
}

static void what_stands_behind_a_message_is_refused(void **state) {
    (void)state;
    for (size_t i = 0; i < EXAMPLES; i++) {
        size_t length;
        uint8_t *encoded = encode(&examples[i], &length);
        uint8_t *longer = calloc(1, length + 300);
        memcpy(longer, encoded, length);
        for (size_t more = 1; more <= 300; more += 23) {
            check_refused(longer, length + more);
        }
        free(longer);
        free(encoded);
    }
}

/* As damage that knows the checksum would: only the checks of the fields stand against it. */
static void check_refused_when_signed(uint8_t *bytes, size_t length) {
    static const uint8_t key[16];
    uint64_t sum = airsi_siphash(key, bytes + AT_KIND, length - AT_KIND);
    for (int i = 0; i < 8; i++) {
        bytes[AT_CHECKSUM + i] = (uint8_t)(sum >> (8 * i));
    }
    check_refused(bytes, length);
}

static void a_field_its_kind_does_not_have_is_refused_with_a_right_checksum_too(void **state) {
    (void)state;
    const struct {
        size_t example, at;
        uint8_t value;
    } wrong[] = {
        {0, AT_KIND, 0},
        {0, AT_KIND, 7},
        {0, AT_KIND, 255},
        {0, AT_KIND, AIRS_MESSAGE_EXECUTE},      /* without an operation */
        {0, AT_KIND, AIRS_MESSAGE_REPLY},        /* of no request */
        {0, AT_STATUS, 1},                       /* a message that failed */
        {8, AT_REQUEST, 1},                      /* a timer that awaits a reply */
        {5, AT_KIND, AIRS_MESSAGE_EXECUTE},      /* as above */
        {6, AT_KIND, AIRS_MESSAGE_HEALTH_CHECK}, /* with data */
        {6, AT_STATUS, AIRS_STATUS_COUNT},
        {6, AT_STATUS, 255},
        {6, AT_REQUEST, 0},
        {9, AT_REQUEST, 0},
        {4, AT_KIND, AIRS_MESSAGE_TIMER}, /* with an operation */
        {4, HEADER, 0xff},                /* no UTF-8 */
    };
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        size_t length;
        uint8_t *encoded = encode(&examples[wrong[i].example], &length);
        encoded[wrong[i].at] = wrong[i].value;
        check_refused_when_signed(encoded, length);
        free(encoded);
    }
    /* Lengths that promise more, or less, than is there; 4 GiB among them. */
    size_t length;
    uint8_t *encoded = encode(&examples[0], &length);
    for (unsigned value = 0; value < 256; value++) {
        for (size_t at = AT_LENGTH; at < HEADER; at++) {
            uint8_t before = encoded[at];
            encoded[at] = (uint8_t)value;
            if (value != before) {
                check_refused_when_signed(encoded, length);
            }
            encoded[at] = before;
        }
        if (value != 0) {
            encoded[AT_OPERATION_LENGTH] = (uint8_t)value;
            check_refused_when_signed(encoded, length);
            encoded[AT_OPERATION_LENGTH] = 0;
        }
    }
    encoded[AT_VERSION] = 2;
    airs_message message;
    assert_int_equal(airs_message_decode(encoded, length, &message, NULL), AIRS_EUNSUPPORTED_CODEC);
    free(encoded);
}

static airs_message random_message(uint64_t *seed, uint8_t *data, char *operation) {
    airs_message message = {
        .kind = (airs_message_kind)(1 + kit_random(seed) % 6),
        .from = kit_random(seed),
        .to = kit_random(seed),
    };
    bool ends = message.kind == AIRS_MESSAGE_REPLY || message.kind == AIRS_MESSAGE_DOWN;
    if (ends || (message.kind != AIRS_MESSAGE_TIMER && kit_random(seed) % 2 == 0)) {
        message.request = kit_random(seed) | 1;
    }
    if (ends) {
        message.status = (airs_status)(kit_random(seed) % AIRS_STATUS_COUNT);
    }
    if (message.kind != AIRS_MESSAGE_HEALTH_CHECK) {
        message.length = kit_random(seed) % 300;
        for (size_t i = 0; i < message.length; i++) {
            data[i] = (uint8_t)kit_random(seed);
        }
        message.data = data;
    }
    if (message.kind == AIRS_MESSAGE_EXECUTE) {
        message.operation_length = 1 + kit_random(seed) % AIRS_OPERATION_MAX;
        memset(operation, 'a' + (int)(kit_random(seed) % 26), message.operation_length);
        message.operation = operation;
    }
    return message;
}

static void any_message_comes_back_and_any_damage_to_it_is_refused(void **state) {
    (void)state;
    uint64_t seed = kit_seed();
    uint8_t data[300];
    char operation[AIRS_OPERATION_MAX];
    for (int i = 0; i < 20000; i++) {
        airs_message message = random_message(&seed, data, operation);
        size_t length;
        uint8_t *encoded = encode(&message, &length);
        airs_message back;
        assert_int_equal(airs_message_decode(encoded, length, &back, NULL), AIRS_OK);
        check_same(&back, &message);
        for (uint64_t damage = 1 + kit_random(&seed) % 3; damage > 0; damage--) {
            encoded[kit_random(&seed) % length] ^= (uint8_t)(1 + kit_random(&seed) % 255);
        }
        /* Three changes may undo each other; that is no damage. */
        if (airs_message_decode(encoded, length, &back, NULL) == AIRS_OK) {
            check_same(&back, &message);
        }
        free(encoded);
    }
}

static void noise_with_a_right_checksum_is_never_read_outside(void **state) {
    (void)state;
    static const uint8_t key[16];
    uint64_t seed = kit_seed();
    for (int i = 0; i < 20000; i++) {
        size_t length = HEADER + kit_random(&seed) % 64;
        uint8_t *noise = malloc(length);
        for (size_t at = 0; at < length; at++) {
            noise[at] = (uint8_t)(kit_random(&seed) % (at < HEADER ? 8 : 256));
        }
        memcpy(noise, "airm\1", 5);
        noise[AT_LENGTH] = (uint8_t)(length - HEADER - noise[AT_OPERATION_LENGTH]);
        memset(noise + AT_LENGTH + 1, 0, 3);
        uint64_t sum = airsi_siphash(key, noise + AT_KIND, length - AT_KIND);
        for (int b = 0; b < 8; b++) {
            noise[AT_CHECKSUM + b] = (uint8_t)(sum >> (8 * b));
        }
        airs_message message;
        if (airs_message_decode(noise, length, &message, NULL) == AIRS_OK) {
            /* It is a message then: it encodes to the very same bytes. */
            size_t again_length;
            uint8_t *again = encode(&message, &again_length);
            assert_int_equal(again_length, length);
            assert_memory_equal(again, noise, length);
            free(again);
        }
        free(noise);
    }
}

static void what_is_no_message_is_not_encoded(void **state) {
    (void)state;
    const airs_message good = examples[0];
    uint8_t buffer[400];
    memset(buffer, 0x5a, sizeof buffer);
    size_t length = 99;
    airs_message bad[] = {good, good, good, good, good, good, good, good};
    bad[0].kind = (airs_message_kind)0;
    bad[1].kind = (airs_message_kind)99;
    bad[2].status = AIRS_EINVAL;
    bad[3].status = (airs_status)999;
    bad[4].data = NULL;
    bad[5].operation = "op";
    bad[5].operation_length = 2;
    bad[6].kind = AIRS_MESSAGE_EXECUTE;
    bad[7].kind = AIRS_MESSAGE_EXECUTE;
    bad[7].operation = (const char *)buffer;
    bad[7].operation_length = AIRS_OPERATION_MAX + 1;
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        airs_error error = {0};
        assert_int_equal(airs_message_encode(&bad[i], buffer, sizeof buffer, &length, &error), AIRS_EINVAL);
        assert_true(strlen(error.text) > 0);
    }
    airs_message huge = good;
    huge.length = (size_t)AIRS_PAYLOAD_MAX + 1;
    assert_int_equal(airs_message_encode(&huge, buffer, sizeof buffer, &length, NULL), AIRS_EPAYLOAD_TOO_LARGE);
    huge.length = SIZE_MAX;
    assert_int_equal(airs_message_encode(&huge, buffer, sizeof buffer, &length, NULL), AIRS_EPAYLOAD_TOO_LARGE);
    assert_int_equal(airs_message_encode(&good, buffer, airs_message_encoded_size(&good) - 1, &length, NULL), AIRS_EINVAL);
    assert_int_equal(airs_message_encode(NULL, buffer, sizeof buffer, &length, NULL), AIRS_EINVAL);
    assert_int_equal(airs_message_encode(&good, NULL, sizeof buffer, &length, NULL), AIRS_EINVAL);
    assert_int_equal(airs_message_encode(&good, buffer, sizeof buffer, NULL, NULL), AIRS_EINVAL);
    assert_int_equal(airs_message_encoded_size(NULL), 0);
    assert_int_equal(length, 99);
    for (size_t i = 0; i < sizeof buffer; i++) {
        assert_int_equal(buffer[i], 0x5a);
    }
    airs_message message;
    assert_int_equal(airs_message_decode(NULL, 0, &message, NULL), AIRS_EINVAL);
    assert_int_equal(airs_message_decode(buffer, 0, NULL, NULL), AIRS_EINVAL);
}

#define TESTS(X)                                                           \
    X(every_kind_comes_back_as_it_went)                                    \
    X(every_truncation_and_every_flipped_bit_is_refused)                   \
    X(what_stands_behind_a_message_is_refused)                             \
    X(a_field_its_kind_does_not_have_is_refused_with_a_right_checksum_too) \
    X(any_message_comes_back_and_any_damage_to_it_is_refused)              \
    X(noise_with_a_right_checksum_is_never_read_outside)                   \
    X(what_is_no_message_is_not_encoded)

#define TEST(name) cmocka_unit_test(name),

int main(void) {
    const struct CMUnitTest tests[] = {TESTS(TEST)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
