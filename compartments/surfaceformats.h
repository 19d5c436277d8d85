/*
 * surfaceformats.h - what the worth of rules can be printed as: the formats of `surface`, to which
 * subject.ruleset is all, and subject.table_of_surface which of its tables.
 *
 * To add one: a function that prints it, and its row here and in surfaceformats.c.
 */
#ifndef SYSTRACE_SURFACEFORMATS_H
#define SYSTRACE_SURFACEFORMATS_H

#include "report/format.h"

format_print surfacecsv_print, surfacejson_print, surfacetext_print, surfacemarkdown_print,
    surfacehtml_print;

/* As `formats` (format.h). */
extern const struct format surface_formats[];

#endif
