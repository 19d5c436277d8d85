/* diffformats.c - the table of formats of a comparison. */
#include "diffformats.h"

#include "report/difference.h"

int diffcsv_print(FILE *file, const struct subject *subject)
{
    struct grid grid;
    int error = difference_grid(subject->difference, &grid);

    if (error)
        return error;
    const struct subject rows = { .grid = &grid };
    error = csv_print(file, &rows);
    grid_deinit(&grid);
    return error;
}

/* None needs a run: what they print was computed before (FORMAT_NEEDS_RUN is the least). */
const struct format diff_formats[] = {
    { diffcsv_print, "csv", ".csv", FORMAT_NEEDS_RUN, false, "a row for each change", NULL },
    { diffjson_print, "json", ".json", FORMAT_NEEDS_RUN, false, "all that differs", NULL },
    { difftext_print, "text", ".txt", FORMAT_NEEDS_RUN, false, "for people", NULL },
    { diffmarkdown_print, "markdown", ".md", FORMAT_NEEDS_RUN, false,
      "for the comment of a pull request", NULL },
    { diffhtml_print, "html", ".html", FORMAT_NEEDS_RUN, false, "a page for a browser", NULL },
    { 0 },
};
