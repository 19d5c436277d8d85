/* reader_stacks.c - what a run file says of frames and stacks. */
#include "record/reader.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

/* The symbol must be the one that holds the offset, or null if there is none. */
static int check_frame_symbol(struct reader *reader, const struct place *place, const json_t *value)
{
    const struct symbol *symbol = run_find_symbol(reader->run, place->module, place->offset);
    uint32_t number;

    if (json_is_null(value))
        return symbol ? refuse(reader, "the symbol is null, but symbols[%td] holds the offset",
                               symbol - reader->run->symbols)
                      : 0;
    int error = read_index(reader, value, "the symbol", reader->run->symbol_count, &number);
    if (!error && symbol != &reader->run->symbols[number])
        error = refuse(reader, "symbols[%" PRIu32 "] does not hold the offset", number);
    return error;
}

static int read_loop(struct reader *reader, const struct place *place, const json_t *value)
{
    const char *word = json_string_value(value);

    for (enum loop_kind kind = LOOP_LIKELY; word && kind < LOOP_KINDS; kind++)
        if (!strcmp(word, loop_kind_name(kind)))
            return run_add_loop(reader->run, place->module, place->offset, kind);
    return refuse(reader, "what is behind the symbol is neither loop nor likely-loop");
}

int read_frame(struct reader *reader, const json_t *row)
{
    struct place *place = &reader->places[reader->row];
    bool loop = json_array_size(row) == 4; /* most have no such mark */
    int error = read_row(reader, row, 3 + loop);

    if (!error)
        error = read_index(reader, json_array_get(row, 0), "the module", reader->run->module_count,
                           &place->module);
    if (error)
        return error;
    if (!json_is_integer(json_array_get(row, 1)))
        return refuse(reader, "the offset is no whole number");
    place->offset = (uint64_t)json_integer_value(json_array_get(row, 1));
    error = check_frame_symbol(reader, place, json_array_get(row, 2));
    return !error && loop ? read_loop(reader, place, json_array_get(row, 3)) : error;
}

/* The marks of a frame, which stand in the row from `first` on. */
static int read_marks(struct reader *reader, const json_t *row, size_t first, struct frame *frame)
{
    for (size_t i = first; i < json_array_size(row); i++) {
        const char *name = json_string_value(json_array_get(row, i));
        int mark = name ? frame_mark_parse(name) : -1;
        if (mark < 0)
            return refuse(reader, "'%.100s' is no mark", name ? name : "");
        if (frame->marks & (uint32_t)mark)
            return refuse(reader, "the mark '%s' is there twice", name);
        frame->marks |= (uint32_t)mark;
    }
    return 0;
}

static int read_place_of(struct reader *reader, const json_t *value, struct frame *ret)
{
    uint32_t number;
    int error = read_index(reader, value, "a frame", reader->place_count, &number);

    if (!error)
        *ret = (struct frame){ .module = reader->places[number].module,
                               .offset = reader->places[number].offset };
    return error;
}

static int read_end(struct reader *reader, const json_t *value, int *ret)
{
    const char *name = json_string_value(value);

    *ret = name ? stack_end_parse(name) : -1;
    return *ret < 0 ? refuse(reader, "'%.100s' is no end of a stack", name ? name : "") : 0;
}

/* ["complete"] */
static int read_empty_stack(struct reader *reader, const json_t *row)
{
    int end;
    int error = read_row(reader, row, 1);

    if (!error)
        error = read_end(reader, json_array_get(row, 0), &end);
    if (!error && (size_t)end != reader->row)
        error = refuse(reader, "this must be the end '%s'",
                       stack_end_name((enum stack_end)reader->row));
    return error;
}

/* [outer, frame, "signal", ...]: the one beyond is there already, so no stack leads to itself. */
int read_stack(struct reader *reader, const json_t *row)
{
    struct frame frame;
    uint32_t outer;

    reader->stacks[reader->row] = (uint32_t)reader->row;
    if (reader->row < STACK_ENDS)
        return read_empty_stack(reader, row);
    if (json_array_size(row) < 2)
        return refuse(reader, "the row is no array of the stack beyond, a frame and marks");
    int error = read_index(reader, json_array_get(row, 0), "the stack beyond", reader->row, &outer);
    if (!error)
        error = read_place_of(reader, json_array_get(row, 1), &frame);
    if (!error)
        error = read_marks(reader, row, 2, &frame);
    return error ? error : check_new(reader, stacks_add(&reader->run->stacks, outer, &frame));
}

/* ---- Stacks of the former format, each with all its frames ---- */

/* [position, "signal", ...] */
static int read_former_marks(struct reader *reader, const json_t *row, struct frame *frames,
                             size_t depth)
{
    uint32_t position = 0;

    if (json_array_size(row) < 2)
        return refuse(reader, "marks has a row without a position and a mark");
    int error =
        read_index(reader, json_array_get(row, 0), "the position of a mark", depth, &position);
    return error ? error : read_marks(reader, row, 1, &frames[position]);
}

static int read_former_frames(struct reader *reader, const json_t *row, struct frame *frames,
                              size_t depth)
{
    const json_t *numbers = json_object_get(row, "frames"), *marks = json_object_get(row, "marks");
    int error = 0;

    for (size_t i = 0; i < depth && !error; i++)
        error = read_place_of(reader, json_array_get(numbers, i), &frames[i]);
    if (!error && !json_is_array(marks))
        error = refuse(reader, "marks is no array");
    for (size_t i = 0; i < json_array_size(marks) && !error; i++)
        error = read_former_marks(reader, json_array_get(marks, i), frames, depth);
    return error;
}

static int add_former_stack(struct reader *reader, const json_t *row, size_t depth, int end)
{
    struct frame *frames = calloc(depth + 1, sizeof(*frames));
    if (!frames)
        return -ENOMEM;

    int error = read_former_frames(reader, row, frames, depth);
    int64_t number =
        error ? error
              : stacks_intern(&reader->run->stacks, frames, (uint32_t)depth, (enum stack_end)end);
    free(frames);
    if (number < 0)
        return (int)number;
    reader->stacks[reader->row] = (uint32_t)number;
    return 0;
}

/* {"end": "complete", "frames": [number, ...], "marks": [[position, "signal", ...], ...]} */
int read_former_stack(struct reader *reader, const json_t *row)
{
    size_t depth = json_array_size(json_object_get(row, "frames"));
    int end;
    int error = READ_MEMBERS(reader, row, "the stack", "end", "frames", "marks");

    if (!error)
        error = read_end(reader, json_object_get(row, "end"), &end);
    if (error)
        return error;
    if (!json_is_array(json_object_get(row, "frames")) || depth > UINT32_MAX / 2)
        return refuse(reader, "frames is no array of a sensible length");
    return add_former_stack(reader, row, depth, end);
}
