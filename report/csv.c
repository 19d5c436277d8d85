/* csv.c - the per-library table as CSV: RFC 4180, UTF-8, lines end in \n, a header row. */
#include <inttypes.h>
#include <string.h>
#include "report/format.h"
#include "report/lines.h"

static void print_cell(FILE *file, const char *text)
{
    if (!text[strcspn(text, ",\"\r\n")]) {
        fputs(text, file);
        return;
    }
    putc('"', file);
    for (; *text; text++) {
        if (*text == '"')
            putc('"', file);
        putc(*text, file);
    }
    putc('"', file);
}

static void print_header(FILE *file, int columns)
{
    for (int i = 0; i < columns; i++)
        fprintf(file, "%s%s", i ? "," : "", column_name(i));
    putc('\n', file);
}

static void print_line(FILE *file, const struct line *line, int columns)
{
    for (int i = 0; i < columns; i++) {
        if (i)
            putc(',', file);
        if (line->text[i])
            print_cell(file, line->text[i]);
        else
            fprintf(file, "%" PRIu64, line->number[i]);
    }
    putc('\n', file);
}

int csv_print(FILE *file, const struct subject *subject)
{
    struct lines lines;
    int error = lines_init(&lines, subject->table, true);
    if (error)
        return error;

    print_header(file, lines.columns);
    for (size_t i = 0; i < lines.count; i++)
        print_line(file, lines.sorted[i], lines.columns);
    lines_deinit(&lines);
    return 0;
}
