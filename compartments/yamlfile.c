/* yamlfile.c - YAML by libyaml: limits, places and messages. */
#include "yamlfile.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "record/escape.h"

/* ---- Messages ---- */

/* "NAME: WHAT"; the number again. */
static int fail(const char *name, char *error, int number, const char *what)
{
    char *shown = escape(name);

    snprintf(error, YAMLFILE_ERROR_MAX, "%s: %.500s", shown ? shown : "?", what);
    free(shown);
    return number;
}

/* "NAME:LINE:COLUMN: WHAT", as far as there are these. */
static int print_at(const char *name, const struct yamlfile_place *place, char *error,
                    const char *what)
{
    char *shown = name ? escape(name) : NULL;

    if (!name)
        snprintf(error, YAMLFILE_ERROR_MAX, "%.500s", what);
    else if (place->line)
        snprintf(error, YAMLFILE_ERROR_MAX, "%s:%zu:%zu: %.500s", shown ? shown : "?", place->line,
                 place->column, what);
    else
        snprintf(error, YAMLFILE_ERROR_MAX, "%s: %.500s", shown ? shown : "?", what);
    free(shown);
    return -EINVAL;
}

static struct yamlfile_place place_of(const yaml_mark_t *mark)
{
    return (struct yamlfile_place){ mark->line + 1, mark->column + 1 };
}

/* In `what` there may be anything that was in the file. */
static int fail_at(const struct yamlfile *file, const yaml_mark_t *mark, const char *what)
{
    const struct yamlfile_place place = place_of(mark);
    char *shown = escape(what);

    print_at(file->name, &place, file->error, shown ? shown : "?");
    free(shown);
    return -EINVAL;
}

struct yamlfile_place yamlfile_place(const yaml_node_t *node)
{
    return place_of(&node->start_mark);
}

int yamlfile_fail_at(const char *name, const struct yamlfile_place *place,
                     char error[static YAMLFILE_ERROR_MAX], const char *format, ...)
{
    char what[YAMLFILE_ERROR_MAX];
    va_list arguments;

    va_start(arguments, format);
    vsnprintf(what, sizeof(what), format, arguments);
    va_end(arguments);
    return print_at(name, place, error, what);
}

int yamlfile_fail(const struct yamlfile *file, const yaml_node_t *node, const char *format, ...)
{
    char what[YAMLFILE_ERROR_MAX];
    va_list arguments;

    va_start(arguments, format);
    vsnprintf(what, sizeof(what), format, arguments);
    va_end(arguments);
    return fail_at(file, &node->start_mark, what);
}

int yamlfile_no_memory(const char *name, char error[static YAMLFILE_ERROR_MAX])
{
    return fail(name, error, -ENOMEM, strerror(ENOMEM));
}

/* What libyaml has to say. */
static int fail_to_parse(const struct yamlfile *file, const yaml_parser_t *parser)
{
    char what[YAMLFILE_ERROR_MAX];

    if (parser->error == YAML_MEMORY_ERROR)
        return yamlfile_no_memory(file->name, file->error);
    if (parser->error == YAML_READER_ERROR) {
        snprintf(what, sizeof(what), "byte %zu: no YAML: %s", parser->problem_offset,
                 parser->problem);
        return fail(file->name, file->error, -EINVAL, what);
    }
    snprintf(what, sizeof(what), "no YAML: %s%s%s", parser->context ? parser->context : "",
             parser->context ? ", " : "", parser->problem ? parser->problem : "it cannot be read");
    return fail_at(file, &parser->problem_mark, what);
}

/* ---- Reading ---- */

static const char too_large[] = "it is larger than 4 MiB, which no such file needs";

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
        return number ? fail(path, error, number, strerror(-number))
                      : fail(path, error, -EFBIG, too_large);
    }
    text[*size] = '\0';
    *ret = text;
    return 0;
}

/* What a text has, as it is parsed. */
struct shape {
    int depth, documents, anchors;
    bool plain;                         /* nothing of it has an anchor or a tag, or is an alias */
    bool cyclic;                        /* an alias stands for what it is in */
    char *open[YAMLFILE_DEPTH_MAX + 1]; /* by depth: the anchor of the list or mapping that has
                                           begun; NULL: it has none; owned */
};

static void shape_deinit(struct shape *shape)
{
    for (int i = 0; i <= YAMLFILE_DEPTH_MAX; i++)
        free(shape->open[i]);
}

