/*
 * seenjson.c - what runs have shown, in JSON: {"format": "systrace-lib-coverage/1", "unit": "run",
 * "runs": 12, "cut_short": 0, "estimates": [...], ...}, a list for each table, of its rows.
 */
#include "report/seen.h"
#include "report/seenformats.h"
#include "report/tablejson.h"

static int print_table(FILE *file, const struct seen *seen, enum seen_table table)
{
    struct grid grid;
    int error = seen_grid(seen, table, &grid);

    if (error)
        return error;
    fprintf(file, ",\n\"%s\":", seen_table_name(table));
    error = tablejson_rows(file, &grid);
    grid_deinit(&grid);
    return error;
}

int seenjson_print(FILE *file, const struct subject *subject)
{
    const struct seen *seen = subject->seen;
    int error = 0;

    fprintf(file,
            "{\n\"format\":\"systrace-lib-coverage/1\",\n\"unit\":\"%s\",\n\"runs\":%zu,\n"
            "\"cut_short\":%zu",
            seen->unit == SEEN_BY_WORKLOAD ? "workload" : "run", seen->run_count, seen->cut_short);
    for (int table = 0; table < SEEN_TABLES && !error; table++)
        if (subject->table_of_seen == SEEN_ALL || (int)subject->table_of_seen == table)
            error = print_table(file, seen, (enum seen_table)table);
    fputs("\n}\n", file);
    return error;
}
