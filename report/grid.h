/*
 * grid.h - rows and columns of texts and numbers: what the formats for programs print (CSV, JSON,
 * Markdown), whether they are of the per-library table or of calls grouped by any keys.
 */
#ifndef SYSTRACE_GRID_H
#define SYSTRACE_GRID_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "report/table.h"

enum grid_kind {
    GRID_TEXT, /* escaped (escape.h) */
    GRID_NUMBER,
    GRID_SECONDS, /* the number is of nanoseconds */
    GRID_REAL,    /* a number that need not be whole: `real` */
    GRID_UNKNOWN, /* a number that is not known */
};

struct grid_cell {
    enum grid_kind kind;
    const char *text; /* borrowed from grid.texts, or static */
    uint64_t number;
    double real;
};

struct grid {
    const char **columns; /* names, owned array; borrowed as cells' texts are */
    size_t column_count;
    struct grid_cell **rows; /* in their order; they point into `cells` */
    size_t row_count;
    size_t pivot;            /* the columns from this one on are named by values; 0: none are */
    size_t whole;            /* a column of texts to be typed again, never shortened; 0: none */
    bool has_total;          /* the last row is no row, but what all have together */
    struct grid_cell *cells; /* owned */
    char **texts;            /* owned */
    size_t text_count;
    char *note; /* owned: lines for people, below; NULL: there are none */
};

/* Room for so many columns, rows (as yet in the order of the cells) and texts, all 0. -ENOMEM:
 * there is nothing to deinit. */
int grid_init(struct grid *grid, size_t columns, size_t rows, size_t texts);
void grid_deinit(struct grid *grid);

/* Would a spreadsheet take the text for a formula? Then CSV has an apostrophe in front of it, also
 * of one that is such a text behind apostrophes, which keeps it reversible. */
bool grid_is_formula(const char *text);

/* Puts the rows but the total in the order of their cells, from left to right: texts bytewise, as
 * CSV has them, numbers as such, those that are not known first. */
void grid_sort(struct grid *grid);

/* The per-library table: the columns of the CSV (docs/formats.md). -ENOMEM. */
int grid_of_table(const struct table *table, struct grid *ret);

#endif
