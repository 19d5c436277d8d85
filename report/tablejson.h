/*
 * tablejson.h - the per-library table as JSON: {"format": "systrace-lib-table/1", "rows": [...]},
 * each row an object with the columns of the CSV; counts are numbers, `errors` is null where
 * results were not observed.
 */
#ifndef SYSTRACE_TABLEJSON_H
#define SYSTRACE_TABLEJSON_H

#include <stdio.h>
#include "report/table.h"

/* -ENOMEM. Errors of the file are left to ferror(3). */
int tablejson_print(FILE *file, const struct table *table);

#endif
