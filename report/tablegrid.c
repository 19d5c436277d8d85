/* tablegrid.c - the rows of the per-library table as a grid. */
#include "grid.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include "record/component.h"
#include "record/escape.h"

/* The columns, in their order. */
enum column {
    COLUMN_PROGRAM,
    COLUMN_PHASE,
    COLUMN_LIBRARY,
    COLUMN_COMPONENT,
    COLUMN_SYSCALL,
    COLUMN_ABI,
    COLUMN_NR,
    COLUMN_CALLS,
    COLUMN_ISSUED,
    COLUMN_ON_STACK,
    COLUMN_INEXACT,
    COLUMN_INCOMPLETE,
    COLUMN_ERRORS,
    COLUMN_RUNS,
    COLUMN_SONAME,
    COLUMN_PATH,
    COLUMN_BUILD_ID,
    COLUMN_PROGRAM_PATH,
    COLUMN_NANOSECONDS, /* if results were observed */
    COLUMNS
};

/* Escaped texts of one run, each made once. */
struct texts {
    char **modules;    /* name, soname, path, build_id of each */
    char **components; /* of each of the table's libraries */
    char **programs;   /* name, path of each */
    char **phases;     /* built-in and user's, by row.phase */
    char **syscalls;   /* of each row */
};

enum { MODULE_TEXTS = 4, PROGRAM_TEXTS = 2, BUILT_IN_PHASES = 3 };

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

static size_t phases_of(const struct table *table)
{
    return BUILT_IN_PHASES + table->run->phase_count;
}

static size_t count_texts(const struct table *table)
{
    return table->run->module_count * MODULE_TEXTS + table->callers.library_count +
           table->run->program_count * PROGRAM_TEXTS + phases_of(table) + table->count;
}

static char *name_syscall(const struct table_row *row)
{
    char name[SYSCALL_NAME_MAX];

    return syscall_name(row->abi, row->nr, name) ? strdup(name) : NULL;
}

/* The texts stand one behind another: of modules, of libraries, of programs, of phases, of rows. */
static int make_texts(const struct grid *grid, const struct table *table, struct texts *ret)
{
    const struct run *run = table->run;
    char **next = grid->texts;

    ret->modules = next;
    for (size_t i = 0; i < run->module_count; i++) {
        const struct module *module = &run->modules[i];
        *next++ = escape(module->name);
        *next++ = escape(module->soname);
        *next++ = escape(module->path);
        *next++ = escape(module_build_id(module));
    }
    ret->components = next;
    for (size_t i = 0; i < table->callers.library_count; i++)
        *next++ = escape(component_name(table->callers.libraries[i].component));
    ret->programs = next;
    for (size_t i = 0; i < run->program_count; i++) {
        *next++ = escape(run->programs[i].name);
        *next++ = escape(run->programs[i].path);
    }
    ret->phases = next;
    for (size_t i = 0; i < phases_of(table); i++)
        *next++ = escape(table_phase_name(table, (uint32_t)i));
    ret->syscalls = next;
    for (size_t i = 0; i < table->count; i++)
        *next++ = name_syscall(&table->rows[i]);
    for (size_t i = 0; i < grid->text_count; i++)
        if (!grid->texts[i])
            return -ENOMEM;
    return 0;
}

static struct grid_cell text(const char *text)
{
    return (struct grid_cell){ .kind = GRID_TEXT, .text = text };
}

static struct grid_cell number(uint64_t number, bool known)
{
    return (struct grid_cell){ .kind = known ? GRID_NUMBER : GRID_UNKNOWN, .number = number };
}

static void fill_row(struct grid_cell *cells, const struct texts *texts, const struct table *table,
                     size_t i)
{
    const struct table_row *row = &table->rows[i];
    char **module =
        texts->modules + (size_t)table->callers.libraries[row->library].module * MODULE_TEXTS;
    char **program = texts->programs + (size_t)row->program * PROGRAM_TEXTS;

    cells[COLUMN_PROGRAM] = text(program[0]);
    cells[COLUMN_PHASE] = text(texts->phases[row->phase]);
    cells[COLUMN_LIBRARY] = text(module[0]);
    cells[COLUMN_COMPONENT] = text(texts->components[row->library]);
    cells[COLUMN_SYSCALL] = text(texts->syscalls[i]);
    cells[COLUMN_ABI] = text(abi_name(row->abi));
    cells[COLUMN_NR] = number(row->nr, true);
    cells[COLUMN_CALLS] = number(row->calls, true);
    cells[COLUMN_ISSUED] = number(row->issued, true);
    cells[COLUMN_ON_STACK] = number(row->on_stack, true);
    cells[COLUMN_INEXACT] = number(row->inexact, true);
    cells[COLUMN_INCOMPLETE] = number(row->incomplete, true);
    cells[COLUMN_ERRORS] = number(row->errors, row->results);
    cells[COLUMN_RUNS] = number(row->runs, true);
    cells[COLUMN_SONAME] = text(module[1]);
    cells[COLUMN_PATH] = text(module[2]);
    cells[COLUMN_BUILD_ID] = text(module[3]);
    cells[COLUMN_PROGRAM_PATH] = text(program[1]);
    if (table->results)
        cells[COLUMN_NANOSECONDS] = number(row->nanoseconds, row->results);
}

int grid_of_table(const struct table *table, struct grid *ret)
{
    struct texts texts;
    int error = grid_init(ret, table->results ? COLUMNS : COLUMN_NANOSECONDS, table->count,
                          count_texts(table));

    if (error)
        return error;
    error = make_texts(ret, table, &texts);
    if (error) {
        grid_deinit(ret);
        return error;
    }
    memcpy(ret->columns, names, ret->column_count * sizeof(*names));
    for (size_t i = 0; i < table->count; i++)
        fill_row(ret->rows[i], &texts, table, i);
    grid_sort(ret);
    return 0;
}
