/* markdown.c - a grid as a table of GitHub Flavored Markdown, for comments and documents. */
#include <inttypes.h>
#include <string.h>
#include "report/format.h"
#include "report/grid.h"

/* Nothing in a text is to be taken for markup: all ASCII punctuation can be escaped (CommonMark,
 * 2.4), but in a table "<" and "&" are safer as what HTML calls them. */
static void print_text(FILE *file, const char *text)
{
    for (; *text; text++) {
        if (*text == '<')
            fputs("&lt;", file);
        else if (*text == '&')
            fputs("&amp;", file);
        else if (!strncmp(text, "www.", 4)) /* what looks like a link becomes one (GFM, 6.9) */
            text += fprintf(file, "www\\") - 2;
        else if (!strncmp(text, "://", 3))
            fputs("\\:", file);
        else if (strchr("\\`*_{}[]()#!|~>@", *text))
            fprintf(file, "\\%c", *text);
        else
            putc(*text, file);
    }
}

static void print_cell(FILE *file, const struct grid_cell *cell)
{
    if (cell->kind == GRID_TEXT)
        print_text(file, cell->text);
    else if (cell->kind == GRID_NUMBER)
        fprintf(file, "%" PRIu64, cell->number);
    else if (cell->kind == GRID_SECONDS)
        fprintf(file, "%.6f", (double)cell->number / 1e9);
    else if (cell->kind == GRID_REAL)
        fprintf(file, "%.1f", cell->real);
}

int markdown_print(FILE *file, const struct subject *subject)
{
    const struct grid *grid = subject->grid;

    for (size_t i = 0; i < grid->column_count; i++) {
        fputs(i ? " | " : "| ", file);
        print_text(file, grid->columns[i]);
    }
    fputs(" |\n", file);
    for (size_t i = 0; i < grid->column_count; i++)
        fputs(grid->row_count && grid->rows[0][i].kind == GRID_TEXT ? "| --- " : "| ---: ", file);
    fputs("|\n", file);
    for (size_t row = 0; row < grid->row_count; row++) {
        for (size_t i = 0; i < grid->column_count; i++) {
            fputs(i ? " | " : "| ", file);
            print_cell(file, &grid->rows[row][i]);
        }
        fputs(" |\n", file);
    }
    return 0;
}
