/*
 * commandline.h - the command lines of the commands that read run files, as far as they are alike:
 * going through the options; those that say which calls count, who asked for them, and where the
 * results go; and writing these there.
 */
#ifndef SYSTRACE_COMMANDLINE_H
#define SYSTRACE_COMMANDLINE_H

#include "report/outputs.h"
#include "report/query.h"

/* For getopt_long: what commandline_take() takes. */
/* clang-format off */
#define COMMANDLINE_LONG_OPTIONS                                     \
    { "where", required_argument, NULL, QUERY_WHERE },               \
    { "under", required_argument, NULL, QUERY_UNDER },               \
    { "not-under", required_argument, NULL, QUERY_NOT_UNDER },       \
    { "group", required_argument, NULL, QUERY_GROUP },               \
    { "runtime-library", required_argument, NULL, OUTPUTS_RUNTIME }, \
    { "no-runtime-libraries", no_argument, NULL, OUTPUTS_NO_RUNTIME }, \
    { "through-signals", no_argument, NULL, OUTPUTS_THROUGH },       \
    { "output", required_argument, NULL, 'o' },                      \
    { "format", required_argument, NULL, OUTPUTS_FORMAT }
/* clang-format on */

/* The first lines of help on where the results go. */
#define COMMANDLINE_RESULTS_HELP                                                                 \
    "Results:\n"                                                                                 \
    "  -o, --output=FILE        write FILE, in the format that its ending chooses; repeatable\n" \
    "      --format=FORMAT      write this format, whatever the ending\n"

struct option;

/* Gives `take` each option in turn, as getopt_long returns it, until it returns no 0; argv[0] is
 * the command's name. The words from argv[optind] on are no options. 0, what `take` returned, or
 * -EINVAL after a complaint about an option that there is not. */
int commandline_parse(int argc, char **argv, const char *letters, const struct option *options,
                      int (*take)(void *context, int option), void *context);

/* Takes an option of the query or of the outputs. 0, or a negative errno after a complaint. */
int commandline_take(struct query *query, struct outputs *outputs, int option,
                     const char *argument);

/* Writes the run, or what `outputs` has in place of one, to all files; without any prints it, in
 * the format that is asked for, else in `format`. 0, or a negative errno after complaints. */
int commandline_write(const struct outputs *outputs, struct run *run, const char *format);

#endif
