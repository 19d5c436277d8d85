/* outputs.c - result files as the command line asks for them: options, help and switch in the same
 * order, then the check and the writing. */
#include "outputs.h"

#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include "record/escape.h"
#include "report/child.h"
#include "report/cube.h"
#include "report/format.h"
#include "report/loops.h"
#include "report/output.h"
#include "report/text.h"

void outputs_deinit(struct outputs *outputs)
{
    free(outputs->paths);
    free(outputs->table_options.runtime.globs);
}

static const struct format *formats_of(const struct outputs *outputs)
{
    return outputs->formats ? outputs->formats : formats;
}

/* ---- Messages ---- */

__attribute__((format(printf, 2, 3))) static void complain(const struct outputs *outputs,
                                                           const char *format, ...)
{
    char text[OUTPUT_ERROR_MAX];
    va_list arguments;

    va_start(arguments, format);
    vsnprintf(text, sizeof(text), format, arguments);
    va_end(arguments);
    outputs->complain(text);
}

static int complain_of_memory(const struct outputs *outputs)
{
    complain(outputs, "out of memory");
    return -ENOMEM;
}

static int complain_of_format(const struct outputs *outputs, const char *name)
{
    char *shown = escape(name), *names = format_names(formats_of(outputs));

    if (shown && names)
        complain(outputs, "unknown format '%.4096s': use %s", shown, names);
    int error = shown && names ? -EINVAL : complain_of_memory(outputs);
    free(shown);
    free(names);
    return error;
}

static int complain_of_ending(const struct outputs *outputs, const char *path)
{
    char *shown = escape(path), *endings = format_endings(formats_of(outputs));

    if (shown && endings)
        complain(outputs,
                 "cannot tell the format of '%.4096s': end its name in %s, or give --format", shown,
                 endings);
    int error = shown && endings ? -EINVAL : complain_of_memory(outputs);
    free(shown);
    free(endings);
    return error;
}

/* ---- Options ---- */

void outputs_print_help(FILE *file)
{
    fputs("Results:\n"
          "  -o, --output=FILE        write FILE, in the format that its ending chooses; may be\n"
          "                             repeated\n"
          "      --format=FORMAT      write this format, whatever the ending\n"
          "      --table              write the table where the run would be written\n"
          "      --graph=libraries    draw which library calls which, down to classes of system\n"
          "                             calls: what .dot and .svg do anyway, and what is printed\n"
          "                             without -o\n"
          "      --runtime-library=GLOB\n"
          "                           count libraries of this name as runtime libraries, which\n"
          "                             pass requests on, besides those of the C library; may be\n"
          "                             repeated\n"
          "      --no-runtime-libraries\n"
          "                           start with none: the C library is a caller like any other\n"
          "      --through-signals    count what a signal handler interrupted as on the stack\n"
          "\n"
          "Formats, by --format and by the ending of FILE:\n",
          file);
    format_print_help(formats, file);
}

static int append(const struct outputs *outputs, const char ***words, size_t *count,
                  const char *word)
{
    const char **larger = reallocarray(*words, *count + 1, sizeof(*larger));

    if (!larger)
        return complain_of_memory(outputs);
    *words = larger;
    larger[(*count)++] = word;
    return 0;
}

static int parse_format(struct outputs *outputs, const char *name)
{
    if (!format_by_name(formats_of(outputs), name, false))
        return complain_of_format(outputs, name);
    outputs->format = name;
    return 0;
}

static int parse_table(struct outputs *outputs, const char *name)
{
    char text[QUERY_ERROR_MAX] = "--table: only report makes other tables than the usual one";
    int error = !name ? 0 : outputs->query ? query_preset(outputs->query, name, text) : -EINVAL;

    outputs->table |= !name;
    if (error)
        complain(outputs, "%s", text);
    return error;
}

static int parse_graph(struct outputs *outputs, const char *name)
{
    char *shown;

    if (!strcmp(name, "libraries")) {
        outputs->graph = true;
        return 0;
    }
    shown = escape(name);
    complain(outputs, "unknown graph '%.4096s': there is libraries", shown ? shown : "?");
    free(shown);
    return -EINVAL;
}

int outputs_parse(struct outputs *outputs, int option, const char *argument)
{
    struct runtime_libraries *runtime = &outputs->table_options.runtime;

    switch (option) {
    case 'o':
        return append(outputs, &outputs->paths, &outputs->count, argument);
    case OUTPUTS_FORMAT:
        return parse_format(outputs, argument);
    case OUTPUTS_TABLE:
        return parse_table(outputs, argument);
    case OUTPUTS_GRAPH:
        return parse_graph(outputs, argument);
    case OUTPUTS_RUNTIME:
        return append(outputs, &runtime->globs, &runtime->glob_count, argument);
    case OUTPUTS_NO_RUNTIME:
        runtime->no_builtin = true;
        return 0;
    case OUTPUTS_THROUGH:
        outputs->table_options.through_signals = true;
        return 0;
    default:
        return OUTPUTS_OTHER;
    }
}

/* ---- Files ---- */

/* What is asked of a run, or a part of one, is no run. */
static bool is_table(const struct outputs *outputs)
{
    const struct query *query = outputs->query;
    return outputs->table || (query && (query->given || query->filter_count));
}

static const struct format *format_of(const struct outputs *outputs, const char *path)
{
    const struct format *list = formats_of(outputs);

    return outputs->format ? format_by_name(list, outputs->format, is_table(outputs))
                           : format_by_ending(list, path, is_table(outputs));
}

