/* htmltable.c - rows and texts as HTML. */
#include "htmltable.h"

#include <inttypes.h>

void htmltable_text(FILE *file, const char *text)
{
    fputs("<bdi>", file);
    for (; *text; text++) {
        if (*text == '&')
            fputs("&amp;", file);
        else if (*text == '<')
            fputs("&lt;", file);
        else if (*text == '>')
            fputs("&gt;", file);
        else
            putc(*text, file);
    }
    fputs("</bdi>", file);
}

static void print_cell(FILE *file, const struct grid_cell *cell, bool heads_row)
{
    if (cell->kind == GRID_TEXT) {
        fputs(heads_row ? "<th scope=\"row\">" : "<td>", file);
        htmltable_text(file, cell->text);
        fputs(heads_row ? "</th>" : "</td>", file);
    } else if (cell->kind == GRID_UNKNOWN) {
        fputs("<td class=\"n\">?</td>", file);
    } else {
        fprintf(file, "<td class=\"n\">%" PRIu64 "</td>", cell->number);
    }
}

void htmltable_print(FILE *file, const struct grid *grid)
{
    fputs("<div class=\"scroll\" tabindex=\"0\"><table class=\"rows\">\n<thead><tr>", file);
    for (size_t i = 0; i < grid->column_count; i++) {
        bool number = grid->row_count && grid->rows[0][i].kind != GRID_TEXT;
        fprintf(file, "<th scope=\"col\"%s>", number ? " class=\"n\"" : "");
        htmltable_text(file, grid->columns[i]);
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
