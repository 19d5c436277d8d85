/* diffhtml.c - what differs, as a page for a browser: one file, which loads nothing and runs
 * nothing.
 */
#include <inttypes.h>
#include <stdlib.h>
#include "report/difference.h"
#include "report/diffformats.h"
#include "report/difftext.h"
#include "report/htmlpage.h"

/* Nothing in a text is markup; and of a name that runs from right to left nothing else is turned.
 */
static void print_text(FILE *file, const char *text)
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
        print_text(file, cell->text);
        fputs(heads_row ? "</th>" : "</td>", file);
    } else if (cell->kind == GRID_UNKNOWN) {
        fputs("<td class=\"n\">?</td>", file);
    } else {
        fprintf(file, "<td class=\"n\">%" PRIu64 "</td>", cell->number);
    }
}

static void print_table(FILE *file, const struct grid *grid)
{
    fputs("<div class=\"scroll\" tabindex=\"0\"><table class=\"rows\">\n<thead><tr>", file);
    for (size_t i = 0; i < grid->column_count; i++) {
        bool number = grid->row_count && grid->rows[0][i].kind != GRID_TEXT;
        fprintf(file, "<th scope=\"col\"%s>", number ? " class=\"n\"" : "");
        print_text(file, grid->columns[i]);
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

static int print_section(FILE *file, const char *title, const char *remark, const struct grid *grid,
                         bool new, int width)
{
    (void)new, (void)width;
    fprintf(file, "<section>\n<h2>%s (%zu)</h2>\n", title, grid->row_count);
    if (remark)
        fprintf(file, "<p class=\"about\">%s</p>\n", remark);
    print_table(file, grid);
    fputs("</section>\n", file);
    return 0;
}

/* What is said of both sides has no names in it. */
static void print_head(FILE *file, const struct difference *difference)
{
    fputs("<h1>", file);
    difftext_summary(file, difference);
    fputs("</h1>\n<p class=\"lead\">Old: ", file);
    difftext_evidence(file, difference, OLD);
    fputs(". New: ", file);
    difftext_evidence(file, difference, NEW);
    fputs(".</p>\n</div>\n</header>\n<main id=\"main\" tabindex=\"-1\">\n", file);
}

int diffhtml_print(FILE *file, const struct subject *subject)
{
    fwrite(diffpage_before, 1, diffpage_before_size, file);
    print_head(file, subject->difference);
    int error = difftext_sections(file, subject, print_section);
    fwrite(diffpage_behind, 1, diffpage_behind_size, file);
    return error;
}
