/* surface.c - figures of compartments. */
#include "surface.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include "compartments/shapes.h"
#include "report/capability.h"

/* ---- Tables ---- */

static const struct {
    const char *name, *about, *title, *definition;
} tables[SURFACE_TABLES] = {
    [SURFACE_COMPARTMENTS] = { "compartments", "figures of each compartment, and of the process",
                               "Compartments",
                               "syscalls: system calls (ABI and name) that were asked for, which "
                               "the rules "
                               "allow; removed: those\nof the process beyond these, which the "
                               "boundary takes "
                               "away, in number and in %; capabilities:\nhow many there is a call "
                               "for; "
                               "sensitive, shapes: as in the tables of these. [process] "
                               "is\neverything but "
                               "the first execve: what a filter of the whole process leaves to "
                               "each.\n" },
    [SURFACE_CAPABILITIES] = { "capabilities", "how many system calls of each capability",
                               "Capabilities",
                               "How many of the system calls that may serve for this are allowed, "
                               "whatever "
                               "their arguments; those\nof which the process has none are left "
                               "out, here and below.\n" },
    [SURFACE_SENSITIVE] = { "sensitive", "system calls that others have called critical",
                            "Critical system calls",
                            "Whether the call is allowed (1) or not (0). The list is of Ghavamnia "
                            "et al., "
                            "Temporal System\nCall Specialization for Attack Surface Reduction, "
                            "USENIX "
                            "Security 2020.\n" },
    [SURFACE_SHAPES] = { "shapes", "what payloads of attacks remain possible", "Payloads",
                         "Whether one call of each step is allowed (1) or not (0). It is "
                         "necessary, "
                         "not sufficient, for\narguments, and what else the system denies, are "
                         "not looked at.\n" },
};

const char *surface_table_name(enum surface_table table)
{
    return tables[table].name;
}

enum surface_table surface_table_parse(const char *name)
{
    for (int table = 0; table < SURFACE_TABLES; table++)
        if (!strcmp(tables[table].name, name))
            return (enum surface_table)table;
    return SURFACE_ALL;
}

const char *surface_table_title(enum surface_table table)
{
    return tables[table].title;
}

const char *surface_table_definition(enum surface_table table)
{
    return tables[table].definition;
}

void surface_tables_print_help(FILE *file)
{
    for (int table = 0; table < SURFACE_TABLES; table++)
        fprintf(file, "  %-13s %s\n", tables[table].name, tables[table].about);
}

/* ---- Figures ---- */

static uint64_t count_of_capability(const struct ruleset_part *part,
                                    const struct capability *capability)
{
    uint64_t count = 0;

    for (size_t i = 0; i < part->list.count; i++)
        count += capability_has(capability, part->list.calls[i].name);
    return count;
}

static uint64_t count_capabilities(const struct ruleset_part *part)
{
    uint64_t count = 0;

    for (size_t i = 0; i < capability_count; i++)
        count += count_of_capability(part, &capabilities[i]) > 0;
    return count;
}

static bool has_name(const struct ruleset_part *part, const char *name)
{
    for (size_t i = 0; i < part->list.count; i++)
        if (!strcmp(part->list.calls[i].name, name))
            return true;
    return false;
}

static size_t sensitive_count(void)
{
    size_t count = 0;

    while (sensitive_calls[count])
        count++;
    return count;
}

static uint64_t count_sensitive(const struct ruleset_part *part)
{
    uint64_t count = 0;

    for (const char *const *call = sensitive_calls; *call; call++)
        count += has_name(part, *call);
    return count;
}

static uint64_t count_shapes(const struct ruleset_part *part)
{
    uint64_t count = 0;

    for (size_t i = 0; i < shape_count; i++)
        count += shape_is_possible(&shapes[i], &part->list);
    return count;
}

/* ---- The table of compartments ---- */

static void set_text(struct grid_cell *cell, const char *text)
{
    *cell = (struct grid_cell){ .kind = GRID_TEXT, .text = text };
}

static void set_number(struct grid_cell *cell, uint64_t number)
{
    *cell = (struct grid_cell){ .kind = GRID_NUMBER, .number = number };
}

static void fill_part(const struct ruleset *ruleset, const struct ruleset_part *part,
                      struct grid_cell *row)
{
    const size_t all = ruleset->process->list.count, own = part->list.count;

    set_text(row++, part->name);
    set_number(row++, part->library_count);
    set_number(row++, part->total);
    set_number(row++, part->inexact);
    set_number(row++, own);
    set_number(row++, all - own);
    *row++ = (struct grid_cell){ .kind = GRID_REAL,
                                 .real = all ? 100.0 * (double)(all - own) / (double)all : 0.0 };
    set_number(row++, count_capabilities(part));
    set_number(row++, count_sensitive(part));
    set_number(row++, count_shapes(part));
}

/* The process, then each compartment. */
static const struct ruleset_part *part_of(const struct ruleset *ruleset, size_t number)
{
    return number ? &ruleset->parts[number - 1] : ruleset->process;
}

static int make_compartments(const struct ruleset *ruleset, struct grid *ret)
{
    static const char *const columns[] = { "compartment",     "libraries",    "calls",
                                           "inexact",         "syscalls",     "removed",
                                           "removed_percent", "capabilities", "sensitive",
                                           "shapes" };
    enum { COLUMNS = sizeof(columns) / sizeof(*columns) };
    int error = grid_init(ret, COLUMNS, ruleset->count + 1, 0);

    if (error)
        return error;
    memcpy(ret->columns, columns, sizeof(columns));
    for (size_t i = 0; i <= ruleset->count; i++)
        fill_part(ruleset, part_of(ruleset, i), ret->rows[i]);
    return 0;
}

