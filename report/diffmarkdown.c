/* diffmarkdown.c - what differs, in Markdown for the comment of a pull request: what is new is open
 * to see, all else behind its title. */
#include <stddef.h>
#include "report/difference.h"
#include "report/diffformats.h"
#include "report/difftext.h"

static int print_table(FILE *file, const struct grid *grid)
{
    const struct subject subject = { .grid = grid };
    return markdown_print(file, &subject);
}

static int print_section(FILE *file, const char *title, const char *remark, const struct grid *grid,
                         bool new, int width)
{
    (void)width;
    fprintf(file, new ? "\n#### %s (%zu)\n\n" : "\n<details><summary>%s (%zu)</summary>\n\n", title,
            grid->row_count);
    if (remark)
        fprintf(file, "%s\n\n", remark);
    int error = print_table(file, grid);
    fputs(new ? "" : "\n</details>\n", file);
    return error;
}

int diffmarkdown_print(FILE *file, const struct subject *subject)
{
    const struct difference *difference = subject->difference;

    fputs("### System calls: ", file);
    difftext_summary(file, difference);
    fputs("\n\nOld: ", file);
    difftext_evidence(file, difference, OLD);
    fputs(". New: ", file);
    difftext_evidence(file, difference, NEW);
    fputs(".\n", file);
    return difftext_sections(file, subject, print_section);
}
