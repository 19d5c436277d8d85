/* runfile_read.c - run files as struct runs: every doubt is refused, with its place in the file. */
#include "record/runfile.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include "record/reader.h"
#include "record/component.h"
#include "record/gzip.h"
#include "record/library.h"

/* ---- Programs, phases, modules, symbols ---- */

/* What run_program() and its like returned for a row, which must be new. */
static int check_new(struct reader *reader, int64_t number)
{
    if (number < 0)
        return (int)number;
    if ((size_t)number != reader->row)
        return refuse(reader, "the row is that of %s[%" PRId64 "]", reader->section, number);
    return 0;
}

static int read_program(struct reader *reader, const json_t *row)
{
    char *name = NULL, *path = NULL;
    int error = READ_MEMBERS(reader, row, "the program", "name", "path");

    if (!error)
        error = read_text_of(reader, row, "name", &name);
    if (!error)
        error = read_text_of(reader, row, "path", &path);
    if (!error)
        error = check_new(reader, run_program(reader->run, name, path));
    free(name);
    free(path);
    return error;
}

static int read_phase(struct reader *reader, const json_t *row)
{
    char *name;
    int error = read_text(reader, row, "the phase", &name);

    if (error)
        return error;
    if (!reader->row && *name)
        error = refuse(reader, "the first phase is not \"\"");
    else
        error = check_new(reader, run_phase(reader->run, name));
    free(name);
    return error;
}

/* The pseudo-modules are there already. */
static int add_module(struct reader *reader, const struct module *module)
{
    if (reader->row < MODULE_FIRST &&
        (strcmp(module->name, reader->run->modules[reader->row].name) || *module->path ||
         *module->soname || *module->identity || module->set || module->size))
        return refuse(reader, "this must be the pseudo-module %s with its name only",
                      reader->run->modules[reader->row].name);
    return check_new(reader, run_module(reader->run, module));
}

static int read_set(struct reader *reader, const json_t *value, enum runtime_set *ret)
{
    const char *name = json_string_value(value);

    return name && *name && library_find_set(name, ret)
               ? 0
               : refuse(reader, "set is none of none, glibc, gcc and musl");
}

static int read_module(struct reader *reader, const json_t *row)
{
    struct module module = { 0 };
    /* Most modules have no set. */
    bool set = json_is_object(row) && json_object_get(row, "set");
    int error = set ? READ_MEMBERS(reader, row, "the module", "identity", "loads", "name", "path",
                                   "set", "size", "soname")
                    : READ_MEMBERS(reader, row, "the module", "identity", "loads", "name", "path",
                                   "size", "soname");

    if (!error)
        error = read_text_of(reader, row, "name", &module.name);
    if (!error)
        error = read_text_of(reader, row, "path", &module.path);
    if (!error)
        error = read_text_of(reader, row, "soname", &module.soname);
    if (!error)
        error = read_text_of(reader, row, "identity", &module.identity);
    if (!error)
        error = read_number_of(reader, row, "size", INT64_MAX, &module.size);
    if (!error)
        error = read_number_of(reader, row, "loads", INT64_MAX, &module.loads);
    if (!error && set)
        error = read_set(reader, json_object_get(row, "set"), &module.set);
    if (!error)
        error = add_module(reader, &module);
    free(module.name);
    free(module.path);
    free(module.soname);
    free(module.identity);
    return error;
}

/* In order: so their numbers in the file are those in the sorted run. */
static int check_symbol_order(struct reader *reader)
{
    const struct symbol *symbols = reader->run->symbols;
    size_t i = reader->row;

    if (i &&
        (symbols[i].module < symbols[i - 1].module || (symbols[i].module == symbols[i - 1].module &&
                                                       symbols[i].offset <= symbols[i - 1].offset)))
        return refuse(reader, "the symbols are not in the order of module and offset");
    return 0;
}

static int read_component(struct reader *reader, const json_t *value, char **ret)
{
    int error = read_text(reader, value, "the component", ret);

    if (!error && !component_is_valid(*ret))
        error = refuse(reader, "'%.100s' is no component", *ret);
    return error;
}

