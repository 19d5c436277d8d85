/*
 * width.h - names in a given width, for people: columns on a terminal, rather too many than too
 * few. Texts are escaped (escape.h).
 */
#ifndef SYSTRACE_WIDTH_H
#define SYSTRACE_WIDTH_H

#include <stdio.h>

int width_of(const char *text);

/* Prints the name, shortened to "libst...so.6" if it is wider than `width`. */
void width_print(FILE *file, const char *text, int width);

#endif
