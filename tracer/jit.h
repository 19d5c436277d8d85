/*
 * jit.h - names for code that programs make at run time, by their perf maps
 * (symbolizer/perfmap.h).
 */
#ifndef SYSTRACE_JIT_H
#define SYSTRACE_JIT_H

#include "tracing.h"

/*
 * Gives the frames in [anon] that were just unwound the names that the program has for them at this
 * moment: the number of the name takes the place of the address (docs/formats.md). The others stay
 * as they are.
 */
void jit_name_frames(struct trace *trace, const struct tracee *tracee);

#endif