static int read_source(struct reader *reader, const json_t *value, enum source *ret)
{
    const char *name = json_string_value(value);
    int source = name ? source_parse(name) : -1;

    if (source < 0)
        return refuse(reader, "'%.100s' is no source of a name", name ? name : "");
    *ret = (enum source)source;
    return 0;
}

/* Begins a row of so many elements that says something of a place: its module and offset. */
static int read_place(struct reader *reader, const json_t *row, size_t size, uint32_t *module,
                      uint64_t *offset)
{
    int error = read_row(reader, row, size);

    if (!error)
        error = read_index(reader, json_array_get(row, 0), "the module", reader->run->module_count,
                           module);
    if (!error)
        error = read_number(reader, json_array_get(row, 1), "the offset", INT64_MAX, offset);
    return error;
}

static int read_symbol(struct reader *reader, const json_t *row)
{
    uint32_t module;
    uint64_t offset, size;
    char *name = NULL;
    char *component = NULL;
    enum source source = SOURCE_SYMTAB;
    int error = read_place(reader, row, 6, &module, &offset);

    if (!error)
        error = read_number(reader, json_array_get(row, 2), "the size", INT64_MAX, &size);
    if (!error && !size)
        error = refuse(reader, "the size is 0");
    if (!error)
        error = read_text(reader, json_array_get(row, 3), "the name", &name);
    if (!error)
        error = read_component(reader, json_array_get(row, 4), &component);
    if (!error)
        error = read_source(reader, json_array_get(row, 5), &source);
    if (!error)
        error = run_add_symbol(reader->run, module, offset, size, name, component, source);
    if (!error)
        error = check_symbol_order(reader);
    free(name);
    free(component);
    return error;
}

/* In order, too. */
static int check_extent_order(struct reader *reader)
{
    const struct extent *now = &reader->run->extents[reader->row];

    if (reader->row && place_compare(&now[-1].start, &now->start) >= 0)
        return refuse(reader, "the extents are not in the order of module and offset");
    return 0;
}

static int read_extent(struct reader *reader, const json_t *row)
{
    uint32_t module;
    uint64_t offset, size = 0;
    int error = read_place(reader, row, 3, &module, &offset);

    if (!error)
        error = read_number(reader, json_array_get(row, 2), "the size", INT64_MAX, &size);
    if (!error && !size)
        error = refuse(reader, "the size is 0");
    if (!error)
        error = run_add_extent(reader->run, module, offset, size);
    return error ? error : check_extent_order(reader);
}

/* In order too, and at each place counted from 0. */
static int check_inlined_order(struct reader *reader)
{
    const struct inlined *now = &reader->run->inlined[reader->row];
    const struct inlined *before = reader->row ? now - 1 : NULL;
    bool ordered = !before || before->module < now->module ||
                   (before->module == now->module && before->offset <= now->offset);
    bool same = before && before->module == now->module && before->offset == now->offset;

    if (!ordered)
        return refuse(reader, "the inlined functions are not in the order of module and offset");
    if (now->position != (same ? before->position + 1 : 0))
        return refuse(reader, "the position is %" PRIu32 ", out of turn", now->position);
    return 0;
}

static int read_inlined(struct reader *reader, const json_t *row)
{
    uint32_t module;
    uint64_t offset, position = 0;
    char *name = NULL, *component = NULL;
    int error = read_place(reader, row, 5, &module, &offset);

    if (!error)
        error = read_number(reader, json_array_get(row, 2), "the position", UINT32_MAX, &position);
    if (!error)
        error = read_text(reader, json_array_get(row, 3), "the name", &name);
    if (!error)
        error = read_component(reader, json_array_get(row, 4), &component);
    if (!error)
        error = run_add_inlined(reader->run, module, offset, (uint32_t)position, name, component);
    if (!error)
        error = check_inlined_order(reader);
    free(name);
    free(component);
    return error;
}

