/*
 * seenhtml.h - what runs have shown, for the page of the HTML report.
 */
#ifndef SYSTRACE_SEENHTML_H
#define SYSTRACE_SEENHTML_H

#include <stdio.h>
#include "report/seen.h"

/* An object, as JSON that HTML cannot misunderstand: for each table but the longest its columns and
 * rows; of the curves that of all pairs. -ENOMEM. */
int seenhtml_print(FILE *file, const struct seen *seen);

#endif
