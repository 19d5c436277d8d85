/* diffhtml.c - what differs, as a page for a browser: one file, which loads nothing and runs
 * nothing.
 */
#include "report/difference.h"
#include "report/diffformats.h"
#include "report/difftext.h"
#include "report/htmlpage.h"
#include "report/htmltext.h"

static int print_section(FILE *file, const char *title, const char *remark, const struct grid *grid,
                         bool new, int width)
{
    (void)new, (void)width;
    fprintf(file, "<section>\n<h2>%s (%zu)</h2>\n", title, grid->row_count);
    if (remark)
        fprintf(file, "<p class=\"about\">%s</p>\n", remark);
    htmltext_grid(file, grid);
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
