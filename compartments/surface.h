/*
 * surface.h - what the rules of compartments are worth: what is left to code that an attacker runs
 * in one, against what the filter of the whole process would leave it. As tables.
 */
#ifndef SYSTRACE_SURFACE_H
#define SYSTRACE_SURFACE_H

#include <stdio.h>
#include "compartments/ruleset.h"
#include "report/grid.h"

/* By --table=NAME of `surface`. */
enum surface_table {
    SURFACE_COMPARTMENTS, /* figures of each */
    SURFACE_MEANS,        /* of these */
    SURFACE_CAPABILITIES, /* how many system calls of each capability */
    SURFACE_SENSITIVE,    /* critical calls */
    SURFACE_SHAPES,       /* payloads */
    SURFACE_TABLES,
    SURFACE_ALL = SURFACE_TABLES, /* none in particular */
};

/* The name of a table; its inverse, or SURFACE_ALL; its title; and what its figures are: lines. */
const char *surface_table_name(enum surface_table table);
enum surface_table surface_table_parse(const char *name);
const char *surface_table_title(enum surface_table table);
const char *surface_table_definition(enum surface_table table);

/* For the help: a line for each. */
void surface_tables_print_help(FILE *file);

/* Rows are in the order of the tables behind them, compartments in that of the declaration, behind
 * "[process]" and "[start]". The first two tables are the same for all; others have, if they are
 * `wide`, a column for each compartment and only rows in which the process has something, else a
 * row for each compartment too. Texts are borrowed from the ruleset. -ENOMEM. */
int surface_grid(const struct ruleset *ruleset, enum surface_table table, bool wide,
                 struct grid *ret);

#endif
