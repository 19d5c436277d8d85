/*
 * text.h - the table for people: totals, libraries by calls, then what each library asks for.
 */
#ifndef SYSTRACE_TEXT_H
#define SYSTRACE_TEXT_H

#include <stdio.h>
#include "report/table.h"

enum { TEXT_WIDTH = 80, TEXT_WIDTH_MIN = 40 };

/* The columns of the terminal that is open as `fd`, or TEXT_WIDTH. */
int text_terminal_width(int fd);

/*
 * Lines are at most `width` columns wide (at least TEXT_WIDTH_MIN, or what the numbers need);
 * longer names are shortened in the middle. -ENOMEM. Errors of the file are left to ferror(3).
 */
int text_print(FILE *file, const struct table *table, int width);

#endif
