/*
 * seentables.h - what runs have shown (seen.h) as tables, by --table=NAME of `coverage`.
 */
#ifndef SYSTRACE_SEENTABLES_H
#define SYSTRACE_SEENTABLES_H

#include <stdbool.h>
#include <stdio.h>
#include "report/grid.h"

enum seen_table {
    SEEN_ESTIMATES, /* of all pairs, and of each library's */
    SEEN_CURVE,     /* pairs by samples, likewise */
    SEEN_WORKLOADS,
    SEEN_ONLY,      /* pairs that one workload alone has */
    SEEN_LIBRARIES, /* libraries likewise */
    SEEN_COVER,     /* the fewest workloads that have all pairs */
    SEEN_TABLES,
    SEEN_ALL = SEEN_TABLES, /* none in particular: what a format prints without --table */
};

struct seen;

/* In place of a library's name, of what all have together. */
#define SEEN_IN_ALL "[all]"

/* The name of a table; its inverse, or SEEN_ALL. */
const char *seen_table_name(enum seen_table table);
enum seen_table seen_table_parse(const char *name);

/* For the help: a line for each. */
void seen_tables_print_help(FILE *file);

/* The table, for programs: all that is known. Texts are borrowed from `seen`. -ENOMEM. */
int seen_grid(const struct seen *seen, enum seen_table table, struct grid *ret);

/* The same for people: of the estimates what matters most, with percentages. */
int seen_short_grid(const struct seen *seen, enum seen_table table, struct grid *ret);

#endif
