/*
 * rulesetkraft.c - rules in the file of the compartments itself, which stays as it is but for its
 * comments: each compartment gets a list `syscalls`, in place of one that it may have. What libyaml
 * reads goes out again event by event, in its style, so that keys that we do not know are kept.
 */
#include <errno.h>
#include <string.h>
#include "compartments/ruleset.h"
#include "compartments/rulesetformats.h"

static const char key[] = "syscalls";

/* A list or a mapping that has begun. */
struct level {
    bool mapping;
    bool at_value; /* of a mapping: a key was there, and its value comes next */
};

struct replay {
    const struct ruleset *ruleset;
    yaml_parser_t parser;
    yaml_emitter_t emitter;
    struct level levels[YAMLFILE_DEPTH_MAX + 1];
    int depth;
    bool in_compartments; /* the value of this key of the file is under way */
    size_t compartment;   /* the next one's number */
    int dropped;          /* the depth at which something is left out; 0: nothing is */
};

/* Where the list of compartments is, and one of them: the file is at depth 1. */
enum { AT_FILE = 1, AT_LIST, AT_COMPARTMENT };

/* ---- What is written besides ---- */

static int emit(struct replay *replay, yaml_event_t *event)
{
    return yaml_emitter_emit(&replay->emitter, event) ? 0 : -ENOMEM;
}

static int emit_text(struct replay *replay, const char *text)
{
    yaml_event_t event;

    if (!yaml_scalar_event_initialize(&event, NULL, NULL, (const yaml_char_t *)text,
                                      (int)strlen(text), 1, 1, YAML_PLAIN_SCALAR_STYLE))
        return -ENOMEM;
    return emit(replay, &event);
}

static int emit_syscalls(struct replay *replay)
{
    const struct ruleset_part *part = &replay->ruleset->parts[replay->compartment++];
    char name[RULESET_NAME_MAX];
    yaml_event_t event;
    int error = emit_text(replay, key);

    if (!error &&
        !yaml_sequence_start_event_initialize(&event, NULL, NULL, 1, YAML_FLOW_SEQUENCE_STYLE))
        error = -ENOMEM;
    if (!error)
        error = emit(replay, &event);
    for (size_t i = 0; i < part->list.count && !error; i++)
        error = emit_text(replay,
                          ruleset_name(part->list.calls[i].abi, part->list.calls[i].name, name));
    if (!error && !yaml_sequence_end_event_initialize(&event))
        error = -ENOMEM;
    return error ? error : emit(replay, &event);
}

/* ---- What was there ---- */

static bool is_text(const yaml_event_t *event, const char *text)
{
    return event->type == YAML_SCALAR_EVENT && event->data.scalar.length == strlen(text) &&
           !memcmp(event->data.scalar.value, text, strlen(text));
}

static bool begins(const yaml_event_t *event)
{
    return event->type == YAML_SEQUENCE_START_EVENT || event->type == YAML_MAPPING_START_EVENT;
}

static bool ends(const yaml_event_t *event)
{
    return event->type == YAML_SEQUENCE_END_EVENT || event->type == YAML_MAPPING_END_EVENT;
}

static bool is_node(const yaml_event_t *event)
{
    return begins(event) || event->type == YAML_SCALAR_EVENT || event->type == YAML_ALIAS_EVENT;
}

static bool is_in_compartment(const struct replay *replay)
{
    return replay->in_compartments && replay->depth == AT_COMPARTMENT &&
           replay->levels[AT_COMPARTMENT].mapping;
}

/* A key or a value begins: of a mapping, they take turns. */
static void note_node(struct replay *replay, const yaml_event_t *event)
{
    struct level *level = &replay->levels[replay->depth];

    if (!level->mapping)
        return;
    if (!level->at_value && replay->depth == AT_FILE)
        replay->in_compartments = is_text(event, "compartments");
    if (!level->at_value && is_in_compartment(replay) && is_text(event, key))
        replay->dropped = replay->depth;
    level->at_value = !level->at_value;
}

/* The key and its value are left out, to the end of the latter. */
static void note_end_of_dropped(struct replay *replay)
{
    if (replay->dropped == replay->depth && !replay->levels[replay->depth].at_value)
        replay->dropped = 0;
}

static void note_event(struct replay *replay, const yaml_event_t *event)
{
    if (is_node(event) && replay->depth)
        note_node(replay, event);
    if (begins(event))
        replay->levels[++replay->depth] =
            (struct level){ .mapping = event->type == YAML_MAPPING_START_EVENT };
    if (ends(event))
        replay->depth--;
}

static bool has_anchor(const yaml_event_t *event)
{
    return (event->type == YAML_SCALAR_EVENT && event->data.scalar.anchor) ||
           (event->type == YAML_SEQUENCE_START_EVENT && event->data.sequence_start.anchor) ||
           (event->type == YAML_MAPPING_START_EVENT && event->data.mapping_start.anchor);
}

static int pass(struct replay *replay, yaml_event_t *event)
{
    int error = 0;

    if (event->type == YAML_MAPPING_END_EVENT && is_in_compartment(replay))
        error = emit_syscalls(replay);
    note_event(replay, event);
    bool drops = replay->dropped != 0;
    note_end_of_dropped(replay);
    if (!error && !drops)
        return emit(replay, event);
    if (!error && has_anchor(event))
        error = -ENOTSUP; /* others may be aliases of it */
    yaml_event_delete(event);
    return error;
}

/* ---- The file ---- */

static int replay_all(struct replay *replay)
{
    yaml_event_t event;
    bool last = false;
    int error = 0;

    while (!error && !last) {
        if (!yaml_parser_parse(&replay->parser, &event))
            return -ENOMEM; /* it was read before */
        last = event.type == YAML_STREAM_END_EVENT;
        error = pass(replay, &event);
    }
    return error;
}

/* Those that are in the file. */
static size_t count_declared(const struct compartments *compartments)
{
    size_t count = 0;

    while (count < compartments->count && compartments->all[count].place.line)
        count++;
    return count;
}

int rulesetkraft_print(FILE *file, const struct subject *subject)
{
    const struct compartments *compartments = subject->ruleset->compartments;
    struct replay replay = { .ruleset = subject->ruleset };

    if (!yaml_parser_initialize(&replay.parser))
        return -ENOMEM;
    if (!yaml_emitter_initialize(&replay.emitter)) {
        yaml_parser_delete(&replay.parser);
        return -ENOMEM;
    }
    yaml_parser_set_input_string(&replay.parser, (const unsigned char *)compartments->text,
                                 compartments->size);
    yaml_emitter_set_output_file(&replay.emitter, file);
    yaml_emitter_set_width(&replay.emitter, 100);
    int error = replay_all(&replay);
    if (!error && replay.compartment != count_declared(compartments))
        error = -ENOTSUP; /* some are there as aliases */
    yaml_emitter_delete(&replay.emitter);
    yaml_parser_delete(&replay.parser);
    return error;
}
