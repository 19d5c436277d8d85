/* runfile_read.c - run files as struct runs: every doubt is refused, with its place in the file. */
#include "record/runfile.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include "record/reader.h"
#include "record/gzip.h"

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
