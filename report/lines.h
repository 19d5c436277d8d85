/*
 * lines.h - the rows of a table as text, sorted, for the formats that write all of it: CSV, and
 * JSON for programs that read the table and not the run.
 */
#ifndef SYSTRACE_LINES_H
#define SYSTRACE_LINES_H

#include <stdbool.h>
#include "report/table.h"

/* The columns, in their order. */
enum column {
    COLUMN_PROGRAM,
    COLUMN_PHASE,
    COLUMN_LIBRARY,
    COLUMN_COMPONENT,
    COLUMN_SYSCALL,
    COLUMN_ABI,
    COLUMN_NR,
    COLUMN_CALLS,
    COLUMN_ISSUED,
    COLUMN_ON_STACK,
    COLUMN_INEXACT,
    COLUMN_INCOMPLETE,
    COLUMN_ERRORS,
    COLUMN_RUNS,
    COLUMN_SONAME,
    COLUMN_PATH,
    COLUMN_BUILD_ID,
    COLUMN_PROGRAM_PATH,
    COLUMN_NANOSECONDS,
    COLUMNS
};

/* One row: a text or, where it is NULL, a number. A number that is not known is the text "". */
struct line {
    const char *text[COLUMNS]; /* escaped (escape.h); borrowed from the struct lines */
    uint64_t number[COLUMNS];
    char syscall[SYSCALL_NAME_MAX];
};

/* Sorted by the columns from left to right: texts bytewise, numbers as such. */
struct lines {
    struct line **sorted;
    size_t count;
    int columns;        /* to be printed: without results the last is left out */
    struct line *lines; /* owned, what `sorted` points to */
    char **texts;       /* owned, what the lines borrow */
    size_t text_count;
};

const char *column_name(enum column column);

/* `for_spreadsheets`: a text that a spreadsheet would take for a formula gets an apostrophe in
 * front (so does one that is such a text behind apostrophes, which keeps it reversible). -ENOMEM.
 */
int lines_init(struct lines *lines, const struct table *table, bool for_spreadsheets);
void lines_deinit(struct lines *lines);

#endif
