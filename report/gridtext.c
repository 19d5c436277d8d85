/* gridtext.c - a grid for people: numbers first, then names, in the width that there is. */
#include "gridtext.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include "report/width.h"

enum { GAP = 2, NAME_MIN = 12, NUMBER_MAX = 32 };

struct page {
    FILE *file;
    const struct grid *grid;
    int width;
    int *widths; /* by column */
};

static const char *number_text(const struct grid_cell *cell, char text[static NUMBER_MAX])
{
    if (cell->kind == GRID_UNKNOWN)
        return "?";
    if (cell->kind == GRID_SECONDS)
        snprintf(text, NUMBER_MAX, "%.6f", (double)cell->number / 1e9);
    else if (cell->kind == GRID_REAL)
        snprintf(text, NUMBER_MAX, "%.1f", cell->real);
    else
        snprintf(text, NUMBER_MAX, "%" PRIu64, cell->number);
    return text;
}

static const char *shown(const struct grid_cell *cell, char text[static NUMBER_MAX])
{
    if (cell->kind != GRID_TEXT)
        return number_text(cell, text);
    return *cell->text ? cell->text : "-";
}

/* All cells of a column are texts, or none is. */
static bool is_text(const struct grid *grid, size_t column)
{
    return grid->row_count && grid->rows[0][column].kind == GRID_TEXT;
}

/* Also of the column of an empty value. */
static const char *column_name(const struct grid *grid, size_t column)
{
    return *grid->columns[column] ? grid->columns[column] : "-";
}

static int widest(const struct grid *grid, size_t column)
{
    char text[NUMBER_MAX];
    int ret = width_of(column_name(grid, column));

    for (size_t i = 0; i < grid->row_count; i++) {
        int width = width_of(shown(&grid->rows[i][column], text));
        ret = width > ret ? width : ret;
    }
    return ret;
}

/* Takes from the widest name, one column of the terminal after the other, until all fit. */
static void shrink(const struct page *page)
{
    int all = 0;

    for (size_t i = 0; i < page->grid->column_count; i++)
        all += page->widths[i] + (i ? GAP : 0);
    while (all > page->width) {
        int *most = NULL;
        for (size_t i = 0; i < page->grid->column_count; i++)
            if (is_text(page->grid, i) && !(i && i == page->grid->whole) &&
                (!most || page->widths[i] > *most))
                most = &page->widths[i];
        if (!most || *most <= NAME_MIN)
            return;
        --*most;
        all--;
    }
}

static void pad(const struct page *page, int width)
{
    fprintf(page->file, "%*s", width > 0 ? width : 0, "");
}

static void print_cell(const struct page *page, const char *text, size_t column, bool last)
{
    int width = page->widths[column], own = width_of(text);

    if (!is_text(page->grid, column)) {
        pad(page, width - own);
        fputs(text, page->file);
    } else {
        width_print(page->file, text, width);
        pad(page, last ? 0 : width - own);
    }
    pad(page, last ? 0 : GAP);
}

/* NULL: the heading. */
static void print_row(const struct page *page, const struct grid_cell *row)
{
    const struct grid *grid = page->grid;
    char text[NUMBER_MAX];
    size_t left = grid->column_count;

    for (int texts = 0; texts < 2; texts++) {
        for (size_t i = 0; i < grid->column_count; i++) {
            if (is_text(grid, i) == texts)
                print_cell(page, row ? shown(&row[i], text) : column_name(grid, i), i, !--left);
        }
    }
    putc('\n', page->file);
}

int gridtext_print(FILE *file, const struct grid *grid, int width)
{
    struct page page = { file, grid, width, calloc(grid->column_count + 1, sizeof(int)) };

    if (!page.widths)
        return -ENOMEM;
    for (size_t i = 0; i < grid->column_count; i++)
        page.widths[i] = widest(grid, i);
    shrink(&page);
    print_row(&page, NULL);
    for (size_t i = 0; i < grid->row_count; i++)
        print_row(&page, grid->rows[i]);
    if (grid->note)
        fprintf(file, "\n%s", grid->note);
    free(page.widths);
    return 0;
}
