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
                         bool open)
{
    fprintf(file, open ? "\n#### %s (%zu)\n\n" : "\n<details><summary>%s (%zu)</summary>\n\n",
            title, grid->row_count);
    if (remark)
        fprintf(file, "%s\n\n", remark);
    int error = print_table(file, grid);
    fputs(open ? "" : "\n</details>\n", file);
    return error;
}

static int print_kind(FILE *file, const struct difference *difference, enum change_kind kind)
{
    struct grid grid;

    if (!difference->counts[kind])
        return 0;
    int error = difference_kind_grid(difference, kind, &grid);
    if (error)
        return error;
    error =
        print_section(file, difftext_title(kind), difftext_remark(kind), &grid, kind == APPEARED);
    grid_deinit(&grid);
    return error;
}

static int print_upgrades(FILE *file, const struct difference *difference)
{
    struct grid grid;

    if (!difference->upgrade_count)
        return 0;
    int error = difference_upgrade_grid(difference, &grid);
    if (error)
        return error;
    error = print_section(file, "Upgraded libraries", NULL, &grid, false);
    grid_deinit(&grid);
    return error;
}

int diffmarkdown_print(FILE *file, const struct subject *subject)
{
    const struct difference *difference = subject->difference;
    int error = 0;

    fputs("### System calls: ", file);
    difftext_summary(file, difference);
    fputs("\n\nOld: ", file);
    difftext_evidence(file, difference, OLD);
    fputs(". New: ", file);
    difftext_evidence(file, difference, NEW);
    fputs(".\n", file);
    for (int kind = 0; kind < CHANGES && !error; kind++)
        error = print_kind(file, difference, (enum change_kind)kind);
    return error ? error : print_upgrades(file, difference);
}
