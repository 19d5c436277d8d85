/*
 * htmltable.h - a grid as a table of HTML, for pages without a script (html/plain.html).
 */
#ifndef SYSTRACE_HTMLTABLE_H
#define SYSTRACE_HTMLTABLE_H

#include <stdio.h>
#include "report/grid.h"

/* Nothing in a text is markup; and of a name that runs from right to left nothing else is turned.
 */
void htmltable_text(FILE *file, const char *text);

/* Each row is headed by its first cell. */
void htmltable_print(FILE *file, const struct grid *grid);

#endif
