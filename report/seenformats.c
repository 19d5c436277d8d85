/* seenformats.c - the table of formats of what runs have shown. */
#include "seenformats.h"

int seencsv_print(FILE *file, const struct subject *subject)
{
    enum seen_table table = subject->table_of_seen;
    struct grid grid;
    int error = seen_grid(subject->seen, table == SEEN_ALL ? SEEN_ESTIMATES : table, &grid);

    if (error)
        return error;
    const struct subject rows = { .grid = &grid };
    error = csv_print(file, &rows);
    grid_deinit(&grid);
    return error;
}

/* None needs a run: what they print was computed before (FORMAT_NEEDS_RUN is the least). */
const struct format seen_formats[] = {
    { seencsv_print, "csv", ".csv", FORMAT_NEEDS_RUN, false, "one table, else the estimates",
      NULL },
    { seenjson_print, "json", ".json", FORMAT_NEEDS_RUN, false, "all tables", NULL },
    { seentext_print, "text", ".txt", FORMAT_NEEDS_RUN, false, "for people", NULL },
    { seenmarkdown_print, "markdown", ".md", FORMAT_NEEDS_RUN, false, "the same, in Markdown",
      NULL },
    { seensvg_print, "svg", ".svg", FORMAT_NEEDS_RUN, false, "a picture of the curve of all pairs",
      NULL },
    { 0 },
};
