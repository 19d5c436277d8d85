/* gofind.h - finds Go's table of functions in an image. */
#ifndef SYSTRACE_GOFIND_H
#define SYSTRACE_GOFIND_H

#include <libelf.h>
#include "symbolizer/image/image.h"

/* By its section, which has a longer name in position-independent programs; else, in what a note
 * says is Go's, by a search: sections may be stripped, and C's linkers merge this one with others.
 * image->go gets it. */
void go_find(struct image *image, Elf *elf);

#endif