/* In order, and none of a position that nothing can have. */
static int check_line(struct reader *reader)
{
    const struct source_line *now = &reader->run->lines[reader->row];
    const struct source_line *before = reader->row ? now - 1 : NULL;
    const struct inlined *inlined;

    if (before && (before->module > now->module ||
                   (before->module == now->module &&
                    (before->offset > now->offset ||
                     (before->offset == now->offset && before->position >= now->position)))))
        return refuse(reader, "the lines are not in the order of module, offset and position");
    if (now->position > run_find_inlined(reader->run, now->module, now->offset, &inlined))
        return refuse(reader, "no function has the position %" PRIu32, now->position);
    return 0;
}

static int read_line(struct reader *reader, const json_t *row)
{
    uint32_t module;
    uint64_t offset, position = 0, line = 0;
    char *file = NULL;
    int error = read_place(reader, row, 5, &module, &offset);

    if (!error)
        error = read_number(reader, json_array_get(row, 2), "the position", UINT32_MAX, &position);
    if (!error)
        error = read_text(reader, json_array_get(row, 3), "the file", &file);
    if (!error && !*file)
        error = refuse(reader, "the file is empty");
    if (!error)
        error = read_number(reader, json_array_get(row, 4), "the line", INT32_MAX, &line);
    if (!error && !line)
        error = refuse(reader, "the line is 0");
    if (!error)
        error = run_add_line(reader->run, module, offset, (uint32_t)position, file, (uint32_t)line);
    if (!error)
        error = check_line(reader);
    free(file);
    return error;
}

/* ---- Frames, stacks ---- */

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

static int read_frame(struct reader *reader, const json_t *row)
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
static int read_stack(struct reader *reader, const json_t *row)
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
static int read_former_stack(struct reader *reader, const json_t *row)
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

/* ---- Counts ---- */

/* The number of the execution, which decides how long the row is. */
static int read_count_execution(struct reader *reader, const json_t *row, struct count *ret)
{
    const struct run *run = reader->run;
    int error = read_index(reader, json_array_get(row, 0), "the execution", run->execution_count,
                           &ret->execution);
    return error ? error : read_row(reader, row, run->executions[ret->execution].results ? 9 : 7);
}

static int read_count_key(struct reader *reader, const json_t *row, struct count *ret)
{
    const struct run *run = reader->run;
    const struct {
        const char *name;
        size_t count;
        uint32_t *ret;
    } indexes[] = { { "the program", run->program_count, &ret->program },
                    { "the phase", run->phase_count, &ret->phase },
                    { "the stack", reader->stack_count, &ret->stack } };
    const char *abi = json_string_value(json_array_get(row, 4));
    uint64_t nr = 0;

    for (size_t i = 0; i < sizeof(indexes) / sizeof(*indexes); i++) {
        int error = read_index(reader, json_array_get(row, i + 1), indexes[i].name,
                               indexes[i].count, indexes[i].ret);
        if (error)
            return error;
    }
    ret->stack = reader->stacks[ret->stack];
    if (ret->stack == STACK_COMPLETE)
        return refuse(reader, "a stack without frames is not complete");
    if (!abi || abi_parse(abi) < 0)
        return refuse(reader, "'%.100s' is no ABI", abi ? abi : "");
    ret->abi = (uint32_t)abi_parse(abi);
    int error =
        read_number(reader, json_array_get(row, 5), "the system call's number", UINT32_MAX, &nr);
    ret->nr = (uint32_t)nr;
    return error;
}

/* The calls, and what came of them in a row that has it. */
static int read_calls(struct reader *reader, const json_t *row, struct count *ret)
{
    int error =
        read_number(reader, json_array_get(row, 6), "the number of calls", INT64_MAX, &ret->calls);

    if (!error && !ret->calls)
        error = refuse(reader, "the number of calls is 0");
    if (error || !reader->run->executions[ret->execution].results)
        return error;
    error = read_number(reader, json_array_get(row, 7), "the number of errors", ret->calls,
                        &ret->errors);
    if (!error)
        error = read_number(reader, json_array_get(row, 8), "the number of nanoseconds", INT64_MAX,
                            &ret->nanoseconds);
    return error;
}

