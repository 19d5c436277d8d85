/* yamlfile.c - YAML by libyaml: limits, places and messages. */
#include "yamlfile.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "record/escape.h"

/* ---- Messages ---- */

static int fail(char *error, int number, const char *text)
{
    snprintf(error, YAMLFILE_ERROR_MAX, "%s", text);
    return number;
}

int yamlfile_fail(const struct yamlfile *file, const yaml_node_t *node, const char *format, ...)
{
    va_list arguments;
    int length =
        snprintf(file->error, YAMLFILE_ERROR_MAX,
                 "line %zu, column %zu: ", node->start_mark.line + 1, node->start_mark.column + 1);

    va_start(arguments, format);
    vsnprintf(file->error + length, YAMLFILE_ERROR_MAX - (size_t)length, format, arguments);
    va_end(arguments);
    return -EINVAL;
}

/* What libyaml has to say. */
static int fail_to_parse(const yaml_parser_t *parser, char *error)
{
    if (parser->error == YAML_MEMORY_ERROR)
        return fail(error, -ENOMEM, strerror(ENOMEM));
    if (parser->error == YAML_READER_ERROR)
        snprintf(error, YAMLFILE_ERROR_MAX, "byte %zu: no YAML: %s", parser->problem_offset,
                 parser->problem);
    else
        snprintf(error, YAMLFILE_ERROR_MAX, "line %zu, column %zu: no YAML: %s%s%s",
                 parser->problem_mark.line + 1, parser->problem_mark.column + 1,
                 parser->context ? parser->context : "", parser->context ? ", " : "",
                 parser->problem ? parser->problem : "it cannot be read");
    return -EINVAL;
}

/* ---- Reading ---- */

int yamlfile_load(const char *path, char **ret, size_t *size, char error[static YAMLFILE_ERROR_MAX])
{
    FILE *file = fopen(path, "re");
    char *text = malloc(YAMLFILE_SIZE_MAX + 2);
    int number = file && text ? 0 : -errno;

    if (!number) {
        errno = 0;
        *size = fread(text, 1, YAMLFILE_SIZE_MAX + 1, file);
        number = ferror(file) ? -errno : 0;
    }
    if (file)
        fclose(file);
    if (number || *size > YAMLFILE_SIZE_MAX) {
        free(text);
        return number ? fail(error, number, strerror(-number))
                      : fail(error, -EFBIG, "it is larger than 1 MiB, which no such file needs");
    }
    text[*size] = '\0';
    *ret = text;
    return 0;
}

/* What a text has, as it is parsed. */
struct shape {
    int depth, documents, anchors;
};

static void add_event(struct shape *shape, const yaml_event_t *event)
{
    shape->documents += event->type == YAML_DOCUMENT_START_EVENT;
    shape->depth +=
        event->type == YAML_SEQUENCE_START_EVENT || event->type == YAML_MAPPING_START_EVENT;
    shape->depth -= event->type == YAML_SEQUENCE_END_EVENT || event->type == YAML_MAPPING_END_EVENT;
    shape->anchors +=
        (event->type == YAML_SCALAR_EVENT && event->data.scalar.anchor) ||
        (event->type == YAML_SEQUENCE_START_EVENT && event->data.sequence_start.anchor) ||
        (event->type == YAML_MAPPING_START_EVENT && event->data.mapping_start.anchor);
}

/* What there is too much of, or NULL. */
static const char *check_shape(const struct shape *shape)
{
    if (shape->depth > YAMLFILE_DEPTH_MAX)
        return "too many lists and mappings in each other";
    if (shape->anchors > YAMLFILE_ANCHORS_MAX)
        return "too many anchors";
    return shape->documents > 1 ? "a second document, where one is expected" : NULL;
}

static int next_event(yaml_parser_t *parser, struct shape *shape, bool *ends, char *error)
{
    yaml_event_t event;

    if (!yaml_parser_parse(parser, &event))
        return fail_to_parse(parser, error);
    add_event(shape, &event);
    *ends = event.type == YAML_STREAM_END_EVENT;
    const char *wrong = check_shape(shape);
    if (wrong)
        snprintf(error, YAMLFILE_ERROR_MAX, "line %zu, column %zu: %s", event.start_mark.line + 1,
                 event.start_mark.column + 1, wrong);
    yaml_event_delete(&event);
    return wrong ? -EINVAL : 0;
}

/* Before the tree is made of it: what libyaml's time for depths and anchors grows with is their
 * square. */
static int check_text(const char *text, size_t size, char *error)
{
    struct shape shape = { 0 };
    yaml_parser_t parser;
    int result = 0;
    bool ends = false;

    if (!yaml_parser_initialize(&parser))
        return fail(error, -ENOMEM, strerror(ENOMEM));
    yaml_parser_set_input_string(&parser, (const unsigned char *)text, size);
    while (!result && !ends)
        result = next_event(&parser, &shape, &ends, error);
    yaml_parser_delete(&parser);
    return result;
}

