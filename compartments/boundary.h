/*
 * boundary.h - what the commands about compartments have in common: the options that say which
 * there are, of which runs; and the rules of that.
 */
#ifndef SYSTRACE_BOUNDARY_H
#define SYSTRACE_BOUNDARY_H

#include "compartments/ruleset.h"
#include "report/commandline.h"

/* What the command line asks for; strings are borrowed from it. */
struct boundary {
    const char *declaration; /* --compartments: a file, or "auto"; NULL: --group alone */
    const char *sonames;     /* --sonames; NULL: none */
    int runtime;             /* of enum runtime_mode, or -1: as is declared */
    bool by_phase;
    char **runs;
    size_t run_count;
    struct query query;
    struct outputs outputs;
};

/* `formats`: of the outputs. */
void boundary_init(struct boundary *boundary, const struct format *formats);
void boundary_deinit(struct boundary *boundary);

/* For getopt_long. */
enum { BOUNDARY_COMPARTMENTS = 5120, BOUNDARY_SONAMES, BOUNDARY_RUNTIME };
/* clang-format off */
#define BOUNDARY_LONG_OPTIONS                                                  \
    { "compartments", required_argument, NULL, BOUNDARY_COMPARTMENTS },        \
    { "sonames", required_argument, NULL, BOUNDARY_SONAMES },                  \
    { "runtime", required_argument, NULL, BOUNDARY_RUNTIME },                  \
    COMMANDLINE_LONG_OPTIONS
/* clang-format on */

/* Lines of a help. */
void boundary_print_help(FILE *file);

/* Takes one option as getopt_long returned it, and the run files behind all. 0, or a negative errno
 * after a complaint, as all here. */
int boundary_parse(struct boundary *boundary, int option, const char *argument);
int boundary_finish(struct boundary *boundary, char **runs, int count, const char *command);

/* Reads the declaration and the runs, and has `use` do something with their rules; its result. */
int boundary_rules(struct boundary *boundary, int (*use)(struct ruleset *ruleset, void *context),
                   void *context);

#endif