static void add_mark(struct shape *shape, const yaml_char_t *anchor, const yaml_char_t *tag)
{
    shape->anchors += anchor != NULL;
    shape->plain &= !anchor && !tag;
}

/* A list or a mapping; of one that is too deep nothing more is asked. -ENOMEM. */
static int add_begin(struct shape *shape, const yaml_char_t *anchor, const yaml_char_t *tag)
{
    add_mark(shape, anchor, tag);
    if (++shape->depth > YAMLFILE_DEPTH_MAX || !anchor)
        return 0;
    shape->open[shape->depth] = strdup((const char *)anchor);
    return shape->open[shape->depth] ? 0 : -ENOMEM;
}

static void add_end(struct shape *shape)
{
    free(shape->open[shape->depth]);
    shape->open[shape->depth--] = NULL;
}

static void add_alias(struct shape *shape, const yaml_char_t *anchor)
{
    shape->plain = false;
    for (int i = 1; i <= shape->depth; i++)
        shape->cyclic |= shape->open[i] && !strcmp(shape->open[i], (const char *)anchor);
}

static int add_event(struct shape *shape, const yaml_event_t *event)
{
    shape->documents += event->type == YAML_DOCUMENT_START_EVENT;
    if (event->type == YAML_SCALAR_EVENT)
        add_mark(shape, event->data.scalar.anchor, event->data.scalar.tag);
    if (event->type == YAML_ALIAS_EVENT)
        add_alias(shape, event->data.alias.anchor);
    if (event->type == YAML_SEQUENCE_END_EVENT || event->type == YAML_MAPPING_END_EVENT)
        add_end(shape);
    if (event->type == YAML_SEQUENCE_START_EVENT)
        return add_begin(shape, event->data.sequence_start.anchor, event->data.sequence_start.tag);
    if (event->type == YAML_MAPPING_START_EVENT)
        return add_begin(shape, event->data.mapping_start.anchor, event->data.mapping_start.tag);
    return 0;
}

/* What there is too much of, or NULL. */
static const char *check_shape(const struct shape *shape, bool strict)
{
    if (shape->depth > YAMLFILE_DEPTH_MAX)
        return "too many lists and mappings in each other";
    if (shape->anchors > YAMLFILE_ANCHORS_MAX)
        return "too many anchors";
    if (strict && !shape->plain)
        return "anchors, aliases and tags are not taken here";
    if (shape->cyclic)
        return "the alias stands for what it is in";
    return shape->documents > 1 ? "a second document, where one is expected" : NULL;
}

static int next_event(const struct yamlfile *file, yaml_parser_t *parser, bool strict,
                      struct shape *shape, bool *ends)
{
    yaml_event_t event;

    if (!yaml_parser_parse(parser, &event))
        return fail_to_parse(file, parser);
    int result = add_event(shape, &event);
    *ends = event.type == YAML_STREAM_END_EVENT;
    const char *wrong = check_shape(shape, strict);
    if (result)
        yamlfile_no_memory(file->name, file->error);
    else if (wrong)
        result = fail_at(file, &event.start_mark, wrong);
    yaml_event_delete(&event);
    return result;
}

/* Before the tree is made of it: what libyaml's time for depths and anchors grows with is their
 * square. */
static int check_text(const struct yamlfile *file, yaml_parser_t *parser, bool strict)
{
    struct shape shape = { .plain = true };
    int result = 0;
    bool ends = false;

    while (!result && !ends)
        result = next_event(file, parser, strict, &shape, &ends);
    shape_deinit(&shape);
    return result;
}

static int load_document(struct yamlfile *file, yaml_parser_t *parser)
{
    return yaml_parser_load(parser, &file->document) ? 0 : fail_to_parse(file, parser);
}

/* Has it checked, or loaded. */
static int parse(struct yamlfile *file, const char *text, size_t size, bool strict, bool load)
{
    yaml_parser_t parser;

    if (!yaml_parser_initialize(&parser))
        return yamlfile_no_memory(file->name, file->error);
    yaml_parser_set_encoding(&parser, YAML_UTF8_ENCODING);
    yaml_parser_set_input_string(&parser, (const unsigned char *)text, size);
    int result = load ? load_document(file, &parser) : check_text(file, &parser, strict);
    yaml_parser_delete(&parser);
    return result;
}

