/*
 * jit.h - names for code that programs make at run time, by their perf maps
 * (symbolizer/unwind/perfmap.h).
 */
#ifndef SYSTRACE_JIT_H
#define SYSTRACE_JIT_H

#include "tracing.h"

/*
 * The number of the stack that has, for frames in [anon], the names that the program has for them
 * at this moment: the number of the name takes the place of the address (docs/formats.md). The same
 * stack where there are none. -ENOMEM.
 */
int64_t jit_name_stack(struct trace *trace, const struct tracee *tracee, uint32_t stack);

#endif
