#include "node/manifest/yaml_tree.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <yaml.h>

#include "base/memory.h"

/* One reading: where the next node goes, and what was wrong so far. */
typedef struct builder {
    const char *path;
    airsi_problems *problems;
    airsi_yaml_node *root;
    airsi_yaml_node *open; /* the innermost collection that has not ended */
    size_t depth;
    size_t documents;
    bool failed; /* no use going on */
} builder;

static AIRS_PRINTF(4, 5) void complain(builder *b, size_t line, size_t column, const char *format, ...) {
    char text[AIRS_ERROR_TEXT_MAX];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    airs_error error;
    airs_error_set(&error, AIRS_ECONFIG, "%s:%zu:%zu: %s", b->path, line, column, text);
    airsi_problems_add(b->problems, &error);
}

static void fail(builder *b) {
    b->failed = true;
}

void airsi_yaml_free(airsi_yaml_node *root) {
    airsi_yaml_node *node = root;
    while (node != NULL) {
        if (node->first != NULL) {
            airsi_yaml_node *child = node->first;
            node->first = NULL;
            node = child;
            continue;
        }
        airsi_yaml_node *after = node->next != NULL ? node->next : node->parent;
        if (node == root) {
            after = NULL;
        }
        airsi_free(node->text);
        airsi_free(node);
        node = after;
    }
}

static bool expects_key(const airsi_yaml_node *open) {
    if (open == NULL || open->kind != AIRSI_YAML_MAPPING) {
        return false;
    }
    size_t children = 0;
    for (const airsi_yaml_node *child = open->first; child != NULL; child = child->next) {
        children++;
    }
    return children % 2 == 0;
}

static void check_key(builder *b, const airsi_yaml_node *key) {
    const airsi_yaml_node *mapping = b->open;
    if (key->kind != AIRSI_YAML_SCALAR) {
        complain(b, key->line, key->column, "a key is %s; text is right", airsi_yaml_kind_text(key));
        return;
    }
    if (memchr(key->text, '\0', key->length) != NULL) {
        complain(b, key->line, key->column, "a key holds a NUL character; text without one is right");
    }
    for (const airsi_yaml_node *other = mapping->first; other != NULL; other = other->next->next) {
        if (other->kind == AIRSI_YAML_SCALAR && other->length == key->length && memcmp(other->text, key->text, key->length) == 0) {
            complain(b, key->line, key->column, "%s: the key stands twice, first in line %zu; once is right", key->text, other->line);
            return;
        }
    }
}

static void link_node(builder *b, airsi_yaml_node *node, bool is_key) {
    node->parent = b->open;
    if (b->open == NULL) {
        b->root = node;
        return;
    }
    if (b->open->last != NULL) {
        b->open->last->next = node;
    } else {
        b->open->first = node;
    }
    b->open->last = node;
    if (b->open->kind == AIRSI_YAML_SEQUENCE || is_key) {
        b->open->count++;
    }
}

static airsi_yaml_node *add_node(builder *b, airsi_yaml_kind kind, yaml_mark_t mark) {
    airsi_yaml_node *node = airsi_calloc(1, sizeof *node);
    if (node == NULL) {
        complain(b, mark.line + 1, mark.column + 1, "no memory for this document");
        fail(b);
        return NULL;
    }
    node->kind = kind;
    node->line = mark.line + 1;
    node->column = mark.column + 1;
    return node;
}

/* Checks a key, links the node, and opens it when it is a collection. */
static void place(builder *b, airsi_yaml_node *node) {
    bool is_key = expects_key(b->open);
    assert(!is_key || b->open != NULL);
    if (is_key && b->open->count == AIRSI_YAML_KEYS_MAX) {
        complain(b, node->line, node->column, "a mapping has more than %d keys; fewer are right", AIRSI_YAML_KEYS_MAX);
        fail(b);
    } else if (is_key) {
        check_key(b, node);
    }
    link_node(b, node, is_key);
}

static void refuse_marks(builder *b, yaml_mark_t mark, const yaml_char_t *anchor, const yaml_char_t *tag) {
    if (anchor != NULL) {
        complain(b, mark.line + 1, mark.column + 1, "&%s: anchors are not taken; write the value where it is used", (const char *)anchor);
    }
    if (tag != NULL) {
        complain(b, mark.line + 1, mark.column + 1, "%s: tags are not taken; write the value without it", (const char *)tag);
    }
}

static void add_scalar(builder *b, const char *text, size_t length, bool plain, yaml_mark_t mark) {
    airsi_yaml_node *node = add_node(b, AIRSI_YAML_SCALAR, mark);
    if (node == NULL) {
        return;
    }
    node->text = airsi_strndup(text, length);
    node->length = length;
    node->plain = plain;
    if (node->text == NULL) {
        complain(b, node->line, node->column, "no memory for this document");
        airsi_free(node);
        fail(b);
        return;
    }
    place(b, node);
}

