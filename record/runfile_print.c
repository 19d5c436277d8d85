/* runfile_print.c - a run as JSON, one row a line, in the one canonical order. */
#include "record/runfile.h"

#include <errno.h>
#include <inttypes.h>
#include <jansson.h>
#include <stdlib.h>
#include "record/escape.h"
#include "record/library.h"
#include "record/place.h"
#include "record/timestamp.h"

struct writer {
    FILE *file;
    struct run *run;
    struct place *places; /* the frames' dictionary, sorted */
    size_t place_count;
    struct quality *quality;
};

static size_t place_number(const struct writer *writer, const struct frame *frame)
{
    const struct place key = { frame->module, frame->offset };
    const struct place *found =
        bsearch(&key, writer->places, writer->place_count, sizeof(key), place_compare);
    return (size_t)(found - writer->places);
}

static json_t *make_text(const char *raw)
{
    char *text = escape(raw ? raw : "");
    json_t *ret = text ? json_string(text) : NULL;
    free(text);
    return ret;
}

static json_t *make_number(uint64_t number)
{
    return json_integer((json_int_t)number);
}

/* What came of the calls stands behind them, where it is known. */
static void print_count(const struct writer *writer, size_t i)
{
    const struct count *count = &writer->run->counts[i];

    fprintf(writer->file,
            "[%" PRIu32 ",%" PRIu32 ",%" PRIu32 ",%" PRIu32 ",\"%s\",%" PRIu32 ",%" PRIu64,
            count->execution, count->program, count->phase, count->stack, abi_name(count->abi),
            count->nr, count->calls);
    if (writer->run->executions[count->execution].results)
        fprintf(writer->file, ",%" PRIu64 ",%" PRIu64, count->errors, count->nanoseconds);
    putc(']', writer->file);
}

static json_t *make_command(char *const *command)
{
    json_t *words = json_array();

    for (; command && *command; command++)
        if (json_array_append_new(words, make_text(*command))) {
            json_decref(words);
            return NULL;
        }
    return words;
}

static json_t *make_attach(const struct execution *execution)
{
    json_t *pids = json_array();

    for (size_t i = 0; i < execution->attach_count; i++)
        if (json_array_append_new(pids, json_integer(execution->attach[i]))) {
            json_decref(pids);
            return NULL;
        }
    return pids;
}

static json_t *make_options(const struct execution *execution)
{
    return json_pack("{s:o, s:o, s:b}", "attach", make_attach(execution), "engine",
                     make_text(execution->engine), "results", (int)execution->results);
}

static json_t *make_incomplete(const struct quality *quality)
{
    json_t *reasons = json_object();

    for (int end = 0; end < STACK_ENDS; end++)
        if (end != STACK_COMPLETE && quality->by_end[end] &&
            json_object_set_new(reasons, stack_end_name(end), make_number(quality->by_end[end]))) {
            json_decref(reasons);
            return NULL;
        }
    return reasons;
}

static json_t *make_counter(uint64_t count)
{
    return count == COUNT_UNKNOWN ? json_null() : make_number(count);
}

/* Adds an object of those numbers that are not 0, if there are any. */
static bool add_numbers(json_t *object, const char *member, const char *const *names,
                        const uint64_t *numbers, size_t count)
{
    json_t *ret = json_object();
    bool complete = ret;

    for (size_t i = 0; i < count && complete; i++)
        complete = !numbers[i] || !json_object_set_new(ret, names[i], make_number(numbers[i]));
    if (complete && json_object_size(ret))
        return !json_object_set_new(object, member, ret);
    json_decref(ret);
    return complete;
}

static json_t *make_quality(const struct execution *execution, const struct quality *quality)
{
    /* clang-format off */
    json_t *ret = json_pack("{s:I, s:I, s:o, s:I, s:o, s:I, s:o, s:I, s:I, s:I, s:I}",
                     "entries", (json_int_t)execution->entries,
                     "complete", (json_int_t)quality->by_end[STACK_COMPLETE],
                     "incomplete", make_incomplete(quality),
                     "inexact", (json_int_t)quality->inexact,
                     "denied", make_counter(execution->denied),
                     "killed", (json_int_t)execution->killed,
                     "vsyscall", make_counter(execution->vsyscall),
                     "lost", (json_int_t)execution->lost,
                     "memo_hits", (json_int_t)execution->memo_hits,
                     "memo_misses", (json_int_t)execution->memo_misses,
                     "hard_walks", (json_int_t)execution->hard_walks);
    /* clang-format on */
    const struct {
        const char *name;
        uint64_t number;
    } rare[] = { { "agent_calls", execution->agent_calls },
                 { "agent_repeats", execution->agent_repeats },
                 { "agent_setup", execution->agent_setup },
                 { "paused", execution->paused },
                 { "refused", execution->refused } };
    bool complete = ret;
    for (size_t i = 0; i < sizeof(rare) / sizeof(*rare) && complete; i++)
        complete =
            !rare[i].number || !json_object_set_new(ret, rare[i].name, make_number(rare[i].number));
    if (complete &&
        add_numbers(ret, "agent_stops", agent_stop_names, execution->agent_stops, AGENT_STOPS) &&
        add_numbers(ret, "agent_sites", agent_form_names, execution->agent_sites, AGENT_FORMS))
        return ret;
    json_decref(ret);
    return NULL;
}

