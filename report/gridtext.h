/*
 * gridtext.h - a grid for people.
 */
#ifndef SYSTRACE_GRIDTEXT_H
#define SYSTRACE_GRIDTEXT_H

#include <stdio.h>
#include "report/grid.h"

/* In so many columns of a terminal, if the numbers leave room for that. -ENOMEM. */
int gridtext_print(FILE *file, const struct grid *grid, int width);

#endif
