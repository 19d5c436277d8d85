/* seentables.c - what runs have shown as rows and columns. */
#include "seentables.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include "record/bisect.h"
#include "report/seen.h"

/* ---- Cells ---- */

static struct grid_cell text(const char *text)
{
    return (struct grid_cell){ .kind = GRID_TEXT, .text = text };
}

static struct grid_cell number(uint64_t number)
{
    return (struct grid_cell){ .kind = GRID_NUMBER, .number = number };
}

static struct grid_cell real(bool known, double value)
{
    return (struct grid_cell){ .kind = known ? GRID_REAL : GRID_UNKNOWN, .real = value };
}

static struct grid_cell more(const struct richness *richness, double share)
{
    if (!richness->known)
        return (struct grid_cell){ .kind = GRID_UNKNOWN };
    return number(richness_more(richness, share));
}

/* NULL: of all. */
static const struct seen_set *set_of(const struct seen *seen, const struct seen_library *library)
{
    return library ? &library->set : &seen->all;
}

static struct grid_cell *name_library(const struct seen_library *library, struct grid_cell *cells)
{
    *cells++ = text(library ? library->name : SEEN_IN_ALL);
    *cells++ = text(library ? library->component : "");
    return cells;
}

/* Of all, then of each. */
static const struct seen_library *library_at(const struct seen *seen, size_t row)
{
    return row ? &seen->libraries[row - 1] : NULL;
}

/* ---- Tables ---- */

static void fill_estimate(const struct seen *seen, size_t row, struct grid_cell *cells)
{
    const struct seen_library *library = library_at(seen, row);
    const struct seen_set *set = set_of(seen, library);
    const struct richness *r = &set->richness;

    cells = name_library(library, cells);
    *cells++ = number(r->samples);
    *cells++ = number(r->seen);
    *cells++ = number(r->once);
    *cells++ = number(r->twice);
    *cells++ = real(r->known, r->all);
    *cells++ = real(r->known, r->error);
    *cells++ = real(r->known, r->low);
    *cells++ = real(r->known, r->high);
    *cells++ = real(r->known, r->wide_error);
    *cells++ = real(r->known, r->wide_low);
    *cells++ = real(r->known, r->wide_high);
    *cells++ = real(r->known, r->coverage);
    *cells++ = real(r->known, r->expected);
    *cells++ = real(r->known, set->chance);
    *cells++ = more(r, 0.95);
    *cells++ = more(r, 0.99);
    *cells++ = more(r, 0.999);
}

/* The points of all, then those of each library. */
static void fill_curve(const struct seen *seen, size_t row, struct grid_cell *cells)
{
    const struct seen_library *library =
        library_at(seen, BISECT(i, seen->library_count, seen->libraries[i].set.first_point <= row));
    const struct seen_set *set = set_of(seen, library);
    size_t at = row - set->first_point;
    uint64_t point = set->points[at], samples = set->richness.samples;

    cells = name_library(library, cells);
    *cells++ = number(point);
    *cells++ = real(true, set->curve[at]);
    *cells++ = text(point < samples ? "rarefied" : point == samples ? "observed" : "extrapolated");
}

static void fill_workload(const struct seen *seen, size_t row, struct grid_cell *cells)
{
    const struct seen_workload *workload = &seen->workloads[row];

    *cells++ = text(workload->name);
    *cells++ = number(workload->runs);
    *cells++ = number(workload->pairs);
    *cells++ = number(workload->common_pairs);
    *cells++ = number(workload->own_pairs);
    *cells++ = number(workload->libraries);
    *cells++ = number(workload->own_libraries);
}

static void fill_only(const struct seen *seen, size_t row, struct grid_cell *cells)
{
    const struct seen_pair *pair = &seen->pairs[row];

    *cells++ = text(seen->workloads[pair->workload].name);
    cells = name_library(&seen->libraries[pair->library], cells);
    *cells++ = text(pair->syscall);
    *cells++ = text(pair->abi);
}

