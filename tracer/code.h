/*
 * code.h - what the run file says of code beside names, asked after the run: where functions
 * without a symbol are, and which calls are on loops. What the report's table of loops is made of,
 * which has no code to look at.
 */
#ifndef SYSTRACE_TRACER_CODE_H
#define SYSTRACE_TRACER_CODE_H

#include "record/place.h"
#include "record/run.h"
#include "symbolizer/image/images.h"

/* Looks at the places of all frames (place_list), whose symbols are known. -ENOMEM. */
int code_record(struct run *run, const struct images *images, const struct place *places,
                size_t count);

#endif