static int check_format(const struct outputs *outputs, const struct format *format)
{
    if (outputs->query && outputs->query->given && !format_shows_tables(format)) {
        complain(outputs, "the format %s has stacks: --by, and what goes with it, is for tables",
                 format->name);
        return -EINVAL;
    }
    if (outputs->query && outputs->query->loops && format->print == html_print) {
        complain(outputs, "the format %s has no table of loops", format->name);
        return -EINVAL;
    }
    if (!format->program || child_exists(format->program))
        return 0;
    complain(outputs, "the format %s takes Graphviz's program '%s', which is not installed",
             format->name, format->program);
    return -ENOENT;
}

static int check(const struct outputs *outputs, const char *path)
{
    struct output_error error;
    int number = output_check(path, &error);

    if (number) {
        complain(outputs, "%s", error.text);
        return number;
    }
    const struct format *format = format_of(outputs, path);
    return format ? check_format(outputs, format) : complain_of_ending(outputs, path);
}

int outputs_check(const struct outputs *outputs)
{
    int error = 0;

    if (outputs->format && !outputs->count)
        error = check_format(outputs,
                             format_by_name(formats_of(outputs), outputs->format, outputs->table));
    for (size_t i = 0; i < outputs->count && !error; i++)
        error = check(outputs, outputs->paths[i]);
    return error;
}

/* A run on its way to several files, with its table and what is asked of it, which they share. */
struct job {
    struct run *run;
    const struct outputs *outputs;
    const struct format *format; /* of the next file */
    bool has_table, has_grid;
    struct table table;
    struct keys keys; /* has the grid's texts, if something is asked */
    struct grid grid;
};

static bool is_asked(const struct outputs *outputs)
{
    return outputs->query && outputs->query->given;
}

static void job_deinit(struct job *job)
{
    if (job->has_grid)
        grid_deinit(&job->grid);
    if (job->has_grid && is_asked(job->outputs))
        keys_deinit(&job->keys);
    if (job->has_table)
        table_deinit(&job->table);
    job->has_grid = job->has_table = false;
}

static int make_table(struct job *job)
{
    int error =
        job->has_table ? 0 : table_build(job->run, &job->outputs->table_options, &job->table);

    job->has_table = !error;
    return error;
}

static int ask(struct job *job)
{
    const struct query *query = job->outputs->query;
    int error = keys_init(&job->keys, job->run, &job->table.callers, &query->groups);

    if (error)
        return error;
    error = query->loops ? loops_grid(job->run, &job->keys, &job->grid)
                         : cube_grid(job->run, &job->keys, query, &job->grid);
    if (error)
        keys_deinit(&job->keys);
    return error;
}

static int make_grid(struct job *job)
{
    int error = job->has_grid            ? 0
                : is_asked(job->outputs) ? ask(job)
                                         : grid_of_table(&job->table, &job->grid);

    job->has_grid = !error;
    return error;
}

/* What prints the run alone may sort it, and then the table is of a run that is no more. */
static int prepare(struct job *job)
{
    int error;

    if (job->format->needs == FORMAT_NEEDS_RUN) {
        job_deinit(job);
        return 0;
    }
    if (job->format->needs == FORMAT_NEEDS_ORDER)
        job_deinit(job);
    error = job->format->needs == FORMAT_NEEDS_ORDER ? run_sort(job->run) : 0;
    if (!error)
        error = make_table(job);
    if (!error && (job->format->needs == FORMAT_NEEDS_GRID || is_asked(job->outputs)))
        error = make_grid(job);
    return error;
}

static int print_job(FILE *file, void *context)
{
    struct job *job = context;
    int error = prepare(job);
    const struct subject subject = { .run = job->run,
                                     .table = job->has_table ? &job->table : NULL,
                                     .grid = job->has_grid ? &job->grid : NULL,
                                     .difference = job->outputs->difference,
                                     .seen = job->outputs->seen,
                                     .table_of_seen = job->outputs->table_of_seen,
                                     .ruleset = job->outputs->ruleset,
                                     .table_of_surface = job->outputs->table_of_surface,
                                     .probing = job->outputs->probing,
                                     .asked = is_asked(job->outputs),
                                     .groups =
                                         job->outputs->query ? &job->outputs->query->groups : NULL,
                                     .width = text_terminal_width(fileno(file)) };

    return error ? error : job->format->print(file, &subject);
}

static int write_one(const struct outputs *outputs, const char *path, struct job *job)
{
    struct output_error error;

    job->format = format_of(outputs, path);
    if (!job->format)
        return complain_of_ending(outputs, path);
    int number = output_write(path, print_job, job, &error);
    if (number)
        complain(outputs, "%s", error.text);
    return number;
}

int outputs_write(const struct outputs *outputs, struct run *run)
{
    struct job job = { .run = run, .outputs = outputs };
    int result = 0;

    for (size_t i = 0; i < outputs->count; i++) {
        int error = write_one(outputs, outputs->paths[i], &job);
        result = error ? error : result;
    }
    job_deinit(&job);
    return result;
}

int outputs_print(const struct outputs *outputs, struct run *run, const char *format, FILE *stream)
{
    format = outputs->format ? outputs->format : outputs->graph ? "dot" : format;
    struct job job = {
        .run = run,
        .outputs = outputs,
        .format = format_by_name(formats_of(outputs), format, is_table(outputs)),
    };
    int error = print_job(stream, &job);

    job_deinit(&job);
    return error;
}
