/*
 * difftext.h - sentences about what differs, which the formats for people have in common.
 */
#ifndef SYSTRACE_DIFFTEXT_H
#define SYSTRACE_DIFFTEXT_H

#include <stdbool.h>
#include <stdio.h>
#include "report/difference.h"
#include "report/format.h"

/* "2 new pairs, 1 accepted, 1 vanished, 1 library upgraded" */
void difftext_summary(FILE *file, const struct difference *difference);

/* What a side rests on: "1 run, 30 calls". */
void difftext_evidence(FILE *file, const struct difference *difference, enum side side);

/* What a format prints of changes of one kind, or of the upgrades: a heading, a remark or NULL, the
 * rows; `new`: they are of APPEARED. 0 or -ENOMEM. */
typedef int difftext_section(FILE *file, const char *title, const char *remark,
                             const struct grid *grid, bool new, int width);

/* Prints all there are, in their order; `width` is the subject's. -ENOMEM. */
int difftext_sections(FILE *file, const struct subject *subject, difftext_section *print);

#endif
