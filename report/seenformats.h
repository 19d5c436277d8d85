/*
 * seenformats.h - what runs have shown (seen.h) can be printed as: the formats of `coverage`, to
 * which subject.seen is all, and subject.table_of_seen which of its tables.
 *
 * To add one: a file that defines its print function, and its row here and in seenformats.c.
 */
#ifndef SYSTRACE_SEENFORMATS_H
#define SYSTRACE_SEENFORMATS_H

#include "report/format.h"

format_print seencsv_print, seenjson_print, seentext_print, seenmarkdown_print, seensvg_print;

/* As `formats` (format.h). */
extern const struct format seen_formats[];

#endif