static int read_count(struct reader *reader, const json_t *row)
{
    struct count count = { 0 };
    int error = read_count_execution(reader, row, &count);

    if (!error)
        error = read_count_key(reader, row, &count);
    if (!error)
        error = read_calls(reader, row, &count);
    if (!error)
        error = check_new(reader, run_count(reader->run, &count));
    return error;
}

/* ---- The file ---- */

typedef int read_fn(struct reader *reader, const json_t *row);

static int read_section(struct reader *reader, const json_t *root, const char *name, read_fn *read)
{
    const json_t *section = json_object_get(root, name);
    int error = 0;

    if (!json_is_array(section))
        return refuse(reader, "'%s' is no array", name);
    reader->section = name;
    for (reader->row = 0; reader->row < json_array_size(section) && !error; reader->row++)
        error = read(reader, json_array_get(section, reader->row));
    reader->section = NULL;
    return error;
}

static int read_sections(struct reader *reader, const json_t *root, bool former)
{
    const struct {
        const char *name;
        read_fn *read;
    } sections[] = {
        /* each after those that it refers to */
        { "executions", read_execution }, { "programs", read_program },
        { "phases", read_phase },         { "modules", read_module },
        { "symbols", read_symbol },       { "extents", read_extent },
        { "inlined", read_inlined },      { "lines", read_line },
        { "frames", read_frame },         { "stacks", former ? read_former_stack : read_stack },
        { "counts", read_count },
    };
    int error = 0;

    for (size_t i = 0; i < sizeof(sections) / sizeof(*sections) && !error; i++)
        if (sections[i].read != read_extent || json_object_get(root, "extents"))
            error = read_section(reader, root, sections[i].name, sections[i].read);
    if (!error && json_array_size(json_object_get(root, "modules")) < MODULE_FIRST)
        error = refuse(reader, "'modules' lacks the pseudo-modules");
    if (!error && !json_array_size(json_object_get(root, "phases")))
        error = refuse(reader, "'phases' lacks the phase \"\"");
    if (!error && !former && json_array_size(json_object_get(root, "stacks")) < STACK_ENDS)
        error = refuse(reader, "'stacks' lacks those without frames");
    return error;
}

/* Adds up the calls of each execution, which must be its entries: so no sum of them overflows. */
static int check_entries(struct reader *reader)
{
    const struct run *run = reader->run;
    uint64_t *left = calloc(run->execution_count + 1, sizeof(*left));
    int error = left ? 0 : -ENOMEM;

    for (size_t i = 0; i < run->execution_count && !error; i++)
        left[i] = run->executions[i].entries;
    for (size_t i = 0; i < run->count_count && !error; i++) {
        const struct count *count = &run->counts[i];
        if (count->calls > left[count->execution])
            error = refuse(reader, "executions[%" PRIu32 "] has more calls than entries",
                           count->execution);
        else
            left[count->execution] -= count->calls;
    }
    for (size_t i = 0; i < run->execution_count && !error; i++)
        if (left[i])
            error = refuse(reader, "executions[%zu] has fewer calls than entries", i);
    free(left);
    return error;
}

/* The quality counters repeat what the counts say. */
static int check_claims(struct reader *reader)
{
    size_t count = reader->run->execution_count;
    struct quality *quality = calloc(count + 1, sizeof(*quality));
    int error = quality ? 0 : -ENOMEM;

    if (quality)
        run_quality(reader->run, quality);
    for (size_t i = 0; i < count && !error; i++) {
        const struct quality *claim = &reader->claims[i];
        if (claim->inexact != quality[i].inexact)
            error = refuse(reader, "executions[%zu]: inexact is not what the counts say", i);
        for (int end = 0; end < STACK_ENDS && !error; end++)
            if (claim->by_end[end] != quality[i].by_end[end])
                error = refuse(reader, "executions[%zu]: %s is not what the counts say", i,
                               stack_end_name(end));
    }
    free(quality);
    return error;
}

static int check_sum(struct reader *reader)
{
    uint64_t entries = 0;

    for (size_t i = 0; i < reader->run->execution_count; i++) {
        entries += reader->run->executions[i].entries;
        if (entries > INT64_MAX)
            return refuse(reader, "the entries of all executions are too many");
    }
    return 0;
}

