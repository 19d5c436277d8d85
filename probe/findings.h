/*
 * findings.h - what a probe has found, as rows and in words, and its formats.
 *
 * To add a format: a function that prints it, and its row here and in findings.c.
 */
#ifndef SYSTRACE_FINDINGS_H
#define SYSTRACE_FINDINGS_H

#include "probe/probing.h"
#include "report/format.h"
#include "report/grid.h"

/* Of all pairs, in order; `only`: of this class alone, without the column that says so; -1: of all.
 * Without the column of libraries, if these were not asked for; and for people without those that
 * say nothing here. -ENOMEM. */
int findings_grid(const struct probing *probing, int only, bool people, struct grid *ret);

size_t findings_count(const struct probing *probing, enum pair_class class);

/* A sentence each: what was found of each by itself; of all at once. */
void findings_print_classes(FILE *file, const struct probing *probing);
void findings_print_together(FILE *file, const struct probing *probing);

format_print findingscsv_print, findingsjson_print, findingstext_print, findingsmarkdown_print,
    findingshtml_print, findingsloupe_print;

/* As `formats` (format.h). */
extern const struct format findings_formats[];

#endif
