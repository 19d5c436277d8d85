/* seenhtml.c - what runs have shown, for the page of the HTML report. */
#include "seenhtml.h"

#include <inttypes.h>
#include "report/htmljson.h"
#include "report/seentables.h"

static void print_cell(FILE *file, const struct grid_cell *cell)
{
    if (cell->kind == GRID_TEXT)
        htmljson_string(file, cell->text);
    else if (cell->kind == GRID_REAL)
        fprintf(file, "%.6f", cell->real);
    else if (cell->kind == GRID_NUMBER)
        fprintf(file, "%" PRIu64, cell->number);
    else
        fputs("null", file);
}

static void print_rows(FILE *file, const struct grid *grid, size_t rows)
{
    fputs("{\"columns\":[", file);
    for (size_t i = 0; i < grid->column_count; i++) {
        fputs(i ? "," : "", file);
        htmljson_string(file, grid->columns[i]);
    }
    fputs("],\"rows\":[", file);
    for (size_t row = 0; row < rows; row++) {
        fputs(row ? ",\n[" : "\n[", file);
        for (size_t i = 0; i < grid->column_count; i++) {
            fputs(i ? "," : "", file);
            print_cell(file, &grid->rows[row][i]);
        }
        fputs("]", file);
    }
    fputs("]}", file);
}

static int print_table(FILE *file, const struct seen *seen, enum seen_table table)
{
    struct grid grid;
    int error = seen_grid(seen, table, &grid);

    if (error)
        return error;
    fprintf(file, "\"%s\":", seen_table_name(table));
    print_rows(file, &grid, table == SEEN_CURVE ? seen->all.point_count : grid.row_count);
    grid_deinit(&grid);
    return 0;
}

int seenhtml_print(FILE *file, const struct seen *seen)
{
    static const enum seen_table tables[] = { SEEN_ESTIMATES, SEEN_CURVE, SEEN_WORKLOADS,
                                              SEEN_COVER };
    int error = 0;

    fputs("{", file);
    for (size_t i = 0; i < sizeof(tables) / sizeof(*tables) && !error; i++) {
        fputs(i ? ",\n" : "\n", file);
        error = print_table(file, seen, tables[i]);
    }
    fputs("}", file);
    return error;
}
