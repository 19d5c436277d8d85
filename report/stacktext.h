/*
 * stacktext.h - the stacks of a run for people: each with its calls and with who asked, the most
 * frequent first.
 */
#ifndef SYSTRACE_STACKTEXT_H
#define SYSTRACE_STACKTEXT_H

#include <stdio.h>
#include "report/table.h"

/* `table` is the run's. -ENOMEM. Errors of the file are left to ferror(3). */
int stacktext_print(FILE *file, struct run *run, const struct table *table);

#endif
