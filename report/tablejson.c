/*
 * tablejson.c - the per-library table as JSON: {"format": "systrace-lib-table/1", "rows": [...]},
 * each row, in a line, an object with the columns of the CSV; counts are numbers, `errors` is null
 * where results were not observed.
 */
#include <errno.h>
#include <jansson.h>
#include "report/format.h"
#include "report/lines.h"

static json_t *make_value(const struct line *line, enum column column)
{
    if (!line->text[column])
        return json_integer((json_int_t)line->number[column]);
    if (column == COLUMN_ERRORS || column == COLUMN_NANOSECONDS)
        return json_null(); /* not known */
    return json_string(line->text[column]);
}

static int print_line(FILE *file, const struct line *line, int columns)
{
    json_t *row = json_object();
    int failed = !row;

    for (int i = 0; i < columns && !failed; i++)
        failed = json_object_set_new(row, column_name(i), make_value(line, i));
    if (!failed)
        failed = json_dumpf(row, file, JSON_COMPACT | JSON_SORT_KEYS) && !ferror(file);
    json_decref(row);
    return failed ? -ENOMEM : 0;
}

int tablejson_print(FILE *file, const struct subject *subject)
{
    struct lines lines;
    int error = lines_init(&lines, subject->table, false);
    if (error)
        return error;

    fputs("{\n\"format\":\"systrace-lib-table/1\",\n\"rows\":[", file);
    for (size_t i = 0; i < lines.count && !error; i++) {
        fputs(i ? ",\n" : "\n", file);
        error = print_line(file, lines.sorted[i], lines.columns);
    }
    fputs("\n]\n}\n", file);
    lines_deinit(&lines);
    return error;
}
