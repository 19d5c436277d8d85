/* format.c - the table of formats, and what is looked up in it. */
#include "format.h"

#include <stdlib.h>
#include <string.h>
#include "record/runfile.h"

/* The program is NULL where a row has none. */
#define FORMAT_ROW(...) FORMAT_FIELDS(__VA_ARGS__, NULL, )
#define FORMAT_FIELDS(print, name, ending, needs, of_table, description, program, ...) \
    { print, name, ending, needs, of_table, description, program },
const struct format formats[] = { FORMATS(FORMAT_ROW){ 0 } };
#undef FORMAT_FIELDS
#undef FORMAT_ROW

int runjson_print(FILE *file, const struct subject *subject)
{
    return runfile_print(file, subject->run);
}

/* ---- The choice ---- */

/* How well a word fits a format: 0 is not at all. */
typedef size_t fit_fn(const struct format *format, const char *word);

static size_t fit_name(const struct format *format, const char *word)
{
    return !strcmp(format->name, word);
}

static size_t fit_ending(const struct format *format, const char *path)
{
    size_t length = strlen(path), ending = strlen(format->ending);

    return length > ending && !strcmp(path + length - ending, format->ending) ? ending : 0;
}

/* The one that fits best; of two that fit alike the one of --table, if that is given. */
static const struct format *choose(const struct format *list, const char *word, bool table,
                                   fit_fn *fit)
{
    const struct format *chosen = NULL;
    size_t best = 0;

    for (; list->name; list++) {
        size_t fits = list->of_table && !table ? 0 : fit(list, word);
        if (fits > best || (fits && fits == best && list->of_table)) {
            chosen = list;
            best = fits;
        }
    }
    return chosen;
}

const struct format *format_by_name(const struct format *list, const char *name, bool table)
{
    return choose(list, name, table, fit_name);
}

const struct format *format_by_ending(const struct format *list, const char *path, bool table)
{
    return choose(list, path, table, fit_ending);
}

bool format_shows_tables(const struct format *format)
{
    return format->needs != FORMAT_NEEDS_TABLE || format->print == text_print;
}

/* ---- Texts ---- */

/* The format behind this one, without those of --table, which share a name. */
static const struct format *next(const struct format *format)
{
    do
        format++;
    while (format->name && format->of_table);
    return format;
}

/* Of each the name or the ending, as "A, B or C". */
static char *enumerate(const struct format *list, bool endings)
{
    char *text = NULL;
    size_t size;
    FILE *file = open_memstream(&text, &size);

    if (!file)
        return NULL;
    for (const struct format *format = list; format->name; format = next(format)) {
        if (format != list)
            fputs(next(format)->name ? ", " : " or ", file);
        fputs(endings ? format->ending : format->name, file);
    }
    if (!fclose(file))
        return text;
    free(text);
    return NULL;
}

char *format_names(const struct format *list)
{
    return enumerate(list, false);
}

char *format_endings(const struct format *list)
{
    return enumerate(list, true);
}

void format_print_help(const struct format *list, FILE *file)
{
    for (; list->name; list++)
        fprintf(file, "  %s%-*s %-8s %s\n", list->name, 15 - (int)strlen(list->name),
                list->of_table ? " --table" : "", list->ending, list->description);
}