static void fill_library(const struct seen *seen, size_t row, struct grid_cell *cells)
{
    const struct seen_library *library = &seen->libraries[row];

    *cells++ = text(seen->workloads[library->workload].name);
    cells = name_library(library, cells);
    *cells++ = number(library->pairs);
}

static void fill_step(const struct seen *seen, size_t row, struct grid_cell *cells)
{
    const struct seen_step *step = &seen->cover[row];

    *cells++ = number(row + 1);
    *cells++ = text(seen->workloads[step->workload].name);
    *cells++ = number(step->adds);
    *cells++ = number(step->pairs);
}

/* ---- Which rows there are ---- */

static size_t count_estimates(const struct seen *seen)
{
    return 1 + seen->library_count;
}

static size_t count_points(const struct seen *seen)
{
    const struct seen_set *last = set_of(seen, library_at(seen, seen->library_count));

    return last->first_point + last->point_count;
}

static size_t count_workloads(const struct seen *seen)
{
    return seen->workload_count;
}

static size_t count_pairs(const struct seen *seen)
{
    return seen->pair_count;
}

static bool has_one_workload(const struct seen *seen, size_t pair)
{
    return seen->pairs[pair].workload != NO_WORKLOAD;
}

static size_t count_libraries(const struct seen *seen)
{
    return seen->library_count;
}

static bool is_of_one_workload(const struct seen *seen, size_t library)
{
    return seen->libraries[library].workload != NO_WORKLOAD;
}

static size_t count_steps(const struct seen *seen)
{
    return seen->cover_count;
}

/* ---- The list of tables ---- */

enum { COLUMNS_MAX = 19 };

static const struct {
    const char *name, *about;
    const char *columns[COLUMNS_MAX + 1];     /* NULL behind the last */
    size_t (*count)(const struct seen *seen); /* of what may have a row */
    void (*fill)(const struct seen *seen, size_t number, struct grid_cell *cells);
    bool (*has)(const struct seen *seen, size_t number); /* NULL: all; else the rows are sorted */
} tables[SEEN_TABLES] = {
    [SEEN_ESTIMATES] = { "estimates",
                         "how many pairs there are, of all libraries and of each",
                         { "library", "component", "samples", "seen", "once", "twice", "estimated",
                           "error", "low", "high", "wide_error", "wide_low", "wide_high",
                           "coverage", "expected", "chance", "more_95", "more_99", "more_999" },
                         count_estimates,
                         fill_estimate,
                         NULL },
    [SEEN_CURVE] = { "curve",
                     "how many pairs fewer samples show, and more",
                     { "library", "component", "samples", "pairs", "kind" },
                     count_points,
                     fill_curve,
                     NULL },
    [SEEN_WORKLOADS] = { "workloads",
                         "what each workload shows, and what it alone",
                         { "workload", "runs", "pairs", "common_pairs", "only_pairs", "libraries",
                           "only_libraries" },
                         count_workloads,
                         fill_workload,
                         NULL },
    [SEEN_ONLY] = { "only",
                    "the pairs that one workload alone shows",
                    { "workload", "library", "component", "syscall", "abi" },
                    count_pairs,
                    fill_only,
                    has_one_workload },
    [SEEN_LIBRARIES] = { "libraries",
                         "the libraries that one workload alone exercises",
                         { "workload", "library", "component", "pairs" },
                         count_libraries,
                         fill_library,
                         is_of_one_workload },
    [SEEN_COVER] = { "cover",
                     "few workloads that show all pairs, the one that adds most first",
                     { "step", "workload", "adds", "pairs" },
                     count_steps,
                     fill_step,
                     NULL },
};

const char *seen_table_name(enum seen_table table)
{
    return tables[table].name;
}

enum seen_table seen_table_parse(const char *name)
{
    int table = 0;

    while (table < SEEN_TABLES && strcmp(tables[table].name, name) != 0)
        table++;
    return (enum seen_table)table;
}

