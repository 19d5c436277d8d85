/*
 * tablejson.c - a grid as JSON: {"format": "systrace-lib-table/1", "rows": [...]}, each row, in a
 * line, an object with the columns of the CSV; counts are numbers, null where they are not known.
 * What all rows have together, if it is asked for, is "total". Columns that are named by values are
 * an object of their own, "columns".
 */
#include "tablejson.h"

#include <errno.h>
#include <jansson.h>
#include "report/format.h"

static json_t *make_value(const struct grid_cell *cell)
{
    switch (cell->kind) {
    case GRID_TEXT:
        return json_string(cell->text);
    case GRID_NUMBER:
        return json_integer((json_int_t)cell->number);
    case GRID_SECONDS:
        return json_real((double)cell->number / 1e9);
    case GRID_REAL:
        return json_real(cell->real);
    default:
        return json_null();
    }
}

static int print_row(FILE *file, const struct grid *grid, size_t number)
{
    json_t *row = json_object(), *columns = grid->pivot ? json_object() : row;
    int failed = !row || !columns;

    for (size_t i = 0; i < grid->column_count && !failed; i++)
        failed = json_object_set_new(grid->pivot && i >= grid->pivot ? columns : row,
                                     grid->columns[i], make_value(&grid->rows[number][i]));
    if (grid->pivot)
        failed |= json_object_set_new(row, "columns", columns);
    if (!failed)
        failed = json_dumpf(row, file, JSON_COMPACT | JSON_SORT_KEYS) && !ferror(file);
    json_decref(row);
    return failed ? -ENOMEM : 0;
}

int tablejson_rows(FILE *file, const struct grid *grid)
{
    int error = 0;

    fputs("[", file);
    for (size_t i = 0; i < grid->row_count - grid->has_total && !error; i++) {
        fputs(i ? ",\n" : "\n", file);
        error = print_row(file, grid, i);
    }
    fputs("\n]", file);
    return error;
}

int tablejson_print(FILE *file, const struct subject *subject)
{
    const struct grid *grid = subject->grid;

    fputs("{\n\"format\":\"systrace-lib-table/1\",\n\"rows\":", file);
    int error = tablejson_rows(file, grid);
    if (grid->has_total && !error) {
        fputs(",\n\"total\":", file);
        error = print_row(file, grid, grid->row_count - 1);
    }
    fputs("\n}\n", file);
    return error;
}
