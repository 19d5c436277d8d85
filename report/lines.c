/* lines.c - the rows of a table as sorted lines of text. */
#include "lines.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "record/escape.h"
#include "record/component.h"

/* Escaped texts of one run, each made once. */
struct texts {
    char **modules;    /* name, soname, path, build_id of each */
    char **components; /* of each of the table's libraries */
    char **programs;   /* name, path of each */
    char **phases;     /* built-in and user's, by row.phase */
};

enum { MODULE_TEXTS = 4, PROGRAM_TEXTS = 2 };

const char *column_name(enum column column)
{
    static const char *const names[COLUMNS] = {
        [COLUMN_PROGRAM] = "program",
        [COLUMN_PHASE] = "phase",
        [COLUMN_LIBRARY] = "library",
        [COLUMN_COMPONENT] = "component",
        [COLUMN_SYSCALL] = "syscall",
        [COLUMN_ABI] = "abi",
        [COLUMN_NR] = "nr",
        [COLUMN_CALLS] = "calls",
        [COLUMN_ISSUED] = "issued",
        [COLUMN_ON_STACK] = "on_stack",
        [COLUMN_INEXACT] = "inexact",
        [COLUMN_INCOMPLETE] = "incomplete",
        [COLUMN_ERRORS] = "errors",
        [COLUMN_RUNS] = "runs",
        [COLUMN_SONAME] = "soname",
        [COLUMN_PATH] = "path",
        [COLUMN_BUILD_ID] = "build_id",
        [COLUMN_PROGRAM_PATH] = "program_path",
        [COLUMN_NANOSECONDS] = "nanoseconds",
    };
    return names[column];
}

static bool is_formula(const char *text)
{
    text += strspn(text, "'");
    return *text && strchr("=+-@", *text);
}

static char *make_cell(const char *raw, bool for_spreadsheets)
{
    char *text = escape(raw);
    char *quoted = NULL;

    if (!text || !for_spreadsheets || !is_formula(text))
        return text;
    if (asprintf(&quoted, "'%s", text) < 0)
        quoted = NULL;
    free(text);
    return quoted;
}

/* A GNU build-id as readelf prints it; other identities keep their prefix. */
static const char *build_id(const struct module *module)
{
    return strncmp(module->identity, "gnu:", 4) ? module->identity : module->identity + 4;
}

/* The texts stand one behind another: of modules, of libraries, of programs, of phases. */
static int make_texts(struct lines *lines, const struct table *table, bool for_spreadsheets,
                      struct texts *ret)
{
    const struct run *run = table->run;
    size_t phases = 3 + run->phase_count, made = 0;

    lines->text_count = run->module_count * MODULE_TEXTS + table->callers.library_count +
                        run->program_count * PROGRAM_TEXTS + phases;
    lines->texts = calloc(lines->text_count, sizeof(*lines->texts));
    if (!lines->texts)
        return -ENOMEM;
    for (size_t i = 0; i < run->module_count; i++) {
        const struct module *module = &run->modules[i];
        lines->texts[made++] = make_cell(module->name, for_spreadsheets);
        lines->texts[made++] = make_cell(module->soname, for_spreadsheets);
        lines->texts[made++] = make_cell(module->path, for_spreadsheets);
        lines->texts[made++] = make_cell(build_id(module), for_spreadsheets);
    }
    for (size_t i = 0; i < table->callers.library_count; i++)
        lines->texts[made++] =
            make_cell(component_name(table->callers.libraries[i].component), for_spreadsheets);
    for (size_t i = 0; i < run->program_count; i++) {
        lines->texts[made++] = make_cell(run->programs[i].name, for_spreadsheets);
        lines->texts[made++] = make_cell(run->programs[i].path, for_spreadsheets);
    }
    for (size_t i = 0; i < phases; i++) {
        struct table_row row = { .phase = (uint32_t)i };
        lines->texts[made++] = make_cell(table_phase(table, &row), for_spreadsheets);
    }
    for (size_t i = 0; i < made; i++)
        if (!lines->texts[i])
            return -ENOMEM;
    ret->modules = lines->texts;
    ret->components = ret->modules + run->module_count * MODULE_TEXTS;
    ret->programs = ret->components + table->callers.library_count;
    ret->phases = ret->programs + run->program_count * PROGRAM_TEXTS;
    return 0;
}