/* What rows refer to by their number in the file. */
static int make_tables(struct reader *reader, const json_t *root)
{
    size_t executions = json_array_size(json_object_get(root, "executions"));

    reader->place_count = json_array_size(json_object_get(root, "frames"));
    reader->stack_count = json_array_size(json_object_get(root, "stacks"));
    reader->places = calloc(reader->place_count + 1, sizeof(*reader->places));
    reader->stacks = calloc(reader->stack_count + 1, sizeof(*reader->stacks));
    reader->claims = calloc(executions + 1, sizeof(*reader->claims));
    return reader->places && reader->stacks && reader->claims ? 0 : -ENOMEM;
}

static int read_root(struct reader *reader, const json_t *root)
{
    const json_t *format = json_object_get(root, "format");
    const char *name = json_string_value(format);

    if (!format)
        return refuse(reader, "it is no run file of systrace-lib: it has no \"format\"");
    bool former = name && !strcmp(name, RUNFILE_FORMER_FORMAT);
    if (!name || (!former && strcmp(name, RUNFILE_FORMAT)))
        return refuse(reader, "its format is '%.100s', not '%s'", name ? name : "", RUNFILE_FORMAT);
    /* Where all functions have symbols there are no extents. */
    int error = json_object_get(root, "extents")
                    ? READ_MEMBERS(reader, root, "the run file", "counts", "executions", "extents",
                                   "format", "frames", "inlined", "lines", "modules", "phases",
                                   "programs", "stacks", "symbols")
                    : READ_MEMBERS(reader, root, "the run file", "counts", "executions", "format",
                                   "frames", "inlined", "lines", "modules", "phases", "programs",
                                   "stacks", "symbols");
    if (!error)
        error = make_tables(reader, root);
    if (!error)
        error = read_sections(reader, root, former);
    if (!error)
        error = check_sum(reader);
    if (!error)
        error = check_entries(reader);
    return error ? error : check_claims(reader);
}

static int read_run(const json_t *root, struct run *ret, struct runfile_error *error)
{
    struct reader reader = { .run = ret, .error = error };
    int number = run_init(ret);

    if (!number)
        number = read_root(&reader, root);
    if (number)
        run_deinit(ret);
    free(reader.places);
    free(reader.stacks);
    free(reader.claims);
    return number;
}

static int read_json(struct gzip_reader *packed, struct run *ret, struct runfile_error *error)
{
    struct reader reader = { .error = error };
    json_error_t json_error;
    int number;

    json_t *root = json_load_callback(gzip_read, packed, JSON_REJECT_DUPLICATES, &json_error);
    if (ferror(packed->file))
        number = refuse(&reader, "%s", strerror(errno));
    else if (*packed->error)
        number = refuse(&reader, "%s", packed->error);
    else if (!root)
        number = refuse(&reader, "it is not JSON, or cut off: %s (line %d)", json_error.text,
                        json_error.line);
    else
        number = read_run(root, ret, error);
    json_decref(root);
    return number;
}

int runfile_read(FILE *file, struct run *ret, struct runfile_error *error)
{
    struct stat status;
    struct reader reader = { .error = error };
    struct gzip_reader packed;

    if (!fstat(fileno(file), &status) && S_ISDIR(status.st_mode))
        return refuse(&reader, "%s", strerror(EISDIR));
    errno = 0;
    int number = gzip_reader_init(&packed, file);
    if (!number) {
        number = read_json(&packed, ret, error);
        gzip_reader_deinit(&packed);
    }
    if (number == -ENOMEM)
        refuse(&reader, "%s", strerror(ENOMEM));
    return number;
}

int runfile_load(const char *path, struct run *ret, struct runfile_error *error)
{
    struct reader reader = { .error = error };
    FILE *file = fopen(path, "re");

    if (!file)
        return refuse(&reader, "%s", strerror(errno));
    int number = runfile_read(file, ret, error);
    fclose(file);
    return number;
}
