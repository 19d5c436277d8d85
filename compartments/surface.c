/* surface.c - figures of compartments. */
#include "surface.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include "compartments/figures.h"
#include "compartments/shapes.h"
#include "report/capability.h"

/* ---- Tables ---- */

/* clang-format off */
static const char about_compartments[] =
    "syscalls: system calls (ABI and name) that were asked for, which the rules allow; removed: those\n"
    "of the process beyond these, which the boundary takes away, in number and in %; start_removed,\n"
    "start_percent: likewise of those of the start; capabilities: how many there is a call for;\n"
    "sensitive, shapes: as in the tables of these; network: whether it reads from sockets.\n"
    "[process] is everything but the first execve: what a filter of the whole process leaves to each.\n"
    "[start] is what of that was asked for before the process serves, which a filter that is there from\n"
    "the start must allow: all before the phases of its user, without these the phase load.\n"
    "network: yes by accept, recvfrom, recvmsg and their like; perhaps by read, readv, splice, io_uring\n"
    "or socketcall where the process has sockets: of what a descriptor is, runs know nothing.\n";
static const char about_means[] =
    "mean: of the figure above, over all compartments that asked for anything; over those of them that\n"
    "face the network, or perhaps do, by the column above; and over those that do. In the latter two\n"
    "these weigh 1 and all others 0, for what comes from outside arrives there. removed: how many of the\n"
    "process's the mean compartment has not, which is the difference that the boundary makes;\n"
    "start_removed: how many of the start's.\n";
static const char about_capabilities[] =
    "How many of the system calls that may serve for this are allowed, whatever their arguments; those\n"
    "of which the process has none are left out, here and below.\n";
static const char about_sensitive[] =
    "Whether the call is allowed (1) or not (0). The list is of Ghavamnia et al., Temporal System\n"
    "Call Specialization for Attack Surface Reduction, USENIX Security 2020.\n";
static const char about_shapes[] =
    "Whether one call of each step is allowed (1) or not (0). It is necessary, not sufficient, for\n"
    "arguments, and what else the system denies, are not looked at.\n";

static const struct {
    const char *name, *about, *title, *definition;
} tables[SURFACE_TABLES] = {
    [SURFACE_COMPARTMENTS] = { "compartments", "figures of each compartment, of the process and of its start", "Compartments", about_compartments },
    [SURFACE_MEANS] = { "means", "their means, and those of who faces the network", "What the boundary takes away on average", about_means },
    [SURFACE_CAPABILITIES] = { "capabilities", "how many system calls of each capability", "Capabilities", about_capabilities },
    [SURFACE_SENSITIVE] = { "sensitive", "system calls that others have called critical", "Critical system calls", about_sensitive },
    [SURFACE_SHAPES] = { "shapes", "what payloads of attacks remain possible", "Payloads", about_shapes },
};
/* clang-format on */

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

/* ---- The table of compartments ---- */

static void set_text(struct grid_cell *cell, const char *text)
{
    *cell = (struct grid_cell){ .kind = GRID_TEXT, .text = text };
}

static void set_number(struct grid_cell *cell, uint64_t number)
{
    *cell = (struct grid_cell){ .kind = GRID_NUMBER, .number = number };
}

static void set_real(struct grid_cell *cell, double real)
{
    *cell = (struct grid_cell){ .kind = GRID_REAL, .real = real };
}

static double percent(uint64_t part, uint64_t all)
{
    return all ? 100.0 * (double)part / (double)all : 0.0;
}

/* How many system calls of the base it has not; and in percent. */
static void set_removed(struct grid_cell *cells, const struct ruleset *ruleset,
                        const struct ruleset_part *base, const struct ruleset_part *part)
{
    uint64_t removed = figure_removed(ruleset, FIGURE_SYSCALLS, base, part);

    set_number(&cells[0], removed);
    set_real(&cells[1], percent(removed, base->list.count));
    if (!base->list.count)
        cells[1].kind = GRID_UNKNOWN;
}

static void fill_part(const struct ruleset *ruleset, const struct ruleset_part *part,
                      struct grid_cell *row)
{
    set_text(row++, part->name);
    set_text(row++, facing_name(facing_of(ruleset, part)));
    set_number(row++, part->library_count);
    set_number(row++, part->total);
    set_number(row++, part->inexact);
    set_number(row++, part->list.count);
    set_removed(row, ruleset, ruleset->process, part);
    set_removed(row + 2, ruleset, ruleset->starting, part);
    row += 4;
    for (int figure = FIGURE_CAPABILITIES; figure < FIGURES; figure++)
        set_number(row++, figure_count(ruleset, (enum figure)figure, part));
}

/* The process, its start, then each compartment. */
static size_t column_count(const struct ruleset *ruleset)
{
    return ruleset->count + 2;
}

