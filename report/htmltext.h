/*
 * htmltext.h - texts and tables of a page that has no script.
 */
#ifndef SYSTRACE_HTMLTEXT_H
#define SYSTRACE_HTMLTEXT_H

#include <stdio.h>
#include "report/grid.h"

/* Nothing in a text is markup, between tags and in an attribute's double quotes. */
void htmltext_string(FILE *file, const char *text);

/* A text of which nothing turns what is beside it, as names from right to left would. */
void htmltext_name(FILE *file, const char *text);

/* A table of rows, of which the first cell is the head. */
void htmltext_grid(FILE *file, const struct grid *grid);

#endif
