/* csv.c - a grid as CSV: RFC 4180, UTF-8, lines end in \n, a header row. */
#include <inttypes.h>
#include <string.h>
#include "report/format.h"
#include "report/grid.h"

static void print_text(FILE *file, const char *text)
{
    const char *apostrophe = grid_is_formula(text) ? "'" : "";

    if (!text[strcspn(text, ",\"\r\n")]) {
        fprintf(file, "%s%s", apostrophe, text);
        return;
    }
    fprintf(file, "\"%s", apostrophe);
    for (; *text; text++) {
        if (*text == '"')
            putc('"', file);
        putc(*text, file);
    }
    putc('"', file);
}

static void print_cell(FILE *file, const struct grid_cell *cell)
{
    switch (cell->kind) {
    case GRID_TEXT:
        print_text(file, cell->text);
        break;
    case GRID_NUMBER:
        fprintf(file, "%" PRIu64, cell->number);
        break;
    case GRID_SECONDS:
        fprintf(file, "%" PRIu64 ".%09" PRIu64, cell->number / 1000000000,
                cell->number % 1000000000);
        break;
    case GRID_REAL:
        fprintf(file, "%.6f", cell->real);
        break;
    case GRID_UNKNOWN:
        break;
    }
}

int csv_print(FILE *file, const struct subject *subject)
{
    const struct grid *grid = subject->grid;

    for (size_t i = 0; i < grid->column_count; i++) {
        fputs(i ? "," : "", file);
        print_text(file, grid->columns[i]);
    }
    putc('\n', file);
    for (size_t row = 0; row < grid->row_count; row++) {
        for (size_t i = 0; i < grid->column_count; i++) {
            fputs(i ? "," : "", file);
            print_cell(file, &grid->rows[row][i]);
        }
        putc('\n', file);
    }
    return 0;
}
