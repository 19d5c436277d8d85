/* yamltree.c - makes a tree of what libyaml reads. */
#include "yamltree.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <yaml.h>
#include "record/array.h"

/* A document that is being read. */
struct reading {
    yaml_parser_t parser;
    char *error;
};

void yaml_deinit(struct yaml_node *node)
{
    for (size_t i = 0; i < node->count; i++)
        yaml_deinit(&node->inner[i]);
    free(node->inner);
    free(node->text);
    *node = (struct yaml_node){ 0 };
}

/* Control characters, which would break the line, become "?". */
static void flatten(char *line)
{
    for (; *line; line++)
        if ((unsigned char)*line < ' ' || *line == 0x7f)
            *line = '?';
}

int yaml_refuse(const struct yaml_node *node, char error[static YAML_ERROR_MAX], const char *format,
                ...)
{
    va_list args;
    int length = snprintf(error, YAML_ERROR_MAX, "%zu:%zu: ", node->line, node->column);

    va_start(args, format);
    vsnprintf(error + length, YAML_ERROR_MAX - (size_t)length, format, args);
    va_end(args);
    flatten(error);
    return -EINVAL;
}

static struct yaml_node at(yaml_mark_t mark)
{
    return (struct yaml_node){ .line = mark.line + 1, .column = mark.column + 1 };
}

/* What libyaml says of a text that is no YAML. */
static int refuse_text(struct reading *reading)
{
    const yaml_parser_t *parser = &reading->parser;
    struct yaml_node place = at(parser->problem_mark);

    if (parser->error == YAML_MEMORY_ERROR)
        return -ENOMEM;
    if (parser->error == YAML_READER_ERROR)
        return yaml_refuse(&place, reading->error, "%s, at byte %zu", parser->problem,
                           parser->problem_offset);
    return yaml_refuse(&place, reading->error, "%s", parser->problem ? parser->problem : "no YAML");
}

static int next_event(struct reading *reading, yaml_event_t *ret)
{
    return yaml_parser_parse(&reading->parser, ret) ? 0 : refuse_text(reading);
}

/* Skips an event that must come now. */
static int expect(struct reading *reading, yaml_event_type_t type, const char *otherwise)
{
    yaml_event_t event;
    int error = next_event(reading, &event);

    if (error)
        return error;
    struct yaml_node place = at(event.start_mark);
    if (event.type != type)
        error = yaml_refuse(&place, reading->error, "%s", otherwise);
    yaml_event_delete(&event);
    return error;
}

static int read_scalar(struct reading *reading, const yaml_event_t *event, struct yaml_node *node)
{
    const char *text = (const char *)event->data.scalar.value;

    if (strlen(text) != event->data.scalar.length)
        return yaml_refuse(node, reading->error, "a text has a NUL in it");
    node->text = strdup(text);
    return node->text ? 0 : -ENOMEM;
}

static int read_node(struct reading *reading, const yaml_event_t *event, struct yaml_node *node,
                     unsigned depth);

/* Of a map: the key is a scalar that it does not have yet. (Each is compared with all before.) */
static int check_key(struct reading *reading, const struct yaml_node *map)
{
    const struct yaml_node *key = &map->inner[map->count - 1];

    if (key->kind != YAML_SCALAR)
        return yaml_refuse(key, reading->error, "a key is no text");
    if (map->count > 2 * YAML_KEYS_MAX)
        return yaml_refuse(key, reading->error, "a map has more than %d keys", YAML_KEYS_MAX);
    return yaml_find(map, key->text)
               ? yaml_refuse(key, reading->error, "'%.60s' is there twice", key->text)
               : 0;
}

/* The nodes up to the end of the list or map that has begun. */
static int read_inner(struct reading *reading, struct yaml_node *node, unsigned depth)
{
    yaml_event_t event;
    int error = 0;

    for (bool more = true; more && !error;) {
        if ((error = next_event(reading, &event)))
            break;
        more = event.type != YAML_SEQUENCE_END_EVENT && event.type != YAML_MAPPING_END_EVENT;
        if (more && !ARRAY_ROOM(node->inner, node->count, node->capacity))
            error = -ENOMEM;
        if (more && !error)
            error = read_node(reading, &event, &node->inner[node->count++], depth + 1);
        if (more && !error && node->kind == YAML_MAP && node->count % 2)
            error = check_key(reading, node);
        yaml_event_delete(&event);
    }
    return error;
}

/* The node that begins with this event. Of what there is after an error, all may be deinited. */
static int read_node(struct reading *reading, const yaml_event_t *event, struct yaml_node *node,
                     unsigned depth)
{
    *node = at(event->start_mark);
    if (depth > YAML_DEPTH_MAX)
        return yaml_refuse(node, reading->error, "it is nested too deep");
    switch (event->type) {
    case YAML_SCALAR_EVENT:
        if (event->data.scalar.anchor || event->data.scalar.tag)
            break;
        return read_scalar(reading, event, node);
    case YAML_SEQUENCE_START_EVENT:
        if (event->data.sequence_start.anchor || event->data.sequence_start.tag)
            break;
        node->kind = YAML_LIST;
        return read_inner(reading, node, depth);
    case YAML_MAPPING_START_EVENT:
        if (event->data.mapping_start.anchor || event->data.mapping_start.tag)
            break;
        node->kind = YAML_MAP;
        return read_inner(reading, node, depth);
    default:
        break;
    }
    return yaml_refuse(node, reading->error, "anchors, aliases and tags are not taken here");
}

static int read_document(struct reading *reading, struct yaml_node *node)
{
    static const char none[] = "there is nothing in it", more[] = "there is more than one document";
    yaml_event_t event;
    int error = expect(reading, YAML_STREAM_START_EVENT, none);

    if (!error)
        error = expect(reading, YAML_DOCUMENT_START_EVENT, none);
    if (!error)
        error = next_event(reading, &event);
    if (error)
        return error;
    error = read_node(reading, &event, node, 0);
    yaml_event_delete(&event);
    if (!error)
        error = expect(reading, YAML_DOCUMENT_END_EVENT, more);
    return error ? error : expect(reading, YAML_STREAM_END_EVENT, more);
}

int yaml_parse(struct yaml_node *ret, const char *text, size_t size,
               char error[static YAML_ERROR_MAX])
{
    struct reading reading = { .error = error };
    struct yaml_node node = { .line = 1, .column = 1 };

    if (size > YAML_SIZE_MAX)
        return yaml_refuse(&node, error, "it has more than %d bytes", YAML_SIZE_MAX);
    int result = yaml_parser_initialize(&reading.parser) ? 0 : -ENOMEM;
    if (!result) {
        yaml_parser_set_encoding(&reading.parser, YAML_UTF8_ENCODING);
        yaml_parser_set_input_string(&reading.parser, (const unsigned char *)text, size);
        result = read_document(&reading, &node);
        yaml_parser_delete(&reading.parser);
    }
    if (result) {
        yaml_deinit(&node);
        if (result == -ENOMEM)
            snprintf(error, YAML_ERROR_MAX, "out of memory");
        return result;
    }
    *ret = node;
    return 0;
}

const struct yaml_node *yaml_find(const struct yaml_node *map, const char *key)
{
    for (size_t i = 0; map->kind == YAML_MAP && i + 1 < map->count; i += 2)
        if (!strcmp(map->inner[i].text, key))
            return &map->inner[i + 1];
    return NULL;
}
