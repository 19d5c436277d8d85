/* htmltext.c - escapes texts, and prints tables of them. */
#include "htmltext.h"

#include <inttypes.h>

void htmltext_string(FILE *file, const char *text)
{
    for (; *text; text++) {
        if (*text == '&')
            fputs("&amp;", file);
        else if (*text == '<')
            fputs("&lt;", file);
        else if (*text == '>')
            fputs("&gt;", file);
        else if (*text == '"')
            fputs("&quot;", file);
        else
            putc(*text, file);
    }
}

void htmltext_name(FILE *file, const char *text)
{
    fputs("<bdi>", file);
    htmltext_string(file, text);
    fputs("</bdi>", file);
}

static void print_cell(FILE *file, const struct grid_cell *cell, bool heads_row)
{
    if (cell->kind == GRID_TEXT) {
        fputs(heads_row ? "<th scope=\"row\">" : "<td>", file);
        htmltext_name(file, cell->text);
        fputs(heads_row ? "</th>" : "</td>", file);
    } else if (cell->kind == GRID_UNKNOWN) {
        fputs("<td class=\"n\">?</td>", file);
    } else if (cell->kind == GRID_REAL) {
        fprintf(file, "<td class=\"n\">%.1f</td>", cell->real);
    } else {
        fprintf(file, "<td class=\"n\">%" PRIu64 "</td>", cell->number);
    }
}

void htmltext_grid(FILE *file, const struct grid *grid)
{
    fputs("<div class=\"scroll\" tabindex=\"0\"><table class=\"rows\">\n<thead><tr>", file);
    for (size_t i = 0; i < grid->column_count; i++) {
        bool number = grid->row_count && grid->rows[0][i].kind != GRID_TEXT;
        fprintf(file, "<th scope=\"col\"%s>", number ? " class=\"n\"" : "");
        htmltext_name(file, grid->columns[i]);
        fputs("</th>", file);
    }
    fputs("</tr></thead>\n<tbody>\n", file);
    for (size_t row = 0; row < grid->row_count; row++) {
        fputs("<tr>", file);
        for (size_t i = 0; i < grid->column_count; i++)
            print_cell(file, &grid->rows[row][i], i == 0);
        fputs("</tr>\n", file);
    }
    fputs("</tbody></table></div>\n", file);
}