void seen_tables_print_help(FILE *file)
{
    for (int i = 0; i < SEEN_TABLES; i++)
        fprintf(file, "  %-15s %s\n", tables[i].name, tables[i].about);
}

/* Fills the rows that there are; `grid` NULL: only counts them. */
static size_t fill_rows(const struct seen *seen, enum seen_table table, struct grid *grid)
{
    size_t rows = 0;

    for (size_t i = 0; i < tables[table].count(seen); i++) {
        if (tables[table].has && !tables[table].has(seen, i))
            continue;
        if (grid)
            tables[table].fill(seen, i, grid->rows[rows]);
        rows++;
    }
    return rows;
}

int seen_grid(const struct seen *seen, enum seen_table table, struct grid *ret)
{
    size_t columns = 0;

    while (tables[table].columns[columns])
        columns++;
    int error = grid_init(ret, columns, fill_rows(seen, table, NULL), 0);
    if (error)
        return error;
    memcpy(ret->columns, tables[table].columns, columns * sizeof(*ret->columns));
    fill_rows(seen, table, ret);
    if (tables[table].has)
        grid_sort(ret);
    return 0;
}

/* ---- For people ---- */

static const char *const short_columns[] = { "samples", "seen",    "once", "about", "low",
                                             "high",    "cover %", "95 %", "99 %",  "library" };

enum { SHORT_COLUMNS = sizeof(short_columns) / sizeof(*short_columns) };

/* "NAME COMPONENT". NULL: no memory. */
static char *label(const struct seen_library *library)
{
    char *ret;

    if (!library)
        return strdup("in all");
    if (asprintf(&ret, "%s%s%s", library->name, *library->component ? " " : "",
                 library->component) < 0)
        return NULL;
    return ret;
}

static int fill_short(const struct seen *seen, size_t row, struct grid *grid)
{
    const struct seen_library *library = library_at(seen, row);
    const struct richness *r = &set_of(seen, library)->richness;
    struct grid_cell *cells = grid->rows[row];

    grid->texts[row] = label(library);
    *cells++ = number(r->samples);
    *cells++ = number(r->seen);
    *cells++ = number(r->once);
    *cells++ = real(r->known, r->all);
    *cells++ = real(r->known, r->wide_low);
    *cells++ = real(r->known, r->wide_high);
    *cells++ = real(r->known, 100 * r->coverage);
    *cells++ = more(r, 0.95);
    *cells++ = more(r, 0.99);
    *cells++ = text(grid->texts[row]);
    return grid->texts[row] ? 0 : -ENOMEM;
}

static int short_estimates(const struct seen *seen, struct grid *ret)
{
    size_t rows = count_estimates(seen);
    int error = grid_init(ret, SHORT_COLUMNS, rows, rows);
    if (error)
        return error;
    memcpy(ret->columns, short_columns, sizeof(short_columns));
    for (size_t i = 0; i < rows && !error; i++)
        error = fill_short(seen, i, ret);
    if (error)
        grid_deinit(ret);
    return error;
}

/* Few libraries are split into components. */
static void drop_empty_components(struct grid *grid)
{
    size_t column = 0;

    while (column < grid->column_count && strcmp(grid->columns[column], "component") != 0)
        column++;
    if (column == grid->column_count)
        return;
    for (size_t i = 0; i < grid->row_count; i++)
        if (*grid->rows[i][column].text)
            return;
    size_t behind = --grid->column_count - column;
    memmove(&grid->columns[column], &grid->columns[column + 1], behind * sizeof(*grid->columns));
    for (size_t i = 0; i < grid->row_count; i++)
        memmove(&grid->rows[i][column], &grid->rows[i][column + 1], behind * sizeof(**grid->rows));
}

int seen_short_grid(const struct seen *seen, enum seen_table table, struct grid *ret)
{
    int error = table == SEEN_ESTIMATES ? short_estimates(seen, ret) : seen_grid(seen, table, ret);

    if (!error)
        drop_empty_components(ret);
    return error;
}
