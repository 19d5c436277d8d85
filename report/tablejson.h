/*
 * tablejson.h - the rows of a grid as JSON.
 */
#ifndef SYSTRACE_TABLEJSON_H
#define SYSTRACE_TABLEJSON_H

#include <stdio.h>
#include "report/grid.h"

/* A list of all but the total: each, in a line, an object with the columns. -ENOMEM. */
int tablejson_rows(FILE *file, const struct grid *grid);

#endif