static int load_document(struct yamlfile *file, const char *text, size_t size, char *error)
{
    yaml_parser_t parser;

    if (!yaml_parser_initialize(&parser))
        return fail(error, -ENOMEM, strerror(ENOMEM));
    yaml_parser_set_input_string(&parser, (const unsigned char *)text, size);
    int result = yaml_parser_load(&parser, &file->document) ? 0 : fail_to_parse(&parser, error);
    yaml_parser_delete(&parser);
    return result;
}

int yamlfile_parse(struct yamlfile *file, const char *text, size_t size,
                   char error[static YAMLFILE_ERROR_MAX])
{
    *file = (struct yamlfile){ .error = error };
    int result = size > YAMLFILE_SIZE_MAX
                     ? fail(error, -EINVAL, "it is larger than 1 MiB, which no such file needs")
                     : check_text(text, size, error);

    if (!result)
        result = load_document(file, text, size, error);
    if (result)
        return result;
    const yaml_node_t *root = yamlfile_root(file);
    if (!root)
        result = fail(error, -EINVAL, "it is empty");
    else if (root->type != YAML_MAPPING_NODE)
        result = yamlfile_fail(file, root, "a mapping (KEY: VALUE) is expected here");
    else
        result = yamlfile_check_mapping(file, root);
    if (result)
        yamlfile_deinit(file);
    return result;
}

void yamlfile_deinit(struct yamlfile *file)
{
    yaml_document_delete(&file->document);
}

/* ---- Nodes ---- */

yaml_node_t *yamlfile_root(struct yamlfile *file)
{
    return yaml_document_get_root_node(&file->document);
}

size_t yamlfile_count(const yaml_node_t *node)
{
    if (node->type == YAML_SEQUENCE_NODE)
        return (size_t)(node->data.sequence.items.top - node->data.sequence.items.start);
    if (node->type == YAML_MAPPING_NODE)
        return (size_t)(node->data.mapping.pairs.top - node->data.mapping.pairs.start);
    return 0;
}

yaml_node_t *yamlfile_entry(struct yamlfile *file, const yaml_node_t *node, size_t number,
                            yaml_node_t **key)
{
    if (node->type == YAML_SEQUENCE_NODE)
        return yaml_document_get_node(&file->document, node->data.sequence.items.start[number]);
    const yaml_node_pair_t *pair = &node->data.mapping.pairs.start[number];
    if (key)
        *key = yaml_document_get_node(&file->document, pair->key);
    return yaml_document_get_node(&file->document, pair->value);
}

static bool is_text(const yaml_node_t *node, const char *text)
{
    return node->type == YAML_SCALAR_NODE && node->data.scalar.length == strlen(text) &&
           !memcmp(node->data.scalar.value, text, strlen(text));
}

yaml_node_t *yamlfile_find(struct yamlfile *file, const yaml_node_t *mapping, const char *key)
{
    yaml_node_t *name;

    for (size_t i = 0; i < yamlfile_count(mapping); i++) {
        yaml_node_t *value = yamlfile_entry(file, mapping, i, &name);
        if (is_text(name, key))
            return value;
    }
    return NULL;
}

int yamlfile_text(const struct yamlfile *file, const yaml_node_t *node, const char *what,
                  const char **ret)
{
    if (node->type != YAML_SCALAR_NODE || !node->data.scalar.length)
        return yamlfile_fail(file, node, "%s is to be a text", what);
    const char *text = (const char *)node->data.scalar.value;
    char *shown = strlen(text) == node->data.scalar.length ? escape(text) : NULL;
    bool same = shown && !strcmp(shown, text);

    free(shown);
    if (!same)
        return yamlfile_fail(file, node, "%s has a character in it that cannot be printed", what);
    *ret = text;
    return 0;
}

bool yamlfile_is_null(const yaml_node_t *node)
{
    const bool plain =
        node->type == YAML_SCALAR_NODE && node->data.scalar.style == YAML_PLAIN_SCALAR_STYLE;

    return is_text(node, "") || (plain && (is_text(node, "~") || is_text(node, "null")));
}

/* ---- Mappings ---- */

static const yaml_node_t *key_of(struct yamlfile *file, const yaml_node_t *node, size_t number)
{
    yaml_node_t *key;

    yamlfile_entry(file, node, number, &key);
    return key;
}

static bool same_texts(const yaml_node_t *one, const yaml_node_t *other)
{
    return one->type == YAML_SCALAR_NODE && other->type == YAML_SCALAR_NODE &&
           one->data.scalar.length == other->data.scalar.length &&
           !memcmp(one->data.scalar.value, other->data.scalar.value, one->data.scalar.length);
}

int yamlfile_check_mapping(struct yamlfile *file, const yaml_node_t *node)
{
    const size_t count = yamlfile_count(node);

    if (count > YAMLFILE_ENTRIES_MAX)
        return yamlfile_fail(file, node, "more than %d entries", YAMLFILE_ENTRIES_MAX);
    for (size_t i = 1; i < count; i++)
        for (size_t j = 0; j < i; j++) {
            const yaml_node_t *key = key_of(file, node, i), *former = key_of(file, node, j);
            if (same_texts(key, former))
                return yamlfile_fail(file, key, "the same key as in line %zu",
                                     former->start_mark.line + 1);
        }
    return 0;
}
