/*
 * diffformats.h - what a comparison (difference.h) can be printed as: the formats of `diff`, to
 * which subject.difference is all.
 *
 * To add one: a file that defines its print function, and its row here and in diffformats.c.
 */
#ifndef SYSTRACE_DIFFFORMATS_H
#define SYSTRACE_DIFFFORMATS_H

#include "report/format.h"

format_print diffcsv_print, diffjson_print, difftext_print, diffmarkdown_print, diffhtml_print;

/* As `formats` (format.h). */
extern const struct format diff_formats[];

#endif