int yamlfile_parse(struct yamlfile *file, const char *name, const char *text, size_t size,
                   bool strict, char error[static YAMLFILE_ERROR_MAX])
{
    *file = (struct yamlfile){ .name = name, .error = error };
    int result = size > YAMLFILE_SIZE_MAX ? fail(name, error, -EINVAL, too_large)
                                          : parse(file, text, size, strict, false);

    if (!result)
        result = parse(file, text, size, strict, true);
    if (result)
        return result;
    const yaml_node_t *root = yamlfile_root(file);
    result = root ? yamlfile_check_mapping(file, root, "the file", NULL)
                  : fail(name, error, -EINVAL, "it is empty");
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

bool yamlfile_is(const yaml_node_t *node, const char *text)
{
    return node->type == YAML_SCALAR_NODE && node->data.scalar.length == strlen(text) &&
           !memcmp(node->data.scalar.value, text, strlen(text));
}

yaml_node_t *yamlfile_find(struct yamlfile *file, const yaml_node_t *mapping, const char *key)
{
    yaml_node_t *name;

    for (size_t i = 0; mapping->type == YAML_MAPPING_NODE && i < yamlfile_count(mapping); i++) {
        yaml_node_t *value = yamlfile_entry(file, mapping, i, &name);
        if (yamlfile_is(name, key))
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

    if (strlen(text) != node->data.scalar.length || !escape_is_printable(text))
        return yamlfile_fail(file, node, "%s has a character in it that cannot be printed", what);
    *ret = text;
    return 0;
}

bool yamlfile_is_null(const yaml_node_t *node)
{
    const bool plain =
        node->type == YAML_SCALAR_NODE && node->data.scalar.style == YAML_PLAIN_SCALAR_STYLE;

    return yamlfile_is(node, "") ||
           (plain && (yamlfile_is(node, "~") || yamlfile_is(node, "null")));
}

/* ---- Lists and mappings ---- */

static const yaml_node_t *key_of(struct yamlfile *file, const yaml_node_t *node, size_t number)
{
    yaml_node_t *key = NULL;

    yamlfile_entry(file, node, number, &key);
    return key;
}

static bool same_texts(const yaml_node_t *one, const yaml_node_t *other)
{
    return one->type == YAML_SCALAR_NODE && other->type == YAML_SCALAR_NODE &&
           one->data.scalar.length == other->data.scalar.length &&
           !memcmp(one->data.scalar.value, other->data.scalar.value, one->data.scalar.length);
}

static bool is_one_of(const yaml_node_t *key, const char *const *keys)
{
    while (*keys && !yamlfile_is(key, *keys))
        keys++;
    return *keys;
}

/* A key that is not one of `keys`, or is there before. */
static int check_key(struct yamlfile *file, const yaml_node_t *node, size_t number,
                     const char *what, const char *const *keys)
{
    const yaml_node_t *key = key_of(file, node, number);

    if (keys && !is_one_of(key, keys))
        return yamlfile_fail(file, key, "%s has no '%.60s'", what,
                             key->type == YAML_SCALAR_NODE ? (char *)key->data.scalar.value : "?");
    for (size_t i = 0; i < number; i++) {
        const yaml_node_t *former = key_of(file, node, i);
        if (same_texts(key, former))
            return yamlfile_fail(file, key, "the same key as in line %zu",
                                 former->start_mark.line + 1);
    }
    return 0;
}

int yamlfile_check_mapping(struct yamlfile *file, const yaml_node_t *node, const char *what,
                           const char *const *keys)
{
    if (node->type != YAML_MAPPING_NODE)
        return yamlfile_fail(file, node, "%s is to be a mapping (KEY: VALUE)", what);
    const size_t count = yamlfile_count(node);
    int error = 0;

    if (count > YAMLFILE_ENTRIES_MAX)
        return yamlfile_fail(file, node, "more than %d entries", YAMLFILE_ENTRIES_MAX);
    for (size_t i = 0; i < count && !error; i++)
        error = check_key(file, node, i, what, keys);
    return error;
}

int yamlfile_check_list(const struct yamlfile *file, const yaml_node_t *node, const char *what)
{
    return node->type == YAML_SEQUENCE_NODE ? 0
                                            : yamlfile_fail(file, node, "%s is to be a list", what);
}