static const struct ruleset_part *part_of(const struct ruleset *ruleset, size_t number)
{
    return number == 0   ? ruleset->process
           : number == 1 ? ruleset->starting
                         : &ruleset->parts[number - 2];
}

static int make_compartments(const struct ruleset *ruleset, struct grid *ret)
{
    static const char *const columns[] = { "compartment",   "network",         "libraries",
                                           "calls",         "inexact",         "syscalls",
                                           "removed",       "removed_percent", "start_removed",
                                           "start_percent", "capabilities",    "sensitive",
                                           "shapes" };
    enum { COLUMNS = sizeof(columns) / sizeof(*columns) };
    int error = grid_init(ret, COLUMNS, column_count(ruleset), 0);

    if (error)
        return error;
    memcpy(ret->columns, columns, sizeof(columns));
    for (size_t i = 0; i < ret->row_count; i++)
        fill_part(ruleset, part_of(ruleset, i), ret->rows[i]);
    return 0;
}

/* ---- The table of means ---- */

/* Over compartments that asked for anything, and face the network at least so far. */
static const struct {
    const char *name;
    enum facing least;
} choices[] = { { "all", FACING_NO }, { "perhaps", FACING_PERHAPS }, { "network", FACING_YES } };
enum { CHOICES = sizeof(choices) / sizeof(*choices) };

struct mean {
    uint64_t compartments, own, removed, start_removed; /* sums over these compartments */
};

static struct mean find_mean(const struct ruleset *ruleset, enum facing least, enum figure figure)
{
    struct mean mean = { 0 };

    for (size_t i = 0; i < ruleset->count; i++) {
        const struct ruleset_part *part = &ruleset->parts[i];
        if (!part->total || facing_of(ruleset, part) < least)
            continue;
        mean.compartments++;
        mean.own += figure_count(ruleset, figure, part);
        mean.removed += figure_removed(ruleset, figure, ruleset->process, part);
        mean.start_removed += figure_removed(ruleset, figure, ruleset->starting, part);
    }
    return mean;
}

/* Of no compartment there is no mean. */
static void set_mean(struct grid_cell *cell, uint64_t sum, uint64_t count)
{
    set_real(cell, count ? (double)sum / (double)count : 0.0);
    if (!count)
        cell->kind = GRID_UNKNOWN;
}

/* A base has so many, of which the mean compartment has not so many. */
static void set_base(struct grid_cell *cells, uint64_t base, uint64_t removed, uint64_t count)
{
    set_number(&cells[0], base);
    set_mean(&cells[1], removed, count);
    set_real(&cells[2], percent(removed, base * count));
    if (!count || !base)
        cells[2].kind = GRID_UNKNOWN;
}

static void fill_mean(const struct ruleset *ruleset, size_t choice, enum figure figure,
                      struct grid_cell *row)
{
    const struct mean mean = find_mean(ruleset, choices[choice].least, figure);

    set_text(&row[0], choices[choice].name);
    set_text(&row[1], figure_name(figure));
    set_number(&row[2], mean.compartments);
    set_mean(&row[3], mean.own, mean.compartments);
    set_base(&row[4], figure_count(ruleset, figure, ruleset->process), mean.removed,
             mean.compartments);
    set_base(&row[7], figure_count(ruleset, figure, ruleset->starting), mean.start_removed,
             mean.compartments);
}

static int make_means(const struct ruleset *ruleset, struct grid *ret)
{
    static const char *const columns[] = {
        "over",    "figure",          "compartments", "mean",          "process",
        "removed", "removed_percent", "start",        "start_removed", "start_percent"
    };
    enum { COLUMNS = sizeof(columns) / sizeof(*columns) };
    int error = grid_init(ret, COLUMNS, (size_t)CHOICES * FIGURES, 0);

    if (error)
        return error;
    memcpy(ret->columns, columns, sizeof(columns));
    for (size_t i = 0; i < ret->row_count; i++)
        fill_mean(ruleset, i / FIGURES, (enum figure)(i % FIGURES), ret->rows[i]);
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
    return figure_of_capability(part, row);
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
    return figure_has_name(part, sensitive_calls[row]);
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
        [SURFACE_SENSITIVE] = { figure_sensitive_count(), of_sensitive, "allowed",
                                describe_sensitive, measure_sensitive },
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
    const size_t heads = head_count(matrix), parts = column_count(ruleset);
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
    const size_t parts = column_count(ruleset);
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
    if (table == SURFACE_MEANS)
        return make_means(ruleset, ret);
    const struct matrix matrix = find_matrix(table);
    return wide ? make_wide(ruleset, &matrix, ret) : make_long(ruleset, &matrix, ret);
}
