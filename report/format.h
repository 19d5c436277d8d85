/*
 * format.h - what a run can be printed as: one table of formats. What --format takes, what the
 * ending of a file's name chooses, what the help lists and an error suggests all come from it.
 *
 * To add one: a file that defines its print function, and its row here.
 */
#ifndef SYSTRACE_FORMAT_H
#define SYSTRACE_FORMAT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include "report/seentables.h"
#include "report/table.h"

/* What is printed. */
struct subject {
    struct run *run;
    const struct table *table; /* the run's; NULL if the format does not need it */
    const struct grid *grid;   /* what is asked of it, or the table's rows; likewise */
    bool asked;                /* something is asked: also formats that need no grid have it */
    const struct library_groups *groups; /* of libraries (keys.h); NULL: none are */
    int width;                           /* columns, for people; text.h has what it may be */
    /* Of two lots of runs (difference.h), in place of all the others but `width`; else NULL. */
    const struct difference *difference;
    const struct seen *seen;       /* the same: what runs have shown (seen.h) */
    enum seen_table table_of_seen; /* and which table of that */
    const struct ruleset *ruleset; /* the same: rules of compartments (compartments/ruleset.h) */
    int table_of_surface;          /* and which table of what they are worth */
    const struct probing *probing; /* the same: which calls are needed (probe/probing.h) */
};

/* -ENOMEM. Errors of the file are left to ferror(3). */
typedef int format_print(FILE *file, const struct subject *subject);

enum format_needs {
    FORMAT_NEEDS_RUN,   /* prints the run as it is, and may sort it (run_sort) */
    FORMAT_NEEDS_TABLE, /* and its table */
    FORMAT_NEEDS_ORDER, /* the same of a run in its one order (run_sort), which shows in the file */
    FORMAT_NEEDS_GRID,  /* and rows and columns of that */
};

/*
 * The function that prints it; the name for --format; the ending, which may have several parts
 * (".json.gz"; the longest that fits is taken); what it needs; whether it is of --table: of two
 * with one name and ending, the one that this option chooses; what the help says; and the program
 * that it takes, if it does.
 */
/* clang-format off */
#define FORMATS(row)                                                                               \
    row(csv_print, "csv", ".csv", FORMAT_NEEDS_GRID, false, "the table")                          \
    row(runjson_print, "json", ".json", FORMAT_NEEDS_RUN, false,                                   \
        "the run file, of which \"report\" makes all the others")                                  \
    row(tablejson_print, "json", ".json", FORMAT_NEEDS_GRID, true, "the table, in JSON")          \
    row(runjsongz_print, "json.gz", ".json.gz", FORMAT_NEEDS_RUN, false, "the run file, packed")   \
    row(tablejsongz_print, "json.gz", ".json.gz", FORMAT_NEEDS_GRID, true,                         \
        "the table, in JSON, packed")                                                              \
    row(text_print, "text", ".txt", FORMAT_NEEDS_TABLE, false, "the table for people")             \
    row(markdown_print, "markdown", ".md", FORMAT_NEEDS_GRID, false,                                \
        "the table, in Markdown")                                                                  \
    row(stacktext_print, "stacks", ".stacks", FORMAT_NEEDS_TABLE, false,                           \
        "all stacks with functions, and source lines if there are (--lines)")                      \
    row(html_print, "html", ".html", FORMAT_NEEDS_ORDER, false,                                    \
        "a page with tables and pictures of all of it, for a browser")  \
    row(folded_print, "folded", ".folded", FORMAT_NEEDS_TABLE, false,                              \
        "all stacks for flame graphs (flamegraph.pl, speedscope)")                                 \
    row(pprof_print, "pprof", ".pb.gz", FORMAT_NEEDS_TABLE, false,                                 \
        "all stacks for \"go tool pprof\"")                                                        \
    row(dot_print, "dot", ".dot", FORMAT_NEEDS_TABLE, false,                                       \
        "which library calls which, in Graphviz's language")                                       \
    row(svg_print, "svg", ".svg", FORMAT_NEEDS_TABLE, false,                                       \
        "a picture of that, by Graphviz", "dot")
/* clang-format on */

#define FORMAT_DECLARE(print, ...) format_print print;
FORMATS(FORMAT_DECLARE)
#undef FORMAT_DECLARE

struct format {
    format_print *print;
    const char *name, *ending;
    enum format_needs needs;
    bool of_table;
    const char *description;
    const char *program; /* which must be installed; NULL: none */
};

/* All there are, in the order of the help; behind the last one without a name. */
extern const struct format formats[];

/* The format that --format names, or that the ending of the path chooses (there must be something
 * before it); `table`: with --table. NULL: there is none. */
const struct format *format_by_name(const struct format *list, const char *name, bool table);
const struct format *format_by_ending(const struct format *list, const char *path, bool table);

/* Does it print what is asked for by --by, and not stacks alone? */
bool format_shows_tables(const struct format *format);

/* For messages: "csv, json, text or stacks", and ".csv, .json, .txt or .stacks". To be freed; NULL:
 * no memory. */
char *format_names(const struct format *list);
char *format_endings(const struct format *list);

/* For the help: a line for each. */
void format_print_help(const struct format *list, FILE *file);

#endif
