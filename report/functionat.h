/*
 * functionat.h - functions without a name: wherever a function's name is asked for, MODULE+0xOFFSET
 * means the one that has this place of the module's file in it, be that with a symbol or without.
 */
#ifndef SYSTRACE_FUNCTIONAT_H
#define SYSTRACE_FUNCTIONAT_H

#include <stdbool.h>
#include "record/run.h"

/* Where the function of a frame starts: by its symbol or, without one, its extent; where neither is
 * known, the place of the frame itself. */
struct place functionat_start(struct run *run, const struct frame *frame);

/* Is `text` such a place (of which MODULE may be a glob), and the frame in the function there? */
bool functionat_matches(struct run *run, const char *text, const struct frame *frame);

#endif
