/* seenmarkdown.c - what runs have shown, in Markdown. */
#include "report/seenformats.h"
#include "report/seentext.h"

static int print_section(FILE *file, const char *title, const struct grid *grid, int width)
{
    const struct subject rows = { .grid = grid };

    (void)width;
    fprintf(file, "\n#### %s\n\n", title);
    return markdown_print(file, &rows);
}

int seenmarkdown_print(FILE *file, const struct subject *subject)
{
    if (subject->table_of_seen == SEEN_ALL) {
        fputs("### System calls: what is still unseen\n\n", file);
        seentext_summary(file, subject->seen, "* ");
    }
    int error = seentext_sections(file, subject, print_section);
    if (subject->table_of_seen == SEEN_ALL)
        fprintf(file, "\n%s\n", seentext_limit);
    return error;
}
