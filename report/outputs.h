/*
 * outputs.h - what the commands that make results of a run have in common: the options that say
 * which files are written, in which formats, and by which policy calls are attributed; the check of
 * all that in advance; and the writing.
 */
#ifndef SYSTRACE_OUTPUTS_H
#define SYSTRACE_OUTPUTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include "report/query.h"
#include "report/seentables.h"
#include "report/table.h"

/* All 0 but `complain` to begin with. Strings are borrowed from the command line; the arrays are
 * owned. */
struct outputs {
    void (*complain)(const char *message); /* prints one line, given without a newline */
    const struct format *formats;          /* that there are; NULL: those of runs (format.h) */
    const char **paths;                    /* -o */
    size_t count;                          /* of these */
    const char *format;                    /* --format: a name there is; NULL: by the ending */
    bool table;                            /* --table */
    bool graph;                            /* --graph */
    struct table_options table_options;
    struct query *query; /* what else to print than the table of all; borrowed; NULL: nothing */
    const struct difference *difference; /* what to print in place of a run; borrowed, or NULL */
    const struct seen *seen;             /* likewise */
    enum seen_table table_of_seen;
    const struct ruleset *ruleset; /* likewise */
    int table_of_surface;
    const struct probing *probing; /* likewise */
};

void outputs_deinit(struct outputs *outputs);

/* For getopt_long: the letters, and the values and rows of the long options. */
#define OUTPUTS_SHORT_OPTIONS "o:"
enum {
    OUTPUTS_FORMAT = 1024,
    OUTPUTS_TABLE,
    OUTPUTS_GRAPH,
    OUTPUTS_RUNTIME,
    OUTPUTS_NO_RUNTIME,
    OUTPUTS_THROUGH,
};
/* clang-format off */
#define OUTPUTS_LONG_OPTIONS                                               \
    { "output", required_argument, NULL, 'o' },                            \
    { "format", required_argument, NULL, OUTPUTS_FORMAT },                 \
    { "table", optional_argument, NULL, OUTPUTS_TABLE },                         \
    { "graph", required_argument, NULL, OUTPUTS_GRAPH },                   \
    { "runtime-library", required_argument, NULL, OUTPUTS_RUNTIME },       \
    { "no-runtime-libraries", no_argument, NULL, OUTPUTS_NO_RUNTIME },     \
    { "through-signals", no_argument, NULL, OUTPUTS_THROUGH }
/* clang-format on */

/* Prints what these options are, and the formats: lines of a help. */
void outputs_print_help(FILE *file);

/* In place of an error: the option is none of these. */
enum { OUTPUTS_OTHER = 1 };

/* Takes one option as getopt_long returned it. 0, OUTPUTS_OTHER, or a negative errno after a
 * complaint. */
int outputs_parse(struct outputs *outputs, int option, const char *argument);

/* Whether all files can probably be written (output_check), their formats are known, and the
 * programs that these take are installed, to be asked before the work that gives the result. 0, or
 * a negative errno after a complaint. */
int outputs_check(const struct outputs *outputs);

/* Writes the run to all files, of which each is tried, whichever fails. 0, or the last negative
 * errno after a complaint about each. May sort the run (run_sort). */
int outputs_write(const struct outputs *outputs, struct run *run);

/* Prints the run to a stream, in the format of --format, else of --graph, else in `format`, which
 * is a name there is. -ENOMEM. Errors of the stream are left to ferror(3). May sort the run. */
int outputs_print(const struct outputs *outputs, struct run *run, const char *format, FILE *stream);

#endif
