/*
 * difftext.h - sentences about what differs, which the formats for people have in common.
 */
#ifndef SYSTRACE_DIFFTEXT_H
#define SYSTRACE_DIFFTEXT_H

#include <stdio.h>
#include "report/difference.h"

/* "2 new pairs, 1 accepted, 1 vanished, 1 library upgraded" */
void difftext_summary(FILE *file, const struct difference *difference);

/* What a side rests on: "1 run, 30 calls". */
void difftext_evidence(FILE *file, const struct difference *difference, enum side side);

/* The heading of the changes of one kind, and a remark on them, or NULL. */
const char *difftext_title(enum change_kind kind);
const char *difftext_remark(enum change_kind kind);

#endif
