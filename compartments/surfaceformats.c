/* surfaceformats.c - the formats of `surface`, each of the same tables. */
#include "surfaceformats.h"

#include <string.h>
#include "compartments/surface.h"
#include "report/gridtext.h"
#include "report/tablejson.h"

/* Prints one table. */
typedef int print_table(FILE *file, const struct subject *subject, const struct grid *grid);

static int print_one(FILE *file, const struct subject *subject, enum surface_table table, bool wide,
                     print_table *print)
{
    struct grid grid;
    int error = surface_grid(subject->ruleset, table, wide, &grid);

    if (error)
        return error;
    error = print(file, subject, &grid);
    grid_deinit(&grid);
    return error;
}

/* All, each between its title and what its figures are; or one alone. */
static int print_all(FILE *file, const struct subject *subject, print_table *print,
                     const char *title)
{
    int error = 0;

    if (subject->table_of_surface != SURFACE_ALL)
        return print_one(file, subject, (enum surface_table)subject->table_of_surface, true, print);
    for (int i = 0; i < SURFACE_TABLES && !error; i++) {
        enum surface_table table = (enum surface_table)i;
        fprintf(file, "%s%s%s\n\n", i ? "\n" : "", title, surface_table_title(table));
        error = print_one(file, subject, table, true, print);
        fprintf(file, "\n%s", surface_table_definition(table));
    }
    return error;
}

static int print_text(FILE *file, const struct subject *subject, const struct grid *grid)
{
    return gridtext_print(file, grid, subject->width);
}

int surfacetext_print(FILE *file, const struct subject *subject)
{
    return print_all(file, subject, print_text, "");
}

static int print_markdown(FILE *file, const struct subject *subject, const struct grid *grid)
{
    const struct subject rows = { .grid = grid };

    (void)subject;
    return markdown_print(file, &rows);
}

int surfacemarkdown_print(FILE *file, const struct subject *subject)
{
    return print_all(file, subject, print_markdown, "#### ");
}

static int print_csv(FILE *file, const struct subject *subject, const struct grid *grid)
{
    const struct subject rows = { .grid = grid };

    (void)subject;
    return csv_print(file, &rows);
}

int surfacecsv_print(FILE *file, const struct subject *subject)
{
    const int table = subject->table_of_surface;

    return print_one(file, subject,
                     table == SURFACE_ALL ? SURFACE_COMPARTMENTS : (enum surface_table)table, false,
                     print_csv);
}

static int print_rows(FILE *file, const struct subject *subject, const struct grid *grid)
{
    (void)subject;
    return tablejson_rows(file, grid);
}

/* {"format": "systrace-lib-surface/1", "compartments": [...], ...}: a list for each table, of its
 * rows. */
int surfacejson_print(FILE *file, const struct subject *subject)
{
    int error = 0;

    fputs("{\n\"format\":\"systrace-lib-surface/1\"", file);
    for (int table = 0; table < SURFACE_TABLES && !error; table++) {
        if (subject->table_of_surface != SURFACE_ALL && subject->table_of_surface != table)
            continue;
        fprintf(file, ",\n\"%s\":", surface_table_name((enum surface_table)table));
        error = print_one(file, subject, (enum surface_table)table, false, print_rows);
    }
    fputs("\n}\n", file);
    return error;
}

/* None needs a run: what they print was computed before (FORMAT_NEEDS_RUN is the least). */
const struct format surface_formats[] = {
    { surfacecsv_print, "csv", ".csv", FORMAT_NEEDS_RUN, false,
      "one table, else that of the compartments", NULL },
    { surfacejson_print, "json", ".json", FORMAT_NEEDS_RUN, false, "all tables", NULL },
    { surfacetext_print, "text", ".txt", FORMAT_NEEDS_RUN, false, "for people", NULL },
    { surfacemarkdown_print, "markdown", ".md", FORMAT_NEEDS_RUN, false, "the same, in Markdown",
      NULL },
    { surfacehtml_print, "html", ".html", FORMAT_NEEDS_RUN, false, "a page for a browser", NULL },
    { 0 },
};