/* ---- The other tables: of each compartment and the process, how far it has what a row is of ----
 */

enum { HEADS_MAX = 3 };

struct matrix {
    size_t row_count;
    const char *const *heads; /* names of the columns that describe a row, NULL-terminated */
    const char *figure;       /* of the one that measures it */
    int (*describe)(size_t row, struct grid *grid, size_t text, struct grid_cell *cells);
    uint64_t (*measure)(const struct ruleset_part *part, size_t row);
};

static int describe_capability(size_t row, struct grid *grid, size_t text, struct grid_cell *cells)
{
    (void)grid;
    (void)text;
    set_text(cells, capabilities[row].name);
    return 0;
}

static uint64_t measure_capability(const struct ruleset_part *part, size_t row)
{
    return count_of_capability(part, &capabilities[row]);
}

static int describe_sensitive(size_t row, struct grid *grid, size_t text, struct grid_cell *cells)
{
    (void)grid;
    (void)text;
    set_text(cells, sensitive_calls[row]);
    return 0;
}

static uint64_t measure_sensitive(const struct ruleset_part *part, size_t row)
{
    return has_name(part, sensitive_calls[row]);
}

/* The text, as that number of the grid's, is its steps. */
static int describe_shape(size_t row, struct grid *grid, size_t text, struct grid_cell *cells)
{
    char *steps = shape_steps(&shapes[row]);

    if (!steps)
        return -ENOMEM;
    grid->texts[text] = steps;
    set_text(&cells[0], shapes[row].name);
    set_text(&cells[1], steps);
    set_text(&cells[2], shapes[row].source);
    return 0;
}

static uint64_t measure_shape(const struct ruleset_part *part, size_t row)
{
    return shape_is_possible(&shapes[row], &part->list);
}

static struct matrix find_matrix(enum surface_table table)
{
    static const char *const of_capabilities[] = { "capability", NULL };
    static const char *const of_sensitive[] = { "syscall", NULL };
    static const char *const of_shapes[] = { "shape", "needs", "source", NULL };
    const struct matrix matrices[SURFACE_TABLES] = {
        [SURFACE_CAPABILITIES] = { capability_count, of_capabilities, "syscalls",
                                   describe_capability, measure_capability },
        [SURFACE_SENSITIVE] = { sensitive_count(), of_sensitive, "allowed", describe_sensitive,
                                measure_sensitive },
        [SURFACE_SHAPES] = { shape_count, of_shapes, "possible", describe_shape, measure_shape },
    };

    return matrices[table];
}

static size_t head_count(const struct matrix *matrix)
{
    size_t count = 0;

    while (matrix->heads[count])
        count++;
    return count;
}

/* For programs: a row for each compartment, too. */
static int make_long(const struct ruleset *ruleset, const struct matrix *matrix, struct grid *ret)
{
    const size_t heads = head_count(matrix), parts = ruleset->count + 1;
    const size_t rows = matrix->row_count * parts;
    int error = grid_init(ret, heads + 2, rows, rows);

    if (error)
        return error;
    memcpy(ret->columns, matrix->heads, heads * sizeof(*matrix->heads));
    ret->columns[heads] = "compartment";
    ret->columns[heads + 1] = matrix->figure;
    for (size_t i = 0; i < rows && !error; i++) {
        const struct ruleset_part *part = part_of(ruleset, i % parts);
        error = matrix->describe(i / parts, ret, i, ret->rows[i]);
        set_text(&ret->rows[i][heads], part->name);
        set_number(&ret->rows[i][heads + 1], matrix->measure(part, i / parts));
    }
    if (error)
        grid_deinit(ret);
    return error;
}

/* For people: a column for each, and only what the process has. */
static int make_wide(const struct ruleset *ruleset, const struct matrix *matrix, struct grid *ret)
{
    const size_t parts = ruleset->count + 1;
    struct grid_cell cells[HEADS_MAX]; /* of which only the first is shown */
    int error = grid_init(ret, 1 + parts, matrix->row_count, matrix->row_count);

    if (error)
        return error;
    ret->columns[0] = matrix->heads[0];
    ret->pivot = 1;
    for (size_t i = 0; i < parts; i++)
        ret->columns[1 + i] = part_of(ruleset, i)->name;
    ret->row_count = 0;
    for (size_t row = 0; row < matrix->row_count && !error; row++) {
        if (!matrix->measure(ruleset->process, row))
            continue;
        struct grid_cell *shown = ret->rows[ret->row_count++];
        error = matrix->describe(row, ret, row, cells);
        shown[0] = cells[0];
        for (size_t i = 0; i < parts; i++)
            set_number(&shown[1 + i], matrix->measure(part_of(ruleset, i), row));
    }
    if (error)
        grid_deinit(ret);
    return error;
}

int surface_grid(const struct ruleset *ruleset, enum surface_table table, bool wide,
                 struct grid *ret)
{
    if (table == SURFACE_COMPARTMENTS)
        return make_compartments(ruleset, ret);
    const struct matrix matrix = find_matrix(table);
    return wide ? make_wide(ruleset, &matrix, ret) : make_long(ruleset, &matrix, ret);
}
