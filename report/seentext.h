/*
 * seentext.h - sentences about what runs have shown, which the formats for people have in common.
 */
#ifndef SYSTRACE_SEENTEXT_H
#define SYSTRACE_SEENTEXT_H

#include <stdio.h>
#include "report/format.h"
#include "report/seen.h"

/* What was seen, and what that lets one expect: lines of up to 80 columns, each after this. */
void seentext_summary(FILE *file, const struct seen *seen, const char *before);

/* What no estimate can know: a sentence. */
extern const char seentext_limit[];

/* What a format prints of a table: a heading, the rows. 0 or -ENOMEM. */
typedef int seentext_section(FILE *file, const char *title, const struct grid *grid, int width);

/* Prints the subject's table; or, if it is none in particular, those that fit on a page. -ENOMEM.
 */
int seentext_sections(FILE *file, const struct subject *subject, seentext_section *print);

#endif