static json_t *make_host(const struct execution *execution)
{
    return json_pack("{s:o, s:o, s:o}", "kernel", make_text(execution->kernel), "libc",
                     make_text(execution->libc), "machine", make_text(execution->machine));
}

static json_t *make_time(const struct timespec *time)
{
    char text[TIMESTAMP_SIZE];
    return json_string(timestamp_print(time, text));
}

/* A number, or null in place of `none`. */
static json_t *make_exit(int number, int none)
{
    return number == none ? json_null() : json_integer(number);
}

static json_t *make_execution(const struct writer *writer, size_t i)
{
    const struct execution *execution = &writer->run->executions[i];

    /* clang-format off */
    json_t *row = json_pack("{s:s, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:b, s:o}",
                     "id", execution->id,
                     "command", make_command(execution->command),
                     "host", make_host(execution),
                     "version", make_text(execution->version),
                     "options", make_options(execution),
                     "start", make_time(&execution->start),
                     "end", make_time(&execution->end),
                     "exit_status", make_exit(execution->exit_status, -1),
                     "exit_signal", make_exit(execution->exit_signal, 0),
                     "cut_short", (int)execution->cut_short,
                     "quality", make_quality(execution, &writer->quality[i]));
    /* clang-format on */
    if (execution->workload && *execution->workload &&
        json_object_set_new(row, "workload", make_text(execution->workload))) {
        json_decref(row);
        return NULL;
    }
    return row;
}

/* Addresses in the kernel's half (the vsyscall page, in [anon]) come out negative: as two's
 * complement. */
static json_t *make_frame(const struct writer *writer, size_t i)
{
    const struct place *place = &writer->places[i];
    const struct symbol *symbol = run_find_symbol(writer->run, place->module, place->offset);
    const char *loop = loop_kind_name(run_find_loop(writer->run, place->module, place->offset));

    return json_pack(loop ? "[IIos]" : "[IIo]", (json_int_t)place->module,
                     (json_int_t)place->offset,
                     symbol ? json_integer(symbol - writer->run->symbols) : json_null(), loop);
}

static json_t *make_module(const struct writer *writer, size_t i)
{
    const struct module *module = &writer->run->modules[i];
    json_t *row = json_pack("{s:o, s:o, s:o, s:o, s:o, s:o}", "name", make_text(module->name),
                            "path", make_text(module->path), "soname", make_text(module->soname),
                            "identity", make_text(module->identity), "size",
                            make_number(module->size), "loads", make_number(module->loads));

    if (module->set != SET_UNKNOWN &&
        json_object_set_new(row, "set", json_string(library_set_name(module->set)))) {
        json_decref(row);
        return NULL;
    }
    return row;
}

static json_t *make_phase(const struct writer *writer, size_t i)
{
    return make_text(writer->run->phases[i]);
}

static json_t *make_program(const struct writer *writer, size_t i)
{
    const struct program *program = &writer->run->programs[i];
    return json_pack("{s:o, s:o}", "name", make_text(program->name), "path",
                     make_text(program->path));
}

/* [outer, frame, "signal", ...], or of the first ["complete"] and the like. */
static void print_stack(const struct writer *writer, size_t i)
{
    const struct stack *stack = &writer->run->stacks.stacks[i];
    const struct frame *frame = &stack->frame;

    if (!stack->depth) {
        fprintf(writer->file, "[\"%s\"]", stack_end_name(stack->end));
        return;
    }
    fprintf(writer->file, "[%" PRIu32 ",%zu", stack->outer, place_number(writer, frame));
    for (uint32_t bit = 1; bit && bit <= frame->marks; bit <<= 1)
        if (frame->marks & bit)
            fprintf(writer->file, ",\"%s\"", frame_mark_name(bit));
    putc(']', writer->file);
}

