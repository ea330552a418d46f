#include "node/manifest/yaml_json.h"

#include <errno.h>
#include <locale.h>
#include <stdint.h>
#include <string.h>

#include <jansson.h>

#include "base/memory.h"

typedef struct conversion {
    const airsi_yaml_node *wrong;
    airs_error *error;
    airs_status status;
} conversion;

static json_t *refuse(conversion *c, const airsi_yaml_node *node, airs_status status, const char *what) {
    c->wrong = node;
    c->status = status;
    airs_error_set(c->error, status, "\"%.60s\" %s", node->kind == AIRSI_YAML_SCALAR ? node->text : "...", what);
    return NULL;
}

static bool is_one_of(const char *text, const char *const *words) {
    for (; *words != NULL; words++) {
        if (strcmp(text, *words) == 0) {
            return true;
        }
    }
    return false;
}

static const char *skip_sign(const char *text) {
    return *text == '-' || *text == '+' ? text + 1 : text;
}

static const char *skip_digits(const char *text) {
    return text + strspn(text, "0123456789");
}

/* The base of an integer of the core schema, 0 when it is none. `ret_digits` is where strtoll begins. */
static int integer_base(const char *text, const char **ret_digits) {
    static const struct {
        const char *prefix, *digits;
        int base;
    } forms[] = {{"0o", "01234567", 8}, {"0x", "0123456789abcdefABCDEF", 16}};
    for (size_t i = 0; i < sizeof forms / sizeof forms[0]; i++) {
        if (strncmp(text, forms[i].prefix, 2) == 0 && text[2] != '\0' && text[2 + strspn(text + 2, forms[i].digits)] == '\0') {
            *ret_digits = text + 2;
            return forms[i].base;
        }
    }
    const char *digits = skip_sign(text);
    if (*digits != '\0' && *skip_digits(digits) == '\0') {
        *ret_digits = text;
        return 10;
    }
    return 0;
}

/* [-+]? ( \. [0-9]+ | [0-9]+ ( \. [0-9]* )? ) ( [eE] [-+]? [0-9]+ )? */
static bool is_float(const char *text) {
    const char *at = skip_sign(text);
    const char *whole = skip_digits(at);
    const char *end = whole;
    if (*whole == '.') {
        end = skip_digits(whole + 1);
        if (whole == at && end == whole + 1) {
            return false;
        }
    } else if (whole == at) {
        return false;
    }
    if (*end == 'e' || *end == 'E') {
        const char *exponent = skip_sign(end + 1);
        end = skip_digits(exponent);
        if (end == exponent) {
            return false;
        }
    }
    return *end == '\0';
}

static json_t *float_of(conversion *c, const airsi_yaml_node *node) {
    /* In the C locale, whatever the program runs in: the decimal point is a point. */
    locale_t locale = newlocale(LC_NUMERIC_MASK, "C", (locale_t)0);
    if (locale == (locale_t)0) {
        return refuse(c, node, AIRS_ENOMEM, "needs memory that could not be had");
    }
    double number = strtod_l(node->text, NULL, locale);
    freelocale(locale);
    json_t *json = json_real(number); /* refuses infinities */
    return json != NULL ? json : refuse(c, node, AIRS_ECONFIG, "is over what a 64-bit float holds; quote it, or write a smaller number");
}

static json_t *plain_of(conversion *c, const airsi_yaml_node *node) {
    static const char *const nulls[] = {"", "~", "null", "Null", "NULL", NULL};
    static const char *const trues[] = {"true", "True", "TRUE", NULL};
    static const char *const falses[] = {"false", "False", "FALSE", NULL};
    static const char *const not_json[] = {".inf",  ".Inf",  ".INF", "+.inf", "+.Inf", "+.INF", "-.inf",
                                           "-.Inf", "-.INF", ".nan", ".NaN",  ".NAN",  NULL};
    if (is_one_of(node->text, nulls)) {
        return json_null();
    }
    if (is_one_of(node->text, trues)) {
        return json_true();
    }
    if (is_one_of(node->text, falses)) {
        return json_false();
    }
    if (is_one_of(node->text, not_json)) {
        return refuse(c, node, AIRS_ECONFIG, "has no form in JSON; quote it, or write a finite number");
    }
    const char *digits;
    int base = integer_base(node->text, &digits);
    if (base != 0) {
        errno = 0;
        long long number = strtoll(digits, NULL, base);
        return errno == 0 ? json_integer(number) : refuse(c, node, AIRS_ECONFIG, "is over 64 bits; quote it, or write a smaller number");
    }
    return is_float(node->text) ? float_of(c, node) : json_stringn(node->text, node->length);
}

static json_t *value_of(conversion *c, const airsi_yaml_node *node);

static json_t *list_of(conversion *c, const airsi_yaml_node *node) {
    json_t *list = json_array();
    for (const airsi_yaml_node *item = node->first; list != NULL && item != NULL; item = item->next) {
        if (json_array_append_new(list, value_of(c, item)) != 0) {
            json_decref(list);
            list = NULL;
        }
    }
    return list;
}

static json_t *object_of(conversion *c, const airsi_yaml_node *node) {
    json_t *object = json_object();
    for (const airsi_yaml_node *key = node->first; object != NULL && key != NULL; key = key->next->next) {
        if (json_object_set_new(object, key->text, value_of(c, key->next)) != 0) {
            json_decref(object);
            object = NULL;
        }
    }
    return object;
}

/* The tree is at most AIRSI_YAML_DEPTH_MAX deep, and so is this recursion. NULL on failure. */
static json_t *value_of(conversion *c, const airsi_yaml_node *node) {
    json_t *value = NULL;
    if (node->kind == AIRSI_YAML_SEQUENCE) {
        value = list_of(c, node);
    } else if (node->kind == AIRSI_YAML_MAPPING) {
        value = object_of(c, node);
    } else {
        value = node->plain ? plain_of(c, node) : json_stringn(node->text, node->length);
    }
    if (value == NULL && c->wrong == NULL) {
        return refuse(c, node, AIRS_ENOMEM, "needs memory that could not be had");
    }
    return value;
}

airs_status airsi_yaml_to_json(const airsi_yaml_node *node, char **ret_json, const airsi_yaml_node **ret_node, airs_error *error) {
    conversion c = {NULL, error, AIRS_OK};
    json_t *value = value_of(&c, node);
    if (value == NULL) {
        *ret_node = c.wrong;
        return c.status;
    }
    char *dumped = json_dumps(value, JSON_COMPACT | JSON_ENCODE_ANY);
    char *json = dumped != NULL ? airsi_strdup(dumped) : NULL;
    free(dumped);
    json_decref(value);
    if (json == NULL) {
        *ret_node = node;
        return airs_error_set(error, AIRS_ENOMEM, "no memory for the configuration");
    }
    *ret_json = json;
    return AIRS_OK;
}