static void open_collection(builder *b, airsi_yaml_kind kind, yaml_mark_t mark) {
    if (b->depth == AIRSI_YAML_DEPTH_MAX) {
        complain(b, mark.line + 1, mark.column + 1, "more than %d levels; fewer are right", AIRSI_YAML_DEPTH_MAX);
        fail(b);
        return;
    }
    airsi_yaml_node *node = add_node(b, kind, mark);
    if (node != NULL) {
        place(b, node);
        b->open = node;
        b->depth++;
    }
}

static void close_collection(builder *b) {
    assert(b->open != NULL); /* libyaml pairs the ends with the starts */
    b->open = b->open->parent;
    b->depth--;
}

static void start_document(builder *b, const yaml_event_t *event) {
    if (b->documents++ > 0) {
        complain(b, event->start_mark.line + 1, event->start_mark.column + 1, "a second document begins; one is right");
        fail(b);
    }
    if (event->data.document_start.tag_directives.start != event->data.document_start.tag_directives.end) {
        complain(b, event->start_mark.line + 1, event->start_mark.column + 1, "%%TAG directives are not taken; leave them out");
    }
}

static void take(builder *b, const yaml_event_t *event) {
    yaml_mark_t mark = event->start_mark;
    switch (event->type) {
    case YAML_DOCUMENT_START_EVENT:
        start_document(b, event);
        break;
    case YAML_ALIAS_EVENT:
        complain(b, mark.line + 1, mark.column + 1, "*%s: aliases are not taken; write the value here",
                 (const char *)event->data.alias.anchor);
        add_scalar(b, "", 0, true, mark);
        break;
    case YAML_SCALAR_EVENT:
        refuse_marks(b, mark, event->data.scalar.anchor, event->data.scalar.tag);
        add_scalar(b, (const char *)event->data.scalar.value, event->data.scalar.length,
                   event->data.scalar.style == YAML_PLAIN_SCALAR_STYLE, mark);
        break;
    case YAML_SEQUENCE_START_EVENT:
        refuse_marks(b, mark, event->data.sequence_start.anchor, event->data.sequence_start.tag);
        open_collection(b, AIRSI_YAML_SEQUENCE, mark);
        break;
    case YAML_MAPPING_START_EVENT:
        refuse_marks(b, mark, event->data.mapping_start.anchor, event->data.mapping_start.tag);
        open_collection(b, AIRSI_YAML_MAPPING, mark);
        break;
    case YAML_SEQUENCE_END_EVENT:
    case YAML_MAPPING_END_EVENT:
        close_collection(b);
        break;
    default:
        break;
    }
}

static void complain_syntax(builder *b, const yaml_parser_t *parser) {
    const char *problem = parser->problem != NULL ? parser->problem : "not YAML";
    complain(b, parser->problem_mark.line + 1, parser->problem_mark.column + 1, "not valid YAML: %s%s%s", problem,
             parser->context != NULL ? " " : "", parser->context != NULL ? parser->context : "");
    fail(b);
}

static void read_events(builder *b, yaml_parser_t *parser) {
    bool ended = false;
    while (!ended && !b->failed) {
        yaml_event_t event;
        if (!yaml_parser_parse(parser, &event)) {
            complain_syntax(b, parser);
            return;
        }
        take(b, &event);
        ended = event.type == YAML_STREAM_END_EVENT;
        yaml_event_delete(&event);
    }
    if (!b->failed && b->root == NULL) {
        complain(b, 1, 1, "the file holds no document; a mapping with components is right");
        fail(b);
    }
}

airsi_yaml_node *airsi_yaml_read(const char *path, const char *bytes, size_t length, airsi_problems *problems) {
    builder b = {.path = path, .problems = problems};
    yaml_parser_t parser;
    if (!yaml_parser_initialize(&parser)) {
        complain(&b, 1, 1, "no memory for this document");
        return NULL;
    }
    yaml_parser_set_input_string(&parser, (const unsigned char *)bytes, length);
    read_events(&b, &parser);
    yaml_parser_delete(&parser);
    if (b.failed) {
        airsi_yaml_free(b.root);
        return NULL;
    }
    return b.root;
}

const airsi_yaml_node *airsi_yaml_find(const airsi_yaml_node *mapping, const char *key) {
    for (const airsi_yaml_node *node = mapping->first; node != NULL; node = node->next->next) {
        if (node->kind == AIRSI_YAML_SCALAR && node->length == strlen(key) && memcmp(node->text, key, node->length) == 0) {
            return node->next;
        }
    }
    return NULL;
}

const char *airsi_yaml_kind_text(const airsi_yaml_node *node) {
    static const char *const texts[] = {"text", "a list", "a mapping"};
    return texts[node->kind];
}