static json_t *make_symbol(const struct writer *writer, size_t i)
{
    const struct symbol *symbol = &writer->run->symbols[i];
    return json_pack("[IIIoos]", (json_int_t)symbol->module, (json_int_t)symbol->offset,
                     (json_int_t)symbol->size, make_text(symbol->name),
                     make_text(symbol->component), source_name(symbol->source));
}

static json_t *make_extent(const struct writer *writer, size_t i)
{
    const struct extent *extent = &writer->run->extents[i];
    return json_pack("[III]", (json_int_t)extent->start.module, (json_int_t)extent->start.offset,
                     (json_int_t)extent->size);
}

static json_t *make_inlined(const struct writer *writer, size_t i)
{
    const struct inlined *inlined = &writer->run->inlined[i];
    return json_pack("[IIIoo]", (json_int_t)inlined->module, (json_int_t)inlined->offset,
                     (json_int_t)inlined->position, make_text(inlined->name),
                     make_text(inlined->component));
}

static json_t *make_line(const struct writer *writer, size_t i)
{
    const struct source_line *line = &writer->run->lines[i];
    return json_pack("[IIIoI]", (json_int_t)line->module, (json_int_t)line->offset,
                     (json_int_t)line->position, make_text(line->file), (json_int_t)line->line);
}

/* Of the many rows of numbers, and of words that need no escape. */
typedef void print_fn(const struct writer *writer, size_t i);

typedef json_t *make_fn(const struct writer *writer, size_t i);

struct section {
    const char *name;
    size_t count;
    print_fn *print; /* a row, */
    make_fn *make;   /* or this makes it; neither: no section */
};

static int print_made(const struct writer *writer, const struct section *section, size_t i)
{
    json_t *row = section->make(writer, i);
    if (!row)
        return -ENOMEM;
    int failed = json_dumpf(row, writer->file, JSON_COMPACT | JSON_SORT_KEYS | JSON_ENCODE_ANY);
    json_decref(row);
    return failed && !ferror(writer->file) ? -ENOMEM : 0; /* for sorting the keys */
}

/* "name":[ROW,ROW...], one row a line. */
static int print_section(const struct writer *writer, const struct section *section)
{
    int error = 0;

    fprintf(writer->file, "\"%s\":[", section->name);
    for (size_t i = 0; i < section->count && !error; i++) {
        fputs(i ? ",\n" : "\n", writer->file);
        if (section->print)
            section->print(writer, i);
        else
            error = print_made(writer, section, i);
    }
    fputs("]", writer->file);
    return error;
}

static int print_sections(const struct writer *writer)
{
    const struct run *run = writer->run;
    const struct section sections[] = {
        /* in the order of their names */
        { "counts", run->count_count, print_count, NULL },
        { "executions", run->execution_count, NULL, make_execution },
        { "extents", run->extent_count, NULL, make_extent },
        { "format", 0, NULL, NULL },
        { "frames", writer->place_count, NULL, make_frame },
        { "inlined", run->inlined_count, NULL, make_inlined },
        { "lines", run->line_count, NULL, make_line },
        { "modules", run->module_count, NULL, make_module },
        { "phases", run->phase_count, NULL, make_phase },
        { "programs", run->program_count, NULL, make_program },
        { "stacks", run->stacks.count, print_stack, NULL },
        { "symbols", run->symbol_count, NULL, make_symbol },
    };
    int error = 0;

    for (size_t i = 0; i < sizeof(sections) / sizeof(*sections) && !error; i++) {
        if (sections[i].make == make_extent && !sections[i].count)
            continue; /* as in a run file of a version that did not ask */
        fputs(i ? ",\n" : "{", writer->file);
        if (sections[i].print || sections[i].make)
            error = print_section(writer, &sections[i]);
        else
            fprintf(writer->file, "\"%s\":\"%s\"", sections[i].name, RUNFILE_FORMAT);
    }
    fputs("}\n", writer->file);
    return error;
}

int runfile_print(FILE *file, struct run *run)
{
    struct writer writer = { .file = file, .run = run };
    int error = run_sort(run);

    if (!error) {
        writer.places = place_list(&run->stacks, &writer.place_count);
        error = writer.places ? 0 : -ENOMEM;
    }
    if (!error) {
        writer.quality = calloc(run->execution_count + 1, sizeof(*writer.quality));
        error = writer.quality ? 0 : -ENOMEM;
    }
    if (!error) {
        run_quality(run, writer.quality);
        error = print_sections(&writer);
    }
    free(writer.places);
    free(writer.quality);
    return error;
}
