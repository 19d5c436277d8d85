/*
 * csv.h - the per-library table as CSV: RFC 4180, UTF-8, lines end in \n, a header row.
 */
#ifndef SYSTRACE_CSV_H
#define SYSTRACE_CSV_H

#include <stdio.h>
#include "report/table.h"

/* -ENOMEM. Errors of the file are left to ferror(3). */
int csv_print(FILE *file, const struct table *table);

#endif
