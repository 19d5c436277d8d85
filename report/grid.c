/* grid.c - rows and columns of texts and numbers. */
#include "grid.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

int grid_init(struct grid *grid, size_t columns, size_t rows, size_t texts)
{
    *grid = (struct grid){
        .columns = calloc(columns + 1, sizeof(*grid->columns)),
        .column_count = columns,
        .rows = calloc(rows + 1, sizeof(*grid->rows)),
        .row_count = rows,
        .cells = calloc(columns * rows + 1, sizeof(*grid->cells)),
        .texts = calloc(texts + 1, sizeof(*grid->texts)),
        .text_count = texts,
    };
    if (!grid->columns || !grid->rows || !grid->cells || !grid->texts) {
        grid_deinit(grid);
        return -ENOMEM;
    }
    for (size_t i = 0; i < rows; i++)
        grid->rows[i] = &grid->cells[i * columns];
    return 0;
}

void grid_deinit(struct grid *grid)
{
    for (size_t i = 0; grid->texts && i < grid->text_count; i++)
        free(grid->texts[i]);
    free(grid->texts);
    free(grid->note);
    free(grid->cells);
    free(grid->rows);
    free(grid->columns);
    *grid = (struct grid){ 0 };
}

bool grid_is_formula(const char *text)
{
    text += strspn(text, "'");
    return *text && strchr("=+-@", *text);
}

/* The left one has an apostrophe in front. */
static int compare_quoted(const char *left, const char *right)
{
    return *right == '\'' ? strcmp(left, right + 1) : '\'' - (unsigned char)*right;
}

static int compare_texts(const char *left, const char *right)
{
    bool quoted = grid_is_formula(left);

    if (quoted == grid_is_formula(right))
        return strcmp(left, right);
    return quoted ? compare_quoted(left, right) : -compare_quoted(right, left);
}

static int compare_cells(const struct grid_cell *left, const struct grid_cell *right)
{
    if (left->kind == GRID_TEXT && right->kind == GRID_TEXT)
        return compare_texts(left->text, right->text);
    if (left->kind == GRID_UNKNOWN || right->kind == GRID_UNKNOWN)
        return (right->kind == GRID_UNKNOWN) - (left->kind == GRID_UNKNOWN);
    if (left->kind == GRID_REAL)
        return (left->real > right->real) - (left->real < right->real);
    return (left->number > right->number) - (left->number < right->number);
}

static int compare_rows(const void *a, const void *b, void *context)
{
    const struct grid_cell *left = *(struct grid_cell *const *)a;
    const struct grid_cell *right = *(struct grid_cell *const *)b;
    size_t columns = *(const size_t *)context;
    int order = 0;

    for (size_t i = 0; i < columns && !order; i++)
        order = compare_cells(&left[i], &right[i]);
    return order;
}

void grid_sort(struct grid *grid)
{
    qsort_r(grid->rows, grid->row_count - grid->has_total, sizeof(*grid->rows), compare_rows,
            &grid->column_count);
}