/* -ENOMEM. */
static int make_line(struct line *line, const struct texts *texts, const struct table *table,
                     const struct table_row *row)
{
    char **module =
        texts->modules + (size_t)table->callers.libraries[row->library].module * MODULE_TEXTS;
    char **program = texts->programs + (size_t)row->program * PROGRAM_TEXTS;

    *line = (struct line){
        .text = { [COLUMN_PROGRAM] = program[0],
                  [COLUMN_PHASE] = texts->phases[row->phase],
                  [COLUMN_LIBRARY] = module[0],
                  [COLUMN_COMPONENT] = texts->components[row->library],
                  [COLUMN_ABI] = abi_name(row->abi),
                  [COLUMN_ERRORS] = row->results ? NULL : "",
                  [COLUMN_SONAME] = module[1],
                  [COLUMN_PATH] = module[2],
                  [COLUMN_BUILD_ID] = module[3],
                  [COLUMN_PROGRAM_PATH] = program[1],
                  [COLUMN_NANOSECONDS] = row->results ? NULL : "" },
        .number = { [COLUMN_NR] = row->nr,
                    [COLUMN_CALLS] = row->calls,
                    [COLUMN_ISSUED] = row->issued,
                    [COLUMN_ON_STACK] = row->on_stack,
                    [COLUMN_INEXACT] = row->inexact,
                    [COLUMN_INCOMPLETE] = row->incomplete,
                    [COLUMN_ERRORS] = row->errors,
                    [COLUMN_RUNS] = row->runs,
                    [COLUMN_NANOSECONDS] = row->nanoseconds },
    };
    /* Made here, where the line has its final place: `text` points into the line itself. */
    line->text[COLUMN_SYSCALL] = syscall_name(row->abi, row->nr, line->syscall);
    return line->text[COLUMN_SYSCALL] ? 0 : -ENOMEM;
}

/* A number that is not known comes before all others. */
static int compare_cells(const struct line *left, const struct line *right, int column)
{
    const char *l = left->text[column], *r = right->text[column];
    uint64_t m = left->number[column], n = right->number[column];

    if (l && r)
        return strcmp(l, r);
    return l || r ? !l - !r : (m > n) - (m < n);
}

static int compare_lines(const void *a, const void *b)
{
    const struct line *left = *(struct line *const *)a, *right = *(struct line *const *)b;
    int order = 0;

    for (int i = 0; i < COLUMNS && !order; i++)
        order = compare_cells(left, right, i);
    return order;
}

int lines_init(struct lines *lines, const struct table *table, bool for_spreadsheets)
{
    struct texts texts;

    *lines = (struct lines){ .columns = table->results ? COLUMNS : COLUMN_NANOSECONDS };
    int error = make_texts(lines, table, for_spreadsheets, &texts);
    if (error)
        goto fail;
    error = -ENOMEM;
    lines->lines = calloc(table->count + 1, sizeof(*lines->lines));
    lines->sorted = calloc(table->count + 1, sizeof(*lines->sorted));
    if (!lines->lines || !lines->sorted)
        goto fail;
    for (; lines->count < table->count; lines->count++) {
        lines->sorted[lines->count] = &lines->lines[lines->count];
        if (make_line(&lines->lines[lines->count], &texts, table, &table->rows[lines->count]))
            goto fail;
    }
    qsort(lines->sorted, lines->count, sizeof(*lines->sorted), compare_lines);
    return 0;
fail:
    lines_deinit(lines);
    return error;
}

void lines_deinit(struct lines *lines)
{
    for (size_t i = 0; lines->texts && i < lines->text_count; i++)
        free(lines->texts[i]);
    free(lines->texts);
    free(lines->lines);
    free(lines->sorted);
    *lines = (struct lines){ 0 };
}
